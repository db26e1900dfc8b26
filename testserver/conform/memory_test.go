package conform_test

import (
	"sync"
	"time"
)

// claimState is what a receiver knows of an event that it has, or had, to do.
type claimState uint8

const (
	unknown claimState = iota
	claimed            // somebody is at it
	done
)

type claim struct {
	state claimState
	at    time.Time
}

// memory is what a receiver remembers, and what its work has done.
type memory struct {
	mu      sync.Mutex
	claims  map[string]claim
	effects map[string]int
	runs    map[string]int
	bodies  map[string]bool
	now     func() time.Time
}

func newMemory() *memory {
	return &memory{claims: map[string]claim{}, effects: map[string]int{}, runs: map[string]int{}, bodies: map[string]bool{}, now: time.Now}
}

// withoutClaims is the memory of a process that has kept nothing but what its work has done.
func (m *memory) withoutClaims() *memory {
	m.mu.Lock()
	defer m.mu.Unlock()
	other := newMemory()
	other.effects, other.now = m.effects, m.now
	return other
}

// state is what is known of an id, if it was learned so lately.
func (m *memory) state(id string, lately time.Duration) claimState {
	m.mu.Lock()
	defer m.mu.Unlock()
	if c := m.claims[id]; m.now().Sub(c.at) <= lately {
		return c.state
	}
	return unknown
}

// knows reports whether an id was ever claimed.
func (m *memory) knows(id string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.claims[id] != claim{}
}

// claimIfNew claims an id of which nothing is known lately, and says what was known.
func (m *memory) claimIfNew(id string, lately time.Duration) claimState {
	m.mu.Lock()
	defer m.mu.Unlock()
	if c := m.claims[id]; c.state != unknown && m.now().Sub(c.at) <= lately {
		return c.state
	}
	m.claims[id] = claim{claimed, m.now()}
	return unknown
}

// claim says what is known of an id.
func (m *memory) claim(id string, s claimState) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.claims[id] = claim{s, m.now()}
}

// run counts the runs of an event.
func (m *memory) run(id string) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.runs[id]++
	return m.runs[id]
}

// effect does an event's work.
func (m *memory) effect(id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.effects[id]++
}

// undo takes an event's work back.
func (m *memory) undo(id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.effects, id)
	delete(m.claims, id)
}

// count is how often an event's work was done.
func (m *memory) count(id string) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.effects[id]
}

// met reports whether a body came before.
func (m *memory) met(body string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	was := m.bodies[body]
	m.bodies[body] = true
	return was
}
