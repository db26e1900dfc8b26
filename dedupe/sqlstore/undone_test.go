package sqlstore_test

import (
	"context"
	"database/sql"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/dedupe/sqlstore"
)

// SQLite undoes the transaction, and fn goes on as if nothing had happened. Nobody can prevent that what it writes then
// stays; it must not go unsaid.
func TestTxIsUndone(t *testing.T) {
	t.Parallel()
	for name, careful := range map[string]bool{"fn returns the error": true, "fn swallows the error": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newSQLite(t).effects()
			d.exec("CREATE TABLE numbers (n integer PRIMARY KEY)")
			d.exec("INSERT INTO numbers VALUES (1)")
			store := patient(d)
			r := run(t, store, func(ctx context.Context) error {
				return store.Tx(ctx, func(tx *sql.Tx) error {
					_, err := tx.ExecContext(ctx, "INSERT OR ROLLBACK INTO numbers VALUES (1)")
					require.Error(t, err)
					if careful {
						return err
					}
					return effect(ctx, "run")(tx)
				})
			})
			require.Error(t, r.Err)
			require.Equal(t, !careful, errors.Is(r.Err, sqlstore.ErrUndone), "%v", r.Err)
			require.Equal(t, "failed", d.text("SELECT state FROM hookmitt_claims"))
			d.requireEffects(map[bool]int{true: 0, false: 1}[careful])
		})
	}
}

// The heartbeat knows before Tx that the claim is lost, and ends its context.
func TestTxSaysThatTheClaimWasLost(t *testing.T) {
	onBoth(t, func(t *testing.T, d *database) {
		store := patient(d.effects())
		run(t, store, func(ctx context.Context) error {
			ctx, lose := context.WithCancelCause(ctx)
			err := store.Tx(ctx, func(tx *sql.Tx) error {
				lose(dedupe.ErrLeaseLost)
				return effect(ctx, "run")(tx)
			})
			require.ErrorIs(t, err, dedupe.ErrLeaseLost)
			require.ErrorIs(t, err, context.Canceled)
			return err
		})
		d.requireEffects(0)
	})
}

// A handler reads rows, and calls Tx before it has closed them: with one connection there is none for Tx. On SQLite it has
// the turn while it waits, and others must get it again.
func TestTxWithoutAConnection(t *testing.T) {
	t.Parallel()
	d := newSQLite(t).effects()
	db := d.connect()
	db.SetMaxOpenConns(1)
	store := d.openOn(db, &sqlstore.Options{Call: 200 * time.Millisecond})
	r := run(t, d.openOn(d.connect(), nil), func(ctx context.Context) error {
		conn, err := db.Conn(ctx)
		require.NoError(t, err)
		defer conn.Close()
		return store.Tx(ctx, effect(ctx, "run"))
	})
	require.ErrorIs(t, r.Err, context.DeadlineExceeded)
	require.ErrorIs(t, r.Err, dedupe.ErrNotBegun)
	d.requireEffects(0)
	d.again(patient(d), 2)
}
