package conform

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/verify"
)

// replays is what becomes of a request that comes again.
var replays = []Check{
	{
		ID: "IDEM-01", Level: Must, Sent: "the same delivery twice", Want: "2xx twice, and one effect",
		Why: "a provider that has not heard the answer sends again; a refusal would have it go on, and the webhook switched off", needs: needEffects,
		run: func(t *trial) {
			m := t.valid()
			t.taken(m)
			t.again(m)
			t.effects(m.id, 1)
		},
	},
	{
		ID: "IDEM-02", Level: Must, Sent: "the same delivery ten times at once", Want: "one effect; 2xx, or 409, 425, 429 or 503 while it is being done; 2xx in the end",
		Why: "between looking and writing another one looks", needs: needEffects,
		run: func(t *trial) {
			m := t.valid()
			for _, a := range t.together(m, m, m, m, m, m, m, m, m, m) {
				t.keep(m, a)
				if !a.busy() {
					t.accepted(a)
				}
			}
			t.again(m)
			t.effects(m.id, 1)
		},
	},
	{
		ID: "IDEM-03", Level: Must, Sent: "an id that is done, with another body, signed", Want: "2xx or 409, and no second effect",
		Why: "an id that is used again must not have it done again", needs: needEffects | needID,
		run: func(t *trial) {
			e := t.event()
			m := t.sealed(e)
			t.taken(m)
			other := t.event()
			other.ID, other.Time = e.ID, e.Time
			t.either(t.send(t.sealed(other)), http.StatusConflict)
			t.effects(m.id, 1)
		},
	},
	{
		ID: "IDEM-04", Level: Shown, Sent: "a captured delivery under another id", Want: "one effect or two",
		Why: "where the signature does not cover the id nobody can tell it from a new event", needs: needEffects | needHeaderID | needFreeID,
		run: func(t *trial) {
			m := t.valid()
			t.taken(m)
			replay := m.clone()
			replay.id = newID()
			replay.set(t.idHeader, replay.id)
			t.either(t.send(replay), unauthorized, http.StatusConflict)
			t.sleep(settle)
			t.shows("the effect happened %s in all", times(t.countEffects(m.id)+t.countEffects(replay.id)))
		},
	},
	{
		ID: "IDEM-05", Level: Must, Sent: "two events with equal bodies and ids of their own", Want: "two effects",
		Why: "an instance that is stopped twice says the same twice; who recognises repeats by the body loses the second", needs: needEffects | needHeaderID,
		run: func(t *trial) {
			first := t.event()
			second := first
			second.ID = newID()
			for _, e := range []events.Event{first, second} {
				t.taken(t.sealed(e))
			}
		},
	},
	{
		ID: "IDEM-06", Level: Must, Sent: "a delivery again when the provider's last retry would come", Want: "2xx, and one effect",
		Why: "an id that is forgotten sooner is done again", needs: needEffects | needPass | needRetries,
		run: func(t *trial) {
			e := t.event()
			m := t.sealed(e)
			t.taken(m)
			t.pass(t.target.Provider.Horizon())
			t.again(t.resent(e, m))
			t.effects(m.id, 1)
		},
	},
	{
		ID: "IDEM-07", Level: Shown, Sent: "a delivery again after two weeks", Want: "2xx; one effect or two",
		Why: "nobody remembers for ever", needs: needEffects | needPass,
		run: func(t *trial) {
			e := t.event()
			m := t.sealed(e)
			t.taken(m)
			t.pass(14 * 24 * time.Hour)
			t.again(t.resent(e, m))
			t.sleep(settle)
			t.shows("the effect happened %s", times(t.countEffects(m.id)))
		},
	},
	{
		ID: "IDEM-08", Level: Must, Sent: "a time two seconds older than is tolerated, and one two seconds younger", Want: "401, and 2xx",
		Why: "a captured request must not be good for ever", needs: needTime,
		run: func(t *trial) {
			t.refused(t.stamped(-t.hmac.Tolerance-2*time.Second), unauthorized)
			t.taken(t.stamped(-t.hmac.Tolerance + 2*time.Second))
		},
	},
	{
		ID: "IDEM-09", Level: Must, Sent: "a time in the future, further than is tolerated", Want: "401",
		Why: "a time far ahead would be good until then", needs: needTime,
		run: func(t *trial) { t.refused(t.stamped(t.hmac.Tolerance+time.Minute), unauthorized) },
	},
	{
		ID: "IDEM-10", Level: Must, Sent: "times that are none, signed: negative, huge, 1e9, text, empty", Want: "401 or 400, and it goes on",
		Why: "parsers throw, and a time that is optional is no protection", needs: needTime,
		run: func(t *trial) {
			for _, text := range []string{"-1", "99999999999999999999", "1e9", "today", ""} {
				m := t.valid()
				other, ok := t.retimed(m, text)
				if !ok {
					t.skip("where the time is written is not known")
				}
				t.refused(other, unauthorized, http.StatusBadRequest)
			}
		},
	},
	{
		ID: "IDEM-11", Level: Must, Sent: "the same event again with a fresh time and signature", Want: "2xx twice, and one effect",
		Why: "so a retry comes; who recognises repeats by the signature does it again", needs: needEffects | needTime,
		run: func(t *trial) {
			e := t.event()
			m := t.sealed(e)
			t.taken(m)
			later, err := t.seal(t.target.Secret, e, t.now().Add(time.Second))
			t.must(err)
			t.again(later)
			t.effects(m.id, 1)
		},
	},
	{
		ID: "IDEM-12", Level: Must, Sent: "a delivery, and again after a restart", Want: "2xx twice, and one effect",
		Why: "what is in memory alone is lost with the process, and a deploy is a restart", needs: needEffects | needRestart,
		run: func(t *trial) {
			m := t.valid()
			t.taken(m)
			t.must(t.target.Restart(t.ctx))
			t.again(m)
			t.effects(m.id, 1)
		},
	},
	{
		ID: "IDEM-13", Level: Should, Sent: "a delivery, and then the test event with its id", Want: "2xx twice, and one effect",
		Why: "what a button sends must not undo what is done", needs: needEffects | needID,
		run: func(t *trial) {
			p := t.target.Provider
			test := testOf(p)
			if p.Events[test] == nil {
				t.skip("the provider has no test event")
			}
			m := t.valid()
			t.taken(m)
			sample := events.Named(test, p.Events[test])
			sample = t.unique(sample)
			sample.ID = m.id
			t.accepted(t.send(t.sealed(sample)))
			t.effects(m.id, 1)
		},
	},
}

// pass lets time pass for the receiver. If ours did not pass as well, its clock is ahead of ours from then on.
func (t *trial) pass(d time.Duration) {
	began := time.Now()
	t.must(t.target.Pass(t.ctx, d))
	t.ahead.Add(int64(max(d-time.Since(began), 0)))
}

// together sends requests at once, each on a connection of its own.
func (t *trial) together(all ...*message) []answer {
	answers := make([]answer, len(all))
	var sent sync.WaitGroup
	for i, m := range all {
		sent.Go(func() { answers[i] = t.wire.send(t.ctx, m) })
	}
	sent.Wait()
	return answers
}

// resent is an event as the provider sends it again: signed anew where a time is signed.
func (t *trial) resent(e events.Event, m *message) *message {
	if t.hmac != nil && t.hmac.Timestamp != (verify.Source{}) {
		return t.sealed(e)
	}
	return m
}

// stamped is a new delivery that was signed at another time.
func (t *trial) stamped(ahead time.Duration) *message {
	m, err := t.seal(t.target.Secret, t.event(), t.now().Add(ahead))
	t.must(err)
	return m
}

// retimed is a request that says its time in another way, signed.
func (t *trial) retimed(m *message, text string) (*message, bool) {
	signed := string(t.signedBytes(m))
	for ago := range 3 { // seconds since it was signed
		now := fmt.Sprint(t.now().Add(-time.Duration(ago) * time.Second).Unix())
		digest := t.digest(m)
		other := m.clone()
		replaced := false
		for i, l := range other.lines {
			if value, ok := replacedOnce(l.value, now, text); ok {
				other.lines[i].value, replaced = value, true
				break
			}
		}
		changed, ok := replacedOnce(signed, now, text)
		if !replaced || !ok {
			continue
		}
		value := other.get(t.sigName)
		fresh, ok := replacedOnce(value, digest, t.mac(t.target.Secret, *t.hmac, []byte(changed)))
		other.set(t.sigName, fresh)
		return other, ok
	}
	return nil, false
}

// replacedOnce is a text in which the first of another is a third one, and whether it was there.
func replacedOnce(text, from, to string) (string, bool) {
	return strings.Replace(text, from, to, 1), strings.Contains(text, from)
}
