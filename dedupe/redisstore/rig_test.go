package redisstore_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/dedupe/redisstore"
	"github.com/hookmitt/hookmitt/internal/redistest"
)

// The parts that the tests are made of: clients, stores and keys. Leases end by Server.Pass, which moves Redis's clock
// alone.

const lease = 15 * time.Second

var (
	event = dedupe.Key{Scope: "test", ID: "evt_1"}
	hold  = dedupe.Hold{Lease: lease, Remember: 48 * time.Hour}
)

// name is where a record is, by the package's documentation.
func name(k dedupe.Key) string {
	return "hookmitt:{" + strings.NewReplacer("%", "%25", "/", "%2F").Replace(k.Scope) + "/" + k.ID + "}"
}

func open(t testing.TB, client redis.UniversalClient, opts *redisstore.Options) *redisstore.Store {
	t.Helper()
	store, err := redisstore.New(client, opts)
	require.NoError(t, err)
	return store
}

// client is go-redis as it comes: a deadline of its own and three repeats, and deaf to contexts.
func client(t testing.TB, addr string) *redis.Client {
	t.Helper()
	return clientOf(t, redis.Options{Addr: addr})
}

// heeding is a client that heeds contexts, and hangs up when one ends.
func heeding(t testing.TB, addr string) *redis.Client {
	t.Helper()
	return clientOf(t, redis.Options{Addr: addr, ContextTimeoutEnabled: true, ReadTimeout: time.Second, MaxRetries: 1})
}

// once is a client that says everything once, and gives up at once.
func once(t testing.TB, addr string) *redis.Client {
	t.Helper()
	return clientOf(t, redis.Options{Addr: addr, MaxRetries: -1, DialerRetries: 1})
}

func clientOf(t testing.TB, opts redis.Options) *redis.Client {
	t.Helper()
	return closed(t, redis.NewClient(&opts))
}

func failover(t testing.TB, sentinel *redistest.Sentinel) *redis.Client {
	t.Helper()
	return closed(t, redis.NewFailoverClient(&redis.FailoverOptions{
		MasterName: redistest.MasterName, SentinelAddrs: []string{sentinel.Addr},
	}))
}

func cluster(t testing.TB, servers []*redistest.Server) *redis.ClusterClient {
	t.Helper()
	return closed(t, redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{servers[0].Addr}}))
}

func closed[C interface{ Close() error }](t testing.TB, client C) C {
	t.Helper()
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	return client
}

// durable are the arguments of a server that knows after a crash what it knew before.
func durable() []string { return []string{"--appendonly", "yes", "--appendfsync", "always"} }

// claim claims, and wants an answer.
func claim(t testing.TB, s dedupe.Store, k dedupe.Key, owner string) dedupe.Claim {
	t.Helper()
	c, err := s.Claim(t.Context(), k, owner, hold)
	require.NoError(t, err)
	return c
}

// wins claims, and wants the claim as the given run.
func wins(t testing.TB, s dedupe.Store, k dedupe.Key, owner string, run int) dedupe.Claim {
	t.Helper()
	c := claim(t, s, k, owner)
	require.Equal(t, dedupe.Claimed, c.State)
	require.Equal(t, run, c.Run)
	return c
}

// done does an event.
func done(t testing.TB, s dedupe.Store, k dedupe.Key) {
	t.Helper()
	require.NoError(t, s.Commit(t.Context(), wins(t, s, k, "who did it", 1), 200))
}

// asked is how often a server was asked to run a script.
func asked(t testing.TB, server *redistest.Server) (n int) {
	t.Helper()
	stats := say(t, server, "info", "commandstats")
	for line := range strings.Lines(stats) {
		if rest, ok := strings.CutPrefix(line, "cmdstat_eval"); ok {
			_, calls, _ := strings.Cut(rest, "calls=")
			calls, _, _ = strings.Cut(calls, ",")
			one, err := strconv.Atoi(calls)
			require.NoError(t, err, line)
			n += one
		}
	}
	return n
}

// number is one that INFO tells of a server.
func number(t testing.TB, server *redistest.Server, field string) int {
	t.Helper()
	for line := range strings.Lines(say(t, server, "info", "all")) {
		if value, ok := strings.CutPrefix(line, field+":"); ok {
			n, err := strconv.Atoi(strings.TrimSpace(value))
			require.NoError(t, err)
			return n
		}
	}
	t.Fatalf("INFO has no %s", field)
	return 0
}

// say has a server run a command.
func say(t testing.TB, server *redistest.Server, command ...string) string {
	t.Helper()
	out, err := server.Do(command...)
	require.NoError(t, err, out)
	require.NotRegexp(t, "^(ERR|WRONG|NOPERM|OOM|MISCONF)", out)
	return out
}

// openAs is a store whose events are the test's own, on a server that others use too. Its client is connected.
func openAs(t *testing.T, client redis.UniversalClient) *redisstore.Store {
	t.Helper()
	claim(t, open(t, client, &redisstore.Options{Prefix: t.Name() + " warm:", Call: time.Minute}), event, "who connects it")
	return open(t, client, &redisstore.Options{Prefix: t.Name() + ":"})
}
