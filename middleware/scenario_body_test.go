package middleware_test

import (
	"context"
	"errors"
	"net/http"
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

const (
	firstID  = "00000000-0000-4000-8000-000000000001"
	secondID = "00000000-0000-4000-8000-000000000002"
	thirdID  = "00000000-0000-4000-8000-000000000003"
)

// created is a valid event of Civo's. All of them have the same body.
func created(id string) events.Event {
	e, _ := events.Civo().Sample("instance.created")
	e.ID = id
	return e
}

// replay is a captured request under a fresh id, by somebody who has no secret.
func replay(captured *http.Request, id string) *http.Request {
	r := captured.Clone(context.Background())
	r.Body, _ = captured.GetBody()
	r.Header.Set("X-Civo-Event", id)
	return r
}

func TestScenarioReplays(t *testing.T) {
	t.Parallel()
	const window = time.Hour
	onEveryStore(t, map[string]func(t *testing.T, store dedupe.Store){
		"scenario 28 a replay under a fresh id, without a window": func(t *testing.T, store dedupe.Store) {
			a := act(nothing)
			s := newStand(t, hookmitt.Civo(), a.HandleEvent, middleware.Options{Store: store})
			captured := s.request(created(firstID))
			require.Equal(t, "200 accepted", brief(s.do(replay(captured, firstID))))
			require.Equal(t, "200 accepted", brief(s.do(replay(captured, secondID))), "documented: the id is not signed")
			require.Equal(t, "200 duplicate", brief(s.do(replay(captured, secondID))))
			a.requireRuns(t, 1, 1)
		},
		"scenario 28 a replay under a fresh id, within and after the window": func(t *testing.T, store dedupe.Store) {
			a := act(nothing)
			s := newStand(t, hookmitt.Civo(), a.HandleEvent, middleware.Options{Store: store, BodyWindow: window})
			captured := s.request(created(firstID))
			require.Equal(t, "200 accepted", brief(s.do(replay(captured, firstID))))
			time.Sleep(window - time.Second)
			require.Equal(t, "200 duplicate", brief(s.do(replay(captured, secondID))))
			require.ErrorContains(t, s.last().Err, "the same body was done under another id")
			a.requireRuns(t, 1)
			time.Sleep(2 * time.Second)
			require.Equal(t, "200 accepted", brief(s.do(replay(captured, thirdID))), "the replay did not lengthen the window")
			require.Equal(t, "200 duplicate", brief(s.do(replay(captured, firstID))), "ids are remembered for longer")
			require.Equal(t, "200 duplicate", brief(s.do(replay(captured, secondID))))
			a.requireRuns(t, 1, 1)
		},
		"scenario 28 the record of a replay says that nothing ran": func(t *testing.T, store dedupe.Store) {
			s := newStand(t, hookmitt.Civo(), nothing, middleware.Options{Store: store, BodyWindow: window})
			s.send(created(firstID))
			s.send(created(secondID))
			require.Equal(t, []string{"accepted run 1", "duplicate"}, briefs(s))
		},
		"scenario 28 two genuine events with equal bodies, without a window": func(t *testing.T, store dedupe.Store) {
			a := act(nothing)
			s := newStand(t, hookmitt.Civo(), a.HandleEvent, middleware.Options{Store: store})
			require.Equal(t, "200 accepted", brief(s.send(created(firstID))))
			require.Equal(t, "200 accepted", brief(s.send(created(secondID))))
			a.requireRuns(t, 1, 1)
		},
		"scenario 28 two genuine events with equal bodies, within the window": func(t *testing.T, store dedupe.Store) {
			a := act(nothing)
			s := newStand(t, hookmitt.Civo(), a.HandleEvent, middleware.Options{Store: store, BodyWindow: window})
			require.Equal(t, "200 accepted", brief(s.send(created(firstID))))
			require.Equal(t, "200 duplicate", brief(s.send(created(secondID))), "the window's price")
			other := events.Named("instance.deleted", events.Resource{Event: "instance.deleted"})
			other.ID = thirdID
			require.Equal(t, "200 accepted", brief(s.send(other)), "another body")
			a.requireRuns(t, 1, 1)
		},
		"scenario 28 a retry after a failure is no replay": func(t *testing.T, store dedupe.Store) {
			a := act(failing, func(context.Context, events.Event) error { panic("boom") }, nothing)
			s := newStand(t, hookmitt.Civo(), a.HandleEvent, middleware.Options{Store: store, BodyWindow: window})
			require.Equal(t, "500 failed", brief(s.send(created(firstID))))
			require.Equal(t, "500 failed", brief(s.send(created(firstID))))
			var p *middleware.PanicError
			require.ErrorAs(t, s.last().Err, &p)
			require.Contains(t, p.Stack, "scenario_body_test.go", "where it panicked, not where it was passed on")
			require.Equal(t, "200 accepted", brief(s.send(created(firstID))))
			require.Equal(t, "200 duplicate", brief(s.send(created(firstID))))
			require.Equal(t, "200 duplicate", brief(s.send(created(secondID))))
			a.requireRuns(t, 1, 2, 3)
		},
		"scenario 28 a body that is pending under another id, and is done": func(t *testing.T, store dedupe.Store) {
			a := act(lasting(3*time.Second, nil))
			s := newStand(t, hookmitt.Civo(), a.HandleEvent, middleware.Options{Store: store, BodyWindow: window})
			answers := make(chan answer, 1)
			first := s.request(created(firstID))
			go func() { answers <- s.do(first) }()
			synctest.Wait()
			busy := s.send(created(secondID))
			require.Equal(t, "503 busy", brief(busy))
			require.Equal(t, 15, retryAfter(busy), "what is left of the lease")
			require.Equal(t, "200 accepted", brief(<-answers))
			require.Equal(t, "200 duplicate", brief(s.send(created(secondID))))
			a.requireRuns(t, 1)
		},
		"scenario 28 a body that is pending under another id, and fails": func(t *testing.T, store dedupe.Store) {
			a := act(lasting(3*time.Second, errDeed), nothing)
			s := newStand(t, hookmitt.Civo(), a.HandleEvent, middleware.Options{Store: store, BodyWindow: window})
			answers := make(chan answer, 1)
			first := s.request(created(firstID))
			go func() { answers <- s.do(first) }()
			synctest.Wait()
			require.Equal(t, "503 busy", brief(s.send(created(secondID))))
			require.Equal(t, "500 failed", brief(<-answers))
			require.Equal(t, "200 accepted", brief(s.send(created(secondID))), "it was not lost")
			require.Equal(t, "200 duplicate", brief(s.send(created(firstID))))
			require.Len(t, a.claims, 2)
		},
		"scenario 28 a late run within the window": func(t *testing.T, store dedupe.Store) {
			a := act(lasting(6*time.Second, nil))
			s := newStand(t, hookmitt.Civo(), a.HandleEvent, middleware.Options{Store: store, BodyWindow: window})
			require.Equal(t, "503 timed-out", brief(s.send(created(firstID))))
			require.Equal(t, "503 busy", brief(s.send(created(secondID))))
			time.Sleep(3 * time.Second)
			require.Equal(t, "200 duplicate", brief(s.send(created(firstID))))
			require.Equal(t, "200 duplicate", brief(s.send(created(secondID))))
			a.requireRuns(t, 1)
		},
		"scenario 28 a body that was pending under another id has not failed": func(t *testing.T, store dedupe.Store) {
			a := act(lasting(3*time.Second, errDeed), nothing)
			dead := map[string]error{}
			s := newStand(t, hookmitt.Civo(), a.HandleEvent, middleware.Options{
				Store: store, BodyWindow: window, MaxRuns: 1,
				Dead: func(_ context.Context, e events.Event, err error) error { dead[e.ID] = err; return nil },
			})
			answers := make(chan answer, 1)
			first := s.request(created(firstID))
			go func() { answers <- s.do(first) }()
			synctest.Wait()
			require.Equal(t, "503 busy", brief(s.send(created(secondID))))
			require.Equal(t, "200 dead", brief(<-answers))
			require.ErrorIs(t, dead[firstID], errDeed)
			require.Equal(t, "200 duplicate", brief(s.send(created(secondID))), "Dead has the body, and it is acknowledged")
			require.Len(t, dead, 1, "the second did not run, so it has not failed")
		},
	})
}

func TestScenarioReplaysOnAStoreThatIsDown(t *testing.T) {
	t.Parallel()
	options := func(store dedupe.Store) middleware.Options {
		return middleware.Options{Store: store, BodyWindow: time.Hour}
	}
	onFlaky(t, map[string]func(t *testing.T, store *dedupetest.Flaky){
		"scenario 28 the store is down on the body's claim": func(t *testing.T, store *dedupetest.Flaky) {
			a := act(nothing)
			s := newStand(t, hookmitt.Civo(), a.HandleEvent, options(store))
			store.Next(dedupetest.Claim, 0, dedupetest.Fail)
			require.Equal(t, "503 unavailable", brief(s.send(created(firstID))))
			require.ErrorIs(t, s.last().Err, dedupetest.ErrDown)
			a.requireRuns(t)
			require.Equal(t, "200 accepted", brief(s.send(created(firstID))), "the id was released")
			require.Len(t, a.claims, 1)
		},
		"scenario 28 the body is committed and the id is not": func(t *testing.T, store *dedupetest.Flaky) {
			a := act(nothing)
			s := newStand(t, hookmitt.Civo(), a.HandleEvent, options(store))
			store.Next(dedupetest.Commit, 0)
			store.Always(dedupetest.Commit, dedupetest.Fail)
			require.Equal(t, "200 accepted", brief(s.send(created(firstID))))
			store.Heal()
			time.Sleep(15 * time.Second)
			require.Equal(t, "200 duplicate", brief(s.send(created(firstID))), "the body knows better")
			a.requireRuns(t, 1)
		},
		"scenario 28 the id is committed, and the body is not at first": func(t *testing.T, store *dedupetest.Flaky) {
			a := act(nothing)
			s := newStand(t, hookmitt.Civo(), a.HandleEvent, options(store))
			store.Next(dedupetest.Commit, dedupetest.Fail)
			require.Equal(t, "200 accepted", brief(s.send(created(firstID))))
			require.Equal(t, "200 duplicate", brief(s.send(created(firstID))))
			require.NotEqual(t, "200 accepted", brief(s.send(created(secondID))), "done or busy, but not new")
			a.requireRuns(t, 1)
		},
		"scenario 28 the commits of body and id fail for good": func(t *testing.T, store *dedupetest.Flaky) {
			a := act(nothing)
			s := newStand(t, hookmitt.Civo(), a.HandleEvent, options(store))
			store.Always(dedupetest.Commit, dedupetest.Fail)
			start := time.Now()
			require.Equal(t, "200 accepted", brief(s.send(created(firstID))), "the work is done")
			require.LessOrEqual(t, time.Since(start), 4*time.Second)
			require.ErrorIs(t, s.last().Err, dedupetest.ErrDown)
			a.requireRuns(t, 1)
		},
		"scenario 28 the record says that the body could not be committed": func(t *testing.T, store *dedupetest.Flaky) {
			s := newStand(t, hookmitt.Civo(), nothing, options(store))
			store.Next(dedupetest.Commit, dedupetest.Fail)
			require.Equal(t, "200 accepted", brief(s.send(created(firstID))))
			retried := store.Calls(dedupetest.Commit) > 2 // the body's, the body's again, the id's
			require.True(t, retried || errors.Is(s.last().Err, dedupetest.ErrDown))
		},
	})
}
