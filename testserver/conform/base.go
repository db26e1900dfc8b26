package conform

import (
	"bytes"
	"net/http"

	"github.com/hookmitt/hookmitt/events"
)

// base is what every receiver does. Its first check is the control.
var base = []Check{
	{
		ID: control, Level: Must,
		Sent: "one valid delivery", Want: "2xx in time, and one effect",
		Why: "the control: if it fails nothing else can be judged",
		run: func(t *trial) { t.taken(t.valid()) },
	},
	{
		ID: "BASE-02", Level: Must,
		Sent: "the provider's test event", Want: "2xx",
		Why: "a button on the provider's page sends it, and it must be safe to press",
		run: func(t *trial) {
			p := t.target.Provider
			test := testOf(p)
			if p.Events[test] == nil {
				t.skip("the provider has no test event")
			}
			t.accepted(t.send(t.sealed(t.unique(events.Named(test, p.Events[test])))))
		},
	},
	{
		ID: "BASE-03", Level: Must,
		Sent: "a valid delivery of a type that nobody knows", Want: "2xx, and no effect",
		Why: "providers add events; a refusal is sent again for hours, and switches the webhook off for all other events",
		run: func(t *trial) {
			e := t.event()
			e.Type = "sim.unknown" // and so in the data, where it has it too
			e.Data = bytes.ReplaceAll(e.Data, []byte(`"`+t.target.Event.Type+`"`), []byte(`"`+e.Type+`"`))
			m := t.sealed(e)
			t.accepted(t.send(m))
			t.effects(m.id, 0)
		},
	},
	{
		ID: "BASE-04", Level: Must,
		Sent: "a valid delivery with a member more than is documented", Want: "2xx, and one effect",
		Why: "providers add members without notice",
		run: func(t *trial) {
			t.taken(t.altered(func(body []byte) []byte { return withMember(body, `"sim_note":"new"`) }))
		},
	},
	{
		ID: "BASE-05", Level: Should,
		Sent: "a valid delivery", Want: "an answer of at most 64 KiB, without a redirect or a cookie",
		Why: "providers keep answers, or cut them off, and none sends a cookie back",
		run: func(t *trial) {
			a := t.send(t.valid())
			t.accepted(a)
			switch {
			case len(a.Body) > 64<<10:
				t.failed("the answer's body is over 64 KiB long")
			case a.Header.Get("Set-Cookie") != "":
				t.failed("the answer sets a cookie")
			}
		},
	},
}

// unauthorized is how a signature that is missing or wrong is answered.
const unauthorized = http.StatusUnauthorized
