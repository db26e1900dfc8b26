package redisstore_test

import (
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/dedupe/dedupetest"
	"github.com/hookmitt/hookmitt/dedupe/redisstore"
	"github.com/hookmitt/hookmitt/internal/redistest"
)

func TestLaws(t *testing.T) {
	t.Parallel()
	t.Run("a single server", func(t *testing.T) {
		t.Parallel()
		server := redistest.Start(t)
		laws(t, client(t, server.Addr), server)
	})
	t.Run("sentinel", func(t *testing.T) {
		t.Parallel()
		sentinel := redistest.StartSentinel(t)
		laws(t, closed(t, redis.NewFailoverClient(&redis.FailoverOptions{
			MasterName: redistest.MasterName, SentinelAddrs: []string{sentinel.Addr},
		})), sentinel.Master)
	})
	t.Run("a cluster of three", func(t *testing.T) {
		t.Parallel()
		servers := redistest.StartCluster(t, 3)
		laws(t, closed(t, redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{servers[0].Addr}})), servers[0])
	})
}

func laws(t *testing.T, client redis.UniversalClient, server *redistest.Server) {
	t.Helper()
	store := open(t, client, nil)
	dedupetest.Run(t, func(*testing.T) dedupetest.Subject {
		return dedupetest.Subject{Store: store, Pass: server.Pass, Foreign: func(t *testing.T, k dedupe.Key) {
			require.NoError(t, client.Set(t.Context(), name(k), "something foreign", 0).Err())
		}}
	})
}

// name is where a record is, by the package's documentation.
func name(k dedupe.Key) string {
	return "hookmitt:{" + strings.NewReplacer("%", "%25", "/", "%2F").Replace(k.Scope) + "/" + k.ID + "}"
}

func open(t *testing.T, client redis.UniversalClient, opts *redisstore.Options) *redisstore.Store {
	t.Helper()
	store, err := redisstore.New(client, opts)
	require.NoError(t, err)
	return store
}

// client is go-redis as it comes: a deadline of its own and three repeats, and deaf to contexts.
func client(t *testing.T, addr string) *redis.Client {
	t.Helper()
	return closed(t, redis.NewClient(&redis.Options{Addr: addr}))
}

func closed[C interface{ Close() error }](t *testing.T, client C) C {
	t.Helper()
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	return client
}
