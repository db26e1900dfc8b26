package sqlstore_test

import (
	"database/sql"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/dedupe/sqlstore"
)

func TestCheckOfPostgres(t *testing.T) {
	t.Parallel()
	const nofsync = "fsync or full_page_writes is off" // as the tests' server is started
	for name, c := range map[string]struct {
		setting string
		want    []string
	}{
		"well set up but for fsync":       {"", []string{nofsync}},
		"commits that are not on disk":    {"SET synchronous_commit = off", []string{"synchronous_commit is off", nofsync}},
		"a table that a crash empties":    {"ALTER TABLE hookmitt_claims SET UNLOGGED", []string{nofsync, "the table is UNLOGGED"}},
		"transactions that nobody ends":   {"SET idle_in_transaction_session_timeout = 0", []string{nofsync, "idle_in_transaction_session_timeout is 0"}},
		"a table that is not there":       {"DROP TABLE hookmitt_claims", []string{"the settings could not be read: sqlstore: the table is not there"}},
		"a table that is another's":       {"ALTER TABLE hookmitt_claims RENAME COLUMN token TO fence", []string{"the settings could not be read: sqlstore: the table is not there, or not ours"}},
		"a database that does not answer": {"LOCK TABLE hookmitt_claims IN ACCESS EXCLUSIVE MODE", []string{"the settings could not be read: "}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newPostgres(t)
			if name == "a database that does not answer" {
				tx, err := d.db.BeginTx(t.Context(), nil)
				require.NoError(t, err)
				defer tx.Rollback() //nolint:errcheck // it only holds the lock
				_, err = tx.ExecContext(t.Context(), c.setting)
				require.NoError(t, err)
				requireWarnings(t, c.want, d.open(nil).Check(t.Context()))
				return
			}
			db := d.connect()
			db.SetMaxOpenConns(1) // whose settings these are
			for _, setting := range []string{"SET idle_in_transaction_session_timeout = '10s'", c.setting} {
				_, err := db.ExecContext(t.Context(), setting)
				require.NoError(t, err)
			}
			requireWarnings(t, c.want, d.openOn(db, nil).Check(t.Context()))
		})
	}
}

func TestCheckOfSQLite(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		params string
		want   []string
	}{
		"well set up":           {"_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)", nil},
		"without a WAL":         {"_pragma=journal_mode(DELETE)&_pragma=synchronous(FULL)", []string{"journal_mode is delete"}},
		"in a hurry":            {"_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)", []string{"synchronous is below FULL"}},
		"with the driver's own": {"", []string{"journal_mode is delete"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			requireWarnings(t, c.want, newSQLiteWith(t, c.params).open(nil).Check(t.Context()))
		})
	}
	t.Run("in memory", func(t *testing.T) {
		t.Parallel()
		db, err := sql.Open("sqlite", ":memory:")
		require.NoError(t, err)
		defer db.Close()
		db.SetMaxOpenConns(1) // each has a database of its own
		store, err := sqlstore.New(db, sqlstore.SQLite, nil)
		require.NoError(t, err)
		require.NoError(t, store.Migrate(t.Context()))
		requireWarnings(t, []string{"the database is in memory"}, store.Check(t.Context()))
	})
}

// requireWarnings checks how each warning begins.
func requireWarnings(t *testing.T, want, got []string) {
	t.Helper()
	require.Len(t, got, len(want), "%q", got)
	for i := range want {
		require.Contains(t, got[i], want[i])
	}
}
