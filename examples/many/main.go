// Many runs three receivers that share a Redis, and the provider that calls them through a balancer. It sends a dozen
// events, most of them more than once, and prints which receiver handled what and what the others said.
//
//	go run ./examples/many                          # starts a redis-server of its own, which must be installed
//	go run ./examples/many -redis 127.0.0.1:6379    # uses one that is there
package main

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/hookmitt/hookmitt/dedupe/redisstore"
	"github.com/hookmitt/hookmitt/internal/redistest"
)

func main() {
	addr := flag.String("redis", "", "a Redis that is there; default: one of its own")
	flag.Parse()
	slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, *addr, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "many:", err)
		os.Exit(1)
	}
}

// run plays the whole piece, and returns an error if an event was not handled exactly once.
func run(ctx context.Context, addr string, out io.Writer) error {
	if addr == "" {
		dir, err := os.MkdirTemp("", "hookmitt-many-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		server, err := redistest.Open(dir)
		if err != nil {
			return fmt.Errorf("no redis-server could be started (%w): install one, or name one that runs with -redis", err)
		}
		defer server.Stop()
		addr = server.Addr
	}
	prefix := "hookmitt-many-" + rand.Text() + ":" // a Redis that is there remembers the last time
	defer cleanUp(addr, prefix)
	did := new(journal)
	var all receivers
	for number := 1; number <= 3; number++ {
		client := redis.NewClient(&redis.Options{Addr: addr}) // each its own, as processes have
		defer client.Close()
		if err := client.Ping(ctx).Err(); err != nil {
			return fmt.Errorf("redis at %s: %w", addr, err)
		}
		store, err := redisstore.New(client, &redisstore.Options{Prefix: prefix})
		if err != nil {
			return err
		}
		r, err := newReceiver(ctx, number, store, did)
		if err != nil {
			return err
		}
		all = append(all, r)
	}
	err := play(ctx, all, did)
	if err := errors.Join(err, all.close()); err != nil { // closed, they have told the journal everything
		return err
	}
	return did.print(out)
}

// cleanUp leaves a Redis that is there as it was.
func cleanUp(addr, prefix string) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	client := redis.NewClient(&redis.Options{Addr: addr})
	defer client.Close()
	for records := client.Scan(ctx, 0, prefix+"*", 100).Iterator(); records.Next(ctx); {
		client.Del(ctx, records.Val())
	}
}
