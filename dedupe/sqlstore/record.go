package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// record is a row as it is read.
type record struct {
	state         string // "won" if the statement claimed it just now
	token         int64
	run           int
	owner         string
	status        int
	lease         int64 // µs, of the latest claim or extension
	left, forgets int64 // µs, until the lease is over and until the event is new
}

// read is the row that a query has; nil if it has none.
func (s *Store) read(ctx context.Context, query string, args ...any) (*record, error) {
	rows, err := s.db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var r *record
	for rows.Next() { // to the end: a commit may fail after the row has come
		r = new(record)
		if err := rows.Scan(&r.state, &r.token, &r.run, &r.owner, &r.status, &r.lease, &r.left, &r.forgets); err != nil {
			return nil, err
		}
	}
	return r, errors.Join(rows.Err(), rows.Close())
}

// write does a statement in its turn, and says whether it found its row.
func (s *Store) write(ctx context.Context, query string, args ...any) (found bool, err error) {
	leave, err := s.enter(ctx)
	if err != nil {
		return false, err
	}
	defer leave()
	n, err := affected(s.db.ExecContext(ctx, query, args...))
	return n > 0, err
}

func affected(result sql.Result, err error) (int, error) {
	if err != nil {
		return 0, err
	}
	n, err := result.RowsAffected()
	return int(n), err
}

// enter waits for our turn to write. SQLite has one writer at a time, and those that wait poll: of 64 at once the last
// would wait for seconds, where one after the other takes milliseconds. PostgreSQL has a queue of its own.
func (s *Store) enter(ctx context.Context) (leave func(), err error) {
	if s.turn == nil {
		return func() {}, nil
	}
	select {
	case s.turn <- struct{}{}:
		return func() { <-s.turn }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("%w: %w", ErrBusy, context.Cause(ctx))
	}
}
