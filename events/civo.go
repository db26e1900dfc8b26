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

// Civo lists the events that Civo is known to send ([InstanceCreated] and the others), with samples. A receiver takes
// others too.
func Civo() Catalog {
	c := make(Catalog, len(civoTypes))
	for _, typ := range civoTypes {
		c[typ] = Resource{Event: typ, ResourceID: "84894d17-da88-45bb-8817-9b3b75cf61bf"}
	}
	return c
}
