package modeltest_test

import (
	"time"

	"github.com/hookmitt/hookmitt/dedupe"
)

// model is what a store is, by the laws at [dedupe.Store]. It does not answer: it judges an answer, and goes on from it.
// Of tokens it knows that they grow, and of time what it is told.
type model struct {
	now    time.Duration
	drift  time.Duration // how far the store's clock may have run on since now was its time
	events map[dedupe.Key]event
}

// event is what is known of a key. The zero event is new.
type event struct {
	phase    phase
	owner    string        // who runs it, or ran it when it was forgotten
	token    uint64        // of the latest claim, for ever
	runs     int           // that count
	status   int           // of what is done
	lease    time.Duration // when it ends
	remember time.Duration // when the event is new again
	next     law           // by which the next claim wins, if it does
}

type phase int

const (
	fresh phase = iota
	running
	failed
	done
	forgotten
)

// law is one by its number.
type law int

// verdict is whether an answer is one that a store may give, and what it must be.
type verdict struct {
	law   law
	wants string
	right bool
}

// judge says whether a store may answer so, and what has become of the event.
func (m *model) judge(c call, got answer) verdict {
	e, known := m.events[c.key]
	if !known {
		e.next = 1
	}
	if e.phase != fresh && m.now >= e.remember {
		e = event{token: e.token, next: 12}
	}
	var v verdict
	switch c.deed {
	case claim:
		v = e.claim(m, c, got)
	case forget:
		v = e.forget(got)
	default:
		v = e.settle(m, c, got)
	}
	m.events[c.key] = e
	return v
}

func (e *event) claim(m *model, c call, got answer) verdict {
	switch left := e.lease - m.now; {
	case e.phase == running && e.owner == c.owner:
		return verdict{2, "the same claim again", got.wins(e.runs) && got.token == e.token}
	case e.phase == running && left > 0 && c.hold.Lease < left:
		return verdict{14, "pending, for what is left of the lease", got.waits(left-m.drift, left)}
	case e.phase == running && left > 0:
		return verdict{3, "pending, for what is left of the lease", got.waits(left-m.drift, left)}
	case e.phase == done:
		return verdict{11, "done, with what was committed", got.finds(e.status)}
	case e.phase == forgotten && e.owner == c.owner:
		return verdict{18, "pending, to who ran it when it was forgotten", got.waits(0, c.hold.Lease)}
	}
	v := verdict{e.next, "the next run, with a larger token", got.wins(e.runs+1) && got.token > e.token}
	*e = event{phase: running, owner: c.owner, token: got.token, runs: e.runs + 1, next: 5}
	e.hold(m, c.hold)
	return v
}

func (e *event) settle(m *model, c call, got answer) verdict {
	ours := e.token == c.claim.Token
	switch {
	case !ours:
		return verdict{6, "lost, since it was taken over", got.lost()}
	case e.phase == fresh:
		return verdict{12, "lost, since the event is new", got.lost()}
	case e.phase == forgotten:
		return verdict{18, "lost, since it was forgotten", got.lost()}
	case e.phase == done && c.deed == commit, e.phase == failed && c.deed == release:
		return verdict{8, "nil, as before", got.works()}
	case e.phase == failed:
		return verdict{9, "lost, since it was released", got.lost()}
	case e.phase == done && c.deed == release:
		return verdict{17, "lost, since it was committed", got.lost()}
	case e.phase == done: // the laws leave it open what an extension is that comes after the commit
		return verdict{17, "nil or lost, since it was committed", got.works() || got.lost()}
	}
	v := verdict{4, "nil", got.works()}
	if m.now >= e.lease {
		v.law = 7
	}
	switch e.hold(m, c.claim.Hold); {
	case c.deed == commit:
		e.phase, e.status = done, c.status
	case c.deed == release && c.claim.Unused:
		e.phase, e.next = failed, 20
		e.runs--
	case c.deed == release:
		e.phase, e.next = failed, 10
	}
	return v
}

func (e *event) forget(got answer) verdict {
	switch e.phase {
	case running:
		e.phase, e.runs, e.next = forgotten, 0, 18
	case failed, done:
		e.phase, e.runs, e.next, e.owner = forgotten, 0, 18, ""
	case fresh, forgotten:
	}
	return verdict{18, "nil", got.works()}
}

func (e *event) hold(m *model, h dedupe.Hold) { e.lease, e.remember = m.now+h.Lease, m.now+h.Remember }
