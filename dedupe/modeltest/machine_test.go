package modeltest_test

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"pgregory.net/rapid"

	"github.com/hookmitt/hookmitt/dedupe"
)

// All times of a schedule are whole minutes, so that the seconds that it takes on a real clock do not matter.
const unit = time.Minute

// fault is what becomes of a call.
type fault string

const (
	none     fault = "none"
	deaf     fault = "the reply is lost"
	repeated fault = "repeated"
)

// machine does a schedule to a store and has each answer judged.
type machine struct {
	*subject
	scope   string
	worlds  worlds
	writer  writer
	lives   map[string]int // of people: who crashes comes back as another owner
	claims  []dedupe.Claim // that somebody knows to have, the latest last
	calls   []call         // all of them, the latest last
	guests  int            // that came in crowds
	history []string
	met     tally
}

var schedules atomic.Int64

// newMachine starts with events that no other schedule has.
func newMachine(s *subject, met tally) *machine {
	return &machine{
		subject: s, scope: fmt.Sprintf("schedule %d", schedules.Add(1)),
		worlds: newWorlds(s.drift), writer: writer{}, lives: map[string]int{}, met: met,
	}
}

// walk is what a machine does.
type walk func(*rapid.T, *machine)

// alone does a schedule of one call after the other, and then wants that no event is lost.
func alone(t *rapid.T, m *machine) { m.walk(t, m.actions()) }

// crowded does calls at once, too. Who comes first is no matter of the seed, so that a failure may not come again.
func crowded(t *rapid.T, m *machine) {
	actions := m.actions()
	actions["crowd"] = m.drawCrowd
	m.walk(t, actions)
}

// walk fails in one place, whatever is wrong, since a shorter schedule counts only if it fails there, too.
func (m *machine) walk(t *rapid.T, actions map[string]func(*rapid.T)) {
	wrong := func() (w wrong) {
		defer func() {
			var ok bool
			if r := recover(); r != nil {
				if w, ok = r.(wrong); !ok {
					panic(r)
				}
			}
		}()
		t.Repeat(actions)
		m.drain(t)
		return ""
	}()
	if wrong != "" {
		t.Fatalf("this must not be:\n%s\n%s", strings.Join(m.history, "\n"), wrong)
	}
}

// wrong says what is wrong with the last answer of a schedule, which ends by a panic with it.
type wrong string

// do asks, and has the answer judged and heard.
func (m *machine) do(t *rapid.T, c call) {
	switch rapid.SampledFrom([]fault{none, none, none, none, deaf, repeated}).Draw(t, "fault") {
	case none:
		m.hear(c, m.ask(t, c, ""))
	case deaf:
		m.ask(t, c, ", whose reply is lost")
	case repeated:
		m.repeat(c.deed)
		got := m.ask(t, c, ", once more than it knows")
		m.decide(c, got) // the second time
		m.hear(c, got)
	}
}

// ask asks, and has the answer judged.
func (m *machine) ask(t *rapid.T, c call, how string) answer {
	got := ask(t.Context(), m.store, c)
	m.calls = append(m.calls, c)
	m.say(m.writer.write(c, got) + how)
	m.decide(c, got)
	return got
}

// decide wants that there is a world in which the answer is right.
func (m *machine) decide(c call, got answer) {
	right, by, why := m.worlds.decide(c, got)
	m.met[by]++
	if m.worlds = right; len(right) == 0 {
		panic(why)
	}
}

// hear tells who asked. Only then there is a claim to settle.
func (m *machine) hear(c call, got answer) {
	if c.deed == claim && got.state == dedupe.Claimed {
		m.claims = append(m.claims, dedupe.Claim{Key: c.key, Hold: c.hold, State: got.state, Owner: c.owner, Token: got.token, Run: got.run})
	}
}

// say writes a step down.
func (m *machine) say(what string) {
	m.history = append(m.history, fmt.Sprintf("step %d: %s", len(m.history)+1, what))
}

// wait lets time pass.
func (m *machine) wait(d time.Duration) {
	m.pass(d)
	m.worlds.pass(d)
	m.say(fmt.Sprintf("%v pass", d))
}

// drain ends all leases and wants that each event is done before, or can be done now, and is done then.
func (m *machine) drain(t *rapid.T) {
	m.wait(longest)
	for _, id := range ids {
		k := dedupe.Key{Scope: m.scope, ID: id}
		if !slices.ContainsFunc(m.calls, func(c call) bool { return c.key == k }) {
			continue // it never came
		}
		c := call{deed: claim, key: k, owner: "the last", hold: holds[0]}
		got := m.ask(t, c, "")
		m.hear(c, got)
		if got.state == dedupe.Claimed {
			m.ask(t, call{deed: commit, key: k, owner: c.owner, claim: m.claims[len(m.claims)-1], status: 200}, "")
		}
		c.owner = "nobody"
		if m.ask(t, c, "").state != dedupe.Done {
			panic(wrong("event " + id + " is lost: it is not done in the end"))
		}
	}
}
