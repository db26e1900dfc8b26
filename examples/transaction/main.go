// Transaction shows what sqlstore's Tx is for: a payment is booked exactly once, although the receiver is killed
// twice, in the middle of it and after it.
//
// A provider tells two receivers of the payment, each with a SQLite database of its own. One books it by store.Tx, with
// the mark that the event is done in the same transaction; the other books it in a transaction of its own, and the event
// is marked after that. Both are killed at the same two points, and started again for the provider's next attempt.
//
//	go run ./examples/transaction    # exits 0 if one invoice was booked once, and the other twice
//
// The receivers are processes: this program starts itself as them. receiver.go is what a service has; accident.go kills
// it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"time"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/testserver"
	"github.com/hookmitt/hookmitt/verify"
)

var secret = verify.NewSecret("transaction-secret")

const (
	invoice = "inv_abc123"
	amount  = 1999 // cents

	// lease is for how long a run that was killed holds its event. The database's clock judges it, which nobody can move, so
	// this program waits for it, twice. It is over the 1.6 s in which a receiver of this provider answers, and as short as
	// that only here: by default it would be 15 s, and CDHosting's is 24 s, over before the first retry after a minute.
	lease = 2 * time.Second
)

// provider is CDHosting, but for the 2 s that it waits for an answer, not 10: a lease cannot be shorter than an answer may
// take. Its other times are its own, and pass at once: the clock is moved by hand.
func provider() hookmitt.Provider {
	p := hookmitt.CDHosting()
	p.Deadline = 2 * time.Second
	return p
}

// payment is the event.
func payment() events.Event {
	e := events.New(events.PaymentSucceeded{PaymentID: "pay_abc123", InvoiceID: invoice, Amount: amount, Currency: "EUR"})
	e.ID = "evt_1"
	return e
}

func main() {
	dir := flag.String("dir", "", "where the databases are left; default: a temporary directory, which is removed")
	receive := flag.String("receive", "", "be a receiver with this database, as the program starts itself")
	marked := flag.Bool("marked", true, "with -receive: the event is marked in the transaction")
	killed := flag.String("killed", "", "with -receive: where it is killed, transaction or commit")
	flag.Parse()
	slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	var err error
	if *receive != "" {
		err = serve(ctx, *receive, *marked, accident(*killed))
	} else {
		err = run(ctx, *dir)
	}
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "transaction:", err)
		os.Exit(1)
	}
}

const (
	heading = `                                      BY store.Tx            BY A TRANSACTION OF ITS OWN
ATTEMPT  THE RECEIVER IS KILLED       ANSWER          PAID   ANSWER          PAID
`
	columns = "#%-6d  %-27s  %-13s  %5s   %-13s  %5s\n"
)

func run(ctx context.Context, dir string) (err error) {
	if dir == "" {
		if dir, err = os.MkdirTemp("", "hookmitt-transaction-"); err != nil {
			return err
		}
		defer os.RemoveAll(dir)
	}
	var sides []*side
	for _, marked := range []bool{true, false} {
		s, err := newSide(ctx, dir, marked)
		if err != nil {
			return err
		}
		defer s.close()
		sides = append(sides, s)
	}
	fmt.Print(heading)
	for number, step := range []struct {
		accident accident
		told     string
	}{
		{inTransaction, "in the transaction"},
		{afterTheCommit, "after it, before the answer"},
		{none, "not"},
	} {
		row := []any{number + 1, step.told}
		for _, s := range sides {
			answer, err := s.attempt(ctx, step.accident)
			if err != nil {
				return err
			}
			paid, _, err := s.paid(ctx)
			if err != nil {
				return err
			}
			row = append(row, answer, euros(paid))
		}
		fmt.Printf(columns, row...)
		if step.accident != none {
			if err := pass(ctx, lease); err != nil {
				return err
			}
		}
	}
	return verdict(ctx, sides)
}

// verdict prints what the invoices came to, and returns an error if it is not what it should be.
func verdict(ctx context.Context, sides []*side) error {
	var wrong error
	for _, s := range sides {
		paid, entries, err := s.paid(ctx)
		if err != nil {
			return err
		}
		fmt.Printf("%s %v: booked %s, %s of %s EUR, in %d attempts with %d kills\n",
			invoice, s, times(entries), euros(paid), euros(amount), len(s.delivery.Timeline()), s.kills)
		want := int64(2)
		if s.marked {
			want = 1
		}
		if paid != want*amount || entries != want || s.delivery.State() != testserver.Delivered {
			wrong = errors.Join(wrong, fmt.Errorf("%v: it should have been booked %s, and the event delivered", s, times(want)))
		}
	}
	return wrong
}

func times(n int64) string {
	switch n {
	case 1:
		return "once"
	case 2:
		return "twice"
	}
	return fmt.Sprintf("%d times", n)
}

func euros(cents int64) string { return fmt.Sprintf("%d.%02d", cents/100, cents%100) }

// pass lets time pass.
func pass(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
