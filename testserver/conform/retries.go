package conform

import (
	"net/http"
)

// retries is what becomes of an event whose handler goes wrong.
var retries = []Check{
	{
		ID: "RETRY-01", Level: Must, Sent: "an event whose handler fails once, and its retry", Want: "5xx, then 2xx, and one effect",
		Why: "an id that is marked before the work is done makes the retry a duplicate: the event is lost", needs: needFail | needEffects,
		run: func(t *trial) {
			m := t.fails(Failure{Times: 1, How: "error"})
			t.broke(t.send(m))
			t.effects(m.id, 0)
			t.again(m)
			t.effects(m.id, 1)
		},
	},
	{
		ID: "RETRY-02", Level: Must, Sent: "an event whose handler panics", Want: "5xx, an answer and not a connection that breaks; it goes on",
		Why: "one bad event must not end the process, and a provider should hear that it failed", needs: needFail,
		run: func(t *trial) {
			m := t.fails(Failure{Times: 1, How: "panic"})
			t.broke(t.send(m))
			t.again(m)
			t.effects(m.id, 1)
		},
	},
	{
		ID: "RETRY-03", Level: Must, Sent: "an event whose handler works at the provider's last attempt", Want: "5xx for each attempt before it, then 2xx, and one effect",
		Why: "the whole ladder must be there for it", needs: needFail | needEffects | needRetries,
		run: func(t *trial) {
			n := t.target.Provider.Retry.Retries()
			m := t.fails(Failure{Times: n, How: "error"})
			for range n {
				t.broke(t.send(m))
			}
			t.effects(m.id, 0)
			t.again(m)
			t.effects(m.id, 1)
		},
	},
	{
		ID: "RETRY-04", Level: Must, Sent: "an event whose handler fails at every attempt", Want: "5xx for each, and no effect",
		Why: "a failure that is answered 2xx is an event that is lost without anybody's notice", needs: needFail | needEffects | needRetries,
		run: func(t *trial) {
			n := t.target.Provider.Retry.Retries() + 1
			m := t.fails(Failure{Times: n + 1, How: "error"})
			for range n {
				t.broke(t.send(m))
			}
			t.effects(m.id, 0)
		},
	},
	{
		ID: "RETRY-08", Level: Must, Sent: "an event that fails at every attempt, and then another one", Want: "2xx for the other",
		Why: "when the webhook was switched off and is on again, what comes is new", needs: needFail | needRetries,
		run: func(t *trial) {
			m := t.fails(Failure{Times: 100, How: "error"})
			for range t.target.Provider.Retry.Retries() + 1 {
				t.broke(t.send(m))
			}
			t.taken(t.valid())
		},
	},
	{
		ID: "RETRY-10", Level: Should, Sent: "200 new events at once", Want: "2xx for each, and each effect once",
		Why: "so they come when a webhook is switched on again", needs: needEffects,
		run: func(t *trial) { t.crowd(t.many(200), 200) },
	},
}

// broke wants an answer that has the provider try again, and soon: a handler went wrong.
func (t *trial) broke(a answer) {
	switch {
	case a.Err != nil:
		t.failed("%v: a handler that goes wrong should be answered 500", a.Err)
	case a.Status <= 299:
		t.failed("answered %v, though the handler had failed: the provider takes it for done, and the event is lost", a)
	case a.Status < 500 && a.Status != http.StatusTooManyRequests:
		t.lenient("answered %v: some providers take a 4xx for the last word", a)
	}
}
