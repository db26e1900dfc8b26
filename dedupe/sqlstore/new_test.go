package sqlstore_test

import (
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/dedupe/sqlstore"
)

func TestNew(t *testing.T) {
	t.Parallel()
	db, err := sql.Open("sqlite", ":memory:")
	require.NoError(t, err)
	defer db.Close()
	for name, c := range map[string]struct {
		db      *sql.DB
		dialect sqlstore.Dialect
		opts    *sqlstore.Options
		want    string // of the error; "" for none
	}{
		"no options":                       {db, sqlstore.SQLite, nil, ""},
		"all options":                      {db, sqlstore.SQLite, &sqlstore.Options{Table: "a_1", Call: time.Second}, ""},
		"a table that is a word of SQL's":  {db, sqlstore.Postgres, &sqlstore.Options{Table: "order"}, ""},
		"a table in a schema":              {db, sqlstore.Postgres, &sqlstore.Options{Table: "hooks.claims"}, ""},
		"a table in a schema of SQLite":    {db, sqlstore.SQLite, &sqlstore.Options{Table: "main.claims"}, `Options.Table "main.claims"`},
		"no database":                      {nil, sqlstore.SQLite, nil, "the database is nil"},
		"no dialect":                       {db, 0, nil, "Dialect(0) is no dialect"},
		"an unknown dialect":               {db, 3, nil, "Dialect(3) is no dialect"},
		"a table with a quote":             {db, sqlstore.Postgres, &sqlstore.Options{Table: `a"b`}, `Options.Table "a\"b"`},
		"a table with a line after it":     {db, sqlstore.Postgres, &sqlstore.Options{Table: "a\n"}, "Options.Table"},
		"a table with a capital":           {db, sqlstore.Postgres, &sqlstore.Options{Table: "A"}, "Options.Table"},
		"a table that begins with a digit": {db, sqlstore.Postgres, &sqlstore.Options{Table: "1a"}, "Options.Table"},
		"a table whose name is long":       {db, sqlstore.Postgres, &sqlstore.Options{Table: strings.Repeat("a", 51)}, "Options.Table"},
		"a negative Call":                  {db, sqlstore.SQLite, &sqlstore.Options{Call: -1}, "Options.Call is negative"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store, err := sqlstore.New(c.db, c.dialect, c.opts)
			if c.want == "" {
				require.NoError(t, err)
				require.NotNil(t, store)
				return
			}
			require.ErrorContains(t, err, c.want)
			require.ErrorContains(t, err, "sqlstore: ")
			require.Nil(t, store)
		})
	}
}

func TestDialectString(t *testing.T) {
	t.Parallel()
	for d, want := range map[sqlstore.Dialect]string{sqlstore.Postgres: "PostgreSQL", sqlstore.SQLite: "SQLite", 0: "Dialect(0)"} {
		require.Equal(t, want, d.String())
	}
	require.Empty(t, sqlstore.Schema(0))
}

func TestMigrate(t *testing.T) {
	eachOnBoth(t, map[string]func(t *testing.T, d *database){
		"many processes at once, of a new table": func(t *testing.T, d *database) {
			errs := make([]error, 8)
			var all sync.WaitGroup
			for i := range errs {
				store := d.open(&sqlstore.Options{Table: "order"})
				all.Go(func() { errs[i] = store.Migrate(t.Context()) })
			}
			all.Wait()
			require.NoError(t, errors.Join(errs...))
			wins(t, d.open(&sqlstore.Options{Table: "order"}), event, "owner", 1)
			wins(t, d.open(nil), event, "owner", 1)
		},
		"again, it keeps what is there": func(t *testing.T, d *database) {
			store := patient(d)
			require.NoError(t, store.Commit(t.Context(), wins(t, store, event, "owner", 1), 200))
			require.NoError(t, store.Migrate(t.Context()))
			d.requireDone(store)
		},
		"by hand": func(t *testing.T, d *database) {
			d.exec("DROP TABLE hookmitt_claims")
			for statement := range strings.SplitSeq(strings.TrimSpace(sqlstore.Schema(d.dialect)), ";\n") {
				d.exec(statement)
			}
			wins(t, patient(d), event, "owner", 1)
		},
		"without a table a claim fails": func(t *testing.T, d *database) {
			d.exec("DROP TABLE hookmitt_claims")
			_, err := patient(d).Claim(t.Context(), event, "owner", hold)
			require.ErrorContains(t, err, "sqlstore: claim: ")
			require.ErrorContains(t, err, "hookmitt_claims")
		},
	})
}

func TestATableInASchema(t *testing.T) {
	t.Parallel()
	d := newPostgres(t)
	d.exec("CREATE SCHEMA hooks")
	store := d.open(&sqlstore.Options{Table: "hooks.claims"})
	require.NoError(t, store.Migrate(t.Context()))
	require.NoError(t, store.Migrate(t.Context()))
	wins(t, store, event, "owner", 1)
	require.EqualValues(t, 1, d.number("SELECT count(*) FROM hooks.claims"))
}

func TestNames(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		key  dedupe.Key
		want string
	}{
		"as the package says":    {dedupe.Key{Scope: "civo", ID: "0b7e1c52"}, "civo/0b7e1c52"},
		"a tenant":               {dedupe.Key{Scope: "civo/acme", ID: "a/b"}, "civo%2Facme/a/b"},
		"a percent sign":         {dedupe.Key{Scope: "a%2Fb", ID: "%"}, "a%252Fb/%25"},
		"no scope":               {dedupe.Key{ID: "c"}, "/c"},
		"bytes that are no text": {dedupe.Key{Scope: "a", ID: "\x00\xff\r\n "}, "a/%00%FF%0D%0A%20"},
		"letters beyond ASCII":   {dedupe.Key{Scope: "a", ID: "é"}, "a/%C3%A9"},
		"the longest id":         {dedupe.Key{Scope: "a", ID: strings.Repeat("\xff", 256)}, "a/" + strings.Repeat("%FF", 256)},
		"the longest scope":      {dedupe.Key{Scope: strings.Repeat("x", 256), ID: "b"}, strings.Repeat("x", 256) + "/b"},
		"a scope longer than that": {
			dedupe.Key{Scope: strings.Repeat("x", 257), ID: "b"},
			fmt.Sprintf("%%sha256:%x/b", sha256.Sum256([]byte(strings.Repeat("x", 257)))),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newSQLite(t)
			wins(t, patient(d), c.key, "owner", 1)
			require.Equal(t, c.want, d.text("SELECT event FROM hookmitt_claims"))
		})
	}
}

func TestTheLongestNameIsIndexed(t *testing.T) {
	t.Parallel()
	d := newPostgres(t)
	wins(t, patient(d), dedupe.Key{Scope: strings.Repeat("\xff", 85), ID: strings.Repeat("\xff", 256)}, "owner", 1)
}
