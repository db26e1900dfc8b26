package main

import (
	"context"
	"database/sql"
	"log"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	_ "modernc.org/sqlite" // sqlite

	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/dedupe/redisstore"
	"github.com/hookmitt/hookmitt/dedupe/sqlstore"
)

// openStore is where ids are kept, as --store says it.
func openStore(ctx context.Context, where string) (store dedupe.Store, closeStore func(), err error) {
	kind, file, _ := strings.Cut(where, ":")
	switch {
	case where == "memory":
		return dedupe.NewMemory(0), func() {}, nil
	case kind == "redis" || kind == "rediss":
		return openRedis(ctx, where)
	case kind == "sqlite" && file != "":
		return openSQLite(ctx, file)
	}
	return nil, nil, usage("--store is none of memory, sqlite:FILE and a redis:// URL")
}

// migrationTime is for a file that another process is at.
const migrationTime = 5 * time.Second

// openSQLite opens a file, which is made if there is none, as sqlstore recommends it.
func openSQLite(ctx context.Context, file string) (dedupe.Store, func(), error) {
	name := (&url.URL{Path: filepath.ToSlash(file)}).EscapedPath()
	db, err := sql.Open("sqlite", "file:"+name+"?_pragma=busy_timeout(500)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
	if err != nil {
		return nil, nil, usage("--store: %w", err)
	}
	store, err := sqlstore.New(db, sqlstore.SQLite, nil)
	if err == nil {
		ctx, done := context.WithTimeout(ctx, migrationTime)
		defer done()
		err = store.Migrate(ctx)
	}
	if err != nil {
		_ = db.Close()
		return nil, nil, usage("--store: %q cannot be used as a SQLite database: %w", file, err)
	}
	return store, func() { _ = db.Close() }, nil
}

func openRedis(ctx context.Context, address string) (dedupe.Store, func(), error) {
	opts, err := redis.ParseURL(address)
	if err != nil {
		return nil, nil, usage("--store is no URL such as redis://user:password@127.0.0.1:6379/0") // without it: it may hold a password
	}
	redis.SetLogger(quiet{}) // every failure is in a record
	client := redis.NewClient(opts)
	if err := ping(ctx, opts); err != nil {
		_ = client.Close()
		return nil, nil, usage("--store: nobody answers as Redis at %s: %w", opts.Addr, err)
	}
	redisStore, err := redisstore.New(client, nil)
	if err != nil {
		_ = client.Close()
		return nil, nil, usage("--store: %w", err)
	}
	for _, warning := range redisStore.Check(ctx) {
		log.Print("redis: " + warning)
	}
	return redisStore, func() { _ = client.Close() }, nil
}

// ping asks once whether somebody is there.
func ping(ctx context.Context, opts *redis.Options) error {
	once := *opts
	once.MaxRetries, once.DialerRetries = -1, 1
	client := redis.NewClient(&once)
	defer client.Close()
	return client.Ping(ctx).Err()
}

// quiet is a logger of go-redis that says nothing.
type quiet struct{}

// Printf is what go-redis calls.
func (quiet) Printf(context.Context, string, ...any) {}
