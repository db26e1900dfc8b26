package conformtest_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"modernc.org/sqlite"

	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/dedupe/sqlstore"
	"github.com/hookmitt/hookmitt/events"
)

// database is a file of SQLite in which an event is marked and its effect written in one transaction. No constraint keeps
// an effect from being written twice.
type database struct {
	dsn     string
	clock   *clock
	process *sql.DB // the receiver's
	auditor *sql.DB // which counts, whatever becomes of the receiver
}

func newDatabase(t *testing.T) ground {
	t.Helper()
	return openDatabase(t)
}

func openDatabase(t *testing.T) *database {
	t.Helper()
	d := &database{ // NORMAL, since it is the process that dies here, and not the machine
		dsn:   "file:" + filepath.Join(t.TempDir(), "hooks.db") + "?_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)&_pragma=busy_timeout(500)",
		clock: newClock(t),
	}
	d.auditor = d.connect()
	_, err := d.auditor.ExecContext(t.Context(), "CREATE TABLE effects (event TEXT NOT NULL); CREATE INDEX effects_event ON effects (event)")
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, d.auditor.Close())
		if d.process != nil {
			require.NoError(t, d.process.Close())
		}
	})
	return d
}

func (d *database) open(ctx context.Context) (dedupe.Store, events.HandlerFunc, error) {
	db := d.connect()
	d.process = db
	// In a crowd a Tx waits for all others, and one that has waited for longer than Call is a handler's failure.
	store, err := sqlstore.New(db, sqlstore.SQLite, &sqlstore.Options{Call: patience})
	if err != nil {
		return nil, nil, err
	}
	work := func(ctx context.Context, e events.Event) error {
		return store.Tx(ctx, func(tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, "INSERT INTO effects (event) VALUES (?)", e.ID)
			return err
		})
	}
	return store, work, store.Migrate(ctx)
}

// crash cuts the process off: a run that is going on can neither do its work nor give its claim back.
func (d *database) crash() error { return d.process.Close() }

func (d *database) pass(by time.Duration) error {
	d.clock.ahead.Add(int64(by))
	return nil
}

func (d *database) effects(ctx context.Context, id string) (n int, err error) {
	err = d.auditor.QueryRowContext(ctx, "SELECT count(*) FROM effects WHERE event = ?", id).Scan(&n)
	return n, err
}

// connections that a process has, as dedupe/sqlstore's tests.
const connections = 10

func (d *database) connect() *sql.DB {
	db := sql.OpenDB(connector{d.clock, d.dsn})
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db
}

// clock is a driver of SQLite whose databases are some time ahead: its unixepoch('subsec'), by which sqlstore lives, takes
// the place of SQLite's own.
type clock struct {
	driver sqlite.Driver
	ahead  atomic.Int64 // nanoseconds
}

func newClock(t *testing.T) *clock {
	t.Helper()
	c := new(clock)
	// Deterministic as SQLite's own is: one statement is at one time.
	require.NoError(t, c.driver.RegisterDeterministicScalarFunction("unixepoch", 1, func(_ *sqlite.FunctionContext, args []driver.Value) (driver.Value, error) {
		if len(args) != 1 || args[0] != "subsec" {
			return nil, fmt.Errorf("unixepoch(%v): the test knows unixepoch('subsec') alone", args)
		}
		return float64(time.Now().Add(time.Duration(c.ahead.Load())).UnixMilli()) / 1000, nil
	}))
	return c
}

// connector opens a file by a clock's driver.
type connector struct {
	clock *clock
	dsn   string
}

// Connect implements [driver.Connector].
func (c connector) Connect(context.Context) (driver.Conn, error) { return c.clock.driver.Open(c.dsn) }

// Driver implements [driver.Connector].
func (c connector) Driver() driver.Driver { return &c.clock.driver }

func TestTheClockOfADatabaseIsMoved(t *testing.T) {
	t.Parallel()
	moved, other := openDatabase(t), openDatabase(t)
	require.NoError(t, moved.pass(24*time.Hour))
	for name, c := range map[string]struct {
		d    *database
		want time.Duration
	}{"the one that was moved": {moved, 24 * time.Hour}, "another one": {other, 0}} {
		var now float64
		require.NoError(t, c.d.auditor.QueryRowContext(t.Context(), "SELECT unixepoch('subsec')").Scan(&now))
		require.InDelta(t, time.Now().Add(c.want).Unix(), now, 60, name)
		key, hold := dedupe.Key{Scope: "test", ID: "evt_1"}, dedupe.Hold{Lease: time.Minute, Remember: time.Hour}
		store, _, err := c.d.open(t.Context())
		require.NoError(t, err)
		claim, err := store.Claim(t.Context(), key, "owner", hold)
		require.NoError(t, err)
		require.InDelta(t, time.Now().Add(c.want).UnixMicro(), claim.Token, float64(time.Minute.Microseconds()), name)
		require.NoError(t, c.d.pass(time.Minute))
		again, err := store.Claim(t.Context(), key, "another", hold)
		require.NoError(t, err)
		require.Equal(t, dedupe.Claimed, again.State, "the lease is over")
	}
}
