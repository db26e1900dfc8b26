package redisstore_test

import (
	"testing"
	"time"

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
		laws(t, failover(t, sentinel), sentinel.Master)
	})
	t.Run("a cluster of three", func(t *testing.T) {
		t.Parallel()
		servers := redistest.StartCluster(t, 3)
		laws(t, cluster(t, servers), servers[0])
	})
}

func laws(t *testing.T, client redis.UniversalClient, server *redistest.Server) {
	t.Helper()
	store := open(t, client, &redisstore.Options{Call: time.Minute}) // the machine may be busy
	dedupetest.Run(t, func(*testing.T) dedupetest.Subject {
		return dedupetest.Subject{Store: store, Pass: server.Pass, Foreign: func(t *testing.T, k dedupe.Key) {
			require.NoError(t, client.Set(t.Context(), name(k), "something foreign", 0).Err())
		}}
	})
}
