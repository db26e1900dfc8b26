package redisstore_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/dedupe/redisstore"
	"github.com/hookmitt/hookmitt/internal/redistest"
)

// uuid is an event of Civo's, whose ids have 36 characters.
func uuid(n int64) dedupe.Key {
	return dedupe.Key{Scope: "civo", ID: fmt.Sprintf("%08x-0000-4000-8000-%012x", n, n)}
}

// plain is a server by the machine's own clock: one that can be moved costs time.
func plain(b *testing.B) *redistest.Server {
	b.Helper()
	server, err := redistest.Open(b.TempDir())
	if err != nil {
		b.Skip(err)
	}
	b.Cleanup(server.Kill)
	return server
}

// BenchmarkMemory is what Redis takes for an event that is done.
func BenchmarkMemory(b *testing.B) {
	const n, workers = 100_000, 16
	for b.Loop() {
		server := plain(b)
		store := open(b, client(b, server.Addr), nil)
		done(b, store, dedupe.Key{Scope: "test", ID: "warm"})
		before := number(b, server, "used_memory")
		var all sync.WaitGroup
		for w := range workers {
			all.Go(func() {
				for i := w; i < n; i += workers {
					do(b, store, uuid(int64(i)))
				}
			})
		}
		all.Wait()
		b.ReportMetric(float64(number(b, server, "used_memory")-before)/n, "B/id")
		server.Kill()
	}
}

// do is a new event that is done.
func do(b *testing.B, store *redisstore.Store, k dedupe.Key) {
	c, err := store.Claim(context.Background(), k, "sixteen letters!", hold)
	if err == nil && c.State == dedupe.Claimed {
		err = store.Commit(context.Background(), c, 200)
	}
	if err != nil || c.State != dedupe.Claimed {
		b.Error(c.State, err)
	}
}

// BenchmarkClaimCommit is a new event, at one goroutine and at 64: the bare SET NX that others make do with, the claim
// alone, and the claim with its commit.
func BenchmarkClaimCommit(b *testing.B) {
	for _, goroutines := range []int{1, 64} {
		server := plain(b)
		bare := client(b, server.Addr)
		store := open(b, bare, nil)
		done(b, store, dedupe.Key{Scope: "test", ID: fmt.Sprint("warm ", goroutines)})
		var n atomic.Int64
		for _, c := range []struct {
			name string
			do   func(k dedupe.Key) error
		}{
			{"bare SET NX", func(k dedupe.Key) error {
				return bare.SetNX(context.Background(), k.Scope+k.ID, "1", hold.Remember).Err()
			}},
			{"claim", func(k dedupe.Key) error {
				_, err := store.Claim(context.Background(), k, "sixteen letters!", hold)
				return err
			}},
			{"claim and commit", func(k dedupe.Key) error {
				c, err := store.Claim(context.Background(), k, "sixteen letters!", hold)
				if err != nil {
					return err
				}
				return store.Commit(context.Background(), c, 200)
			}},
		} {
			b.Run(fmt.Sprintf("%s/goroutines=%d", c.name, goroutines), func(b *testing.B) {
				b.ReportAllocs()
				work := make(chan struct{}, goroutines)
				var all sync.WaitGroup
				for range goroutines {
					all.Go(func() {
						for range work {
							if err := c.do(uuid(n.Add(1))); err != nil {
								b.Error(err)
							}
						}
					})
				}
				for b.Loop() {
					work <- struct{}{}
				}
				close(work)
				all.Wait()
			})
		}
	}
}
