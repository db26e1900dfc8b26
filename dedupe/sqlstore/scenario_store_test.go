package sqlstore_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/dedupe/sqlstore"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/internal/redistest"
	"github.com/hookmitt/hookmitt/middleware"
)

// after is a deed that does something and then ends as err.
func after(do func(), err error) events.HandlerFunc {
	return func(context.Context, events.Event) error {
		do()
		return err
	}
}

// onServers runs scenarios, each on a PostgreSQL of its own.
func onServers(t *testing.T, scenarios map[string]func(t *testing.T, server *server, d *database)) {
	t.Helper()
	t.Parallel()
	for name, scenario := range scenarios {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := startPostgres(t)
			scenario(t, server, server.database(t))
		})
	}
}

func (s *server) restart(t *testing.T) {
	t.Helper()
	s.kill()
	require.NoError(t, s.start())
}

func TestScenarioServerIsDown(t *testing.T) {
	onServers(t, map[string]func(t *testing.T, server *server, d *database){
		"scenario 12 the commit fails for good": func(t *testing.T, server *server, d *database) {
			store := d.connected()
			a := act(after(server.kill, nil), nothing)
			const lease = 2 * time.Second // for as long as which the commit is tried
			s := newStandWith(t, brisk(), middleware.Options{Store: store, Lease: lease}, a.HandleEvent)
			first := s.send(started("evt_1"))
			require.Equal(t, "200 accepted", brief(first), "the work is done")
			require.Less(t, first.took, soon)
			require.Error(t, s.last().Err)
			require.Equal(t, "503 unavailable", brief(s.send(started("evt_1"))))
			require.NoError(t, s.receiver.Shutdown(t.Context()), "it has given up")
			require.NoError(t, server.start())
			d.pass(lease)
			next := newStand(t, brisk(), store, a.HandleEvent)
			next.comesTo(started("evt_1"), "200 accepted", "503 unavailable") // nobody knows any more: documented
			a.requireRuns(t, 1, 2)
		},
		"scenario 12 the commit fails until after the answer": func(t *testing.T, server *server, d *database) {
			a := act(after(server.kill, nil))
			s := newStand(t, brisk(), d.connected(), a.HandleEvent)
			require.Equal(t, "200 accepted", brief(s.send(started("evt_1"))))
			require.Error(t, s.last().Err)
			require.NoError(t, server.start())
			s.comesTo(started("evt_1"), "200 duplicate", "503 unavailable", "503 busy") // it was tried for as long as a lease
			a.requireRuns(t, 1)
		},
		"scenario 13 the release fails after a failure": func(t *testing.T, server *server, d *database) {
			a := act(after(server.kill, errDeed), nothing)
			s := newStand(t, brisk(), d.connected(), a.HandleEvent)
			first := s.send(started("evt_1"))
			require.Equal(t, "500 failed", brief(first))
			require.Less(t, first.took, soon)
			require.ErrorIs(t, s.last().Err, errDeed)
			require.NoError(t, server.start())
			s.comesTo(started("evt_1"), "503 busy", "503 unavailable")
			d.pass(lease)
			require.Equal(t, "200 accepted", brief(s.send(started("evt_1"))), "the lease is over")
			a.requireRuns(t, 1, 2)
		},
		"scenario 14 the store is down on the claim": func(t *testing.T, server *server, d *database) {
			a := act(nothing)
			s := newStand(t, brisk(), d.connected(), a.HandleEvent)
			server.kill()
			down := s.send(started("evt_1"))
			require.Equal(t, "503 unavailable", brief(down))
			require.Equal(t, 5, retryAfter(down))
			require.Less(t, down.took, soon)
			a.requireRuns(t)
			require.NoError(t, server.start())
			s.comesTo(started("evt_1"), "200 accepted", "503 unavailable", "503 busy")
			a.requireRuns(t, 1)
		},
		"scenario 18 the server restarts between calls": func(t *testing.T, server *server, d *database) {
			restart := func() { server.restart(t) }
			a := act(nothing, after(restart, nil), nothing)
			s := newStand(t, unhurried(), d.connected(), a.HandleEvent)
			require.Equal(t, "200 accepted", brief(s.send(started("evt_1"))))
			restart()
			require.Equal(t, "200 duplicate", brief(s.send(started("evt_1"))), "done is done, and a broken connection is no answer")
			require.Equal(t, "200 accepted", brief(s.send(started("evt_2"))), "it restarts between the claim and the commit")
			require.NoError(t, s.last().Err)
			require.Equal(t, "200 duplicate", brief(s.send(started("evt_2"))))
			a.requireRuns(t, 1, 1)
		},
		"scenario 18 the server restarts between calls, and every connection of many is broken": func(t *testing.T, server *server, d *database) {
			db := d.connect()
			db.SetMaxIdleConns(4)
			store := d.openOn(db, nil)
			for range 4 {
				conn, err := db.Conn(t.Context())
				require.NoError(t, err)
				defer conn.Close()
			}
			server.restart(t)
			wins(t, store, event, "owner", 1)
		},
	})
}

// comesToBe sends e until it is done, past the leases of claims that nobody waits for any more.
func (s *stand) comesToBe(d *database, e events.Event) {
	s.t.Helper()
	redistest.Eventually(s.t, "it is done", func() bool {
		got := brief(s.send(e))
		if got == "503 busy" {
			d.pass(lease)
		}
		return got == "200 accepted"
	})
}

// behind is a store that has asked a server something, through a proxy.
func behind(t *testing.T, server *server, d *database) (*redistest.Proxy, *sqlstore.Store) {
	t.Helper()
	proxy := redistest.Through(t, "127.0.0.1:"+server.port)
	through := *d
	through.dsn = dsnAt(proxy.Addr, d.text("SELECT current_database()"))
	store := through.open(nil)
	k := dedupe.Key{Scope: "test", ID: "warm"}
	require.NoError(t, store.Release(t.Context(), claim(t, store, k, "who warms it")))
	return proxy, store
}

func TestScenarioReplyIsLost(t *testing.T) {
	onServers(t, map[string]func(t *testing.T, server *server, d *database){
		"scenario 16 the reply of the claim is lost, and the store repeats it": func(t *testing.T, server *server, d *database) {
			proxy, store := behind(t, server, d)
			a := act(nothing)
			s := newStand(t, unhurried(), store, a.HandleEvent)
			proxy.LoseReplies(1)
			require.Equal(t, "200 accepted", brief(s.send(started("evt_1"))))
			a.requireRuns(t, 1)
			require.Equal(t, "200 duplicate", brief(s.send(started("evt_1"))))
		},
		"scenario 17 the reply of the commit is lost, and the store repeats it": func(t *testing.T, server *server, d *database) {
			proxy, store := behind(t, server, d)
			a := act(after(func() { proxy.LoseReplies(1) }, nil))
			s := newStand(t, unhurried(), store, a.HandleEvent)
			require.Equal(t, "200 accepted", brief(s.send(started("evt_1"))))
			require.NoError(t, s.last().Err)
			require.Equal(t, "200 duplicate", brief(s.send(started("evt_1"))))
			a.requireRuns(t, 1)
		},
		"scenario 17 the reply of the release is lost, and the store repeats it": func(t *testing.T, server *server, d *database) {
			proxy, store := behind(t, server, d)
			a := act(after(func() { proxy.LoseReplies(1) }, errDeed), nothing)
			s := newStand(t, unhurried(), store, a.HandleEvent)
			require.Equal(t, "500 failed", brief(s.send(started("evt_1"))))
			require.NotErrorIs(t, s.last().Err, dedupe.ErrLeaseLost)
			require.Equal(t, "200 accepted", brief(s.send(started("evt_1"))))
			a.requireRuns(t, 1, 2)
		},
		"scenario 15 the store hangs on the claim": func(t *testing.T, server *server, d *database) {
			proxy, store := behind(t, server, d)
			a := act(nothing)
			s := newStand(t, brisk(), store, a.HandleEvent)
			proxy.Stall()
			hung := s.send(started("evt_1"))
			require.Equal(t, "503 unavailable", brief(hung))
			require.Equal(t, 5, retryAfter(hung))
			require.Less(t, hung.took, soon)
			require.ErrorIs(t, s.last().Err, dedupe.ErrStalled)
			a.requireRuns(t)
			proxy.Resume()
			s.comesToBe(d, started("evt_1"))
			require.Equal(t, "200 duplicate", brief(s.send(started("evt_1"))))
		},
		"scenario 15 the store hangs on the commit": func(t *testing.T, server *server, d *database) {
			proxy, store := behind(t, server, d)
			a := act(after(proxy.Stall, nil))
			s := newStand(t, brisk(), store, a.HandleEvent)
			hung := s.send(started("evt_1"))
			require.Equal(t, "200 accepted", brief(hung), "the work is done")
			require.Less(t, hung.took, soon)
			require.Error(t, s.last().Err)
			proxy.Resume()
			s.comesTo(started("evt_1"), "200 duplicate", "503 busy", "503 unavailable") // it goes through in the end
			a.requireRuns(t, 1)
		},
	})
}
