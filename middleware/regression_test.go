package middleware_test

import (
	"context"
	"errors"
	"fmt"
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
	"github.com/hookmitt/hookmitt/verify"
)

// Each of these broke once, and is named after what it did.

func TestAPanickingObserverOfALateRecordEndedTheProcess(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newStand(t, hookmitt.Civo(), lasting(10*time.Second, nil), middleware.Options{
			Observe: func(_ context.Context, r middleware.Record) {
				if r.Late {
					panic("boom")
				}
			},
		})
		require.Equal(t, "503 timed-out", brief(s.send(created(firstID))))
		time.Sleep(time.Minute)
		require.True(t, s.last().Late)
		require.Equal(t, "done", s.claim(firstID))
	})
}

func TestForgettingAnEventThatRunsWasUndoneByTheRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		runs := 0
		s := newStand(t, hookmitt.CDHosting(), func(context.Context, events.Event) error {
			runs++
			time.Sleep(time.Second)
			return nil
		}, middleware.Options{})
		first := make(chan answer, 1)
		r := s.request(started("evt_1"))
		go func() { first <- s.do(r) }()
		synctest.Wait()
		require.NoError(t, s.receiver.Forget(t.Context(), "", "evt_1"))
		require.Equal(t, "503 busy", brief(<-first), "what it did does not count")
		require.ErrorIs(t, s.last().Err, dedupe.ErrLeaseLost)
		require.Equal(t, "200 accepted", brief(s.send(started("evt_1"))))
		require.Equal(t, 2, runs)
	})
}

func TestBodyWindowForgotWhatWasAcknowledgedByAnError(t *testing.T) {
	t.Parallel()
	for name, do := range map[string]events.HandlerFunc{
		"skipped":   func(context.Context, events.Event) error { return events.Skip(errors.New("not ours")) },
		"unhandled": events.NewRouter().HandleEvent,
		"parked": func(context.Context, events.Event) error {
			return fmt.Errorf("%w: %w", events.ErrParked, events.ErrInvalid)
		},
		"dead": func(context.Context, events.Event) error { return errBoom },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			runs := 0
			s := newStand(t, hookmitt.Civo(), func(ctx context.Context, e events.Event) error {
				runs++
				return do(ctx, e)
			}, middleware.Options{
				BodyWindow: time.Hour, MaxRuns: 1, Dead: func(context.Context, events.Event, error) error { return nil },
			})
			require.Equal(t, 200, s.send(created(firstID)).Status)
			require.Equal(t, "200 duplicate", brief(s.send(created(secondID))))
			require.Equal(t, 1, runs)
		})
	}
}

// verifying counts how often a request is verified.
type verifying struct {
	verify.Scheme
	times *int
}

func (v verifying) Verify(secrets []verify.Secret, h http.Header, body []byte) (int, error) {
	*v.times++
	return v.Scheme.Verify(secrets, h, body)
}

func TestAnUnknownTenantWasToldByItsTime(t *testing.T) {
	t.Parallel()
	for _, tenant := range []string{"unknown", ""} {
		times := 0
		p := hookmitt.CDHosting()
		p.Scheme = verifying{p.Scheme, &times}
		rc, err := middleware.New(p, verify.SecretsFunc(func(context.Context) ([]verify.Secret, error) {
			return nil, verify.ErrNoSecrets
		}), &middleware.Options{
			Tenant: func(*http.Request) string { return tenant }, Observe: func(context.Context, middleware.Record) {},
		})
		require.NoError(t, err)
		s := newStandFor(t, p, middleware.Options{}, func(*middleware.Receiver) http.Handler {
			return rc.Handle(events.HandlerFunc(nothing))
		})
		require.Equal(t, 401, s.send(started("evt_1")).Status)
		require.Equal(t, 1, times, "a MAC is computed as for a bad signature")
	}
}

func TestShutdownDidNotWaitForTheBodysCommit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &dedupetest.Flaky{Store: dedupe.NewMemory(0)}
		s := newStand(t, hookmitt.Civo(), nothing, middleware.Options{Store: store, BodyWindow: time.Hour})
		store.Always(dedupetest.Commit, dedupetest.Fail)
		require.Equal(t, "200 accepted", brief(s.send(created(firstID))))
		time.AfterFunc(time.Second, store.Heal)
		require.NoError(t, s.receiver.Shutdown(t.Context()))
		body := s.request(created(firstID))
		again := newStand(t, hookmitt.Civo(), nothing, middleware.Options{Store: store, BodyWindow: time.Hour})
		body.Header.Set("X-Civo-Event", secondID)
		require.Equal(t, "200 duplicate", brief(again.do(body)))
	})
}

func TestADuplicateWasRefusedForWantOfAPlace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newStand(t, hookmitt.Civo(), func(_ context.Context, e events.Event) error {
			if e.ID == secondID {
				time.Sleep(time.Second)
			}
			return nil
		}, middleware.Options{MaxInFlight: 1})
		require.Equal(t, "200 accepted", brief(s.send(created(firstID))))
		r := s.request(created(secondID))
		go s.do(r)
		synctest.Wait()
		require.Equal(t, "200 duplicate", brief(s.send(created(firstID))))
		third := created("3f2a6c1e-9d4b-4e0a-8f7c-1b2d3e4f5a6d")
		require.Equal(t, "503 unavailable", brief(s.send(third)))
		time.Sleep(time.Minute)
		require.Equal(t, "200 accepted", brief(s.send(third)))
		require.Equal(t, 1, s.last().Run, "the claim that found no place is no run")
	})
}

func TestAHandlersErrorPassedForAnUnusedClaim(t *testing.T) {
	t.Parallel()
	died := false
	s := newStand(t, hookmitt.Civo(), returning(fmt.Errorf("a queue of ours: %w", dedupe.ErrUnused)), middleware.Options{
		MaxRuns: 2, Dead: func(context.Context, events.Event, error) error { died = true; return nil },
	})
	require.Equal(t, "500 failed", brief(s.send(created(firstID))))
	require.Equal(t, "200 dead", brief(s.send(created(firstID))))
	require.True(t, died)
}

// Whoever fences by the claim's token, or marks it in a transaction, means the event's claim.
func TestUnderABodyWindowTheHandlerHasTheEventsClaim(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var key dedupe.Key
		s := newStand(t, hookmitt.Civo(), func(ctx context.Context, _ events.Event) error {
			c, _ := dedupe.ClaimFrom(ctx)
			key = c.Key
			return nil
		}, middleware.Options{BodyWindow: time.Hour})
		s.send(created(firstID))
		require.Equal(t, dedupe.Key{Scope: "civo", ID: firstID}, key)
	})
}
