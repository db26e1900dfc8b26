// Package dedupetest checks that a [dedupe.Store] keeps its laws. They are written, and numbered, at that interface.
//
//	func TestStore(t *testing.T) {
//		dedupetest.Run(t, func(t *testing.T) dedupetest.Subject {
//			return dedupetest.Subject{Store: open(t), Pass: time.Sleep, Unit: 100 * time.Millisecond}
//		})
//	}
//
// What is promised: a store that passes does what [dedupe.Guard] relies on, as seen from one process. What is not:
// that it survives a crash, a fail-over or an eviction, none of which the suite brings about.
//
// [Flaky] puts faults between a guard and a store, for tests of what is built upon them.
//
// The package imports the standard library and dedupe alone.
package dedupetest

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hookmitt/hookmitt/dedupe"
)

// Subject is a store under test and how the laws may treat it.
type Subject struct {
	// Store may hold other records, since the laws use keys of their own. Required.
	Store dedupe.Store

	// Pass lets time pass for the store. In a bubble, and for a server whose clock is its own, that is time.Sleep. Required.
	Pass func(d time.Duration)

	// Unit is the laws' unit of time: leases are some units long. A real server takes less than a second, to be fast,
	// but much more than a call takes. Default: 1 s.
	Unit time.Duration

	// Foreign puts something that is no record under k, for law 16. Default: the store holds nothing but records, and the
	// law is skipped.
	Foreign func(t *testing.T, k dedupe.Key)
}

// Run tries every law on a store of its own, as a subtest that is named like "law 05 after the lease a claim wins".
//
// The laws are tried one after the other, since the subjects may share a clock that Pass moves. On the real clock law 12
// takes 12 units and a second, but at least 4 s, and the others take 99 units together. The calls between two passes must
// take less than a unit.
func Run(t *testing.T, open func(t *testing.T) Subject) {
	for _, law := range laws {
		t.Run(law.String(), func(t *testing.T) { law.try(t, t, open(t)) })
	}
}

// RunInBubble is [Run] with each law in a bubble of [synctest] of its own, so that no real time passes and a goroutine
// that the store leaves behind fails the law. The store must be opened in the bubble, and must not leave it: a network
// cannot be followed there.
func RunInBubble(t *testing.T, open func(t *testing.T) Subject) {
	for _, law := range laws {
		t.Run(law.String(), func(t *testing.T) {
			t.Parallel()
			var skipped bool // of the bubble's test, which testing would count as passed
			synctest.Test(t, func(t *testing.T) {
				defer func() { skipped = t.Skipped() }()
				law.try(t, t, open(t))
			})
			if skipped {
				t.SkipNow()
			}
		})
	}
}

// law is one of those at [dedupe.Store], and how to try it.
type law struct {
	number int
	name   string
	check  func(*trial)
}

var laws = []law{
	{1, "of concurrent claims exactly one wins", oneWinner},
	{2, "the same owner gets the same claim again", sameOwner},
	{3, "a pending claim says how long to wait", pendingWait},
	{4, "extend moves the end of the lease", extendMoves},
	{5, "after the lease a claim wins", takeover},
	{6, "a claim that was taken over changes nothing", staleClaim},
	{7, "after the lease the owner may commit while nobody took it", lateCommit},
	{8, "commit and release are idempotent", settledTwice},
	{9, "commit after release is lost", commitAfterRelease},
	{10, "release keeps the number of runs", runsKept},
	{11, "a done claim carries the status", statusKept},
	{12, "after remember the id is new and not before", remembered},
	{13, "keys do not mix", keysApart},
	{14, "another hold does not shorten a live lease", otherHold},
	{15, "a cancelled context gives an error", cancelled},
	{16, "something foreign gives an error", foreign},
	{17, "release after commit is lost and it stays done", releaseAfterCommit},
	{18, "after forget the next claim is run 1 with a larger token", forgotten},
	{19, "a key that is none is refused", badKeys},
	{20, "release of an unused claim takes its run back", unusedRun},
}

// String is the name of the law's subtest.
func (l law) String() string { return fmt.Sprintf("law %02d %s", l.number, l.name) }

// try checks the law and reports to r, which but in the suite's own tests is t.
func (l law) try(t *testing.T, r reporter, s Subject) {
	r.Helper()
	switch {
	case s.Store == nil:
		r.Fatalf("dedupetest: Subject.Store is required")
	case s.Pass == nil:
		r.Fatalf("dedupetest: Subject.Pass is required; in a bubble it is time.Sleep")
	}
	if s.Unit <= 0 {
		s.Unit = time.Second
	}
	l.check(newTrial(t, r, l, s))
}
