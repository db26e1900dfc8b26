package sqlstore_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/internal/redistest"
	"github.com/hookmitt/hookmitt/middleware"
)

// takeover is a stand whose event was taken over from a first run, which goes on. The second goes on too; its answer
// comes by answers.
func takeover(t *testing.T, d *database) (s *stand, a *actor, first, second *gate, answers <-chan answer) {
	t.Helper()
	store := d.open(nil)
	first, second = newGate(t), newGate(t)
	a = act(first.deed, second.deed)
	s = newStand(t, brisk(), store, a.HandleEvent)
	require.Equal(t, "503 timed-out", brief(s.send(started("evt_1"))))
	d.pass(lease)
	other := newStand(t, hookmitt.CDHosting(), store, a.HandleEvent) // which waits longer for its run
	answers = other.sent(started("evt_1"))
	second.begins(t)
	return s, a, first, second, answers
}

func TestScenarioLateRuns(t *testing.T) {
	eachOnBoth(t, map[string]func(t *testing.T, d *database){
		"scenario 06 handler over budget, then succeeds": func(t *testing.T, d *database) {
			store := d.open(nil)
			g := newGate(t)
			a := act(g.deed)
			s := newStand(t, brisk(), store, a.HandleEvent)
			first := s.send(started("evt_1"))
			require.Equal(t, "503 timed-out", brief(first))
			require.Less(t, first.took, soon)
			require.Equal(t, "503 busy", brief(s.send(started("evt_1"))))
			g.end <- nil
			require.NoError(t, s.awaitLate().Err)
			require.Equal(t, "200 duplicate", brief(s.send(started("evt_1"))))
			a.requireRuns(t, 1)
			require.Equal(t, []string{"timed-out run 1", "busy", "late accepted run 1", "duplicate"}, s.briefs())
		},
		"scenario 07 handler over budget, then fails": func(t *testing.T, d *database) {
			store := d.open(nil)
			g := newGate(t)
			a := act(g.deed, nothing)
			s := newStand(t, brisk(), store, a.HandleEvent)
			require.Equal(t, "503 timed-out", brief(s.send(started("evt_1"))))
			g.end <- errDeed
			require.ErrorIs(t, s.awaitLate().Err, errDeed)
			require.Equal(t, "200 accepted", brief(s.send(started("evt_1"))), "released, well before the lease ends")
			a.requireRuns(t, 1, 2)
			require.Equal(t, []string{"timed-out run 1", "late failed run 1", "accepted run 2"}, s.briefs())
		},
		"scenario 08 handler ignores its context for ever": func(t *testing.T, d *database) {
			store := d.open(nil)
			p := brisk()
			p.Retry = hookmitt.Fixed(time.Second, time.Hour) // so the longest hold is two budgets, 3.2 s
			g, told := newGate(t), make(chan struct{})
			a := act(func(ctx context.Context, e events.Event) error {
				<-ctx.Done()
				close(told)
				return g.deed(ctx, e)
			}, nothing)
			const lease = 2500 * time.Millisecond
			s := newStandWith(t, p, middleware.Options{Store: store, Lease: lease}, a.HandleEvent)
			require.Equal(t, "503 timed-out", brief(s.send(started("evt_1"))))
			left := claim(t, store, s.keyOf("evt_1"), "the test").Wait
			redistest.Eventually(t, "it is extended", func() bool {
				c := claim(t, store, s.keyOf("evt_1"), "the test")
				require.Equal(t, dedupe.Pending, c.State)
				before := left
				left = c.Wait
				return c.Wait > before
			})
			<-told
			redistest.Eventually(t, "it is abandoned", func() bool { // once the last extension has arrived
				d.pass(lease)
				got := brief(s.send(started("evt_1")))
				require.Contains(t, []string{"200 accepted", "503 busy"}, got)
				return got == "200 accepted"
			})
			a.requireRuns(t, 1, 2)

			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
			defer cancel()
			err := s.receiver.Shutdown(ctx)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.ErrorContains(t, err, `1 still running: cdhosting "evt_1"`)
			require.Equal(t, 503, s.send(started("evt_2")).status)
			g.end <- nil
			require.NoError(t, s.receiver.Shutdown(t.Context()))
		},
		"scenario 10 a stale run succeeds while another is at work": func(t *testing.T, d *database) {
			s, a, first, second, answers := takeover(t, d)
			first.end <- nil
			late := s.awaitLate()
			require.Equal(t, middleware.Busy, late.Outcome)
			require.ErrorIs(t, late.Err, dedupe.ErrLeaseLost)
			require.Equal(t, "503 busy", brief(s.send(started("evt_1"))), "its commit changed nothing")
			second.end <- nil
			require.Equal(t, "200 accepted", brief(<-answers))
			require.Equal(t, "200 duplicate", brief(s.send(started("evt_1"))))
			a.requireRuns(t, 1, 2)
		},
		"scenario 10 a stale run fails while another is at work": func(t *testing.T, d *database) {
			s, a, first, second, answers := takeover(t, d)
			first.end <- errDeed
			late := s.awaitLate()
			require.Equal(t, middleware.Failed, late.Outcome)
			require.ErrorIs(t, late.Err, dedupe.ErrLeaseLost)
			require.ErrorIs(t, late.Err, errDeed)
			require.Equal(t, "503 busy", brief(s.send(started("evt_1"))), "its release changed nothing")
			second.end <- nil
			require.Equal(t, "200 accepted", brief(<-answers))
			a.requireRuns(t, 1, 2)
		},
		"scenario 10 a stale run ends after another did the event": func(t *testing.T, d *database) {
			s, a, first, second, answers := takeover(t, d)
			second.end <- nil
			require.Equal(t, "200 accepted", brief(<-answers))
			first.end <- nil
			late := s.awaitLate()
			require.Equal(t, middleware.Duplicate, late.Outcome)
			require.ErrorIs(t, late.Err, dedupe.ErrLeaseLost)
			require.Equal(t, "200 duplicate", brief(s.send(started("evt_1"))))
			a.requireRuns(t, 1, 2)
		},
		"scenario 10 a run that has lost its claim is told to stop": func(t *testing.T, d *database) {
			store := d.open(nil)
			second := newGate(t)
			a := act(func(ctx context.Context, _ events.Event) error {
				<-ctx.Done()
				return errors.Join(errDeed, context.Cause(ctx))
			}, second.deed)
			const lease = 6 * time.Second // so there is a heartbeat every two
			s := newStandWith(t, brisk(), middleware.Options{Store: store, Lease: lease}, a.HandleEvent)
			answers := s.sent(started("evt_1"))
			redistest.Eventually(t, "it runs", func() bool {
				a.mu.Lock()
				defer a.mu.Unlock()
				return len(a.claims) == 1
			})
			d.pass(lease)
			other := newStand(t, hookmitt.CDHosting(), store, a.HandleEvent)
			taken := other.sent(started("evt_1"))
			second.begins(t)
			require.Equal(t, "503 timed-out", brief(<-answers))
			require.ErrorIs(t, s.awaitLate().Err, dedupe.ErrLeaseLost)
			second.end <- nil
			require.Equal(t, "200 accepted", brief(<-taken))
			a.requireRuns(t, 1, 2)
		},
		"scenario 11 the lease is over, nobody took it, the owner commits": func(t *testing.T, d *database) {
			store := d.open(nil)
			g := newGate(t)
			a := act(g.deed)
			s := newStand(t, brisk(), store, a.HandleEvent)
			answers := s.sent(started("evt_1"))
			g.begins(t)
			d.pass(10 * lease)
			g.end <- nil
			require.Equal(t, "200 accepted", brief(<-answers))
			require.NoError(t, s.last().Err)
			require.Equal(t, "200 duplicate", brief(s.send(started("evt_1"))))
			a.requireRuns(t, 1)
		},
		"scenario 36 an event that was done is forgotten": func(t *testing.T, d *database) {
			store := d.open(nil)
			a := act(nothing)
			s := newStand(t, brisk(), store, a.HandleEvent)
			require.Equal(t, "200 accepted", brief(s.send(started("evt_1"))))
			require.NoError(t, s.receiver.Forget(t.Context(), "", "evt_1"))
			require.Equal(t, "200 accepted", brief(s.send(started("evt_1"))))
			require.Equal(t, "200 duplicate", brief(s.send(started("evt_1"))))
			a.requireRuns(t, 1, 1)
		},
	})
}
