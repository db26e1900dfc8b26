package events_test

import (
	"context"
	"testing"
	"time"

	"github.com/hookmitt/hookmitt/events"
)

type order struct {
	ID      string            `json:"id"                validate:"required"`
	Host    string            `json:"host,omitempty"    validate:"omitempty,ip"`
	Ref     string            `json:"ref"               validate:"omitempty,uuid"`
	Ref4    string            `json:"ref4"              validate:"omitempty,uuid4"`
	RefRFC  string            `json:"ref_rfc"           validate:"omitempty,uuid_rfc4122"`
	Link    string            `json:"link"              validate:"omitempty,url"`
	Web     string            `json:"web"               validate:"omitempty,http_url"`
	Low     int               `json:"low"               validate:"omitempty,gte=3"`
	Least   int               `json:"least"             validate:"omitempty,min=3"`
	High    int               `json:"high"              validate:"lte=3"`
	Most    int               `json:"most"              validate:"max=3"`
	State   string            `json:"state"             validate:"omitempty,oneof=open closed"`
	Coin    string            `json:"coin"              validate:"omitempty,len=3"`
	Mail    string            `json:"mail"              validate:"omitempty,email"`
	Buyer   buyer             `json:"buyer"`
	Items   []item            `json:"items"             validate:"dive"`
	ByShop  map[string]item   `json:"by_shop"           validate:"dive"`
	Tags    []string          `json:"tags"              validate:"dive,alpha"`
	Untaged string            `validate:"omitempty,alpha"`
	Hidden  string            `json:"-"                 validate:"omitempty,alpha"`
	Free    map[string]string `json:"free"`
}

type buyer struct {
	Address struct {
		Zip string `json:"zip" validate:"omitempty,numeric"`
	} `json:"address"`
}

type item struct {
	SKU string `json:"sku" validate:"required"`
}

func TestValidationNamesFieldsAsTheWireDoes(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		data string
		want events.FieldError
	}{
		"required":             {`{}`, field("id", "is required")},
		"required, but empty":  {`{"id":""}`, field("id", "is required")},
		"required, but null":   {`{"id":null}`, field("id", "is required")},
		"required, other case": {`{"ID":"CANARY"}`, field("id", "is required")},
		"ip":                   {`{"id":"1","host":"CANARY"}`, field("host", "must be an IP address")},
		"uuid":                 {`{"id":"1","ref":"CANARY"}`, field("ref", "must be a UUID")},
		"uuid4":                {`{"id":"1","ref4":"CANARY"}`, field("ref4", "must be a UUID")},
		"uuid_rfc4122":         {`{"id":"1","ref_rfc":"CANARY"}`, field("ref_rfc", "must be a UUID")},
		"url":                  {`{"id":"1","link":"CANARY"}`, field("link", "must be a URL")},
		"http_url":             {`{"id":"1","web":"ftp://CANARY"}`, field("web", "must be a URL")},
		"gte":                  {`{"id":"1","low":2}`, field("low", "must be at least 3")},
		"min":                  {`{"id":"1","least":2}`, field("least", "must be at least 3")},
		"lte":                  {`{"id":"1","high":4}`, field("high", "must be at most 3")},
		"max":                  {`{"id":"1","most":4}`, field("most", "must be at most 3")},
		"oneof":                {`{"id":"1","state":"CANARY"}`, field("state", "must be one of open closed")},
		"another, with a rule": {`{"id":"1","coin":"CANARY"}`, field("coin", "does not pass len=3")},
		"another":              {`{"id":"1","mail":"CANARY"}`, field("mail", "does not pass email")},
		"without a json tag":   {`{"id":"1","Untaged":"CANARY7"}`, field("Untaged", "does not pass alpha")},
		"in an object":         {`{"id":"1","buyer":{"address":{"zip":"CANARY"}}}`, field("buyer.address.zip", "does not pass numeric")},
		"in a list":            {`{"id":"1","items":[{"sku":"a"},{}]}`, field("items[1].sku", "is required")},
		"in a map":             {`{"id":"1","by_shop":{"main":{}}}`, field("by_shop[main].sku", "is required")},
		"an element of a list": {`{"id":"1","tags":["a","CANARY7"]}`, field("tags[1]", "does not pass alpha")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			requireFields[order](t, test.data, test.want)
			requireFields[*order](t, test.data, test.want)
		})
	}
	decodes[order](t, `{"id":"1","host":"::1","low":3,"most":3,"state":"open","items":[{"sku":"a"}],"tags":["a"],"-":"7","Hidden":"7"}`)
	requireFields[order](t, `{"host":"CANARY"}`, field("id", "is required"), field("host", "must be an IP address"))
}

type page[T any] struct {
	Next string `json:"next" validate:"required"`
	Item T      `json:"item"`
}

type Base struct {
	ID string `json:"id" validate:"required"`
}

type derived struct {
	Base
	In struct{ Base } `json:"in"`
}

// What stands before the first dot is not always the name of a struct.
func TestValidationNamesFieldsOfTypesOfEveryForm(t *testing.T) {
	t.Parallel()
	required := func(path string) events.FieldError { return field(path, "is required") }
	t.Run("a type with parameters", func(t *testing.T) {
		t.Parallel()
		requireFields[page[int]](t, `{}`, required("next"))
	})
	t.Run("a type with a parameter of another package", func(t *testing.T) {
		t.Parallel()
		requireFields[page[events.Resource]](t, `{}`, required("next"))
	})
	t.Run("a struct without a name", func(t *testing.T) {
		t.Parallel()
		requireFields[struct {
			ID string `json:"id" validate:"required"`
		}](t, `{}`, required("id"))
	})
	t.Run("an object in a struct without a name", func(t *testing.T) {
		t.Parallel()
		requireFields[struct {
			Error struct {
				Code string `json:"code" validate:"required"`
			} `json:"error"`
		}](t, `{}`, required("error.code"))
	})
	t.Run("an embedded struct", func(t *testing.T) {
		t.Parallel()
		requireFields[derived](t, `{"in":{}}`, required("id"), required("in.id"))
	})
	t.Run("a list", func(t *testing.T) {
		t.Parallel()
		requireFields[[]item](t, `[{"sku":"a"},{}]`, required("[1].sku"))
	})
	t.Run("a list of pointers", func(t *testing.T) {
		t.Parallel()
		requireFields[[]*item](t, `[{"sku":"a"},{}]`, required("[1].sku"))
	})
	t.Run("an array", func(t *testing.T) {
		t.Parallel()
		requireFields[[2]item](t, `[{"sku":"a"},{}]`, required("[1].sku"))
	})
	t.Run("a map", func(t *testing.T) {
		t.Parallel()
		requireFields[map[string]item](t, `{"example.com":{}}`, required("[example.com].sku"))
	})
}

func TestAnObjectCanBeRequired(t *testing.T) {
	t.Parallel()
	type boxed struct {
		Stop stop `json:"stop" validate:"required"`
	}
	requireFields[boxed](t, `{}`, field("stop", "is required"))
	requireFields[boxed](t, `{"stop":{"city":""}}`, field("stop", "is required"))
	decodes[boxed](t, `{"stop":{"city":"Turin"}}`)
}

func TestWhatHoldsNoRulesPasses(t *testing.T) {
	t.Parallel()
	decodes[[]item](t, `[]`)
	decodes[[]item](t, `null`)
	decodes[map[string]item](t, `{}`)
	decodes[[]string](t, `["a"]`)
	decodes[map[string]any](t, `{"a":1}`)
	decodes[string](t, `"a"`)
	decodes[time.Time](t, `"2025-01-15T10:30:00Z"`)
	decodes[struct{ Name string }](t, `{}`)
}

type broken struct {
	Name string `json:"name" validate:"nosuchrule"`
}

func ignore[T any](context.Context, events.Event, T) error { return nil }

// A wrong tag is the programmer's mistake, and must not wait for the first event.
func TestWrongTagsPanicAtRegistration(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		says     string
		register func(r *events.Router)
	}{
		"in the struct": {"events_test.broken", func(r *events.Router) { events.Match(r, "a.b", ignore[broken]) }},
		"behind omitempty": {"events_test.late", func(r *events.Router) {
			type late struct {
				Name string `json:"name" validate:"omitempty,nosuchrule"`
			}
			events.Match(r, "a.b", ignore[late])
		}},
		"in an object": {"events_test.nested", func(r *events.Router) {
			type nested struct{ In broken }
			events.Match(r, "a.b", ignore[nested])
		}},
		"in an object behind a pointer": {"events_test.pointed", func(r *events.Router) {
			type pointed struct{ In *broken }
			events.Match(r, "a.b", ignore[pointed])
		}},
		"in a list": {"events_test.listed", func(r *events.Router) {
			type listed struct {
				In []broken `validate:"dive"`
			}
			events.Match(r, "a.b", ignore[listed])
		}},
		"in a map": {"events_test.mapped", func(r *events.Router) {
			type mapped struct {
				In map[string]*broken `validate:"dive"`
			}
			events.Match(r, "a.b", ignore[mapped])
		}},
		"in a list of them":      {"[]events_test.broken", func(r *events.Router) { events.Match(r, "a.b", ignore[[]broken]) }},
		"in a payload":           {"events_test.brokenPayload", func(r *events.Router) { events.On(r, ignore[brokenPayload]) }},
		"a rule of another kind": {"events_test.unfit", func(r *events.Router) { events.Match(r, "a.b", ignore[unfit]) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := events.NewRouter()
			requirePanics(t, "validate tags of "+test.says, func() { test.register(r) })
		})
	}
	events.Match(events.NewRouter(), "a.b", ignore[tree]) // a type that holds itself must not hang the check
}

type brokenPayload struct{ broken }

func (brokenPayload) EventType() string { return "a.b" }

type unfit struct {
	On bool `json:"on" validate:"gte=1"`
}

type tree struct {
	Leaves []tree           `json:"leaves" validate:"dive"`
	Next   *tree            `json:"next"`
	ByName map[string]*tree `json:"by_name" validate:"dive"`
}

type Kind string

type kinded struct{ Kind } // it needs a json tag, as it is no struct

// A struct that JSON cannot fill would refuse every event of its type.
func TestStructsThatJSONCannotFillPanicAtRegistration(t *testing.T) {
	t.Parallel()
	requirePanics(t, "events_test.kinded", func() { events.Match(events.NewRouter(), "a.b", ignore[kinded]) })
	events.Match(events.NewRouter(), "a.b", ignore[events.DateTime]) // it reads itself, and no object
	requirePanics(t, "events.Payload", func() { events.Match(events.NewRouter(), "a.b", ignore[events.Payload]) })
}
