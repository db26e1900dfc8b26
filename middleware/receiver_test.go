package middleware_test

import (
	"context"
	"crypto"
	"errors"
	"log/slog"
	"net/http"
	"strings"
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

// standWith is newStand for secrets that are not the stand's ring.
func standWith(t *testing.T, p hookmitt.Provider, secrets verify.Secrets, opts middleware.Options, do events.HandlerFunc) *stand {
	t.Helper()
	var s *stand
	var receiver *middleware.Receiver
	observe := opts.Observe
	s = newStandFor(t, hookmitt.CDHosting(), middleware.Options{}, func(*middleware.Receiver) http.Handler {
		opts.Observe = func(ctx context.Context, r middleware.Record) {
			s.mu.Lock()
			s.records = append(s.records, r)
			s.mu.Unlock()
			if observe != nil {
				observe(ctx, r)
			}
		}
		if opts.Store == nil {
			opts.Store = dedupe.NewMemory(0)
		}
		var err error
		receiver, err = middleware.New(p, secrets, &opts)
		require.NoError(t, err)
		return receiver.Handle(do)
	})
	s.provider, s.receiver, s.store = p, receiver, opts.Store
	return s
}

// outlive keeps a bubble's clock going at the test's end, also when it has failed, until what goes on has ended.
func outlive(t *testing.T) { t.Cleanup(func() { time.Sleep(2 * time.Hour) }) }

// mended ends what is wrong with a store at the test's end, and what hangs in it. Call it after outlive.
func mended(t *testing.T, f *dedupetest.Flaky) {
	t.Cleanup(func() {
		f.Heal()
		f.Resume()
	})
}

// uuid is an id that every provider with ids takes.
const uuid = "7c2e1f04-2b88-4a39-8f0e-5d8e1d9a6b20"

// sample is a valid event of the provider's.
func sample(p hookmitt.Provider) events.Event {
	e, _ := p.Events.Sample(p.Events.Types()[0])
	e.ID = uuid
	return e
}

// stamped is CDHosting, if it signed the time of sending.
func stamped() hookmitt.Provider {
	p := hookmitt.CDHosting()
	p.Scheme = verify.HMAC{
		Header: "X-Signature", Hash: crypto.SHA256,
		Signed:    []verify.Part{verify.Timestamp(), verify.Text("."), verify.Body()},
		Timestamp: verify.TimeHeader("X-Signed-At"), Tolerance: 5 * time.Minute,
	}
	return p
}

// unforgetting is a store without dedupe.Forgetter.
type unforgetting struct{ dedupe.Store }

func TestForgetRunsAnEventAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var tokens []uint64
		s := newStand(t, hookmitt.Civo(), func(ctx context.Context, _ events.Event) error {
			c, _ := dedupe.ClaimFrom(ctx)
			tokens = append(tokens, c.Token)
			return nil
		}, middleware.Options{})
		e := sample(s.provider)
		require.Equal(t, "accepted", s.send(e).Outcome)
		require.Equal(t, "duplicate", s.send(e).Outcome)

		require.NoError(t, s.receiver.Forget(t.Context(), "", strings.ToUpper(e.ID)), "the id as somebody copied it")
		require.Equal(t, "accepted", s.send(e).Outcome)
		require.Equal(t, 1, s.last().Run)
		require.Len(t, tokens, 2)
		require.Greater(t, tokens[1], tokens[0])
		require.NoError(t, s.receiver.Forget(t.Context(), "", "00000000-0000-4000-8000-000000000000"), "an id never seen")
	})
}

func TestForgetKeepsTenantsApart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newStand(t, hookmitt.CDHosting(), nothing, middleware.Options{Tenant: tenantOf})
		for _, tenant := range []string{"a", "b"} {
			require.Equal(t, "accepted", s.do(as(tenant, s.request(started("evt_1")))).Outcome)
		}
		require.NoError(t, s.receiver.Forget(t.Context(), "a", "evt_1"))
		require.Equal(t, "duplicate", s.do(as("b", s.request(started("evt_1")))).Outcome)
		require.Equal(t, "accepted", s.do(as("a", s.request(started("evt_1")))).Outcome)
	})
}

func TestForgetSaysWhatItCannot(t *testing.T) {
	t.Parallel()
	s := newStand(t, hookmitt.Civo(), nothing, middleware.Options{Store: unforgetting{dedupe.NewMemory(0)}})
	require.EqualError(t, s.receiver.Forget(t.Context(), "", uuid), "middleware: a middleware_test.unforgetting cannot forget")

	s = newStand(t, hookmitt.Civo(), nothing, middleware.Options{})
	require.ErrorIs(t, s.receiver.Forget(t.Context(), "", "no UUID"), events.ErrMalformed)
	require.ErrorIs(t, s.receiver.Forget(t.Context(), "", ""), events.ErrMalformed)
}

func TestShutdownRefusesWhatIsNew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newStand(t, hookmitt.CDHosting(), nothing, middleware.Options{})
		require.NoError(t, s.receiver.Shutdown(t.Context()))
		got := s.send(started("evt_1"))
		require.Equal(t, http.StatusServiceUnavailable, got.Status)
		require.Equal(t, "5", got.Header.Get("Retry-After"))
		require.Empty(t, got.Outcome)
		require.Equal(t, "none", s.claim("evt_1"))
	})
}

func TestShutdownWaitsForLateRuns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		outlive(t)
		s := newStand(t, hookmitt.CDHosting(), func(context.Context, events.Event) error {
			time.Sleep(time.Minute)
			return nil
		}, middleware.Options{})
		start := time.Now()
		require.Equal(t, "timed-out", s.send(started("evt_1")).Outcome)
		require.NoError(t, s.receiver.Shutdown(t.Context()))
		require.Equal(t, time.Minute, time.Since(start))
		require.Equal(t, middleware.Accepted, s.last().Outcome, "it is recorded by then")
		require.True(t, s.last().Late)
		require.Equal(t, "done", s.claim("evt_1"))
	})
}

func TestShutdownNamesTheRunsThatItLeaves(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		outlive(t)
		s := newStand(t, hookmitt.CDHosting(), func(_ context.Context, e events.Event) error {
			if e.ID != "evt_quick" {
				time.Sleep(time.Hour) // whatever its context says
			}
			return nil
		}, middleware.Options{Tenant: func(*http.Request) string { return "acme" }})
		for _, id := range []string{"evt_quick", "evt_1", "evt_2"} {
			s.send(started(id))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := s.receiver.Shutdown(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorContains(t, err, `cdhosting/acme "evt_1", cdhosting/acme "evt_2"`)
		require.NotContains(t, err.Error(), "evt_quick")
	})
}

func TestARunHoldsItsPlaceUntilItEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		outlive(t)
		s := newStand(t, hookmitt.CDHosting(), func(_ context.Context, e events.Event) error {
			if e.ID == "evt_slow" {
				time.Sleep(20 * time.Second)
			}
			return nil
		}, middleware.Options{MaxInFlight: 1})
		require.Equal(t, "timed-out", s.send(started("evt_slow")).Outcome)
		got := s.send(started("evt_1"))
		require.Equal(t, "unavailable", got.Outcome, "the answer was given, and the run goes on")
		require.Equal(t, "5", got.Header.Get("Retry-After"))
		time.Sleep(13 * time.Second)
		require.Equal(t, "accepted", s.send(started("evt_1")).Outcome)
		require.Equal(t, "duplicate", s.send(started("evt_1")).Outcome, "what is not run gives its place back too")
		require.Equal(t, "accepted", s.send(started("evt_2")).Outcome)
	})
}

func TestAPlaceComesBackHoweverARunEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &dedupetest.Flaky{Store: dedupe.NewMemory(0)}
		failing := true
		s := newStand(t, hookmitt.CDHosting(), func(context.Context, events.Event) error {
			if failing {
				panic("boom")
			}
			return nil
		}, middleware.Options{MaxInFlight: 1, Store: store})
		require.Equal(t, "failed", s.send(started("evt_1")).Outcome)
		store.Next(dedupetest.Claim, dedupetest.Fail)
		require.Equal(t, "unavailable", s.send(started("evt_1")).Outcome)
		failing = false
		require.Equal(t, "accepted", s.send(started("evt_1")).Outcome)
	})
}

// Options.Dead is for events that failed. One whose claim came too late to be used did not run at all.
func TestAClaimThatWasNotUsedIsNoRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		outlive(t)
		store := &dedupetest.Flaky{Store: dedupe.NewMemory(0)}
		mended(t, store)
		store.Next(dedupetest.Claim, dedupetest.Stall)
		s := newStand(t, hookmitt.CDHosting(), returning(errBoom), middleware.Options{
			Store: store, MaxRuns: 1, Dead: func(context.Context, events.Event, error) error { return nil },
		})
		require.Equal(t, "503 unavailable", brief(s.send(started("evt_1"))))
		store.Resume()
		synctest.Wait()
		require.Equal(t, "200 dead", brief(s.send(started("evt_1"))))
		require.ErrorIs(t, s.last().Err, errBoom, "Dead takes it for what its run returned")
		require.Equal(t, 1, s.last().Run)
	})
}

func TestNilHandlersPanicWhenWired(t *testing.T) {
	t.Parallel()
	s := newStand(t, hookmitt.Civo(), nothing, middleware.Options{})
	require.PanicsWithValue(t, "middleware: Handle: the handler is nil", func() { s.receiver.Handle(nil) })
	require.PanicsWithValue(t, "middleware: Wrap: the handler is nil", func() { s.receiver.Wrap(nil) })
}

// It is not parallel: it looks at slog.Default.
func TestNewSaysOnceWhatItCannotPromise(t *testing.T) {
	said := map[string]string{
		"civo":      "WARN the provider does not sign its event ids",
		"mixpost":   "INFO the provider sends no event ids",
		"cdhosting": "",
	}
	for _, p := range []hookmitt.Provider{hookmitt.Civo(), hookmitt.Mixpost(), hookmitt.CDHosting()} {
		var log logged
		before := slog.Default()
		slog.SetDefault(slog.New(&log))
		_, err := middleware.New(p, verify.NewKeyring(secret), nil)
		_, storeErr := middleware.New(p, verify.NewKeyring(secret), &middleware.Options{Store: unforgetting{dedupe.NewMemory(0)}})
		slog.SetDefault(before)
		require.NoError(t, errors.Join(err, storeErr))
		lines := log.String()
		require.Equal(t, 1, strings.Count(lines, "INFO webhook ids are kept in memory"), lines)
		if want := said[p.Name]; want != "" {
			require.Equal(t, 2, strings.Count(lines, want), lines)
		}
		require.Equal(t, map[bool]int{true: 1, false: 3}[said[p.Name] == ""], strings.Count(lines, "\n"), lines)
	}
}
