package dedupetest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hookmitt/hookmitt/dedupe"
)

// Whoever claims in the laws.
const (
	ann = "owner-ann"
	bob = "owner-bob"
	cid = "owner-cid"
)

// reporter is what the laws use of a *testing.T. The suite's own test gives them one that only records.
type reporter interface {
	Helper()
	Context() context.Context
	Fatalf(format string, args ...any)
	Skipf(format string, args ...any)
}

// trial is a law that is tried on a store. Its steps are named by what is done, and a step that comes out differently
// from what is wanted ends it.
type trial struct {
	reporter
	Subject
	law   law
	plant func(dedupe.Key) // puts something foreign
	scope string           // of no other trial, so that a store with a long memory can be tried again
	keys  int
}

func newTrial(t *testing.T, r reporter, l law, s Subject) *trial {
	plant := func(k dedupe.Key) { s.Foreign(t, k) }
	return &trial{reporter: r, Subject: s, law: l, plant: plant, scope: "dedupetest/" + rand.Text()}
}

// failf ends the trial: what was done, what came of it, what was wanted.
func (l *trial) failf(step, got, want string, args ...any) {
	l.Helper()
	l.Fatalf("law %d, %s\n  done:   %s\n  came:   %s\n  wanted: %s",
		l.law.number, l.law.name, step, got, fmt.Sprintf(want, args...))
}

// key is a new one.
func (l *trial) key() dedupe.Key {
	l.keys++
	return dedupe.Key{Scope: l.scope, ID: fmt.Sprintf("evt_%d", l.keys)}
}

// lease is a hold of so many units, remembered for longer than a trial takes.
func (l *trial) lease(units int) dedupe.Hold {
	return dedupe.Hold{Lease: l.units(units), Remember: l.units(units) + time.Hour}
}

func (l *trial) units(n int) time.Duration { return time.Duration(n) * l.Unit }

func (l *trial) pass(units int) { l.Pass(l.units(units)) }

// claim asks the store and completes its answer, as Guard does.
func (l *trial) claim(step string, k dedupe.Key, owner string, h dedupe.Hold) dedupe.Claim {
	l.Helper()
	c, err := l.Store.Claim(l.Context(), k, owner, h)
	if err != nil {
		l.failf(step, err.Error(), "an answer")
	}
	c.Key, c.Hold, c.Owner = k, h, owner
	return c
}

// wins claims, and wants the claim as the given run.
func (l *trial) wins(step string, k dedupe.Key, owner string, h dedupe.Hold, run int) dedupe.Claim {
	l.Helper()
	c := l.claim(step, k, owner, h)
	if c.State != dedupe.Claimed || c.Run != run {
		l.failf(step, describe(c), "claimed, run %d", run)
	}
	return c
}

// waits claims, and wants it to be pending for more than nothing and for at most so long.
func (l *trial) waits(step string, k dedupe.Key, owner string, h dedupe.Hold, atMost time.Duration) {
	l.Helper()
	c := l.claim(step, k, owner, h)
	if c.State != dedupe.Pending || c.Wait <= 0 || c.Wait > atMost {
		l.failf(step, describe(c), "pending, with more than 0 and at most %v to wait", atMost)
	}
}

// isDone claims, and wants the event to be done with the given status.
func (l *trial) isDone(step string, k dedupe.Key, owner string, status int) {
	l.Helper()
	c := l.claim(step, k, owner, l.lease(4))
	if c.State != dedupe.Done || c.Status != status {
		l.failf(step, describe(c), "done, with status %d", status)
	}
}

func (l *trial) extend(c dedupe.Claim) error { return l.Store.Extend(l.Context(), c) }
func (l *trial) commit(c dedupe.Claim, status int) error {
	return l.Store.Commit(l.Context(), c, status)
}
func (l *trial) release(c dedupe.Claim) error { return l.Store.Release(l.Context(), c) }

// works wants no error.
func (l *trial) works(step string, err error) {
	l.Helper()
	if err != nil {
		l.failf(step, err.Error(), "nil")
	}
}

// lost wants ErrLeaseLost.
func (l *trial) lost(step string, err error) {
	l.Helper()
	if !errors.Is(err, dedupe.ErrLeaseLost) {
		l.failf(step, message(err), "%v", dedupe.ErrLeaseLost)
	}
}

// refused wants any error.
func (l *trial) refused(step string, err error) {
	l.Helper()
	if err == nil {
		l.failf(step, message(err), "an error")
	}
}

func (l *trial) largerToken(step string, later, earlier dedupe.Claim) {
	l.Helper()
	if later.Token <= earlier.Token {
		l.failf(step, fmt.Sprintf("token %d", later.Token), "one larger than the earlier %d", earlier.Token)
	}
}

func message(err error) string {
	if err == nil {
		return "nil"
	}
	return err.Error()
}

func describe(c dedupe.Claim) string {
	switch c.State {
	case dedupe.Claimed:
		return fmt.Sprintf("claimed, run %d, token %d", c.Run, c.Token)
	case dedupe.Pending:
		return fmt.Sprintf("pending, with %v to wait", c.Wait)
	case dedupe.Done:
		return fmt.Sprintf("done, with status %d", c.Status)
	}
	return strings.ToLower(c.State.String())
}
