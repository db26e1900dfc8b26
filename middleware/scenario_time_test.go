package middleware_test

import (
	"context"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/middleware"
	"github.com/hookmitt/hookmitt/verify"
)

func TestScenarioRememberBelowTheHorizon(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		provider hookmitt.Provider
		remember time.Duration
		numbers  []string
	}{
		"scenario 21 Civo, nine hours are not enough": {provider: hookmitt.Civo(), remember: 9 * time.Hour, numbers: []string{"9h0m0s", "9h35m30s"}},
		"scenario 21 CDHosting, a day is not enough":  {provider: hookmitt.CDHosting(), remember: 24 * time.Hour, numbers: []string{"24h0m0s", "26h37m0s"}},
		"scenario 21 Mixpost, a minute is not enough": {provider: hookmitt.Mixpost(), remember: time.Minute, numbers: []string{"1m0s", "1m40s"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ring := verify.NewKeyring(secret)
			_, err := middleware.New(c.provider, ring, &middleware.Options{Remember: c.remember})
			require.Error(t, err)
			for _, number := range c.numbers {
				require.ErrorContains(t, err, number)
			}
			_, err = middleware.New(c.provider, ring, &middleware.Options{Remember: c.provider.Horizon() - 1})
			require.Error(t, err)
			_, err = middleware.New(c.provider, ring, &middleware.Options{Remember: c.provider.Horizon()})
			require.NoError(t, err)
		})
	}
}

func TestScenarioTimes(t *testing.T) {
	t.Parallel()
	onEveryStore(t, map[string]func(t *testing.T, store dedupe.Store){
		"scenario 23 duplicates a second before and a second after Remember": func(t *testing.T, store dedupe.Store) {
			a := act(nothing)
			s := newStand(t, hookmitt.CDHosting(), a.HandleEvent, middleware.Options{Store: store})
			require.Equal(t, "200 accepted", brief(s.send(started("evt_1"))))
			time.Sleep(24 * time.Hour)
			require.Equal(t, "200 duplicate", brief(s.send(started("evt_1"))), "which does not make it remembered for longer")
			time.Sleep(24*time.Hour - time.Second)
			require.Equal(t, "200 duplicate", brief(s.send(started("evt_1"))))
			a.requireRuns(t, 1)
			time.Sleep(2 * time.Second)
			require.Equal(t, "200 accepted", brief(s.send(started("evt_1"))), "documented")
			a.requireRuns(t, 1, 1)
		},
		"scenario 23 a failed event is remembered from its last run on": func(t *testing.T, store dedupe.Store) {
			a := act(failing)
			s := newStand(t, hookmitt.CDHosting(), a.HandleEvent, middleware.Options{Store: store})
			for range 3 {
				require.Equal(t, "500 failed", brief(s.send(started("evt_1"))))
				time.Sleep(48*time.Hour - time.Second)
			}
			time.Sleep(2 * time.Second)
			require.Equal(t, "500 failed", brief(s.send(started("evt_1"))))
			a.requireRuns(t, 1, 2, 3, 1)
		},
		"scenario 29 two equal bodies of Mixpost, inside and after its memory": func(t *testing.T, store dedupe.Store) {
			a := act(nothing)
			s := newStand(t, hookmitt.Mixpost(), a.HandleEvent, middleware.Options{Store: store})
			post := events.New(events.PostPublished{Post: events.Post{UUID: "3f0e5b9c-6d1a-4c55-9a59-0b7a3f6f2c11"}})
			require.Equal(t, "200 accepted", brief(s.send(post)))
			time.Sleep(hookmitt.Mixpost().Horizon())
			require.Equal(t, "200 duplicate", brief(s.send(post)), "a retry, as far as anyone can tell")
			a.requireRuns(t, 1)
			other := events.New(events.PostPublished{Post: events.Post{UUID: "00000000-0000-4000-8000-000000000001"}})
			require.Equal(t, "200 accepted", brief(s.send(other)))
			time.Sleep(time.Hour)
			require.Equal(t, "200 accepted", brief(s.send(post)), "another event that says the same")
			a.requireRuns(t, 1, 1, 1)
		},
		"scenario 33 a deploy shortens the lease while a run goes on": func(t *testing.T, store dedupe.Store) {
			old := act(lasting(20*time.Second, nil))
			s := newStand(t, hookmitt.CDHosting(), old.HandleEvent, middleware.Options{Store: store})
			require.Equal(t, "503 timed-out", brief(s.send(started("evt_1"))))
			young := act(nothing)
			next := newStand(t, hookmitt.CDHosting(), young.HandleEvent, middleware.Options{Store: store, Lease: 9 * time.Second, Remember: 30 * time.Hour})
			time.Sleep(7 * time.Second)
			require.Equal(t, "503 busy", brief(next.send(started("evt_1"))), "at 15 s, extended at 8 s for 24 s and not for 9 s")
			require.Equal(t, 17, retryAfter(next.send(started("evt_1"))))
			time.Sleep(6 * time.Second)
			require.Equal(t, "200 duplicate", brief(next.send(started("evt_1"))))
			old.requireRuns(t, 1)
			young.requireRuns(t)
		},
		"scenario 33 a deploy shortens the lease after a process died": func(t *testing.T, store dedupe.Store) {
			key := dedupe.Key{Scope: "cdhosting", ID: "evt_1"}
			_, err := store.Claim(t.Context(), key, "a process that died", dedupe.Hold{Lease: 24 * time.Second, Remember: 48 * time.Hour})
			require.NoError(t, err)
			a := act(nothing)
			s := newStand(t, hookmitt.CDHosting(), a.HandleEvent, middleware.Options{Store: store, Lease: 9 * time.Second, Remember: 30 * time.Hour})
			for wait := 24; wait > 0; wait -= 8 {
				busy := s.send(started("evt_1"))
				require.Equal(t, "503 busy", brief(busy))
				require.Equal(t, wait, retryAfter(busy))
				time.Sleep(8 * time.Second)
			}
			require.Equal(t, "200 accepted", brief(s.send(started("evt_1"))))
			a.requireRuns(t, 2)
		},
		"scenario 33 a deploy lengthens what is remembered": func(t *testing.T, store dedupe.Store) {
			short := newStand(t, hookmitt.CDHosting(), nothing, middleware.Options{Store: store, Remember: 30 * time.Hour})
			long := newStand(t, hookmitt.CDHosting(), nothing, middleware.Options{Store: store, Remember: 60 * time.Hour})
			require.Equal(t, "200 accepted", brief(long.send(started("evt_long"))))
			require.Equal(t, "200 accepted", brief(short.send(started("evt_short"))))
			time.Sleep(30*time.Hour - time.Second)
			require.Equal(t, "200 duplicate", brief(long.send(started("evt_short"))))
			time.Sleep(2 * time.Second)
			require.Equal(t, "200 accepted", brief(long.send(started("evt_short"))), "remembered for as long as it was committed for")
			require.Equal(t, "200 duplicate", brief(short.send(started("evt_long"))))
			time.Sleep(30*time.Hour - 2*time.Second)
			require.Equal(t, "200 duplicate", brief(short.send(started("evt_long"))))
			time.Sleep(2 * time.Second)
			require.Equal(t, "200 accepted", brief(short.send(started("evt_long"))))
		},
		"scenario 34 two receivers, made ten minutes apart, tell the store durations alone": func(t *testing.T, store dedupe.Store) {
			w := &witness{Store: store, holds: map[dedupe.Hold]int{}}
			first := newStand(t, hookmitt.CDHosting(), act(failing).HandleEvent, middleware.Options{Store: w})
			require.Equal(t, "500 failed", brief(first.send(started("evt_1"))))
			time.Sleep(10 * time.Minute)
			a := act(lasting(12*time.Second, nil))
			second := newStand(t, hookmitt.CDHosting(), a.HandleEvent, middleware.Options{Store: w})
			require.Equal(t, "503 timed-out", brief(second.send(started("evt_1"))))
			require.Equal(t, "503 busy", brief(first.send(started("evt_1"))))
			time.Sleep(5 * time.Second)
			require.Equal(t, "200 duplicate", brief(first.send(started("evt_1"))))
			a.requireRuns(t, 2)
			hold := dedupe.Hold{Lease: 24 * time.Second, Remember: 48 * time.Hour}
			require.Equal(t, map[dedupe.Hold]int{hold: 7}, w.holds, "4 claims, a release, an extension and a commit")
		},
	})
}

func TestScenarioClockOfOneReceiver(t *testing.T) {
	t.Parallel()
	t.Run("scenario 34 a store cannot even be told a time", func(t *testing.T) {
		t.Parallel()
		store := reflect.TypeFor[dedupe.Store]()
		for i := range store.NumMethod() {
			m := store.Method(i)
			for j := range m.Type.NumIn() {
				require.False(t, holds(m.Type.In(j), reflect.TypeFor[time.Time]()), "%s takes a %v", m.Name, m.Type.In(j))
			}
		}
	})
}

// holds reports whether a value of type t has one of type part in it.
func holds(t, part reflect.Type) bool {
	switch {
	case t == part:
		return true
	case t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice:
		return holds(t.Elem(), part)
	case t.Kind() == reflect.Struct:
		for i := range t.NumField() {
			if holds(t.Field(i).Type, part) {
				return true
			}
		}
	}
	return false
}

// witness counts the holds that a store is told of.
type witness struct {
	dedupe.Store
	mu    sync.Mutex
	holds map[dedupe.Hold]int
}

func (w *witness) note(h dedupe.Hold) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.holds[h]++
}

func (w *witness) Claim(ctx context.Context, k dedupe.Key, owner string, h dedupe.Hold) (dedupe.Claim, error) {
	w.note(h)
	return w.Store.Claim(ctx, k, owner, h)
}

func (w *witness) Extend(ctx context.Context, c dedupe.Claim) error {
	w.note(c.Hold)
	return w.Store.Extend(ctx, c)
}

func (w *witness) Commit(ctx context.Context, c dedupe.Claim, status int) error {
	w.note(c.Hold)
	return w.Store.Commit(ctx, c, status)
}

func (w *witness) Release(ctx context.Context, c dedupe.Claim) error {
	w.note(c.Hold)
	return w.Store.Release(ctx, c)
}
