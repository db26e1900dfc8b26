package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

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
		return ended, fmt.Errorf("sqlstore: tx: %w", err)
	}
	defer leave()
	tx, marked, err := s.begin(ctx, limited, c)
	if err != nil {
		return ended, fmt.Errorf("sqlstore: tx: begin: %w", err)
	}
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
		return broken, named(err)
	}
	return ended, nil
}

// begin begins a transaction, within limited; it may go on for as long as ctx. In SQLite it begins with the mark, and so with the lock: one that reads first and writes
// later fails if another wrote between.
func (s *Store) begin(ctx, limited context.Context, c dedupe.Claim) (tx *sql.Tx, marked bool, err error) {
	tx, err = repeat(limited, func(context.Context) (*sql.Tx, error) {
		if s.dialect == Postgres {
			return s.db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
		}
		tx, err := s.db.BeginTx(ctx, nil)
		if err != nil {
			return nil, err
		}
		if marked, err = s.mark(ctx, tx, c); err != nil {
			return nil, errors.Join(err, tx.Rollback())
		}
		return tx, nil
	})
	return tx, marked, err
}

func (s *Store) mark(ctx context.Context, tx *sql.Tx, c dedupe.Claim) (bool, error) {
	n, err := affected(tx.ExecContext(ctx, s.say.commit, name(c.Key), signed(c.Token), printable(c.Owner), micros(c.Hold.Remember), doneBy))
	return n > 0, err
}
