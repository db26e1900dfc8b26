package main

import (
	"context"
	"database/sql/driver"
	"os"

	"modernc.org/sqlite"

	"github.com/hookmitt/hookmitt/events"
)

// accident is where a receiver's process is killed. The handlers know nothing of it.
type accident string

const (
	none           accident = ""
	inTransaction  accident = "transaction" // The payment is written, and the transaction not committed.
	afterTheCommit accident = "commit"      // The handler has returned, and the middleware neither marked the event nor answered.
)

// lurk has the accident in the transaction happen: on every connection that is opened from now on, SQLite itself calls it
// by a trigger when the ledger has been written. The ledger must be there.
func (a accident) lurk() error {
	if a != inTransaction {
		return nil
	}
	sqlite.RegisterConnectionHook(func(conn sqlite.ExecQuerierContext, _ string) error {
		_, err := conn.ExecContext(context.Background(), "CREATE TEMP TRIGGER accident AFTER INSERT ON ledger BEGIN SELECT die(); END", nil)
		return err
	})
	return sqlite.RegisterScalarFunction("die", 0, func(*sqlite.FunctionContext, []driver.Value) (driver.Value, error) {
		die()
		return nil, nil
	})
}

// behind has the accident after the commit happen, behind the handlers.
func (a accident) behind(handlers events.Handler) events.Handler {
	if a != afterTheCommit {
		return handlers
	}
	return events.HandlerFunc(func(ctx context.Context, e events.Event) error {
		err := handlers.HandleEvent(ctx, e)
		if err == nil {
			die()
		}
		return err
	})
}

// die is kill -9 of this process: nothing of it runs any more, no deferred call either.
func die() {
	self, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = self.Kill()
	}
	if err != nil {
		panic(err)
	}
	select {} // the system takes it from here
}
