package sqlstore_test

import (
	"database/sql"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/dedupe/sqlstore"
)

func TestMigrateOfATableThatIsThere(t *testing.T) {
	t.Parallel()
	t.Run("needs no more rights than claims do", func(t *testing.T) {
		t.Parallel()
		d := newPostgres(t)
		role := fmt.Sprintf("app_%d", databases.Add(1))
		d.exec("CREATE ROLE " + role + " LOGIN")
		d.exec("GRANT SELECT, INSERT, UPDATE, DELETE ON hookmitt_claims, clock TO " + role)
		app, err := sql.Open("pgx", d.dsn+" user="+role)
		require.NoError(t, err)
		defer app.Close()
		store := d.openOn(app, nil)
		require.NoError(t, store.Migrate(t.Context()))
		wins(t, store, event, "owner", 1)
	})
	t.Run("holds up no claim while a transaction goes on", func(t *testing.T) {
		t.Parallel()
		d := newPostgres(t)
		wins(t, d.open(nil), event, "owner", 1)
		tx, err := d.db.BeginTx(t.Context(), nil)
		require.NoError(t, err)
		defer tx.Rollback() //nolint:errcheck // it only holds the lock
		_, err = tx.ExecContext(t.Context(), "UPDATE hookmitt_claims SET status = 0")
		require.NoError(t, err)
		require.NoError(t, patient(d).Migrate(t.Context()), "it needs no lock")
		wins(t, patient(d), dedupe.Key{Scope: "test", ID: "evt_2"}, "owner", 1)
	})
}

func TestATableThatIsNotOurs(t *testing.T) {
	onBoth(t, func(t *testing.T, d *database) {
		d.exec("DROP TABLE hookmitt_claims")
		_, err := patient(d).Claim(t.Context(), event, "owner", hold)
		require.ErrorIs(t, err, sqlstore.ErrNoTable)
		d.exec("CREATE TABLE hookmitt_claims (event text PRIMARY KEY, forget_at bigint)")
		require.ErrorIs(t, patient(d).Migrate(t.Context()), sqlstore.ErrNoTable)
		_, err = patient(d).Claim(t.Context(), event, "owner", hold)
		require.ErrorIs(t, err, sqlstore.ErrNoTable)
	})
}
