package redisstore_test

import (
	"context"
	"net/http"
	"runtime"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/internal/redistest"
	"github.com/hookmitt/hookmitt/middleware"
)

// onEverySetup runs scenarios on every kind of Redis, and on a single server by every kind of client. Each opens stores
// of its own, each of them with a client of its own, as processes have.
func onEverySetup(t *testing.T, scenarios map[string]func(t *testing.T, open func() dedupe.Store)) {
	t.Helper()
	t.Parallel()
	for setup, start := range map[string]func(t *testing.T) func(t *testing.T) redis.UniversalClient{
		"a single server": func(t *testing.T) func(t *testing.T) redis.UniversalClient {
			server := redistest.Start(t)
			return func(t *testing.T) redis.UniversalClient { return client(t, server.Addr) }
		},
		"a single server, by a client that heeds contexts": func(t *testing.T) func(t *testing.T) redis.UniversalClient {
			server := redistest.Start(t)
			return func(t *testing.T) redis.UniversalClient { return heeding(t, server.Addr) }
		},
		"sentinel": func(t *testing.T) func(t *testing.T) redis.UniversalClient {
			sentinel := redistest.StartSentinel(t)
			return func(t *testing.T) redis.UniversalClient { return failover(t, sentinel) }
		},
		"a cluster of three": func(t *testing.T) func(t *testing.T) redis.UniversalClient {
			servers := redistest.StartCluster(t, 3)
			return func(t *testing.T) redis.UniversalClient { return cluster(t, servers) }
		},
	} {
		t.Run(setup, func(t *testing.T) {
			t.Parallel()
			connect := start(t)
			for name, scenario := range scenarios {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					scenario(t, func() dedupe.Store { return openAs(t, connect(t)) })
				})
			}
		})
	}
}

// Scenario 37 is that these hold on Sentinel and on a cluster too.
func TestScenarioRuns(t *testing.T) {
	onEverySetup(t, map[string]func(t *testing.T, open func() dedupe.Store){
		"scenario 01 the same event twice, in turn": func(t *testing.T, open func() dedupe.Store) {
			a := act(nothing)
			s := newStand(t, hookmitt.CDHosting(), open(), a.HandleEvent)
			require.Equal(t, "200 accepted", brief(s.send(started("evt_1"))))
			require.Equal(t, "200 duplicate", brief(s.send(started("evt_1"))))
			a.requireRuns(t, 1)
			require.Equal(t, []string{"accepted run 1", "duplicate"}, s.briefs())
		},
		"scenario 02 two hundred copies at once": func(t *testing.T, open func() dedupe.Store) {
			copies(t, open())
		},
		"scenario 03 two hundred copies at once, at two receivers on one Redis": func(t *testing.T, open func() dedupe.Store) {
			copies(t, open(), open())
		},
		"scenario 04 the handler fails, the provider tries again": func(t *testing.T, open func() dedupe.Store) {
			a := act(failing, nothing)
			s := newStand(t, hookmitt.CDHosting(), open(), a.HandleEvent)
			require.Equal(t, "500 failed", brief(s.send(started("evt_1"))))
			require.ErrorIs(t, s.last().Err, errDeed)
			other := newStand(t, hookmitt.CDHosting(), open(), a.HandleEvent)
			require.Equal(t, "200 accepted", brief(other.send(started("evt_1"))))
			require.Equal(t, "200 duplicate", brief(s.send(started("evt_1"))))
			a.requireRuns(t, 1, 2)
			require.Equal(t, []string{"failed run 1", "duplicate"}, s.briefs())
			require.Equal(t, []string{"accepted run 2"}, other.briefs())
		},
		"scenario 05 the handler panics": func(t *testing.T, open func() dedupe.Store) {
			a := act(func(context.Context, events.Event) error { panic("boom") }, nothing)
			s := newStand(t, hookmitt.CDHosting(), open(), a.HandleEvent)
			first := s.send(started("evt_1"))
			require.Equal(t, "500 failed", brief(first))
			require.Equal(t, "Internal Server Error\n", first.body, "the answer is complete before the panic goes on")
			var p *middleware.PanicError
			require.ErrorAs(t, s.last().Err, &p)
			require.Equal(t, "200 accepted", brief(s.send(started("evt_1"))))
			a.requireRuns(t, 1, 2)
		},
		"scenario 05 the handler ends by Goexit": func(t *testing.T, open func() dedupe.Store) {
			a := act(func(context.Context, events.Event) error { runtime.Goexit(); return nil }, nothing)
			s := newStand(t, hookmitt.CDHosting(), open(), a.HandleEvent)
			require.Equal(t, "500 failed", brief(s.send(started("evt_1"))))
			require.ErrorIs(t, s.last().Err, dedupe.ErrGoexit)
			require.Equal(t, "200 accepted", brief(s.send(started("evt_1"))))
			a.requireRuns(t, 1, 2)
		},
		"scenario 05 the handler aborts the connection": func(t *testing.T, open func() dedupe.Store) {
			a := act(func(context.Context, events.Event) error { panic(http.ErrAbortHandler) }, nothing)
			s := newStand(t, hookmitt.CDHosting(), open(), a.HandleEvent)
			require.Zero(t, s.send(started("evt_1")).status)
			require.Equal(t, middleware.Failed, s.last().Outcome)
			require.Equal(t, "200 accepted", brief(s.send(started("evt_1"))))
			a.requireRuns(t, 1, 2)
		},
		"scenario 26 the same id at two providers": func(t *testing.T, open func() dedupe.Store) {
			a := act(nothing)
			other := hookmitt.CDHosting()
			other.Name = "cdhosting-staging"
			store := open()
			for _, p := range []hookmitt.Provider{hookmitt.CDHosting(), other} {
				s := newStand(t, p, store, a.HandleEvent)
				require.Equal(t, "200 accepted", brief(s.send(started("evt_1"))))
				require.Equal(t, "200 duplicate", brief(s.send(started("evt_1"))))
			}
			a.requireRuns(t, 1, 1)
		},
		"scenario 26 the same id at two tenants": func(t *testing.T, open func() dedupe.Store) {
			a, store := act(nothing), open()
			for _, tenant := range []string{"acme", "bolt", "acme/bolt"} {
				s := newStandWith(t, hookmitt.CDHosting(), middleware.Options{
					Store: store, Tenant: func(*http.Request) string { return tenant },
				}, a.HandleEvent)
				require.Equal(t, "200 accepted", brief(s.send(started("evt_1"))))
				require.Equal(t, "200 duplicate", brief(s.send(started("evt_1"))))
			}
			a.requireRuns(t, 1, 1, 1)
		},
	})
}

// copies sends two hundred copies of an event at once, to a receiver on each store in turn. The first of them to run
// does so until the others are answered.
func copies(t *testing.T, stores ...dedupe.Store) {
	t.Helper()
	g := newGate(t)
	a := act(g.deed)
	var stands []*stand
	for _, store := range stores {
		stands = append(stands, newStand(t, hookmitt.CDHosting(), store, a.HandleEvent))
	}
	const n = 200
	answers := make(chan answer, n)
	for i := range n {
		go func() { answers <- stands[i%len(stands)].send(started("evt_1")) }()
	}
	for range n - 1 {
		select {
		case got := <-answers:
			require.Equal(t, "503 busy", brief(got))
			require.GreaterOrEqual(t, retryAfter(got), 1)
			require.LessOrEqual(t, retryAfter(got), 24, "what is left of the lease")
		case <-time.After(time.Minute):
			t.Fatal("no answer")
		}
	}
	g.end <- nil
	require.Equal(t, "200 accepted", brief(<-answers))
	for _, s := range stands {
		require.Equal(t, "200 duplicate", brief(s.send(started("evt_1"))))
	}
	a.requireRuns(t, 1)
}
