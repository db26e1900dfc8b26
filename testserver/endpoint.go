package testserver

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/verify"
)

// Endpoint is a registered webhook.
type Endpoint struct {
	server *Server

	// Guarded by the server's mu.
	sub      Subscription
	made     func() string // the text of its secret, if the provider made it up; out of reach of what prints by reflection
	failures int
	reason   string
	disabled bool
	pending  map[*Delivery]struct{}
	faults   []Fault
}

// Send delivers an event. The first attempt is made at once, whatever the clock, and does not hold Send up; ctx lends
// it values, not its end. An event without an id is given one, and one without a time the present, where the provider
// carries them; both stay the same across retries. Faults happen to the attempts they are bound to.
//
// What the endpoint is not subscribed to is Unwanted, and what a disabled one would get is Dropped: nothing is sent.
func (ep *Endpoint) Send(ctx context.Context, e events.Event, faults ...Fault) *Delivery {
	return ep.send(ctx, e, faults, false)
}

// SendTest delivers a test event with dummy data, as the button with the lightning bolt does: the provider's sample of
// it, under a fresh id. It is tried once, its failure does not count, and an endpoint that is inactive or not
// subscribed to the event gets it too.
func (ep *Endpoint) SendTest(ctx context.Context) *Delivery {
	p, e := ep.server.provider, events.Event{Type: cmp.Or(ep.server.provider.Test, "test"), Data: []byte("{}")}
	if types := p.Events.Types(); len(types) > 0 {
		e, _ = p.Events.Sample(cmp.Or(p.Test, types[0]))
	}
	return ep.send(ctx, e, nil, true)
}

func (ep *Endpoint) send(ctx context.Context, e events.Event, faults []Fault, test bool) *Delivery {
	s := ep.server
	if _, inHeader := s.provider.Codec.IDField().Header(); e.ID == "" && (e.Raw == nil || inHeader) {
		e.ID = newID(s.provider.Codec.IDField())
	}
	if e.Time.IsZero() && s.provider.Codec.TimeField() != (events.Field{}) {
		e.Time = time.Now().UTC().Truncate(time.Second)
	}
	d := &Delivery{endpoint: ep, ctx: context.WithoutCancel(ctx), event: e, test: test, changed: make(chan struct{})}
	s.mu.Lock()
	defer s.mu.Unlock()
	d.faults = append(append(d.faults, ep.faults...), faults...)
	s.remember(d)
	switch {
	case s.closed:
		d.settle(Dropped, ErrClosed)
	case ep.disabled:
		d.settle(Dropped, ErrDisabled)
	case !ep.sub.wants(e.Type) && !test:
		d.settle(Unwanted, ErrUnwanted)
	default:
		if ep.pending == nil {
			ep.pending = map[*Delivery]struct{}{}
		}
		ep.pending[d] = struct{}{}
		d.begin()
	}
	return d
}

// Arm lets faults happen to every delivery from now on, besides those that Send is given. No faults disarms.
func (ep *Endpoint) Arm(faults ...Fault) {
	ep.server.mu.Lock()
	defer ep.server.mu.Unlock()
	ep.faults = append([]Fault(nil), faults...)
}

// Update saves the webhook again, as one does at the provider's page: it re-enables the endpoint and resets its
// failures. An empty secret keeps the one there is.
func (ep *Endpoint) Update(sub Subscription) error {
	s := ep.server
	keep := sub.Secret.IsZero()
	if keep {
		sub.Secret = ep.Subscription().Secret
	}
	sub, made, err := s.complete(sub)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if keep && made == "" {
		sub.Secret = ep.sub.Secret // it may have been rotated meanwhile
	} else {
		ep.made = nil
	}
	ep.setMade(made)
	ep.sub, ep.disabled, ep.failures, ep.reason = sub, false, 0, ""
	return nil
}

// Rotate makes another secret sign from the next attempt on, of deliveries that are under way too, but not of a request
// that [Reorder] holds up.
func (ep *Endpoint) Rotate(next verify.Secret) error {
	if next.IsZero() {
		return verify.ErrEmptySecret
	}
	if err := ep.server.trySeal(next); err != nil {
		return err
	}
	ep.server.mu.Lock()
	defer ep.server.mu.Unlock()
	ep.sub.Secret, ep.made = next, nil
	return nil
}

// MadeSecret is the text of the secret that the provider made up, for the receiver to be configured with, and whether
// it did. A secret that was given is never handed out again.
func (ep *Endpoint) MadeSecret() (text string, ok bool) {
	ep.server.mu.Lock()
	defer ep.server.mu.Unlock()
	if ep.made == nil {
		return "", false
	}
	return ep.made(), true
}

// setMade keeps the text of a secret that was made up just now, if it was. The server's mu is held.
func (ep *Endpoint) setMade(text string) {
	if text != "" {
		ep.made = func() string { return text }
	}
}

// Subscription is what is registered, with what the provider filled in: a secret it made up, say.
func (ep *Endpoint) Subscription() Subscription {
	ep.server.mu.Lock()
	defer ep.server.mu.Unlock()
	sub := ep.sub
	sub.Events = slices.Clone(sub.Events)
	return sub
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

// drop settles what the endpoint still had to deliver, but for the attempts that are being made: they may succeed. mu
// is held.
func (ep *Endpoint) drop(why error) {
	for _, d := range slices.SortedFunc(maps.Keys(ep.pending), func(a, b *Delivery) int { return cmp.Compare(a.number, b.number) }) {
		if d.running {
			d.doomed = why
			continue
		}
		d.settle(Dropped, why)
	}
}

// gap is how long the provider waits after a failed attempt. A subscription may ask for more attempts than the
// schedule has; its last gap is then used again. The server's mu is held.
func (ep *Endpoint) gap(number int) (time.Duration, bool) {
	retry := ep.server.provider.Retry
	if ep.sub.MaxAttempts == 0 {
		return retry.Delay(number)
	}
	gap, _ := retry.Delay(min(number, retry.Retries()))
	return gap, number < ep.sub.MaxAttempts
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
