package sqlstore_test

import (
	"context"
	"net/http"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/middleware"
)

func TestScenarioRuns(t *testing.T) {
	eachOnBoth(t, map[string]func(t *testing.T, d *database){
		"scenario 01 the same event twice, in turn": func(t *testing.T, d *database) {
			a := act(nothing)
			s := newStand(t, hookmitt.CDHosting(), d.connected(), a.HandleEvent)
			require.Equal(t, "200 accepted", brief(s.send(started("evt_1"))))
			require.Equal(t, "200 duplicate", brief(s.send(started("evt_1"))))
			a.requireRuns(t, 1)
			require.Equal(t, []string{"accepted run 1", "duplicate"}, s.briefs())
		},
		"scenario 04 the handler fails, the provider tries again": func(t *testing.T, d *database) {
			a := act(failing, nothing)
			s := newStand(t, hookmitt.CDHosting(), d.connected(), a.HandleEvent)
			require.Equal(t, "500 failed", brief(s.send(started("evt_1"))))
			require.ErrorIs(t, s.last().Err, errDeed)
			other := newStand(t, hookmitt.CDHosting(), d.connected(), a.HandleEvent)
			require.Equal(t, "200 accepted", brief(other.send(started("evt_1"))))
			require.Equal(t, "200 duplicate", brief(s.send(started("evt_1"))))
			a.requireRuns(t, 1, 2)
			require.Equal(t, []string{"failed run 1", "duplicate"}, s.briefs())
			require.Equal(t, []string{"accepted run 2"}, other.briefs())
		},
		"scenario 05 the handler panics": func(t *testing.T, d *database) {
			a := act(func(context.Context, events.Event) error { panic("boom") }, nothing)
			s := newStand(t, hookmitt.CDHosting(), d.connected(), a.HandleEvent)
			first := s.send(started("evt_1"))
			require.Equal(t, "500 failed", brief(first))
			require.Equal(t, "Internal Server Error\n", first.body, "the answer is complete before the panic goes on")
			var p *middleware.PanicError
			require.ErrorAs(t, s.last().Err, &p)
			require.Equal(t, "200 accepted", brief(s.send(started("evt_1"))))
			a.requireRuns(t, 1, 2)
		},
		"scenario 05 the handler ends by Goexit": func(t *testing.T, d *database) {
			a := act(func(context.Context, events.Event) error { runtime.Goexit(); return nil }, nothing)
			s := newStand(t, hookmitt.CDHosting(), d.connected(), a.HandleEvent)
			require.Equal(t, "500 failed", brief(s.send(started("evt_1"))))
			require.ErrorIs(t, s.last().Err, dedupe.ErrGoexit)
			require.Equal(t, "200 accepted", brief(s.send(started("evt_1"))))
			a.requireRuns(t, 1, 2)
		},
		"scenario 05 the handler aborts the connection": func(t *testing.T, d *database) {
			a := act(func(context.Context, events.Event) error { panic(http.ErrAbortHandler) }, nothing)
			s := newStand(t, hookmitt.CDHosting(), d.connected(), a.HandleEvent)
			require.Zero(t, s.send(started("evt_1")).status)
			require.Equal(t, middleware.Failed, s.last().Outcome)
			require.Equal(t, "200 accepted", brief(s.send(started("evt_1"))))
			a.requireRuns(t, 1, 2)
		},
		"scenario 26 the same id at two providers": func(t *testing.T, d *database) {
			a := act(nothing)
			other := hookmitt.CDHosting()
			other.Name = "cdhosting-staging"
			store := d.connected()
			for _, p := range []hookmitt.Provider{hookmitt.CDHosting(), other} {
				s := newStand(t, p, store, a.HandleEvent)
				require.Equal(t, "200 accepted", brief(s.send(started("evt_1"))))
				require.Equal(t, "200 duplicate", brief(s.send(started("evt_1"))))
			}
			a.requireRuns(t, 1, 1)
		},
		"scenario 26 the same id at two tenants": func(t *testing.T, d *database) {
			a, store := act(nothing), d.connected()
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

// TestScenarioCopies runs alone, since middleware gives a store a second, which a busy machine may take.
func TestScenarioCopies(t *testing.T) {
	for which, open := range map[string]func(testing.TB) *database{"postgres": newPostgres, "sqlite": newSQLite} {
		t.Run("scenario 02 two hundred copies at once: "+which, func(t *testing.T) {
			copies(t, open(t).connected())
		})
		t.Run("scenario 03 two hundred copies at once, at two receivers on one database: "+which, func(t *testing.T) {
			d := open(t)
			copies(t, d.connected(), d.connected())
		})
	}
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
	n := 200
	if race {
		n = 50 // or SQLite, ten times as slow in Go, may take the second
	}
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
