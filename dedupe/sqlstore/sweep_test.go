package sqlstore_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/dedupe/sqlstore"
)

// expired puts n events whose time is over.
func (d *database) expired(n int) {
	d.t.Helper()
	d.exec(fmt.Sprintf(`WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < %d)
		INSERT INTO hookmitt_claims SELECT 'old/' || n, 'done', 1, 1, 'owner', 200, 1, 1, n FROM i`, n))
}

func (d *database) rows() int64 { return d.number("SELECT count(*) FROM hookmitt_claims") }

func TestSweep(t *testing.T) {
	eachOnBoth(t, map[string]func(t *testing.T, d *database){
		"it removes what is over, and nothing else": func(t *testing.T, d *database) {
			store := patient(d)
			c := wins(t, store, event, "owner", 1)
			require.NoError(t, store.Commit(t.Context(), c, 200))
			wins(t, store, dedupe.Key{Scope: "test", ID: "evt_2"}, "owner", 1)
			d.expired(1700)
			removed, err := store.Sweep(t.Context(), 0)
			require.NoError(t, err)
			require.Equal(t, 1700, removed)
			require.EqualValues(t, 2, d.rows())
			d.requireDone(store)
		},
		"as many as it is told, and the oldest first": func(t *testing.T, d *database) {
			d.expired(1700)
			removed, err := patient(d).Sweep(t.Context(), 1200)
			require.NoError(t, err)
			require.Equal(t, 1200, removed)
			require.EqualValues(t, 1201, d.number("SELECT min(forget_at) FROM hookmitt_claims"))
		},
		"claims remove three rows for each that they add": func(t *testing.T, d *database) {
			store := patient(d)
			d.expired(400)
			for i := range 128 {
				wins(t, store, dedupe.Key{Scope: "test", ID: fmt.Sprint(i)}, "owner", 1)
			}
			require.EqualValues(t, 400-2*192+128, d.rows())
		},
		"its context has ended": func(t *testing.T, d *database) {
			d.expired(1)
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			removed, err := patient(d).Sweep(ctx, 0)
			require.ErrorIs(t, err, context.Canceled)
			require.Zero(t, removed)
		},
		"a row that is over is as if it were not there": func(t *testing.T, d *database) {
			store := patient(d)
			h := dedupe.Hold{Lease: lease, Remember: time.Minute}
			c, err := store.Claim(t.Context(), event, "owner", h)
			require.NoError(t, err)
			d.pass(time.Minute)
			require.ErrorIs(t, store.Extend(t.Context(), c), dedupe.ErrLeaseLost)
			require.ErrorIs(t, store.Commit(t.Context(), c, 200), dedupe.ErrLeaseLost)
			require.ErrorIs(t, store.Release(t.Context(), c), dedupe.ErrLeaseLost)
			require.NoError(t, store.Forget(t.Context(), event))
			require.Equal(t, "pending", d.text("SELECT state FROM hookmitt_claims"))
			require.Greater(t, wins(t, store, event, "owner", 1).Token, c.Token)
		},
	})
}

func TestSweepLeavesOutWhatAnotherHasLocked(t *testing.T) {
	t.Parallel()
	d := newPostgres(t)
	d.expired(10)
	tx, err := d.db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	defer tx.Rollback() //nolint:errcheck // the test is over
	_, err = tx.ExecContext(t.Context(), "SELECT FROM hookmitt_claims WHERE forget_at <= 5 FOR UPDATE")
	require.NoError(t, err)
	removed, err := d.open(&sqlstore.Options{Call: time.Minute}).Sweep(t.Context(), 0)
	require.NoError(t, err)
	require.Equal(t, 5, removed)
}

func TestForeignRowsAreLeftAsTheyAre(t *testing.T) {
	onBoth(t, func(t *testing.T, d *database) {
		store := patient(d)
		c := wins(t, store, event, "owner", 1)
		d.letForeign()
		d.plant(event)
		_, err := store.Claim(t.Context(), event, "another", hold)
		for call, err := range map[string]error{
			"claim": err, "extend": store.Extend(t.Context(), c), "commit": store.Commit(t.Context(), c, 200),
			"release": store.Release(t.Context(), c), "forget": store.Forget(t.Context(), event),
		} {
			require.ErrorIs(t, err, sqlstore.ErrForeign, call)
			require.ErrorContains(t, err, "test/evt_1", call)
		}
		require.Equal(t, "foreign", d.text("SELECT state FROM hookmitt_claims"))
	})
}

func TestTheSchemaRefusesForeignStates(t *testing.T) {
	onBoth(t, func(t *testing.T, d *database) {
		_, err := d.db.ExecContext(t.Context(), `INSERT INTO hookmitt_claims VALUES ('a/b', 'foreign', 1, 1, '', 0, 1, 1, 1)`)
		require.Error(t, err)
	})
}
