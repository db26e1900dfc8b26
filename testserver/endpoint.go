package testserver

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/hookmitt/hookmitt/events"
)

// Endpoint is a registered webhook.
type Endpoint struct {
	server *Server

	// Guarded by server.mu.
	sub      Subscription
	failures int
	reason   string
	disabled bool
	pending  []*Delivery
}

// Send delivers an event, unless the endpoint is disabled. The first attempt is made at once and does not hold Send
// up; ctx lends it values, not its end. An event without an id is given one, and one without a time the present, where
// the provider carries them; both stay the same across retries. Faults happen to the attempts they are bound to.
func (ep *Endpoint) Send(ctx context.Context, e events.Event, faults ...Fault) *Delivery {
	s := ep.server
	if e.ID == "" && e.Raw == nil {
		e.ID = newID(s.provider.Codec.IDField())
	}
	if e.Time.IsZero() && s.provider.Codec.TimeField() != (events.Field{}) {
		e.Time = time.Now().UTC().Truncate(time.Second)
	}
	d := &Delivery{endpoint: ep, ctx: context.WithoutCancel(ctx), event: e, faults: faults, settled: make(chan struct{})}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		d.settle(Dropped, ErrClosed)
	case ep.disabled:
		d.settle(Dropped, ErrDisabled)
	default:
		ep.pending = append(ep.pending, d)
		d.schedule(0)
	}
	return d
}

// Update saves the webhook again, as one does at the provider's page: it re-enables the endpoint and resets its
// failures.
func (ep *Endpoint) Update(sub Subscription) error {
	if err := sub.validate(); err != nil {
		return err
	}
	ep.server.mu.Lock()
	defer ep.server.mu.Unlock()
	ep.sub, ep.disabled, ep.failures, ep.reason = sub, false, 0, ""
	return nil
}

// Disabled reports whether the provider has switched the endpoint off, and why: the last failure.
func (ep *Endpoint) Disabled() (reason string, disabled bool) {
	ep.server.mu.Lock()
	defer ep.server.mu.Unlock()
	return ep.reason, ep.disabled
}

// Failures is how many attempts have failed since the last update.
func (ep *Endpoint) Failures() int {
	ep.server.mu.Lock()
	defer ep.server.mu.Unlock()
	return ep.failures
}

// disable switches the endpoint off and drops what it still had to deliver.
func (ep *Endpoint) disable() {
	ep.disabled = true
	ep.drop(ErrDisabled)
}

func (ep *Endpoint) drop(why error) {
	pending := ep.pending
	ep.pending = nil
	for _, d := range pending {
		d.settle(Dropped, why)
	}
}

// newID makes an id that the field takes: evt_ and 24 digits, or a UUID.
func newID(field events.Field) string {
	if field.Derived() {
		return ""
	}
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	id := "evt_" + hex.EncodeToString(b[:12])
	if _, err := field.Canonical(id); err == nil {
		return id
	}
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80 // version 4, RFC 9562
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
