// Package soak_test kills receivers and their Redis while a provider delivers, and reads afterwards what was done.
//
//	go test ./dedupe/redisstore/soak -run TestSoak -v -events 2000 -seeds 10
package soak_test

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/dedupe/redisstore"
	"github.com/hookmitt/hookmitt/internal/redistest"
	"github.com/hookmitt/hookmitt/internal/soaktest"
)

func TestMain(m *testing.M) {
	soaktest.Serve(receiver)
	os.Exit(m.Run())
}

// receiver is one on the Redis at an address, whose effect is a line in the ledger.
func receiver(addr string) (soaktest.Receiver, error) {
	store, err := redisstore.New(redis.NewClient(&redis.Options{Addr: addr}), nil)
	return soaktest.Receiver{Store: store, Do: func(_ context.Context, j *soaktest.Job) error {
		j.At(soaktest.Wrote)
		return nil
	}}, err
}

// TestSoak has three receivers on one Redis killed, and Redis too. No event may be lost. One may be done twice only if a
// kill fell between its effect and its commit.
func TestSoak(t *testing.T) {
	soaktest.Courses(t, "Redis", func(t *testing.T, seed uint64, events int) {
		server := redistest.Start(t, "--appendonly", "yes", "--appendfsync", "always")
		v := soaktest.Soak(t, soaktest.Stand{
			Name: "Redis", Receivers: 3, At: server.Addr,
			Pass: func(d time.Duration) error {
				server.Pass(d)
				return nil
			},
			Crash: func() error {
				server.Kill()
				return server.Start()
			},
		}, seed, events)
		require.Empty(t, v.Lost, "events that were never done")
		require.Empty(t, v.Wrong)
		require.GreaterOrEqual(t, len(v.Doubled), soaktest.Sought(soaktest.Wrote, seed, events), "what no store can help")
	})
}
