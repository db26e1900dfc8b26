package events

import "encoding/json"

// Resource is the payload of all of Civo's events: the documented example is
// {"event":"instance.created","resourceID":"<uuid>"}, and Civo has no envelope, so Event is the event's type again.
//
// Documented: event and resourceID (civo.com/api/webhooks). Assumed: payload, which earlier versions of Civo's page
// suggest; it is kept as it is.
type Resource struct {
	Event      string          `json:"event,omitzero"`
	ResourceID string          `json:"resourceID,omitzero" validate:"omitempty,uuid_rfc4122"`
	Payload    json.RawMessage `json:"payload,omitzero"`
}

// Civo lists events that Civo sends, with samples.
func Civo() Catalog {
	return Catalog{
		"instance.created": Resource{Event: "instance.created", ResourceID: "84894d17-da88-45bb-8817-9b3b75cf61bf"},
	}
}
