package conform

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hookmitt/hookmitt/events"
)

// trial is one check while it is made. What a check says of the receiver it says by the methods here; the first that
// decides ends it.
type trial struct {
	*probe
	ctx    context.Context
	check  Check
	chance *rand.Rand

	mu       sync.Mutex
	verdict  Verdict
	found    string
	sent     *message // the latest, with its answer
	came     answer
	negative bool // something was refused: a canary is due
}

// over ends a trial.
type over struct{}

func (t *trial) decide(v Verdict, format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.verdict, t.found = v, fmt.Sprintf(format, args...)
}

// failed ends the trial: the receiver does not do what is wanted.
func (t *trial) failed(format string, args ...any) {
	v := Failed
	if t.check.Level == Should && !t.strict {
		v = NonStrict
	}
	t.decide(v, format, args...)
	panic(over{})
}

// lenient goes on: the receiver does something safe that is not quite what is wanted.
func (t *trial) lenient(format string, args ...any) {
	if t.strict {
		t.failed(format, args...)
	}
	t.decide(NonStrict, format, args...)
}

// shows goes on: the receiver does one of several things.
func (t *trial) shows(format string, args ...any) {
	if t.check.Level == Shown && t.verdict != NonStrict {
		t.decide(Informational, format, args...)
	}
}

// skip ends the trial: it cannot be made here.
func (t *trial) skip(format string, args ...any) {
	t.decide(Skipped, format, args...)
	panic(over{})
}

// must ends the trial if something of ours went wrong.
func (t *trial) must(err error) {
	if err != nil {
		t.decide(Failed, "the check could not be made: %v", err)
		panic(over{})
	}
}

// send sends a request on a connection of its own.
func (t *trial) send(m *message) answer {
	a := t.wire.send(t.ctx, m)
	t.keep(m, a)
	return a
}

// keep has a request and its answer shown if the trial is decided now.
func (t *trial) keep(m *message, a answer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sent, t.came = m, a
}

// accepted wants a request to have succeeded, as the provider counts.
func (t *trial) accepted(a answer) {
	switch {
	case a.Err != nil:
		t.failed("%v: the provider counts a failure, and sends it again", a.Err)
	case a.Status >= 300 && a.Status <= 399:
		t.failed("answered %v: providers do not follow redirects, and count a failure", a)
	case a.Status == http.StatusUnauthorized || a.Status == http.StatusForbidden:
		t.failed("answered %v, though the signature is right", a)
	case !t.target.Provider.Acknowledges(a.Status):
		t.failed("answered %v: the provider counts a failure, and sends it again", a)
	}
}

// rejected wants a request to have been refused, best by one of the statuses.
func (t *trial) rejected(a answer, best ...int) {
	t.negative = true
	switch {
	case a.Err != nil:
		t.failed("%v: it should be refused, by %s", a.Err, statuses(best))
	case a.Status <= 299:
		t.failed("answered %v: it was accepted", a)
	case a.Status <= 399:
		t.failed("answered %v: it should be refused, by %s", a, statuses(best))
	case a.Status >= 500 && !slices.Contains(best, a.Status):
		t.failed("answered %v: what can never succeed is sent again for hours, and in the end the webhook is switched off; it should be refused, by %s",
			a, statuses(best))
	case !slices.Contains(best, a.Status):
		t.lenient("answered %v; %s says what is wrong", a, statuses(best))
	}
}

// unharmed wants any answer that is one: the receiver may take the request or refuse it.
func (t *trial) unharmed(a answer) {
	t.negative = true
	switch {
	case a.Err != nil:
		t.failed("%v: whatever it thinks of the request, it should say so", a.Err)
	case a.Status >= 500:
		t.failed("answered %v: the request is at fault and not the receiver, and it is sent again for hours", a)
	case a.Status >= 300 && a.Status <= 399:
		t.failed("answered %v: providers do not follow redirects", a)
	}
	t.shows("answered %v", a)
}

// either wants a request to have been accepted or refused by one of the statuses.
func (t *trial) either(a answer, best ...int) {
	if a.Err == nil && t.target.Provider.Acknowledges(a.Status) {
		t.shows("answered %v", a)
		return
	}
	t.rejected(a, best...)
	t.shows("answered %v", a)
}

func statuses(best []int) string {
	var words []string
	for _, s := range best {
		words = append(words, fmt.Sprintf("%d", s))
	}
	return strings.Join(words, " or ")
}

// settle is how long an effect may come after the answer before one is taken not to come, and how often one that is
// waited for is asked for.
const (
	settle = 100 * time.Millisecond
	asks   = 20 * time.Millisecond
)

// effects wants an event's work to have been done so often, where anybody can say. One that is still to be done is waited
// for as long as an answer is.
func (t *trial) effects(id string, want int) {
	if t.target.Effects == nil {
		return
	}
	if got := t.effectsOf(id, want); got != want {
		t.failed("the event's effect happened %s, not %s", times(got), times(want))
	}
}

// effectsOf is how often an event's work was done, when that is so often at least or no more comes.
func (t *trial) effectsOf(id string, want int) int {
	if want > 0 {
		for until := time.Now().Add(t.target.Provider.Deadline); time.Now().Before(until); t.sleep(asks) {
			if t.countEffects(id) >= want {
				break
			}
		}
	}
	t.sleep(settle)
	return t.countEffects(id)
}

func (t *trial) countEffects(id string) int {
	n, err := t.target.Effects(t.ctx, id)
	t.must(err)
	return n
}

func times(n int) string {
	switch n {
	case 0:
		return "never"
	case 1:
		return "once"
	case 2:
		return "twice"
	}
	return fmt.Sprintf("%d times", n)
}

// sleep waits, or ends the trial with the probe.
func (t *trial) sleep(d time.Duration) {
	select {
	case <-time.After(d):
	case <-t.ctx.Done():
		t.must(context.Cause(t.ctx))
	}
}

// refused sends a request that must be refused, and wants no effect of it.
func (t *trial) refused(m *message, best ...int) {
	t.rejected(t.send(m), best...)
	t.quiet(m)
}

// quiet wants a request to have had no effect.
func (t *trial) quiet(m *message) {
	if t.target.Effects == nil || m.id == "" {
		return
	}
	if n := t.effectsOf(m.id, 0); n != 0 {
		t.failed("the event's effect happened %s, though the request should have none", times(n))
	}
}

// taken sends a request that must be accepted, and wants one effect of its event.
func (t *trial) taken(m *message) {
	t.accepted(t.send(m))
	t.effects(m.id, 1)
}

// patience is how long a receiver may be busy with an event, or too busy for it: over a lease of 15 s.
const patience = 30 * time.Second

// again sends an event until it is accepted, as a provider does whose attempts meet a receiver that is still at it.
func (t *trial) again(m *message) {
	pause := asks
	until := time.Now().Add(max(2*t.target.Provider.Deadline, patience))
	a := t.send(m)
	for a.busy() && time.Now().Before(until) {
		t.sleep(pause)
		pause = min(2*pause, time.Second)
		a = t.send(m)
	}
	t.accepted(a)
}

// valid is a delivery of a new event.
func (t *trial) valid() *message { return t.sealed(t.event()) }

// sealed is the request that brings an event, signed.
func (t *trial) sealed(e events.Event) *message {
	m, err := t.seal(t.target.Secret, e, t.now())
	t.must(err)
	return m
}

// fails is a delivery of a new event whose handler goes wrong.
func (t *trial) fails(f Failure) *message {
	if t.target.Fail != nil {
		m := t.valid()
		t.must(t.target.Fail(t.ctx, m.id, f))
		return m
	}
	e := t.event()
	failing := events.Named(FailEvent, f)
	e.Type, e.Data = failing.Type, failing.Data
	return t.sealed(t.unique(e))
}
