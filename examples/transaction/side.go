package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"

	"github.com/hookmitt/hookmitt/testserver"
)

// side is one of the two: a receiver with its database, and the provider that calls it.
type side struct {
	marked   bool // the event is, in the handler's transaction
	path     string
	books    *billing // the same database, for us to look into
	provider *testserver.Server
	endpoint *testserver.Endpoint
	delivery *testserver.Delivery
	process  *process // that the provider calls now
	kills    int
}

// newSide makes a database with an invoice that is to be paid, and a provider. Nothing listens yet.
func newSide(ctx context.Context, dir string, marked bool) (*side, error) {
	s := &side{marked: marked, path: filepath.Join(dir, "unmarked.db")}
	if marked {
		s.path = filepath.Join(dir, "marked.db")
	}
	var err error
	if s.books, err = open(ctx, s.path); err != nil {
		return nil, err
	}
	if _, err := s.books.db.ExecContext(ctx, schema, invoice, amount); err != nil {
		return nil, errors.Join(err, s.close())
	}
	s.provider, err = testserver.New(provider(), &testserver.Options{Clock: testserver.Manual(), Transport: s})
	if err == nil {
		s.endpoint, err = s.provider.Subscribe(testserver.Subscription{URL: "http://127.0.0.1/webhooks", Secret: secret})
	}
	if err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

const schema = `
CREATE TABLE invoices (id TEXT PRIMARY KEY, amount INTEGER NOT NULL, paid INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE ledger (entry INTEGER PRIMARY KEY, invoice TEXT NOT NULL REFERENCES invoices, amount INTEGER NOT NULL) STRICT;
INSERT INTO invoices (id, amount) VALUES (?, ?)`

// RoundTrip implements [http.RoundTripper]: it sends to the receiver that runs now.
func (s *side) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.URL.Host = s.process.addr
	return http.DefaultTransport.RoundTrip(r)
}

// attempt starts the receiver, has the provider make its next attempt, and returns what the provider was answered.
func (s *side) attempt(ctx context.Context, a accident) (answer string, err error) {
	if s.process, err = start(ctx, s.path, s.marked, a); err != nil {
		return "", err
	}
	if s.delivery == nil {
		s.delivery = s.endpoint.Send(ctx, payment())
		err = s.delivery.WaitAttempt(ctx)
	} else {
		_, err = s.provider.AdvanceNext(ctx)
	}
	if err := errors.Join(err, s.process.end(a)); err != nil {
		return "", fmt.Errorf("%v: %w", s, err)
	}
	if a != none {
		s.kills++
	}
	timeline := s.delivery.Timeline()
	last := timeline[len(timeline)-1]
	if last.Status == 0 { // the connection broke
		return "none", nil
	}
	return fmt.Sprintf("%d %s", last.Status, last.Outcome()), nil
}

// paid is what the database says: how much of the invoice, and by how many entries of the ledger.
func (s *side) paid(ctx context.Context) (paid, entries int64, err error) {
	err = s.books.db.QueryRowContext(ctx, "SELECT paid, (SELECT count(*) FROM ledger WHERE invoice = id) FROM invoices WHERE id = ?", invoice).Scan(&paid, &entries)
	return paid, entries, err
}

// String implements [fmt.Stringer].
func (s *side) String() string {
	if s.marked {
		return "by store.Tx"
	}
	return "by a transaction of its own"
}

func (s *side) close() error {
	if s.provider != nil {
		_ = s.provider.Close() // always nil
	}
	return s.books.db.Close()
}
