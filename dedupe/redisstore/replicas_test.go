package redisstore_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/dedupe/redisstore"
	"github.com/hookmitt/hookmitt/internal/redistest"
)

// patience is for an answer, and half of it for the replicas.
const patience = 4 * time.Second

// wanting is a store that wants a replica to have heard, on a connection of its own, and does not wait for it for long.
func wanting(t *testing.T, server *redistest.Server) *redisstore.Store {
	t.Helper()
	return warm(t, open(t, client(t, server.Addr), &redisstore.Options{Replicas: 1, Call: patience}))
}

func TestReplicas(t *testing.T) {
	t.Parallel()
	for name, check := range map[string]func(t *testing.T, server *redistest.Server, link *redistest.Proxy){
		"a claim of which no replica has heard is refused, and given back": func(t *testing.T, server *redistest.Server, link *redistest.Proxy) {
			store := wanting(t, server)
			link.Stall()
			for range 2 {
				c, err := store.Claim(t.Context(), event, "owner", hold)
				require.ErrorIs(t, err, redisstore.ErrReplicas)
				require.Zero(t, c)
			}
			link.Resume()
			wins(t, store, event, "another", 1)
		},
		"a claim of which no replica has heard is given back, though nobody waits for it any more": func(t *testing.T, server *redistest.Server, link *redistest.Proxy) {
			store, plain := wanting(t, server), open(t, client(t, server.Addr), nil)
			link.Stall()
			server.Pause()
			_, err := store.Claim(t.Context(), event, "owner", hold)
			require.ErrorIs(t, err, dedupe.ErrStalled)
			server.Resume()
			redistest.Eventually(t, "the claim was made and given back", func() bool {
				c, err := plain.Claim(t.Context(), event, "another", hold)
				return err == nil && c.State == dedupe.Claimed && c.Run == 1 && c.Token > 0
			})
		},
		"a claim that was won before is refused too": func(t *testing.T, server *redistest.Server, link *redistest.Proxy) {
			store, plain := wanting(t, server), open(t, client(t, server.Addr), nil)
			link.Stall()
			wins(t, plain, event, "owner", 1)
			_, err := store.Claim(t.Context(), event, "owner", hold)
			require.ErrorIs(t, err, redisstore.ErrReplicas)
		},
		"a commit of which no replica has heard is refused, until one has": func(t *testing.T, server *redistest.Server, link *redistest.Proxy) {
			store := wanting(t, server)
			c := wins(t, store, event, "owner", 1)
			link.Stall()
			for range 2 {
				require.ErrorIs(t, store.Commit(t.Context(), c, 200), redisstore.ErrReplicas)
			}
			link.Resume()
			require.NoError(t, store.Commit(t.Context(), c, 200))
			require.Equal(t, dedupe.Done, claim(t, store, event, "another").State)
		},
		"a commit that is repeated on another connection is refused too": func(t *testing.T, server *redistest.Server, link *redistest.Proxy) {
			store, other := wanting(t, server), wanting(t, server)
			c := wins(t, store, event, "owner", 1)
			link.Stall()
			require.ErrorIs(t, store.Commit(t.Context(), c, 200), redisstore.ErrReplicas)
			require.ErrorIs(t, other.Commit(t.Context(), c, 200), redisstore.ErrReplicas)
			link.Resume()
			require.NoError(t, other.Commit(t.Context(), c, 200))
		},
		"the reply of the claim is lost: the same owner has it when a replica has heard": func(t *testing.T, server *redistest.Server, link *redistest.Proxy) {
			proxy := redistest.Through(t, server.Addr)
			store := warm(t, open(t, client(t, proxy.Addr), &redisstore.Options{Replicas: 1, Call: patience}))
			link.Stall()
			proxy.LoseReplies(1)
			_, err := store.Claim(t.Context(), event, "owner", hold)
			require.Error(t, err)
			_, err = store.Claim(t.Context(), event, "owner", hold)
			require.ErrorIs(t, err, redisstore.ErrReplicas)
			link.Resume()
			wins(t, store, event, "owner", 1)
		},
		"the reply of the commit is lost: it is refused until a replica has heard": func(t *testing.T, server *redistest.Server, link *redistest.Proxy) {
			proxy := redistest.Through(t, server.Addr)
			store := warm(t, open(t, client(t, proxy.Addr), &redisstore.Options{Replicas: 1, Call: patience}))
			c := wins(t, store, event, "owner", 1)
			link.Stall()
			proxy.LoseReplies(1)
			require.Error(t, store.Commit(t.Context(), c, 200))
			require.ErrorIs(t, store.Commit(t.Context(), c, 200), redisstore.ErrReplicas)
			link.Resume()
			require.NoError(t, store.Commit(t.Context(), c, 200))
		},
		"extensions and releases wait for no replica": func(t *testing.T, server *redistest.Server, link *redistest.Proxy) {
			store := wanting(t, server)
			c := wins(t, store, event, "owner", 1)
			link.Stall()
			require.NoError(t, store.Extend(t.Context(), c))
			require.NoError(t, store.Release(t.Context(), c))
		},
		"what writes nothing waits for no replica": func(t *testing.T, server *redistest.Server, link *redistest.Proxy) {
			store := wanting(t, server)
			pending := dedupe.Key{Scope: "test", ID: "evt_2"}
			done(t, store, event)
			c := wins(t, store, pending, "owner", 1)
			lost := c
			lost.Token--
			link.Stall()
			require.Equal(t, dedupe.Done, claim(t, store, event, "another").State)
			require.Equal(t, dedupe.Pending, claim(t, store, pending, "another").State)
			require.ErrorIs(t, store.Commit(t.Context(), lost, 200), dedupe.ErrLeaseLost)
		},
		"more replicas than there are": func(t *testing.T, server *redistest.Server, _ *redistest.Proxy) {
			store := open(t, client(t, server.Addr), &redisstore.Options{Replicas: 2, Call: patience})
			_, err := store.Claim(t.Context(), event, "owner", hold)
			require.ErrorIs(t, err, redisstore.ErrReplicas)
			require.ErrorContains(t, err, "1 of 2")
		},
		"the guard goes on committing until a replica has heard": func(t *testing.T, server *redistest.Server, link *redistest.Proxy) {
			store := wanting(t, server)
			g := &dedupe.Guard{Store: store, Hold: hold, Budget: 200 * time.Millisecond, Call: 2 * patience}
			result := g.Do(t.Context(), event, func(context.Context) (int, error) { link.Stall(); return 200, nil }, nil)
			require.NoError(t, result.Err)
			require.Error(t, result.StoreErr)
			link.Resume()
			require.NoError(t, g.Wait(t.Context()))
			require.Equal(t, dedupe.Done, claim(t, store, event, "another").State)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := redistest.Start(t)
			_, link := redistest.StartReplica(t, server)
			check(t, server, link)
		})
	}
}

func TestReplicasOfAClusterWithoutAny(t *testing.T) {
	t.Parallel()
	servers := redistest.StartCluster(t, 3)
	store := open(t, cluster(t, servers), &redisstore.Options{Replicas: 1, Call: patience})
	start := time.Now()
	_, err := store.Claim(t.Context(), event, "owner", hold)
	require.ErrorIs(t, err, redisstore.ErrReplicas)
	require.Less(t, time.Since(start), soon)
	wins(t, open(t, cluster(t, servers), nil), event, "another", 1)
}
