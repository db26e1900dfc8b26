package modeltest_test

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/hookmitt/hookmitt/dedupe"
)

// world is how a store may be after what it answered.
type world struct {
	model  *model
	ledger ledger
}

// worlds are all that may be: one, but for calls that were made at once, whose order may show later only.
type worlds []world

func newWorlds(drift time.Duration) worlds {
	return worlds{{&model{drift: drift, events: map[dedupe.Key]event{}}, ledger{}}}
}

// decide leaves the worlds in which an answer is right. If there is none, why says why.
func (all worlds) decide(c call, got answer) (right worlds, by law, why wrong) {
	for _, w := range all {
		v := w.model.judge(c, got)
		by = v.law
		if !v.right {
			why = wrong(fmt.Sprintf("law %d wants: %s", v.law, v.wants))
		} else if broken := w.ledger.note(w.model.now, c, got); broken != "" {
			why = wrong(broken)
		} else {
			right = right.with(w)
		}
	}
	return right, by, why
}

// copy are worlds that go their own way.
func (all worlds) copy() (others worlds) {
	for _, w := range all {
		m := *w.model
		m.events = maps.Clone(m.events)
		others = append(others, world{&m, maps.Clone(w.ledger)})
	}
	return others
}

// with are these and others, each once.
func (all worlds) with(others ...world) worlds {
	for _, w := range others {
		if !slices.ContainsFunc(all, w.is) {
			all = append(all, w)
		}
	}
	return all
}

func (w world) is(other world) bool {
	return w.model.now == other.model.now && maps.Equal(w.model.events, other.model.events) && maps.Equal(w.ledger, other.ledger)
}

func (all worlds) pass(d time.Duration) {
	for i := range all {
		all[i].model.now += d
	}
}
