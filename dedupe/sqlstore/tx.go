package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/hookmitt/hookmitt/dedupe"
)

// doneBy is the status that [Store.Tx] commits. Package middleware does not ask for it.
const doneBy = 200

// Tx runs fn in a transaction that also marks the event done, so that effect and mark are there together or not at all.
// It is for the handler of an event, whose context has the claim ([dedupe.ClaimFrom]) made by this store, and fn's
// effects are those in this database, by the transaction that it is given:
//
//	func handle(ctx context.Context, e events.Event) error {
//		return store.Tx(ctx, func(tx *sql.Tx) error {
//			_, err := tx.ExecContext(ctx, "UPDATE accounts SET …")
//			return err
//		})
//	}
//
// fn must return the error of every statement that failed. SQLite undoes the whole transaction when a write is
// interrupted, as by the end of its context, or finds the disk full, and on INSERT OR ROLLBACK; what fn writes after that
// is written at once and without the mark, and Tx can say no more than [ErrUndone].
//
// If the transaction cannot be begun, since the database is busy ([ErrBusy]) or away, fn is not called, and the error is
// [dedupe.ErrNotBegun] too: middleware answers 503 to a handler that returns it, and counts no run.
//
// If fn fails, or panics, nothing is written, and the event stays this run's, to be released. If another run has taken
// the event over it is [dedupe.ErrLeaseLost], and nothing is written. When Tx has returned nil the event is done,
// whatever the handler returns: an error is then answered and recorded as one, and no run follows.
//
// A run has one Tx: a second one is [ErrTwice], and nothing of it is written. After an error of Tx that says that the
// connection broke during the commit, ErrTwice means that the first was done. A handler returns Tx's error, since one
// that returned nil would have the event marked without its effect.
//
// fn must not end the transaction. On PostgreSQL it is READ COMMITTED; fn may begin with SET TRANSACTION, but in a
// stricter one the mark fails if the lease was extended meanwhile, every third of it. fn runs before the mark, so the
// claim is not locked while it does. On SQLite fn runs after the mark, and is the only one to write until it ends:
// nobody can take the event over, and heartbeats and other events' claims wait.
func (s *Store) Tx(ctx context.Context, fn func(*sql.Tx) error) error {
	c, ok := dedupe.ClaimFrom(ctx)
	if !ok {
		return ErrNoClaim
	}
	outcome, err := s.inTx(ctx, c, fn)
	if cause := context.Cause(ctx); err != nil && errors.Is(cause, dedupe.ErrLeaseLost) && !errors.Is(err, cause) {
		err = fmt.Errorf("%w: %w", cause, err) // the heartbeat knew it first
	}
	if outcome == ended {
		return err
	}
	// What became of the claim tells why the mark could not be made, or whether a commit that broke was done.
	now, lookErr := ask(context.WithoutCancel(ctx), s, func(ctx context.Context) (string, error) { return s.settled(ctx, c) }, func(string) {})
	switch {
	case outcome == broken && now == "done":
		return nil
	case outcome == broken:
		return fmt.Errorf("sqlstore: tx: commit: %w", err)
	case lookErr != nil:
		return fmt.Errorf("%w (sqlstore: tx: %w)", dedupe.ErrLeaseLost, lookErr)
	case now == "done":
		return ErrTwice
	}
	return dedupe.ErrLeaseLost
}

// ending is how a transaction came to its end.
type ending uint8

const (
	ended  ending = iota // as its error says
	lost                 // the claim was not there to be marked: rolled back
	broken               // an error came of the commit
)

func (s *Store) inTx(ctx context.Context, c dedupe.Claim, fn func(*sql.Tx) error) (ending, error) {
	limited, cancel := context.WithTimeout(ctx, s.options.Call)
	defer cancel()
	leave, err := s.enter(limited)
	if err != nil {
		return ended, fmt.Errorf("sqlstore: tx: %w: %w", err, dedupe.ErrNotBegun)
	}
	leave = sync.OnceFunc(leave)
	defer leave()
	defer context.AfterFunc(ctx, leave)() // its end rolls back, and others write, although fn may be deaf to it
	conn, tx, marked, err := s.begin(ctx, limited, c)
	if err != nil {
		return ended, fmt.Errorf("sqlstore: tx: begin: %w: %w", err, dedupe.ErrNotBegun)
	}
	defer conn.Close()
	defer tx.Rollback() //nolint:errcheck // after a commit it does nothing
	if s.dialect == SQLite && !marked {
		return lost, nil
	}
	if err := fn(tx); err != nil {
		return ended, err
	}
	if !marked {
		if marked, err = s.mark(ctx, tx, c); err != nil {
			return ended, fmt.Errorf("sqlstore: tx: mark: %w", named(err))
		}
	}
	if !marked {
		return lost, nil
	}
	if err := tx.Commit(); err != nil {
		if strings.Contains(err.Error(), "no transaction is active") { // as every driver for SQLite passes it on
			return ended, fmt.Errorf("%w: %w", ErrUndone, err)
		}
		return broken, named(err)
	}
	return ended, nil
}

// begin begins a transaction, which goes on for as long as ctx. In SQLite it begins with the mark, and so with the lock:
// one that reads first and writes later fails if another wrote between. It waits there for a connection within limited
// alone, since it has the turn.
func (s *Store) begin(ctx, limited context.Context, c dedupe.Claim) (conn *sql.Conn, tx *sql.Tx, marked bool, err error) {
	conn, err = repeat(limited, func(context.Context) (conn *sql.Conn, err error) {
		wait := ctx
		if s.dialect == SQLite {
			wait = limited
		}
		if conn, err = s.db.Conn(wait); err != nil {
			return nil, err
		}
		defer func() {
			if err != nil {
				err = errors.Join(err, conn.Close())
			}
		}()
		if s.dialect == Postgres {
			tx, err = conn.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
			return conn, err
		}
		if tx, err = conn.BeginTx(ctx, nil); err != nil {
			return nil, err
		}
		if marked, err = s.mark(ctx, tx, c); err != nil {
			return nil, errors.Join(err, tx.Rollback())
		}
		return conn, nil
	})
	return conn, tx, marked, err
}

func (s *Store) mark(ctx context.Context, tx *sql.Tx, c dedupe.Claim) (bool, error) {
	n, err := affected(tx.ExecContext(ctx, s.say.commit, name(c.Key), signed(c.Token), printable(c.Owner), micros(c.Hold.Remember), doneBy))
	return n > 0, err
}
