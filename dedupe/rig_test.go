package dedupe_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/dedupe/dedupetest"
)

// The times of the tests of Guard. They are chosen so that no two things fall on one instant.
const (
	lease    = 15 * time.Second
	remember = 48 * time.Hour
	budget   = 4 * time.Second
	call     = 900 * time.Millisecond
)

var (
	event  = dedupe.Key{Scope: "test", ID: "evt_1"}
	hold   = dedupe.Hold{Lease: lease, Remember: remember}
	errRun = errors.New("the run failed")
)

// rig is a guard on a store with faults, and what its runs and their late results were.
type rig struct {
	*dedupe.Guard
	flaky  *dedupetest.Flaky
	memory *dedupe.Memory
	late   chan dedupe.Result
}

func newRig() *rig {
	m := dedupe.NewMemory(0)
	f := &dedupetest.Flaky{Store: m}
	return &rig{
		Guard: &dedupe.Guard{Store: f, Hold: hold, Budget: budget, Call: call},
		flaky: f, memory: m, late: make(chan dedupe.Result, 100),
	}
}

// run does the event.
func (r *rig) run(ctx context.Context, fn func(context.Context) (int, error)) dedupe.Result {
	return r.Do(ctx, event, fn, func(l dedupe.Result) { r.late <- l })
}

// look claims the event as somebody whom nothing was told to go wrong for, and who does not run it.
func (r *rig) look(t *testing.T) dedupe.Claim {
	t.Helper()
	c, err := r.memory.Claim(t.Context(), event, "somebody", hold)
	require.NoError(t, err)
	return c
}

// takes is a run that takes so long, whatever its context says, and then ends.
func takes(d time.Duration, status int, err error) func(context.Context) (int, error) {
	return func(context.Context) (int, error) {
		time.Sleep(d)
		return status, err
	}
}

// succeeds is a run that does so at once.
func succeeds(status int) func(context.Context) (int, error) { return takes(0, status, nil) }

// never is a run that must not be.
func never(t *testing.T) func(context.Context) (int, error) {
	return func(context.Context) (int, error) {
		t.Error("this event must not run")
		return 0, nil
	}
}

// inBubbles runs each case in a bubble of its own. What ends by itself is given an hour to do so; a goroutine that is left
// then fails the case.
func inBubbles(t *testing.T, cases map[string]func(t *testing.T, r *rig)) {
	t.Helper()
	t.Parallel()
	for name, check := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var skipped bool // which testing does not hand on
			synctest.Test(t, func(t *testing.T) {
				defer func() { skipped = t.Skipped() }()
				defer time.Sleep(time.Hour)
				check(t, newRig())
			})
			if skipped {
				t.SkipNow()
			}
		})
	}
}
