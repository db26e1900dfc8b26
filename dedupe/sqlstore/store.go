package sqlstore

import (
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	"github.com/hookmitt/hookmitt/dedupe"
)

var (
	_ dedupe.Store     = (*Store)(nil)
	_ dedupe.Forgetter = (*Store)(nil)
)

// What the store returns beside package dedupe's errors, for errors.Is.
var (
	ErrForeign = errors.New("sqlstore: the row is no record of ours")                 // It is left as it is.
	ErrBusy    = errors.New("sqlstore: the database is busy")                         // with others' transactions, for as long as the call might take
	ErrNoClaim = errors.New("sqlstore: the context has no claim")                     // so it is not that of a run
	ErrTwice   = errors.New("sqlstore: the event was done by this run's transaction") // and what was to be done now was not
	ErrNoTable = errors.New("sqlstore: the table is not there, or not ours")          // see Store.Migrate

	// ErrUndone is SQLite's alone. See [Store.Tx] for how it comes about: the event has an effect, and will have another.
	ErrUndone = errors.New("sqlstore: the transaction was undone while it went on, and what was written after that has no mark")
)

const (
	defaultTable = "hookmitt_claims"
	defaultCall  = time.Second // the shortest deadline of a provider is 5 s, and an event takes two calls
)

// Options are what a store can be told. The zero value is right for most.
type Options struct {
	// Table holds the events; stores of the same table share them. It is made of a-z, 0-9 and _, does not begin with a
	// digit, and has at most 50 bytes. On PostgreSQL it may follow a schema's name and a dot. Default: "hookmitt_claims".
	Table string

	// Call is how long the database may take to answer, whatever the driver does. [Store.Migrate], [Store.Sweep] and
	// [Store.Tx] take as long as their contexts let them. Default: 1 s.
	Call time.Duration
}

// Store is a [dedupe.Store] that processes share. It is safe for concurrent use.
type Store struct {
	db      *sql.DB
	dialect Dialect
	options Options
	say     statements
	claims  atomic.Uint64
	turn    chan struct{} // of SQLite: who writes has put something in
}

// New makes a store in a database. It asks the database for nothing; see [Store.Migrate].
func New(db *sql.DB, dialect Dialect, opts *Options) (*Store, error) {
	s := &Store{db: db, dialect: dialect}
	if opts != nil {
		s.options = *opts
	}
	o := &s.options
	if o.Table == "" {
		o.Table = defaultTable
	}
	if o.Call == 0 {
		o.Call = defaultCall
	}
	switch {
	case db == nil:
		return nil, errors.New("sqlstore: the database is nil")
	case dialect != Postgres && dialect != SQLite:
		return nil, fmt.Errorf("sqlstore: %v is no dialect: Postgres and SQLite are", dialect)
	case !tableName(dialect).MatchString(o.Table):
		return nil, fmt.Errorf("sqlstore: Options.Table %q is no name: a-z, 0-9 and _, not a digit first, at most 50 bytes", o.Table)
	case o.Call < 0:
		return nil, fmt.Errorf("sqlstore: Options.Call is negative: %v", o.Call)
	}
	if dialect == SQLite {
		s.turn = make(chan struct{}, 1)
	}
	s.say = newStatements(dialect, quote(o.Table), dialect.now())
	return s, nil
}

var (
	plainName  = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,49}$`)
	schemaName = regexp.MustCompile(`^([a-z_][a-z0-9_]{0,49}\.)?[a-z_][a-z0-9_]{0,49}$`)
)

func tableName(d Dialect) *regexp.Regexp {
	if d == Postgres {
		return schemaName
	}
	return plainName
}

// quote makes a name one that is a word of SQL's, too.
func quote(table string) string { return `"` + strings.ReplaceAll(table, ".", `"."`) + `"` }
