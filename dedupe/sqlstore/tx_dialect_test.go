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

func TestTxOnPostgres(t *testing.T) {
	onEach(t, map[string]func(testing.TB) *database{"postgres": newPostgres}, map[string]func(t *testing.T, d *database){
		"another run takes the event over while fn runs, and does it": func(t *testing.T, d *database) {
			store := patient(d.effects())
			r := run(t, store, func(ctx context.Context) error {
				return store.Tx(ctx, func(tx *sql.Tx) error {
					d.pass(lease)
					d.again(store, 2)
					return effect(ctx, "stale")(tx)
				})
			})
			require.ErrorIs(t, r.Err, dedupe.ErrLeaseLost)
			d.requireEffects(1)
			require.Equal(t, "again", d.text("SELECT by_whom FROM effects"))
			d.requireDone(store)
		},
		"heartbeats and other claims go on while fn runs": func(t *testing.T, d *database) {
			store := patient(d.effects())
			r := run(t, store, func(ctx context.Context) error {
				c, _ := dedupe.ClaimFrom(ctx)
				return store.Tx(ctx, func(tx *sql.Tx) error {
					d.pass(lease - time.Second)
					require.NoError(t, effect(ctx, "run")(tx))
					require.NoError(t, store.Extend(ctx, c))
					d.pass(lease - time.Second)
					require.Equal(t, dedupe.Pending, claim(t, store, event, "another").State)
					wins(t, store, dedupe.Key{Scope: "test", ID: "evt_2"}, "another", 1)
					return nil
				})
			})
			require.NoError(t, r.Err)
			d.requireEffects(1)
			d.requireDone(store)
		},
		"a stricter transaction, and no heartbeat": func(t *testing.T, d *database) {
			store := patient(d.effects())
			r := run(t, store, func(ctx context.Context) error {
				return store.Tx(ctx, func(tx *sql.Tx) error {
					_, err := tx.ExecContext(ctx, "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE")
					return errors.Join(err, effect(ctx, "run")(tx))
				})
			})
			require.NoError(t, r.Err)
			d.requireEffects(1)
		},
		"a stricter transaction, and a heartbeat": func(t *testing.T, d *database) {
			store := patient(d.effects())
			r := run(t, store, func(ctx context.Context) error {
				c, _ := dedupe.ClaimFrom(ctx)
				return store.Tx(ctx, func(tx *sql.Tx) error {
					_, err := tx.ExecContext(ctx, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
					return errors.Join(err, effect(ctx, "run")(tx), store.Extend(ctx, c))
				})
			})
			require.ErrorIs(t, r.Err, sqlstore.ErrBusy)
			d.requireEffects(0)
			d.again(store, 2)
		},
	})
}

func TestTxOnSQLite(t *testing.T) {
	onEach(t, map[string]func(testing.TB) *database{"sqlite": newSQLite}, map[string]func(t *testing.T, d *database){
		"nobody can take the event over while fn runs": func(t *testing.T, d *database) {
			store := patient(d.effects())
			other := d.open(&sqlstore.Options{Call: 200 * time.Millisecond})
			d.pass(0)
			r := run(t, store, func(ctx context.Context) error {
				d.pass(lease)
				return store.Tx(ctx, func(tx *sql.Tx) error {
					_, err := other.Claim(ctx, event, "another", hold)
					require.Error(t, err)
					require.NotErrorIs(t, err, dedupe.ErrLeaseLost)
					return effect(ctx, "run")(tx)
				})
			})
			require.NoError(t, r.Err)
			d.requireEffects(1)
			d.requireDone(other)
		},
		"it reads before it writes, while another process writes": func(t *testing.T, d *database) {
			d.dsn = d.dsn[:len(d.dsn)-len("&_txlock=immediate")]
			store := patient(d.effects())
			other := d.connect()
			r := run(t, store, func(ctx context.Context) error {
				return store.Tx(ctx, func(tx *sql.Tx) error {
					var n int
					if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM effects").Scan(&n); err != nil {
						return err
					}
					_, err := other.ExecContext(ctx, "INSERT INTO effects VALUES ('another')")
					require.ErrorContains(t, err, "locked", "it is the only one to write")
					return effect(ctx, "run")(tx)
				})
			})
			require.NoError(t, r.Err)
			d.requireEffects(1)
		},
	})
}
