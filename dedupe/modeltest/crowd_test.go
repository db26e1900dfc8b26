package modeltest_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/hookmitt/hookmitt/dedupe"
)

// largestCrowd calls are made at once.
const largestCrowd = 6

// drawCrowd makes calls of one event at once, and wants their answers to be those of one order or another: each is one
// step. If all are claims of an event that is free, exactly one wins.
func (m *machine) drawCrowd(t *rapid.T) {
	k := m.drawKey(t)
	var calls []call
	for range rapid.IntRange(2, largestCrowd).Draw(t, "crowd") {
		m.guests++
		c := call{deed: claim, key: k, owner: fmt.Sprintf("guest %d", m.guests), hold: holds[0]}
		switch d := rapid.SampledFrom([]deed{claim, claim, claim, commit, release, extend, forget}).Draw(t, "deed"); {
		case d == forget:
			c.deed, c.owner = forget, "the operator"
		case d != claim && len(m.claims) > 0:
			c = m.drawSettle(t, d)
		}
		if c.key == k {
			calls = append(calls, c)
		}
	}
	answers := m.together(t, calls)
	var lines []string
	for i, c := range calls {
		lines = append(lines, m.writer.write(c, answers[i]))
	}
	m.say("at once: " + strings.Join(lines, "; "))
	m.worlds = m.worlds.orders(calls, answers)
	if len(m.worlds) == 0 {
		panic(wrong("in no order the laws have that"))
	}
	for i, c := range calls {
		m.calls = append(m.calls, c)
		m.hear(c, answers[i])
	}
}

// together asks all at once.
func (m *machine) together(t *rapid.T, calls []call) []answer {
	answers := make([]answer, len(calls))
	start, ctx := make(chan struct{}), t.Context()
	var all sync.WaitGroup
	for i, c := range calls {
		all.Go(func() {
			<-start
			answers[i] = ask(ctx, m.store, c)
		})
	}
	close(start)
	all.Wait()
	return answers
}

// orders are the worlds to which the answers lead, in any order that is one the laws have.
func (all worlds) orders(calls []call, answers []answer) worlds {
	after := make([]worlds, 1<<len(calls)) // by the set of calls that were done
	after[0] = all
	for set, here := range after {
		for i, c := range calls {
			if next := set | 1<<i; next != set {
				there, _, _ := here.copy().decide(c, answers[i])
				after[next] = after[next].with(there...)
			}
		}
	}
	return after[len(after)-1]
}

func TestOrders(t *testing.T) {
	t.Parallel()
	ann, bob := call{deed: claim, owner: "ann", hold: holds[0]}, call{deed: claim, owner: "bob", hold: holds[0]}
	forgets := call{deed: forget}
	commits := call{deed: commit, claim: dedupe.Claim{Owner: "ann", Token: 1, Hold: holds[0]}, status: 200}
	won, wonToo := answer{state: dedupe.Claimed, token: 1, run: 1}, answer{state: dedupe.Claimed, token: 2, run: 1}
	pending := answer{state: dedupe.Pending, wait: holds[0].Lease}
	lost := answer{err: dedupe.ErrLeaseLost}
	for name, c := range map[string]struct {
		calls   []call
		answers []answer
		worlds  int
	}{
		"one wins":                           {[]call{ann, bob}, []answer{pending, won}, 1},
		"both win":                           {[]call{ann, bob}, []answer{won, wonToo}, 0},
		"none wins":                          {[]call{ann, bob}, []answer{pending, pending}, 0},
		"both win, with forget between them": {[]call{ann, bob, forgets}, []answer{won, wonToo, {}}, 1},
		"nobody knows when it was forgotten": {[]call{ann, forgets}, []answer{won, {}}, 2},
		"a commit before it was claimed":     {[]call{commits, ann}, []answer{lost, won}, 1},
		"a commit after it was claimed":      {[]call{commits, ann, bob}, []answer{{}, won, pending}, 1},
		"a commit of what another got first": {[]call{commits, ann, bob}, []answer{{}, wonToo, pending}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Len(t, newWorlds(0).orders(c.calls, c.answers), c.worlds)
		})
	}
	t.Run("a world is left when a later answer shows the order", func(t *testing.T) {
		t.Parallel()
		both := newWorlds(0).orders([]call{ann, forgets}, []answer{won, {}})
		right, _, _ := both.copy().decide(commits, lost)
		require.Len(t, right, 1, "it was claimed first")
		right, _, _ = both.copy().decide(commits, answer{})
		require.Len(t, right, 1, "it was forgotten first, when nobody had it")
		right, _, _ = right.decide(bob, answer{state: dedupe.Done, status: 200})
		require.Len(t, right, 1)
		right, _, _ = right.decide(bob, pending)
		require.Empty(t, right)
	})
}
