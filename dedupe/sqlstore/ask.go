package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/hookmitt/hookmitt/dedupe/internal/bounded"
)

// ask has the database answer in time, whatever the driver does, and repeats what failed for a moment's reasons. Each of
// our statements may be repeated: a claim has its owner, and what is settled is settled.
func ask[T any](ctx context.Context, s *Store, do func(context.Context) (T, error), orphan func(T)) (T, error) {
	if err := ctx.Err(); err != nil {
		var none T
		return none, err
	}
	ctx, cancel := context.WithTimeout(ctx, s.options.Call)
	defer cancel()
	return bounded.Do(ctx, func(ctx context.Context) (T, error) { return repeat(ctx, do) }, orphan)
}

const (
	firstPause   = time.Millisecond
	longestPause = 50 * time.Millisecond // of one who waits for a lock
	// reconnects are the attempts of one whose connection broke, 15 ms from first to last: nobody shall wait for a server
	// that is down.
	reconnects = 5
)

// repeat does something until it does not fail for a moment's reasons. It gives up when three quarters of its time are
// over, so that there is time to say why.
func repeat[T any](ctx context.Context, do func(context.Context) (T, error)) (T, error) {
	pause, attempts := firstPause, 0
	deadline, limited := ctx.Deadline()
	last := time.Now().Add(time.Until(deadline) / 4 * 3)
	for {
		value, err := do(ctx)
		var again bool
		switch {
		case err == nil || ctx.Err() != nil:
			return value, err
		case isBusy(err):
			again, err = true, named(err)
		case isMissing(err):
			return value, named(err)
		case isCut(err):
			attempts++
			again = attempts < reconnects
		}
		if !again || limited && time.Until(last) <= pause {
			return value, err
		}
		select {
		case <-ctx.Done():
			return value, err
		case <-time.After(pause):
		}
		pause = min(2*pause, longestPause)
	}
}

// named is [ErrBusy] or [ErrNoTable], too, if the error says so.
func named(err error) error {
	switch {
	case isBusy(err):
		return fmt.Errorf("%w: %w", ErrBusy, err)
	case isMissing(err):
		return fmt.Errorf("%w: %w", ErrNoTable, err)
	}
	return err
}

// isMissing says that the table is not there, or lacks a column.
func isMissing(err error) bool {
	switch state(err) {
	case "42P01", "42703": // undefined_table, undefined_column
		return true
	case "":
	default:
		return false
	}
	return strings.Contains(err.Error(), "no such table") || strings.Contains(err.Error(), "no such column")
}

// isBusy says that a statement was not done because of others that were at work.
func isBusy(err error) bool {
	switch state(err) {
	case "40001", "40P01", "55P03": // serialization_failure, deadlock_detected, lock_not_available
		return true
	case "":
	default:
		return false
	}
	var coded interface{ Code() int } // of modernc.org/sqlite
	if errors.As(err, &coded) && (coded.Code()&0xff == 5 || coded.Code()&0xff == 6) {
		return true // SQLITE_BUSY, SQLITE_LOCKED
	}
	return strings.Contains(err.Error(), "database is locked") || strings.Contains(err.Error(), "table is locked")
}

// isCut says that a connection broke, or that none was to be had: nobody knows whether the statement was done.
func isCut(err error) bool {
	switch s := state(err); s {
	case "57P01", "57P02", "57P03", "57P05": // the server shuts down, crashed, starts, or found the session idle
		return true
	case "":
	default:
		return strings.HasPrefix(s, "08") // connection_exception
	}
	var network net.Error
	return errors.As(err, &network) || errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed)
}

// state is PostgreSQL's code of an error, as pgx and lib/pq tell it. "" if it has none.
func state(err error) string {
	var coded interface{ SQLState() string }
	if errors.As(err, &coded) {
		return coded.SQLState()
	}
	return ""
}
