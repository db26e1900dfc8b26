package sqlstore_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/dedupe/dedupetest"
	"github.com/hookmitt/hookmitt/dedupe/sqlstore"
)

func TestLaws(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(testing.TB) *database{
		"postgres": newPostgres,
		"postgres, all of whose transactions are serializable": func(t testing.TB) *database {
			d := newPostgres(t)
			d.dsn += " options='-c default_transaction_isolation=serializable'"
			return d
		},
		"postgres, by the simple protocol": func(t testing.TB) *database {
			d := newPostgres(t)
			d.dsn += " default_query_exec_mode=simple_protocol"
			return d
		},
		"sqlite":              newSQLite,
		"sqlite, as it comes": func(t testing.TB) *database { return newSQLiteWith(t, "") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := open(t)
			store := d.open(&sqlstore.Options{Call: time.Minute}) // the machine may be busy
			d.letForeign()
			dedupetest.Run(t, func(*testing.T) dedupetest.Subject {
				return dedupetest.Subject{
					Store: store, Pass: d.pass, Unit: time.Minute, // which passes at once
					Foreign: func(_ *testing.T, k dedupe.Key) { d.plant(k) },
				}
			})
		})
	}
}

// letForeign takes away what keeps foreign states out.
func (d *database) letForeign() {
	d.t.Helper()
	if d.dialect == sqlstore.Postgres {
		d.exec("ALTER TABLE hookmitt_claims DROP CONSTRAINT hookmitt_claims_state_check")
	}
}

// plant puts something foreign under a key.
func (d *database) plant(k dedupe.Key) {
	d.t.Helper()
	conn, err := d.db.Conn(d.t.Context())
	require.NoError(d.t, err)
	defer conn.Close()
	if d.dialect == sqlstore.SQLite {
		_, err = conn.ExecContext(d.t.Context(), "PRAGMA ignore_check_constraints = 1")
		require.NoError(d.t, err)
	}
	_, err = conn.ExecContext(d.t.Context(), `INSERT INTO hookmitt_claims (event, state, token, run, owner, status, lease, lease_until, forget_at)
		VALUES ('`+name(k)+`', 'foreign', 1, 1, 'owner', 200, 1, 1, 9000000000000000)
		ON CONFLICT (event) DO UPDATE SET state = 'foreign'`)
	require.NoError(d.t, err)
}

func TestOneWinner(t *testing.T) {
	onBoth(t, func(t *testing.T, d *database) {
		const goroutines, processes = 32, 4
		var stores []*sqlstore.Store
		for range processes {
			stores = append(stores, d.open(&sqlstore.Options{Call: time.Minute}))
		}
		for run := range 5 {
			claims := make([]dedupe.Claim, goroutines)
			errs := make([]error, goroutines)
			start := make(chan struct{})
			var all sync.WaitGroup
			for i := range goroutines {
				all.Go(func() {
					<-start
					claims[i], errs[i] = stores[i%processes].Claim(t.Context(), event, fmt.Sprintf("owner-%d-%d", run, i), hold)
				})
			}
			close(start)
			all.Wait()
			var won []dedupe.Claim
			for i, c := range claims {
				require.NoError(t, errs[i])
				if c.State == dedupe.Claimed {
					won = append(won, c)
					continue
				}
				require.Equal(t, dedupe.Pending, c.State)
			}
			require.Len(t, won, 1)
			require.Equal(t, run+1, won[0].Run)
			if run%2 == 0 {
				require.NoError(t, stores[0].Release(t.Context(), won[0]))
			} else {
				d.pass(lease)
			}
		}
	})
}
