package sqlstore_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/dedupe/sqlstore"
)

// TestScenarioFileIsKept is what a restart is to a file.
func TestScenarioFileIsKept(t *testing.T) {
	t.Parallel()
	t.Run("scenario 18 the file is closed and opened between calls", func(t *testing.T) {
		t.Parallel()
		d := newSQLite(t)
		db := d.connect()
		store := d.openOn(db, nil)
		done := wins(t, store, event, "owner", 1)
		other := dedupe.Key{Scope: "test", ID: "evt_2"}
		c := wins(t, store, other, "owner", 1)
		require.NoError(t, store.Commit(t.Context(), done, 200))
		require.NoError(t, db.Close())
		require.NoError(t, d.db.Close())
		store = d.open(nil)
		require.NoError(t, store.Migrate(t.Context()))
		require.Equal(t, dedupe.Done, claim(t, store, event, "another").State)
		require.Equal(t, dedupe.Pending, claim(t, store, other, "another").State)
		require.NoError(t, store.Commit(t.Context(), c, 200))
	})
	for name, params := range map[string]string{
		"by a driver that waits for the lock":         "_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)",
		"by a driver that does not wait for the lock": "_pragma=journal_mode(WAL)",
	} {
		t.Run("scenario 14 another process keeps the file locked, "+name, func(t *testing.T) {
			t.Parallel()
			d := newSQLiteWith(t, params)
			a := act(nothing)
			s := newStand(t, brisk(), d.open(nil), a.HandleEvent)
			other, err := d.db.Conn(t.Context())
			require.NoError(t, err)
			defer other.Close()
			_, err = other.ExecContext(t.Context(), "BEGIN IMMEDIATE")
			require.NoError(t, err)
			locked := s.send(started("evt_1"))
			require.Equal(t, "503 unavailable", brief(locked))
			require.Less(t, locked.took, soon)
			a.requireRuns(t)
			_, err = other.ExecContext(t.Context(), "COMMIT")
			require.NoError(t, err)
			s.comesToBe(d, started("evt_1"))
		})
	}
	t.Run("another process keeps the file locked for longer than a call may take", func(t *testing.T) {
		t.Parallel()
		d := newSQLiteWith(t, "_pragma=journal_mode(WAL)")
		store := d.open(nil)
		other, err := d.db.Conn(t.Context())
		require.NoError(t, err)
		defer other.Close()
		_, err = other.ExecContext(t.Context(), "BEGIN IMMEDIATE")
		require.NoError(t, err)
		_, err = store.Claim(t.Context(), event, "owner", hold)
		require.ErrorIs(t, err, sqlstore.ErrBusy)
	})
}
