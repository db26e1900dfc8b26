package conformtest_test

import (
	"context"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/dedupe/redisstore"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/internal/redistest"
)

// redisGround is a Redis that writes what it is told to disk before it answers, and effects beside it.
type redisGround struct {
	journal
	t      *testing.T
	server *redistest.Server
}

func newRedis(t *testing.T) ground {
	t.Helper()
	return &redisGround{t: t, server: redistest.Start(t, "--appendonly", "yes", "--appendfsync", "always")}
}

// open has a client of its own. It is left open until the test ends: a run that is going on at the crash is another
// process's then, and ends there. Its effect is beside the store, so if it died between the two it would be done again.
func (r *redisGround) open(ctx context.Context) (dedupe.Store, events.HandlerFunc, error) {
	client := redis.NewClient(&redis.Options{Addr: r.server.Addr})
	r.t.Cleanup(func() { require.NoError(r.t, client.Close()) })
	if err := client.Ping(ctx).Err(); err != nil { // to connect may take longer than an answer
		return nil, nil, err
	}
	store, err := redisstore.New(client, nil)
	return store, r.work, err
}

func (r *redisGround) crash() error {
	r.server.Kill()
	return r.server.Start()
}

func (r *redisGround) pass(d time.Duration) error {
	r.server.Pass(d)
	return nil
}
