package modeltest_test

import (
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/hookmitt/hookmitt/dedupe/redisstore"
	"github.com/hookmitt/hookmitt/internal/redistest"
)

// durable are the arguments of a server that knows after a crash what it knew before.
var durable = []string{"--appendonly", "yes", "--appendfsync", "always"}

func TestRedis(t *testing.T) { checkRedis(t, alone, durable...) }

func TestRedisInACrowd(t *testing.T) { checkRedis(t, crowded, durable...) }

// checkRedis checks a server with these arguments.
func checkRedis(t *testing.T, do walk, args ...string) {
	t.Helper()
	schedulesOf(t, 80)
	s := newRedis(t, args...)
	met := tally{}
	rapid.Check(t, func(t *rapid.T) { do(t, newMachine(s, met)) })
	met.requireAll(t)
}

// newRedis is a server that can be killed, and a proxy that loses replies: the client asks again by itself.
func newRedis(t *testing.T, args ...string) *subject {
	t.Helper()
	server := redistest.Start(t, args...)
	proxy := redistest.Through(t, server.Addr)
	client := redis.NewClient(&redis.Options{Addr: proxy.Addr, MinRetryBackoff: time.Millisecond, MaxRetryBackoff: time.Millisecond})
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	store, err := redisstore.New(client, &redisstore.Options{Call: time.Minute}) // the machine may be busy
	require.NoError(t, err)
	require.NoError(t, client.Ping(t.Context()).Err())
	return &subject{
		store: store,
		drift: unit,                                                        // its clock runs on, between the passes
		pass:  func(d time.Duration) { server.Pass(d + time.Millisecond) }, // what expires is there for a millisecond more
		restart: func() {
			server.Kill()
			require.NoError(t, server.Start())
		},
		repeat: func(deed) { proxy.LoseReplies(1) },
	}
}
