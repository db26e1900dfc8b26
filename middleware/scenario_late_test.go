package middleware_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/dedupe/dedupetest"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/middleware"
)

// abandoned is when the lease ends of a run that ignores its context: the last extension is at 56 s.
const abandoned = 80 * time.Second

// wakeUp is a channel and what closes it, at the end of the test if not before.
func wakeUp(t *testing.T) (sleep <-chan struct{}, wake func()) {
	t.Helper()
	c := make(chan struct{})
	wake = sync.OnceFunc(func() {
		close(c)
		synctest.Wait()
	})
	t.Cleanup(wake)
	return c, wake
}

// takeover is a stand whose event was taken over from a first run that ignored its context, and ends as err when it is
// woken. The second run lasts 5 s; its answer comes by second.
func takeover(t *testing.T, store dedupe.Store, err error) (s *stand, a *actor, wake func(), second <-chan answer) {
	t.Helper()
	sleep, wake := wakeUp(t)
	a = act(func(context.Context, events.Event) error { <-sleep; return err }, lasting(5*time.Second, nil))
	s = newStand(t, hookmitt.CDHosting(), a.HandleEvent, middleware.Options{Store: store})
	require.Equal(t, "503 timed-out", brief(s.send(started("evt_1"))))
	time.Sleep(abandoned)
	answers := make(chan answer, 1)
	r := s.request(started("evt_1"))
	go func() { answers <- s.do(r) }()
	synctest.Wait()
	return s, a, wake, answers
}

func TestScenarioLateRuns(t *testing.T) {
	t.Parallel()
	onEveryStore(t, map[string]func(t *testing.T, store dedupe.Store){
		"scenario 06 handler over budget, then succeeds": func(t *testing.T, store dedupe.Store) {
			a := act(lasting(12*time.Second, nil))
			s := newStand(t, hookmitt.CDHosting(), a.HandleEvent, middleware.Options{Store: store})
			start := time.Now()
			require.Equal(t, "503 timed-out", brief(s.send(started("evt_1"))))
			require.Equal(t, 8*time.Second, time.Since(start))
			time.Sleep(3 * time.Second)
			require.Equal(t, "503 busy", brief(s.send(started("evt_1"))))
			time.Sleep(2 * time.Second)
			require.Equal(t, "200 duplicate", brief(s.send(started("evt_1"))))
			a.requireRuns(t, 1)
			require.Equal(t, []string{"timed-out run 1", "busy", "late accepted run 1", "duplicate"}, briefs(s))
			require.Equal(t, 12*time.Second, s.all()[2].Handler)
			require.Zero(t, s.all()[2].Status)
		},
		"scenario 07 handler over budget, then fails": func(t *testing.T, store dedupe.Store) {
			a := act(lasting(12*time.Second, errDeed), nothing)
			s := newStand(t, hookmitt.CDHosting(), a.HandleEvent, middleware.Options{Store: store})
			require.Equal(t, "503 timed-out", brief(s.send(started("evt_1"))))
			time.Sleep(5 * time.Second)
			require.Equal(t, "200 accepted", brief(s.send(started("evt_1"))), "released, well before the lease ends")
			a.requireRuns(t, 1, 2)
			require.Equal(t, []string{"timed-out run 1", "late failed run 1", "accepted run 2"}, briefs(s))
			require.ErrorIs(t, s.all()[1].Err, errDeed)
		},
		"scenario 07 handler over budget, then panics": func(t *testing.T, store dedupe.Store) {
			a := act(func(context.Context, events.Event) error { time.Sleep(12 * time.Second); panic("boom") }, nothing)
			s := newStand(t, hookmitt.CDHosting(), a.HandleEvent, middleware.Options{Store: store})
			require.Equal(t, "503 timed-out", brief(s.send(started("evt_1"))))
			time.Sleep(5 * time.Second)
			require.Equal(t, "200 accepted", brief(s.send(started("evt_1"))))
			a.requireRuns(t, 1, 2)
			var p *middleware.PanicError
			require.ErrorAs(t, s.all()[1].Err, &p)
		},
		"scenario 08 handler ignores its context for ever": func(t *testing.T, store dedupe.Store) {
			start, told := time.Now(), make(chan time.Duration, 1)
			hang, wake := wakeUp(t)
			a := act(func(ctx context.Context, _ events.Event) error {
				<-ctx.Done()
				told <- time.Since(start)
				<-hang
				return nil
			}, nothing)
			s := newStand(t, hookmitt.CDHosting(), a.HandleEvent, middleware.Options{Store: store})
			require.Equal(t, "503 timed-out", brief(s.send(started("evt_1"))))
			for _, at := range []time.Duration{25 * time.Second, 50 * time.Second, abandoned - time.Second} {
				time.Sleep(time.Until(start.Add(at)))
				require.Equal(t, "503 busy", brief(s.send(started("evt_1"))), "after %v", at)
			}
			require.Equal(t, time.Minute, <-told, "the longest hold")
			time.Sleep(2 * time.Second)
			require.Equal(t, "200 accepted", brief(s.send(started("evt_1"))))
			a.requireRuns(t, 1, 2)

			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			err := s.receiver.Shutdown(ctx)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.ErrorContains(t, err, `1 still running: cdhosting "evt_1"`)
			require.Equal(t, 503, s.send(started("evt_2")).Status)
			wake()
			require.NoError(t, s.receiver.Shutdown(t.Context()))
		},
		"scenario 10 a stale run succeeds while another is at work": func(t *testing.T, store dedupe.Store) {
			s, a, wake, second := takeover(t, store, nil)
			wake()
			require.True(t, s.last().Late)
			require.Equal(t, middleware.Busy, s.last().Outcome)
			require.ErrorIs(t, s.last().Err, dedupe.ErrLeaseLost)
			require.Equal(t, "503 busy", brief(s.send(started("evt_1"))), "its commit changed nothing")
			require.Equal(t, "200 accepted", brief(<-second))
			require.NoError(t, s.last().Err)
			a.requireRuns(t, 1, 2)
			require.Equal(t, "done", s.claim("evt_1"))
		},
		"scenario 10 a stale run fails while another is at work": func(t *testing.T, store dedupe.Store) {
			s, a, wake, second := takeover(t, store, errDeed)
			wake()
			require.True(t, s.last().Late)
			require.Equal(t, middleware.Failed, s.last().Outcome)
			require.ErrorIs(t, s.last().Err, dedupe.ErrLeaseLost)
			require.ErrorIs(t, s.last().Err, errDeed)
			require.Equal(t, "503 busy", brief(s.send(started("evt_1"))), "its release changed nothing")
			require.Equal(t, "200 accepted", brief(<-second))
			a.requireRuns(t, 1, 2)
			require.Equal(t, "done", s.claim("evt_1"))
		},
		"scenario 10 a stale run ends after another did the event": func(t *testing.T, store dedupe.Store) {
			s, a, wake, second := takeover(t, store, nil)
			require.Equal(t, "200 accepted", brief(<-second))
			wake()
			require.True(t, s.last().Late)
			require.Equal(t, middleware.Duplicate, s.last().Outcome)
			require.ErrorIs(t, s.last().Err, dedupe.ErrLeaseLost)
			a.requireRuns(t, 1, 2)
			require.Equal(t, "done", s.claim("evt_1"))
		},
		"scenario 10 the record of a stale run says which run it was": func(t *testing.T, store dedupe.Store) {
			s, _, wake, second := takeover(t, store, nil)
			wake()
			<-second
			require.Equal(t, []string{"timed-out run 1", "late busy run 1", "accepted run 2"}, briefs(s))
		},
		"scenario 11 the lease is over, nobody took it, the owner commits": func(t *testing.T, store dedupe.Store) {
			a := act(lasting(abandoned+10*time.Second, nil))
			s := newStand(t, hookmitt.CDHosting(), a.HandleEvent, middleware.Options{Store: store})
			require.Equal(t, "503 timed-out", brief(s.send(started("evt_1"))))
			time.Sleep(abandoned + 10*time.Second)
			require.Equal(t, "200 duplicate", brief(s.send(started("evt_1"))))
			a.requireRuns(t, 1)
			require.Equal(t, []string{"timed-out run 1", "late accepted run 1", "duplicate"}, briefs(s))
			require.NoError(t, s.all()[1].Err)
		},
	})
}

func TestScenarioLateRunsOnAStoreThatIsDown(t *testing.T) {
	t.Parallel()
	onFlaky(t, map[string]func(t *testing.T, store *dedupetest.Flaky){
		"scenario 11 no extension arrives, nobody took it, the owner commits": func(t *testing.T, store *dedupetest.Flaky) {
			store.Always(dedupetest.Extend, dedupetest.Fail)
			a := act(lasting(30*time.Second, nil))
			s := newStand(t, hookmitt.CDHosting(), a.HandleEvent, middleware.Options{Store: store})
			require.Equal(t, "503 timed-out", brief(s.send(started("evt_1"))))
			time.Sleep(25 * time.Second)
			require.Equal(t, 3, store.Calls(dedupetest.Extend), "at 8 s, 16 s and 24 s")
			require.Equal(t, "200 duplicate", brief(s.send(started("evt_1"))))
			a.requireRuns(t, 1)
		},
		"scenario 11 an extension arrives after the lease, nobody took it, and it is live again": func(t *testing.T, store *dedupetest.Flaky) {
			store.Next(dedupetest.Extend, dedupetest.Fail, dedupetest.Fail, dedupetest.Fail)
			a := act(lasting(39*time.Second, nil))
			s := newStand(t, hookmitt.CDHosting(), a.HandleEvent, middleware.Options{Store: store})
			start := time.Now()
			require.Equal(t, "503 timed-out", brief(s.send(started("evt_1"))))
			time.Sleep(time.Until(start.Add(36 * time.Second)))
			busy := s.send(started("evt_1"))
			require.Equal(t, "503 busy", brief(busy))
			require.Equal(t, 20, retryAfter(busy), "since 32 s")
			time.Sleep(4 * time.Second)
			require.Equal(t, "200 duplicate", brief(s.send(started("evt_1"))))
			a.requireRuns(t, 1)
		},
		"scenario 10 a stale run cannot ask what became of its event": func(t *testing.T, store *dedupetest.Flaky) {
			s, a, wake, second := takeover(t, store, nil)
			store.Always(dedupetest.Claim, dedupetest.Fail)
			wake()
			require.True(t, s.last().Late)
			require.ErrorIs(t, s.last().Err, dedupe.ErrLeaseLost)
			require.ErrorIs(t, s.last().Err, dedupetest.ErrDown)
			store.Heal()
			require.Equal(t, "200 accepted", brief(<-second))
			a.requireRuns(t, 1, 2)
		},
		"scenario 10 a run that has lost its claim is told to stop": func(t *testing.T, store *dedupetest.Flaky) {
			store.Next(dedupetest.Extend, dedupetest.Fail, dedupetest.Fail, dedupetest.Fail)
			start := time.Now()
			a := act(func(ctx context.Context, _ events.Event) error {
				<-ctx.Done()
				return errors.Join(errDeed, context.Cause(ctx))
			}, lasting(20*time.Second, nil))
			s := newStand(t, hookmitt.CDHosting(), a.HandleEvent, middleware.Options{Store: store})
			require.Equal(t, "503 timed-out", brief(s.send(started("evt_1"))))
			time.Sleep(time.Until(start.Add(25 * time.Second)))
			require.Equal(t, "503 timed-out", brief(s.send(started("evt_1"))), "the second run")
			require.Equal(t, 33*time.Second, time.Since(start))
			require.True(t, s.all()[1].Late, "the first run ended at its beat of 32 s")
			require.ErrorIs(t, s.all()[1].Err, dedupe.ErrLeaseLost)
			time.Sleep(20 * time.Second)
			require.Equal(t, "200 duplicate", brief(s.send(started("evt_1"))))
			a.requireRuns(t, 1, 2)
		},
	})
}
