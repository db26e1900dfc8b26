package modeltest_test

import (
	"fmt"
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/hookmitt/hookmitt/dedupe"
)

var (
	ids    = []string{"a", "b"}
	people = []string{"ann", "bob", "cid"}
	holds  = []dedupe.Hold{ // of two releases of a receiver, say, that run side by side
		{Lease: 2 * unit, Remember: 9 * unit},
		{Lease: 4 * unit, Remember: 16 * unit},
		{Lease: 3 * unit, Remember: 5 * unit},
	}
	longest = 4 * unit // of the leases
)

// actions are what a step can be. What is here twice is so more often.
func (m *machine) actions() map[string]func(*rapid.T) {
	claims := func(t *rapid.T) { m.do(t, m.drawClaim(t)) }
	return map[string]func(*rapid.T){
		"claim":       claims,
		"claim too":   claims,
		"extend":      func(t *rapid.T) { m.do(t, m.drawSettle(t, extend)) },
		"commit":      func(t *rapid.T) { m.do(t, m.drawSettle(t, commit)) },
		"release":     func(t *rapid.T) { m.do(t, m.drawSettle(t, release)) },
		"again":       func(t *rapid.T) { m.do(t, m.drawEarlier(t)) },
		"pass":        m.drawPass,
		"pass on":     m.drawPass,
		"more rarely": m.drawRare,
	}
}

// drawKey is one of few, so that much comes to each.
func (m *machine) drawKey(t *rapid.T) dedupe.Key {
	return dedupe.Key{Scope: m.scope, ID: rapid.SampledFrom(ids).Draw(t, "id")}
}

// drawClaim is a claim by anybody.
func (m *machine) drawClaim(t *rapid.T) call {
	return call{
		deed: claim, key: m.drawKey(t),
		owner: m.owner(rapid.SampledFrom(people).Draw(t, "who")), hold: rapid.SampledFrom(holds).Draw(t, "hold"),
	}
}

// owner is a person in its present life.
func (m *machine) owner(person string) string {
	if n := m.lives[person]; n > 0 {
		return fmt.Sprintf("%s:%d", person, n+1)
	}
	return person
}

// drawSettle takes one of the claims that somebody has, a late one more often, whether it is lost or not.
func (m *machine) drawSettle(t *rapid.T, d deed) call {
	if len(m.claims) == 0 {
		t.Skip("nobody has a claim")
	}
	c := late(t, m.claims)
	settles := call{deed: d, key: c.Key, owner: c.Owner, claim: c}
	switch d {
	case commit:
		settles.status = rapid.SampledFrom([]int{200, 204, 0, 599}).Draw(t, "status")
	case release:
		settles.claim.Unused = rapid.Bool().Draw(t, "unused")
	case claim, extend, forget:
	}
	return settles
}

// late is one of the last, the very last more often than the others. What is drawn does not depend on how many there
// are: a schedule from which a step is taken away goes on as it did.
func late[T any](t *rapid.T, all []T) T {
	back := rapid.IntRange(0, 9).Draw(t, "back")
	return all[max(0, len(all)-1-back)]
}

// drawEarlier is a call that comes again, as from a client that had no reply or from a network that was slow.
func (m *machine) drawEarlier(t *rapid.T) call {
	if len(m.calls) == 0 {
		t.Skip("there was no call")
	}
	return late(t, m.calls)
}

// drawPass lets a minute pass, or the time until an event's lease or Remember ends, or until a minute before.
func (m *machine) drawPass(t *rapid.T) {
	e := m.worlds[0].model.events[m.drawKey(t)]
	until := rapid.SampledFrom([]time.Duration{0, e.lease - unit, e.lease, e.remember - unit, e.remember})
	m.wait(max(unit, until.Draw(t, "until")-m.worlds[0].model.now))
}

// drawRare is what comes to pass less often than the rest, or little else would.
func (m *machine) drawRare(t *rapid.T) {
	if rapid.Bool().Draw(t, "crash") {
		m.drawCrash(t)
		return
	}
	m.do(t, call{deed: forget, key: m.drawKey(t), owner: "the operator"})
}

// drawCrash ends a life: its claims are known to nobody then. Now and then the store's ends, and nothing else.
func (m *machine) drawCrash(t *rapid.T) {
	const store = "the store"
	who := people
	if m.restart != nil {
		who = slices.Concat(people, people, []string{store})
	}
	died := rapid.SampledFrom(who).Draw(t, "who")
	if died == store {
		m.restart()
		m.say("the store crashes and is started again")
		return
	}
	owner := m.owner(died)
	m.claims = slices.DeleteFunc(m.claims, func(c dedupe.Claim) bool { return c.Owner == owner })
	m.lives[died]++
	m.say(owner + " crashes")
}
