package redisstore_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/dedupe/redisstore"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/internal/redistest"
	"github.com/hookmitt/hookmitt/middleware"
)

// onDurable runs scenarios, each on a server that survives a crash.
func onDurable(t *testing.T, scenarios map[string]func(t *testing.T, server *redistest.Server)) {
	t.Helper()
	t.Parallel()
	for name, scenario := range scenarios {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scenario(t, redistest.Start(t, durable()...))
		})
	}
}

// after is a deed that does something and then ends as err.
func after(do func(), err error) events.HandlerFunc {
	return func(context.Context, events.Event) error {
		do()
		return err
	}
}

func TestScenarioServerIsDown(t *testing.T) {
	onDurable(t, map[string]func(t *testing.T, server *redistest.Server){
		"scenario 12 the commit fails for good": func(t *testing.T, server *redistest.Server) {
			store := open(t, once(t, server.Addr), nil)
			a := act(after(server.Kill, nil), nothing)
			const lease = 2 * time.Second // for as long as which the commit is tried
			s := newStandWith(t, brisk(), middleware.Options{Store: store, Lease: lease}, a.HandleEvent)
			first := s.send(started("evt_1"))
			require.Equal(t, "200 accepted", brief(first), "the work is done")
			require.Less(t, first.took, soon)
			require.Error(t, s.last().Err)
			require.Equal(t, "503 unavailable", brief(s.send(started("evt_1"))))
			require.NoError(t, s.receiver.Shutdown(t.Context()), "it has given up")
			require.NoError(t, server.Start())
			server.Pass(lease)
			next := newStand(t, brisk(), store, a.HandleEvent)
			next.comesTo(started("evt_1"), "200 accepted", "503 unavailable") // nobody knows any more: documented
			a.requireRuns(t, 1, 2)
		},
		"scenario 12 the commit fails until after the answer": func(t *testing.T, server *redistest.Server) {
			a := act(after(server.Kill, nil))
			s := newStand(t, brisk(), open(t, client(t, server.Addr), nil), a.HandleEvent)
			require.Equal(t, "200 accepted", brief(s.send(started("evt_1"))))
			require.Error(t, s.last().Err)
			require.NoError(t, server.Start())
			s.comesTo(started("evt_1"), "200 duplicate", "503 unavailable", "503 busy") // it was tried for as long as a lease
			a.requireRuns(t, 1)
		},
		"scenario 13 the release fails after a failure": func(t *testing.T, server *redistest.Server) {
			a := act(after(server.Kill, errDeed), nothing)
			s := newStand(t, brisk(), open(t, once(t, server.Addr), nil), a.HandleEvent)
			first := s.send(started("evt_1"))
			require.Equal(t, "500 failed", brief(first))
			require.Less(t, first.took, soon)
			require.ErrorIs(t, s.last().Err, errDeed)
			require.NoError(t, server.Start())
			s.comesTo(started("evt_1"), "503 busy", "503 unavailable")
			server.Pass(lease)
			require.Equal(t, "200 accepted", brief(s.send(started("evt_1"))), "the lease is over")
			a.requireRuns(t, 1, 2)
		},
		"scenario 14 the store is down on the claim": func(t *testing.T, server *redistest.Server) {
			a := act(nothing)
			s := newStand(t, brisk(), open(t, client(t, server.Addr), nil), a.HandleEvent)
			server.Kill()
			down := s.send(started("evt_1"))
			require.Equal(t, "503 unavailable", brief(down))
			require.Equal(t, 5, retryAfter(down))
			require.Less(t, down.took, soon)
			a.requireRuns(t)
			require.NoError(t, server.Start())
			s.comesTo(started("evt_1"), "200 accepted", "503 unavailable", "503 busy") // while the first claim is given back
			a.requireRuns(t, 1)
		},
		"scenario 18 the scripts are flushed between calls": func(t *testing.T, server *redistest.Server) {
			flush := func() { say(t, server, "script", "flush") }
			a := act(after(flush, nil), after(flush, errDeed), nothing)
			s := newStand(t, brisk(), open(t, client(t, server.Addr), nil), a.HandleEvent)
			require.Equal(t, "200 accepted", brief(s.send(started("evt_1"))))
			flush()
			require.Equal(t, "200 duplicate", brief(s.send(started("evt_1"))))
			require.Equal(t, "500 failed", brief(s.send(started("evt_2"))))
			flush()
			require.Equal(t, "200 accepted", brief(s.send(started("evt_2"))))
			a.requireRuns(t, 1, 1, 2)
		},
		"scenario 18 the server restarts between calls": func(t *testing.T, server *redistest.Server) {
			restart := func() {
				server.Kill()
				require.NoError(t, server.Start())
			}
			a := act(nothing, after(restart, nil), nothing)
			s := newStand(t, brisk(), open(t, client(t, server.Addr), nil), a.HandleEvent)
			require.Equal(t, "200 accepted", brief(s.send(started("evt_1"))))
			restart()
			require.Equal(t, "200 duplicate", brief(s.send(started("evt_1"))), "done is done")
			require.Equal(t, "200 accepted", brief(s.send(started("evt_2"))), "it restarts between the claim and the commit")
			require.NoError(t, s.last().Err)
			require.Equal(t, "200 duplicate", brief(s.send(started("evt_2"))))
			a.requireRuns(t, 1, 1)
		},
	})
}

// onProxies runs scenarios, each on a server behind a proxy.
func onProxies(t *testing.T, scenarios map[string]func(t *testing.T, server *redistest.Server, proxy *redistest.Proxy)) {
	t.Helper()
	t.Parallel()
	for name, scenario := range scenarios {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := redistest.Start(t)
			scenario(t, server, redistest.Through(t, server.Addr))
		})
	}
}

// warm makes a client's connection, and lets the server know the scripts, so that the next call is one exchange.
func warm(t *testing.T, store *redisstore.Store) *redisstore.Store {
	t.Helper()
	k := dedupe.Key{Scope: "test", ID: "warm"}
	c := claim(t, store, k, "who warms it")
	require.NoError(t, store.Release(t.Context(), c))
	return store
}

func TestScenarioReplyIsLost(t *testing.T) {
	onProxies(t, map[string]func(t *testing.T, server *redistest.Server, proxy *redistest.Proxy){
		"scenario 16 the reply of the claim is lost, and the client repeats it": func(t *testing.T, server *redistest.Server, proxy *redistest.Proxy) {
			store := warm(t, open(t, client(t, proxy.Addr), nil))
			a := act(nothing)
			s := newStand(t, brisk(), store, a.HandleEvent)
			before := asked(t, server)
			proxy.LoseReplies(1)
			require.Equal(t, "200 accepted", brief(s.send(started("evt_1"))))
			require.Equal(t, 3, asked(t, server)-before, "two claims and a commit")
			a.requireRuns(t, 1)
			require.Equal(t, "200 duplicate", brief(s.send(started("evt_1"))))
		},
		"scenario 16 the reply of the claim is lost, and nobody repeats it": func(t *testing.T, server *redistest.Server, proxy *redistest.Proxy) {
			store := warm(t, open(t, once(t, proxy.Addr), nil))
			a := act(nothing)
			s := newStand(t, brisk(), store, a.HandleEvent)
			proxy.LoseReplies(1)
			require.Equal(t, "503 unavailable", brief(s.send(started("evt_1"))))
			require.Equal(t, "503 busy", brief(s.send(started("evt_1"))))
			a.requireRuns(t)
			server.Pass(lease)
			require.Equal(t, "200 accepted", brief(s.send(started("evt_1"))), "late, and not lost")
			a.requireRuns(t, 2)
		},
		"scenario 17 the reply of the commit is lost, and the client repeats it": func(t *testing.T, server *redistest.Server, proxy *redistest.Proxy) {
			store := warm(t, open(t, client(t, proxy.Addr), nil))
			before := 0
			a := act(after(func() { before = asked(t, server); proxy.LoseReplies(1) }, nil))
			s := newStand(t, brisk(), store, a.HandleEvent)
			require.Equal(t, "200 accepted", brief(s.send(started("evt_1"))))
			require.NoError(t, s.last().Err)
			require.Equal(t, 2, asked(t, server)-before, "two commits")
			require.Equal(t, "200 duplicate", brief(s.send(started("evt_1"))))
			a.requireRuns(t, 1)
		},
		"scenario 17 the reply of the commit is lost, and the guard repeats it": func(t *testing.T, server *redistest.Server, proxy *redistest.Proxy) {
			store := warm(t, open(t, once(t, proxy.Addr), nil))
			before := 0
			a := act(after(func() { before = asked(t, server); proxy.LoseReplies(1) }, nil))
			s := newStand(t, brisk(), store, a.HandleEvent)
			require.Equal(t, "200 accepted", brief(s.send(started("evt_1"))))
			require.NoError(t, s.last().Err)
			require.Equal(t, 2, asked(t, server)-before, "two commits")
			require.Equal(t, "200 duplicate", brief(s.send(started("evt_1"))))
			a.requireRuns(t, 1)
		},
		"scenario 17 the reply of the release is lost, and the client repeats it": func(t *testing.T, server *redistest.Server, proxy *redistest.Proxy) {
			store := warm(t, open(t, client(t, proxy.Addr), nil))
			before := 0
			a := act(after(func() { before = asked(t, server); proxy.LoseReplies(1) }, errDeed), nothing)
			s := newStand(t, brisk(), store, a.HandleEvent)
			require.Equal(t, "500 failed", brief(s.send(started("evt_1"))))
			require.NotErrorIs(t, s.last().Err, dedupe.ErrLeaseLost)
			require.Equal(t, 2, asked(t, server)-before, "two releases")
			require.Equal(t, "200 accepted", brief(s.send(started("evt_1"))))
			a.requireRuns(t, 1, 2)
		},
	})
}
