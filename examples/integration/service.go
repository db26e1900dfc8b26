// Package integration shows how a service tests its own webhook handler: with the provider's whole behaviour, in
// milliseconds. service.go is what a service has anyway; service_test.go has three tests of three kinds.
package integration

import (
	"context"
	"net/http"
	"sync"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/middleware"
	"github.com/hookmitt/hookmitt/verify"
)

// Dunning reminds customers of failed payments.
type Dunning struct {
	Remind func(invoice string) error // sends the reminder

	mu       sync.Mutex
	reminded map[string]int
}

// Reminders is how often a customer was reminded of an invoice.
func (d *Dunning) Reminders(invoice string) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.reminded[invoice]
}

// Handler receives CDHosting's webhooks.
func (d *Dunning) Handler(secret verify.Secret) (http.Handler, error) {
	receiver, err := middleware.New(hookmitt.CDHosting(), verify.NewKeyring(secret), nil)
	if err != nil {
		return nil, err
	}
	router := events.NewRouter()
	events.On(router, d.paymentFailed)
	mux := http.NewServeMux()
	mux.Handle("POST /webhooks", receiver.Handle(router))
	return mux, nil
}

func (d *Dunning) paymentFailed(_ context.Context, _ events.Event, p events.PaymentFailed) error {
	if err := d.Remind(p.InvoiceID); err != nil {
		return err // the provider sends it again
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.reminded == nil {
		d.reminded = map[string]int{}
	}
	d.reminded[p.InvoiceID]++
	return nil
}
