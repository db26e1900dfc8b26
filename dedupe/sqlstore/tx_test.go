package sqlstore_test

import (
	"context"
	"database/sql"
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/dedupe/sqlstore"
)

var errDeed = errors.New("the deed failed")

// effects is the database with a table of them.
func (d *database) effects() *database {
	d.t.Helper()
	d.exec("CREATE TABLE effects (by_whom text NOT NULL)")
	return d
}

// effect is what a run does.
func effect(ctx context.Context, by string) func(*sql.Tx) error {
	return func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO effects VALUES ('"+by+"')")
		return err
	}
}

func (d *database) requireEffects(want int) {
	d.t.Helper()
	require.EqualValues(d.t, want, d.number("SELECT count(*) FROM effects"), "effects")
}

// run runs the event under a guard.
func run(t testing.TB, store dedupe.Store, fn func(ctx context.Context) error) dedupe.Result {
	t.Helper()
	return runWith(t, &dedupe.Guard{Store: store, Hold: hold, Call: time.Minute}, fn)
}

func runWith(t testing.TB, g *dedupe.Guard, fn func(ctx context.Context) error) dedupe.Result {
	t.Helper()
	return g.Do(t.Context(), event, func(ctx context.Context) (int, error) { return 201, fn(ctx) }, nil)
}

// again runs the event once more, which has not been done, and wants it to be the given run.
func (d *database) again(store *sqlstore.Store, want int) {
	d.t.Helper()
	r := run(d.t, store, func(ctx context.Context) error { return store.Tx(ctx, effect(ctx, "again")) })
	require.NoError(d.t, r.Err)
	require.NoError(d.t, r.StoreErr)
	require.Equal(d.t, dedupe.Claimed, r.Claim.State)
	require.Equal(d.t, want, r.Claim.Run)
}

func (d *database) requireDone(store dedupe.Store) {
	d.t.Helper()
	require.Equal(d.t, dedupe.Done, claim(d.t, store, event, "who asks").State)
}

// patient is a store that waits for a machine that is busy.
func patient(d *database) *sqlstore.Store { return d.open(&sqlstore.Options{Call: time.Minute}) }

func TestTx(t *testing.T) {
	eachOnBoth(t, map[string]func(t *testing.T, d *database){
		"effect and mark come together": func(t *testing.T, d *database) {
			store := patient(d.effects())
			r := run(t, store, func(ctx context.Context) error {
				err := store.Tx(ctx, func(tx *sql.Tx) error {
					require.NoError(t, effect(ctx, "run")(tx))
					d.requireEffects(0)
					require.Equal(t, "pending", d.text("SELECT state FROM hookmitt_claims"))
					return nil
				})
				require.NoError(t, err)
				d.requireEffects(1)
				require.Equal(t, "done", d.text("SELECT state FROM hookmitt_claims"))
				return nil
			})
			require.NoError(t, r.Err)
			require.NoError(t, r.StoreErr, "the guard's own commit finds it done")
			d.requireDone(store)
		},
		"fn fails": func(t *testing.T, d *database) {
			store := patient(d.effects())
			r := run(t, store, func(ctx context.Context) error {
				return store.Tx(ctx, func(tx *sql.Tx) error { return errors.Join(effect(ctx, "run")(tx), errDeed) })
			})
			require.ErrorIs(t, r.Err, errDeed)
			require.NoError(t, r.StoreErr, "it is released")
			d.requireEffects(0)
			d.again(store, 2)
			d.requireEffects(1)
		},
		"fn's error is Tx's": func(t *testing.T, d *database) {
			store := patient(d)
			run(t, store, func(ctx context.Context) error {
				require.Equal(t, errDeed, store.Tx(ctx, func(*sql.Tx) error { return errDeed }))
				return errDeed
			})
		},
		"fn panics": func(t *testing.T, d *database) {
			db := d.effects().connect()
			store := d.openOn(db, &sqlstore.Options{Call: time.Minute})
			r := run(t, store, func(ctx context.Context) error {
				return store.Tx(ctx, func(tx *sql.Tx) error {
					require.NoError(t, effect(ctx, "run")(tx))
					panic("boom")
				})
			})
			require.Equal(t, "boom", r.Panic)
			require.NoError(t, r.StoreErr)
			require.Zero(t, db.Stats().InUse, "its connection is back")
			d.requireEffects(0)
			d.again(store, 2)
		},
		"fn ends by Goexit": func(t *testing.T, d *database) {
			store := patient(d.effects())
			r := run(t, store, func(ctx context.Context) error {
				return store.Tx(ctx, func(tx *sql.Tx) error {
					require.NoError(t, effect(ctx, "run")(tx))
					runtime.Goexit()
					return nil
				})
			})
			require.ErrorIs(t, r.Err, dedupe.ErrGoexit)
			d.requireEffects(0)
			d.again(store, 2)
		},
		"the context ends while fn runs": func(t *testing.T, d *database) {
			store := patient(d.effects())
			r := run(t, store, func(ctx context.Context) error {
				ctx, cancel := context.WithCancel(ctx)
				return store.Tx(ctx, func(tx *sql.Tx) error {
					require.NoError(t, effect(ctx, "run")(tx))
					cancel()
					return nil
				})
			})
			require.Error(t, r.Err)
			d.requireEffects(0)
			d.again(store, 2)
		},
		"fn ends the transaction": func(t *testing.T, d *database) {
			store := patient(d.effects())
			r := run(t, store, func(ctx context.Context) error {
				return store.Tx(ctx, func(tx *sql.Tx) error { return errors.Join(effect(ctx, "run")(tx), tx.Rollback()) })
			})
			require.ErrorIs(t, r.Err, sql.ErrTxDone)
			d.requireEffects(0)
			d.again(store, 2)
		},
		"the claim was lost before": func(t *testing.T, d *database) {
			store := patient(d.effects())
			r := run(t, store, func(ctx context.Context) error {
				d.pass(lease)
				wins(t, store, event, "another", 2)
				return store.Tx(ctx, effect(ctx, "stale"))
			})
			require.ErrorIs(t, r.Err, dedupe.ErrLeaseLost)
			d.requireEffects(0)
			require.Equal(t, dedupe.Pending, claim(t, store, event, "a third").State, "another's claim is untouched")
		},
		"the event was forgotten before": func(t *testing.T, d *database) {
			store := patient(d.effects())
			r := run(t, store, func(ctx context.Context) error {
				require.NoError(t, store.Forget(ctx, event))
				return store.Tx(ctx, effect(ctx, "stale"))
			})
			require.ErrorIs(t, r.Err, dedupe.ErrLeaseLost)
			d.requireEffects(0)
			d.again(store, 1)
		},
		"the lease is over, and nobody took the event": func(t *testing.T, d *database) {
			store := patient(d.effects())
			r := run(t, store, func(ctx context.Context) error {
				d.pass(10 * lease)
				return store.Tx(ctx, effect(ctx, "late"))
			})
			require.NoError(t, r.Err)
			d.requireEffects(1)
			d.requireDone(store)
		},
		"the handler fails after it": func(t *testing.T, d *database) {
			store := patient(d.effects())
			r := run(t, store, func(ctx context.Context) error {
				require.NoError(t, store.Tx(ctx, effect(ctx, "run")))
				return errDeed
			})
			require.ErrorIs(t, r.Err, errDeed)
			require.ErrorIs(t, r.StoreErr, dedupe.ErrLeaseLost)
			d.requireDone(store)
			d.requireEffects(1)
		},
		"a second one is refused, and writes nothing": func(t *testing.T, d *database) {
			store := patient(d.effects())
			r := run(t, store, func(ctx context.Context) error {
				require.NoError(t, store.Tx(ctx, effect(ctx, "first")))
				return store.Tx(ctx, effect(ctx, "second"))
			})
			require.ErrorIs(t, r.Err, sqlstore.ErrTwice)
			d.requireDone(store)
			require.Equal(t, "first", d.text("SELECT by_whom FROM effects"))
			d.requireEffects(1)
		},
		"one in another writes once or not at all": func(t *testing.T, d *database) {
			store := d.effects().open(nil)
			r := run(t, store, func(ctx context.Context) error {
				return store.Tx(ctx, func(tx *sql.Tx) error {
					return errors.Join(store.Tx(ctx, effect(ctx, "inner")), effect(ctx, "outer")(tx))
				})
			})
			require.Error(t, r.Err)
			if d.dialect == sqlstore.Postgres { // the inner one is done, and so the outer one is a second
				require.ErrorIs(t, r.Err, sqlstore.ErrTwice)
				require.Equal(t, "inner", d.text("SELECT by_whom FROM effects"))
				d.requireEffects(1)
				d.requireDone(store)
				return
			}
			require.ErrorIs(t, r.Err, sqlstore.ErrBusy)
			require.ErrorIs(t, r.Err, dedupe.ErrNotBegun)
			d.requireEffects(0)
			d.again(store, 2)
		},
		"heartbeats go on after it": func(t *testing.T, d *database) {
			store := patient(d.effects())
			r := run(t, store, func(ctx context.Context) error {
				c, _ := dedupe.ClaimFrom(ctx)
				require.NoError(t, store.Tx(ctx, effect(ctx, "run")))
				before := d.number("SELECT forget_at FROM hookmitt_claims")
				require.NoError(t, store.Extend(ctx, c))
				require.Equal(t, before, d.number("SELECT forget_at FROM hookmitt_claims"), "it changes nothing")
				return nil
			})
			require.NoError(t, r.Err)
			d.requireDone(store)
		},
		"without a claim": func(t *testing.T, d *database) {
			store := patient(d.effects())
			require.ErrorIs(t, store.Tx(t.Context(), effect(t.Context(), "nobody")), sqlstore.ErrNoClaim)
			d.requireEffects(0)
		},
		"a claim of another store's": func(t *testing.T, d *database) {
			store := patient(d.effects())
			r := run(t, dedupe.NewMemory(1), func(ctx context.Context) error { return store.Tx(ctx, effect(ctx, "run")) })
			require.ErrorIs(t, r.Err, dedupe.ErrLeaseLost)
			d.requireEffects(0)
		},
		"the answer to its commit is lost": func(t *testing.T, d *database) {
			db, lost := d.effects().lossy()
			store := d.openOn(db, &sqlstore.Options{Call: time.Minute})
			r := run(t, store, func(ctx context.Context) error {
				lost.replies.Store(1)
				return store.Tx(ctx, effect(ctx, "run"))
			})
			require.NoError(t, r.Err, "it was done")
			require.NoError(t, r.StoreErr)
			d.requireEffects(1)
			d.requireDone(store)
		},
		"its commit is lost": func(t *testing.T, d *database) {
			db, lost := d.effects().lossy()
			store := d.openOn(db, &sqlstore.Options{Call: time.Minute})
			r := run(t, store, func(ctx context.Context) error {
				lost.fails.Store(1)
				return store.Tx(ctx, effect(ctx, "run"))
			})
			require.ErrorContains(t, r.Err, "sqlstore: tx: commit: ")
			d.requireEffects(0)
			d.again(store, 2)
		},
	})
}
