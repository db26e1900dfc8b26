package main

import (
	"context"
	"database/sql"
	"errors"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/hookmitt/hookmitt/dedupe/sqlstore"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/middleware"
	"github.com/hookmitt/hookmitt/verify"
)

// billing is a service that keeps invoices, and a ledger of what was paid.
type billing struct {
	db    *sql.DB
	store *sqlstore.Store
}

// open opens the service's database, in which it remembers events as well: only so can both be in one transaction.
func open(ctx context.Context, path string) (*billing, error) {
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=busy_timeout(500)&_pragma=foreign_keys(1)")
	if err != nil {
		return nil, err
	}
	store, err := sqlstore.New(db, sqlstore.SQLite, nil)
	if err == nil {
		err = store.Migrate(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &billing{db, store}, nil
}

// paid books a payment and marks its event as done, in one transaction. At whatever point the process dies, both are there
// or neither is.
func (b *billing) paid(ctx context.Context, _ events.Event, p events.PaymentSucceeded) error {
	return b.store.Tx(ctx, func(tx *sql.Tx) error { return book(ctx, tx, p) })
}

// paidUnmarked is what to beware of: it books a payment in a transaction of its own, and the event is marked after that, by
// the middleware. A process that dies between the two books the payment again.
func (b *billing) paidUnmarked(ctx context.Context, _ events.Event, p events.PaymentSucceeded) error {
	tx, err := b.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after a commit it does nothing
	if err := book(ctx, tx, p); err != nil {
		return err
	}
	return tx.Commit()
}

// book is the effect. Nothing in it knows a payment that was booked before.
func book(ctx context.Context, tx *sql.Tx, p events.PaymentSucceeded) error {
	if _, err := tx.ExecContext(ctx, "UPDATE invoices SET paid = paid + ? WHERE id = ?", p.Amount, p.InvoiceID); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, "INSERT INTO ledger (invoice, amount) VALUES (?, ?)", p.InvoiceID, p.Amount)
	return err
}

// handlers does what the events ask for.
func (b *billing) handlers(marked bool) *events.Router {
	router := events.NewRouter()
	if marked {
		events.On(router, b.paid)
	} else {
		events.On(router, b.paidUnmarked)
	}
	return router
}

// receiver is the middleware before the handlers. Without the haste of this program it needs no option but Store.
func (b *billing) receiver() (*middleware.Receiver, error) {
	return middleware.New(provider(), verify.NewKeyring(secret), &middleware.Options{Store: b.store, Lease: lease})
}
