package redisstore_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/dedupe/redisstore"
	"github.com/hookmitt/hookmitt/internal/redistest"
)

// What Check says of a setting, and of one that it does not see.
const (
	evicts    = `maxmemory-policy is "`
	forgets   = "appendonly is off"
	mayLag    = "there are 1 replicas, and min-replicas-to-write is 0"
	isUnknown = "the settings could not be read"
)

func TestCheckOfAServer(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		config   []string // name and value in turn
		replica  bool
		replicas int // Options.Replicas
		want     []string
	}{
		"well set up":                         {nil, false, 0, nil},
		"evicts the least used":               {[]string{"maxmemory-policy", "allkeys-lru"}, false, 0, []string{evicts + "allkeys-lru"}},
		"evicts what expires soonest":         {[]string{"maxmemory-policy", "volatile-ttl"}, false, 0, []string{evicts + "volatile-ttl"}},
		"writes nothing to disk":              {[]string{"appendonly", "no"}, false, 0, []string{forgets}},
		"both":                                {[]string{"maxmemory-policy", "allkeys-random", "appendonly", "no"}, false, 0, []string{evicts + "allkeys-random", forgets}},
		"a replica that may lag":              {nil, true, 0, []string{mayLag}},
		"a replica without which none writes": {[]string{"min-replicas-to-write", "1"}, true, 0, nil},
		"a replica that is asked":             {nil, true, 1, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := redistest.Start(t, "--appendonly", "yes")
			if c.replica {
				redistest.StartReplica(t, server)
			}
			for i := 0; i < len(c.config); i += 2 {
				say(t, server, "config", "set", c.config[i], c.config[i+1])
			}
			requireWarnings(t, c.want, open(t, client(t, server.Addr), &redisstore.Options{Replicas: c.replicas}).Check(t.Context()))
		})
	}
}

// requireWarnings checks how each warning begins.
func requireWarnings(t *testing.T, want, got []string) {
	t.Helper()
	require.Len(t, got, len(want), "%q", got)
	for i := range want {
		require.Contains(t, got[i], want[i])
	}
}

func TestCheckOfSentinelAndCluster(t *testing.T) {
	t.Parallel()
	t.Run("sentinel", func(t *testing.T) {
		t.Parallel()
		sentinel := redistest.StartSentinel(t)
		say(t, sentinel.Master, "config", "set", "appendonly", "yes")
		requireWarnings(t, []string{mayLag}, open(t, failover(t, sentinel), nil).Check(t.Context()))
	})
	t.Run("a node of a cluster, by a client for a single server", func(t *testing.T) {
		t.Parallel()
		server := redistest.StartCluster(t, 3)[0]
		say(t, server, "config", "set", "appendonly", "yes")
		requireWarnings(t, []string{"this is one node of a Cluster"}, open(t, client(t, server.Addr), nil).Check(t.Context()))
	})
	t.Run("a replica", func(t *testing.T) {
		t.Parallel()
		server := redistest.Start(t)
		replica, _ := redistest.StartReplica(t, server)
		say(t, replica, "config", "set", "appendonly", "yes")
		store := open(t, client(t, replica.Addr), nil)
		requireWarnings(t, []string{"this is a replica"}, store.Check(t.Context()))
		wins(t, open(t, client(t, server.Addr), nil), event, "owner", 1)
		_, err := store.Claim(t.Context(), event, "another", hold)
		require.ErrorContains(t, err, "READONLY", "what it knows may be old")
	})
	t.Run("a cluster, of which every master is asked", func(t *testing.T) {
		t.Parallel()
		servers := redistest.StartCluster(t, 3)
		for _, server := range servers {
			say(t, server, "config", "set", "appendonly", "yes")
		}
		store := open(t, cluster(t, servers), nil)
		require.Empty(t, store.Check(t.Context()))
		say(t, servers[2], "config", "set", "maxmemory-policy", "allkeys-lru")
		requireWarnings(t, []string{servers[2].Addr + ": " + evicts}, store.Check(t.Context()))
	})
}

func TestCheckNeverFails(t *testing.T) {
	t.Parallel()
	as := func(t *testing.T, server *redistest.Server, without string) redis.UniversalClient { // all rights but one
		say(t, server, "acl", "setuser", "guest", "on", ">password", "~*", "+@all", without)
		return clientOf(t, redis.Options{Addr: server.Addr, Username: "guest", Password: "password"})
	}
	for name, c := range map[string]struct {
		client func(t *testing.T, server *redistest.Server) redis.UniversalClient
		want   []string
	}{
		"CONFIG is forbidden": {func(t *testing.T, server *redistest.Server) redis.UniversalClient { return as(t, server, "-config") }, nil},
		"INFO is forbidden":   {func(t *testing.T, server *redistest.Server) redis.UniversalClient { return as(t, server, "-info") }, []string{isUnknown}},
		"the server is down": {func(t *testing.T, server *redistest.Server) redis.UniversalClient {
			server.Kill()
			return client(t, server.Addr)
		}, []string{isUnknown}},
		"the server hangs": {func(t *testing.T, server *redistest.Server) redis.UniversalClient {
			server.Pause()
			return client(t, server.Addr)
		}, []string{isUnknown}},
		"the server of a client that heeds contexts hangs": {func(t *testing.T, server *redistest.Server) redis.UniversalClient {
			server.Pause()
			return heeding(t, server.Addr)
		}, []string{isUnknown}},
		"the seed of a cluster is down": {func(t *testing.T, server *redistest.Server) redis.UniversalClient {
			server.Kill()
			return cluster(t, []*redistest.Server{server})
		}, []string{isUnknown}},
		"the seed of a cluster hangs": {func(t *testing.T, server *redistest.Server) redis.UniversalClient {
			server.Pause()
			return cluster(t, []*redistest.Server{server})
		}, []string{isUnknown}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := redistest.Start(t, "--appendonly", "yes")
			store := open(t, c.client(t, server), nil)
			start := time.Now()
			requireWarnings(t, c.want, store.Check(t.Context()))
			require.Less(t, time.Since(start), soon, "within Options.Call")
		})
	}
	t.Run("a master of a cluster hangs", func(t *testing.T) {
		t.Parallel()
		servers := redistest.StartCluster(t, 3)
		for _, server := range servers {
			say(t, server, "config", "set", "appendonly", "yes")
		}
		store := open(t, cluster(t, servers), nil)
		require.Empty(t, store.Check(t.Context()))
		servers[1].Pause()
		start := time.Now()
		require.Contains(t, strings.Join(store.Check(t.Context()), "\n"), isUnknown) // of it, or of the cluster: go-redis asks any of them first
		require.Less(t, time.Since(start), soon, "within Options.Call")
	})
	t.Run("the context has ended", func(t *testing.T) {
		t.Parallel()
		store := open(t, client(t, redistest.Start(t).Addr), nil)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		requireWarnings(t, []string{isUnknown}, store.Check(ctx))
	})
}
