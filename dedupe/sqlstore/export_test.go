package sqlstore

import (
	"database/sql"
)

// NewAhead is [New] by a clock that is ahead of the database's by the microseconds that the table clock says, for all
// processes.
func NewAhead(db *sql.DB, dialect Dialect, opts *Options) (*Store, error) {
	s, err := New(db, dialect, opts)
	if err == nil {
		s.say = newStatements(dialect, quote(s.options.Table), "("+dialect.now()+" + (SELECT ahead FROM clock))")
	}
	return s, err
}

// Name is what the column event says of a key.
var Name = name
