package sqlstore_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // pgx
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite" // sqlite

	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/dedupe/sqlstore"
)

// The parts that the tests are made of: databases, stores and keys. Leases end by database.pass, which moves the clock
// that the stores live by.

const lease = 15 * time.Second

var (
	event = dedupe.Key{Scope: "test", ID: "evt_1"}
	hold  = dedupe.Hold{Lease: lease, Remember: 48 * time.Hour}
)

// database is one of a test's own, with the store's table and a clock.
type database struct {
	t       testing.TB
	dialect sqlstore.Dialect
	dsn     string
	db      *sql.DB // the test's own
}

// connections that a process has. More would be slower.
const connections = 10

// connect is a pool of connections of its own, as each process has.
func (d *database) connect() *sql.DB {
	d.t.Helper()
	db, err := sql.Open(driverOf(d.dialect), d.dsn)
	require.NoError(d.t, err)
	db.SetMaxOpenConns(connections)
	d.t.Cleanup(func() { _ = db.Close() })
	return db
}

func driverOf(d sqlstore.Dialect) string {
	if d == sqlstore.Postgres {
		return "pgx"
	}
	return "sqlite"
}

// open is a store that has a pool of its own.
func (d *database) open(opts *sqlstore.Options) *sqlstore.Store {
	d.t.Helper()
	return d.openOn(d.connect(), opts)
}

func (d *database) openOn(db *sql.DB, opts *sqlstore.Options) *sqlstore.Store {
	d.t.Helper()
	store, err := sqlstore.NewAhead(db, d.dialect, opts)
	require.NoError(d.t, err)
	return store
}

// connected is a store all of whose connections are made: to make one takes longer than to answer.
func (d *database) connected() *sqlstore.Store {
	d.t.Helper()
	db := d.connect()
	db.SetMaxIdleConns(connections)
	for range connections {
		conn, err := db.Conn(d.t.Context())
		require.NoError(d.t, err)
		require.NoError(d.t, conn.PingContext(d.t.Context()))
		defer conn.Close()
	}
	return d.openOn(db, nil)
}

// pass lets time pass for the database's stores.
func (d *database) pass(by time.Duration) {
	d.t.Helper()
	d.exec("UPDATE clock SET ahead = ahead + " + fmt.Sprint(by.Microseconds()))
}

func (d *database) exec(query string, args ...any) {
	d.t.Helper()
	_, err := d.db.ExecContext(d.t.Context(), query, args...)
	require.NoError(d.t, err)
}

// number is what a query of one number says.
func (d *database) number(query string, args ...any) (n int64) {
	d.t.Helper()
	require.NoError(d.t, d.db.QueryRowContext(d.t.Context(), query, args...).Scan(&n))
	return n
}

// text is what a query of one text says.
func (d *database) text(query string, args ...any) (s string) {
	d.t.Helper()
	require.NoError(d.t, d.db.QueryRowContext(d.t.Context(), query, args...).Scan(&s))
	return s
}

func (d *database) prepare() *database {
	d.t.Helper()
	d.db = d.connect()
	d.exec("CREATE TABLE clock (ahead bigint NOT NULL)")
	d.exec("INSERT INTO clock VALUES (0)")
	require.NoError(d.t, d.open(nil).Migrate(d.t.Context()))
	return d
}

// newSQLite is a file, set up as the package says.
func newSQLite(t testing.TB) *database {
	t.Helper()
	return newSQLiteWith(t, "_pragma=busy_timeout(500)&_pragma=journal_mode(WAL)&_txlock=immediate")
}

func newSQLiteWith(t testing.TB, params string) *database {
	t.Helper()
	d := &database{t: t, dialect: sqlstore.SQLite, dsn: "file:" + filepath.Join(t.TempDir(), "test.db") + "?" + params}
	return d.prepare()
}

var databases atomic.Int64

// newPostgres is a database of the server that the tests share.
func newPostgres(t testing.TB) *database {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	if shared.server == nil {
		shared.server = startShared(t)
	}
	return shared.server.database(t)
}

// database is a new one of a server.
func (s *server) database(t testing.TB) *database {
	t.Helper()
	admin, err := sql.Open("pgx", s.dsn("postgres"))
	require.NoError(t, err)
	defer admin.Close()
	name := fmt.Sprintf("test_%d", databases.Add(1))
	_, err = admin.ExecContext(t.Context(), "CREATE DATABASE "+name)
	require.NoError(t, err)
	d := &database{t: t, dialect: sqlstore.Postgres, dsn: s.dsn(name)}
	return d.prepare()
}

// onBoth runs a test on both databases.
func onBoth(t *testing.T, test func(t *testing.T, d *database)) {
	t.Helper()
	t.Parallel()
	for name, open := range map[string]func(testing.TB) *database{"postgres": newPostgres, "sqlite": newSQLite} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

// eachOnBoth runs tests, each on both databases.
func eachOnBoth(t *testing.T, tests map[string]func(t *testing.T, d *database)) {
	t.Helper()
	onEach(t, map[string]func(testing.TB) *database{"postgres": newPostgres, "sqlite": newSQLite}, tests)
}

func onEach(t *testing.T, databases map[string]func(testing.TB) *database, tests map[string]func(t *testing.T, d *database)) {
	t.Helper()
	t.Parallel()
	for which, open := range databases {
		t.Run(which, func(t *testing.T) {
			t.Parallel()
			for name, test := range tests {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					test(t, open(t))
				})
			}
		})
	}
}

// name is what the column event says of a key, by the package's documentation.
func name(k dedupe.Key) string { return strings.ReplaceAll(k.Scope, "/", "%2F") + "/" + k.ID }

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
