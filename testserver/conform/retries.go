package conform

import (
	"net/http"
	"time"
)

// retries is what becomes of an event whose handler goes wrong.
var retries = []Check{
	{
		ID: "RETRY-01", Level: Must, Sent: "an event whose handler fails once, and its retry", Want: "5xx, then 2xx, and one effect; or 2xx, and one effect within a minute",
		Why: "an id that is marked before the work is done makes the retry a duplicate: the event is lost", needs: needFail | needEffects,
		run: func(t *trial) {
			m := t.fails(Failure{Times: 1, How: "error"})
			if a := t.send(m); a.succeeded() {
				t.redone(m, a)
			} else {
				t.broke(a)
				t.effects(m.id, 0)
			}
			t.again(m)
			t.effects(m.id, 1)
		},
	},
	{
		ID: "RETRY-02", Level: Must, Sent: "an event whose handler panics", Want: "5xx, an answer and not a connection that breaks; or 2xx, and one effect within a minute; it goes on",
		Why: "one bad event must not end the process, and a provider should hear that it failed", needs: needFail,
		run: func(t *trial) {
			m := t.fails(Failure{Times: 1, How: "panic"})
			if a := t.send(m); a.succeeded() {
				t.redone(m, a)
			} else {
				t.broke(a)
			}
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
			t.ladder(m, n)
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
			t.ladder(m, n)
			t.effects(m.id, 0)
		},
	},
	{
		ID: "RETRY-08", Level: Must, Sent: "an event that fails at every attempt, and then another one", Want: "2xx for the other",
		Why: "when the webhook was switched off and is on again, what comes is new", needs: needFail | needRetries,
		run: func(t *trial) {
			m := t.fails(Failure{Times: 100, How: "error"})
			t.ladder(m, t.target.Provider.Retry.Retries()+1)
			t.taken(t.valid())
		},
	},
	{
		ID: "RETRY-10", Level: Should, Sent: "200 new events at once", Want: "2xx for each, and each effect once",
		Why: "so they come when a webhook is switched on again", needs: needEffects,
		run: func(t *trial) { t.crowd(t.many(200), 200) },
	},
}

// ownRetry is how long a receiver that answers before the work is done has to do it again when it failed.
const ownRetry = time.Minute

// redone wants an event whose handler failed, and that was accepted, to be done by the receiver itself.
func (t *trial) redone(m *message, a answer) {
	if t.target.Effects != nil {
		for until := time.Now().Add(ownRetry); time.Now().Before(until); t.sleep(10 * asks) {
			if t.countEffects(m.id) > 0 {
				return
			}
		}
	}
	t.failed("answered %v, though the handler had failed: the provider takes it for done, and the event is lost", a)
}

// ladder sends an event whose handler fails so often, and wants to hear of it each time. A receiver that accepts it at once
// tries again by itself, if RETRY-01 says so, and needs no ladder.
func (t *trial) ladder(m *message, n int) {
	for i := range n {
		a := t.send(m)
		if a.succeeded() && i == 0 {
			t.skip("the receiver answers before the work is done: it is not the provider who has it done again")
		}
		t.broke(a)
	}
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
