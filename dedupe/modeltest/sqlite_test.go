package modeltest_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"modernc.org/sqlite"
	"pgregory.net/rapid"

	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/dedupe/sqlstore"
)

func TestSQLite(t *testing.T) { checkSQLite(t, "", alone) }

func TestSQLiteInACrowd(t *testing.T) { checkSQLite(t, "", crowded) }

// checkSQLite checks a file, with a bug that SQL plants in it.
func checkSQLite(t *testing.T, plant string, do walk) {
	t.Helper()
	n := 300
	if race { // which makes SQLite, as it is in Go, 20 times slower
		n = 10
	}
	schedulesOf(t, n)
	f := newFile(t)
	f.exec(plant)
	met := tally{}
	rapid.Check(t, func(t *rapid.T) { do(t, newMachine(f.subject, met)) })
	met.requireAll(t)
}

// milliseconds are those since 1970 of SQLite's clock, which moves when a test says so. It is the clock of all files of
// the process.
var milliseconds atomic.Int64

// moveable gives SQLite the clock, by another function in place of its own, as exact as that: to a millisecond.
var moveable = sync.OnceFunc(func() {
	milliseconds.Store(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli())
	sqlite.MustRegisterScalarFunction("unixepoch", 1, func(_ *sqlite.FunctionContext, args []driver.Value) (driver.Value, error) {
		if args[0] != "subsec" {
			return nil, fmt.Errorf("unixepoch(%v): only 'subsec' was expected", args[0])
		}
		return float64(milliseconds.Load()) / 1000, nil
	})
})

func pass(d time.Duration) { milliseconds.Add(d.Milliseconds()) }

// file is a database, and the store that is open on it.
type file struct {
	*subject
	t    *testing.T
	path string
	db   *sql.DB
}

func newFile(t *testing.T) *file {
	t.Helper()
	moveable()
	f := &file{t: t, path: filepath.Join(t.TempDir(), "test.db")}
	store := f.openFile()
	require.NoError(t, store.Migrate(t.Context()))
	f.subject = on(store)
	f.pass = pass
	f.restart = func() {
		require.NoError(t, f.db.Close())
		f.open(f.openFile())
	}
	t.Cleanup(func() { require.NoError(t, f.db.Close()) })
	return f
}

// openFile opens it as package sqlstore says, but does not wait for the disk.
func (f *file) openFile() *sqlstore.Store {
	f.t.Helper()
	var err error
	f.db, err = sql.Open("sqlite", "file:"+f.path+"?_pragma=busy_timeout(500)&_pragma=journal_mode(WAL)&_pragma=synchronous(OFF)&_txlock=immediate")
	require.NoError(f.t, err)
	f.db.SetMaxOpenConns(largestCrowd)
	f.db.SetMaxIdleConns(largestCrowd)
	store, err := sqlstore.New(f.db, sqlstore.SQLite, &sqlstore.Options{Call: time.Minute}) // the machine may be busy
	require.NoError(f.t, err)
	return store
}

func (f *file) exec(query string) {
	f.t.Helper()
	_, err := f.db.ExecContext(f.t.Context(), query)
	require.NoError(f.t, err)
}

func TestSQLitesClockIsMoved(t *testing.T) {
	f := newFile(t)
	now := func() (n int64) {
		require.NoError(t, f.db.QueryRowContext(t.Context(), "SELECT CAST(unixepoch('subsec') * 1000 AS INTEGER)").Scan(&n))
		return n
	}
	before := now()
	require.Equal(t, milliseconds.Load(), before)
	pass(90 * time.Second)
	require.Equal(t, before+90_000, now())

	hold := dedupe.Hold{Lease: time.Hour, Remember: 3 * time.Hour}
	for _, c := range []struct {
		owner string
		pass  time.Duration
		want  dedupe.Claim
	}{
		{"ann", 0, dedupe.Claim{State: dedupe.Claimed, Run: 1}},
		{"bob", 0, dedupe.Claim{State: dedupe.Pending, Wait: time.Hour}},
		{"bob", time.Hour - time.Millisecond, dedupe.Claim{State: dedupe.Pending, Wait: time.Millisecond}},
		{"bob", time.Millisecond, dedupe.Claim{State: dedupe.Claimed, Run: 2}},
		{"cid", 3 * time.Hour, dedupe.Claim{State: dedupe.Claimed, Run: 1}},
	} {
		pass(c.pass)
		got, err := f.store.Claim(context.Background(), dedupe.Key{Scope: "clock", ID: "a"}, c.owner, hold)
		require.NoError(t, err)
		require.Equal(t, c.want, dedupe.Claim{State: got.State, Run: got.Run, Wait: got.Wait})
	}
}
