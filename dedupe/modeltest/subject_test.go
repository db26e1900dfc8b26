package modeltest_test

import (
	"time"

	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/dedupe/dedupetest"
)

// subject is a store to be checked, and what can be done to it. Events of other schedules may be in it.
type subject struct {
	store   dedupe.Store // and a Forgetter
	drift   time.Duration
	pass    func(d time.Duration)
	restart func()     // kills the store and starts it again, which forgets nothing. Optional.
	repeat  func(deed) // has the next call done twice, since its reply is lost and the client asks again
}

// ops are the calls that can be repeated. Forget is as it is done: twice is once.
var ops = map[deed]dedupetest.Op{
	claim: dedupetest.Claim, extend: dedupetest.Extend, commit: dedupetest.Commit, release: dedupetest.Release,
}

// on is a subject whose client is told to repeat.
func on(store dedupe.Store) *subject {
	s := &subject{}
	s.open(store)
	return s
}

// open puts another store in its place.
func (s *subject) open(store dedupe.Store) {
	flaky := &dedupetest.Flaky{Store: store}
	s.store, s.repeat = flaky, func(d deed) {
		if op, ok := ops[d]; ok {
			flaky.Next(op, dedupetest.Repeat)
		}
	}
}
