package testserver

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/verify"
)

// Endpoint is a registered webhook.
type Endpoint struct {
	server  *Server
	id      string
	created time.Time

	// Guarded by the server's mu.
	sub      Subscription
	removed  bool
	made     func() string // the text of its secret, if the provider made it up; out of reach of what prints by reflection
	failures int
	reason   string
	disabled bool
	outages  []Outage
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
	d := &Delivery{endpoint: ep, ctx: context.WithoutCancel(ctx), event: s.stamp(e), test: test, changed: make(chan struct{})}
	s.mu.Lock()
	defer s.mu.Unlock()
	d.faults = append(append(d.faults, ep.faults...), faults...)
	s.remember(d)
	switch {
	case s.closed:
		d.settle(Dropped, ErrClosed)
	case ep.removed:
		d.settle(Dropped, ErrRemoved)
	case ep.disabled:
		d.settle(Dropped, ErrDisabled)
	case len(s.deliveries)-s.settled > maxPending:
		d.settle(Dropped, ErrFull)
	case !ep.sub.wants(e.Type) && !test:
		d.settle(Unwanted, ErrUnwanted)
	default:
		if ep.pending == nil {
			ep.pending = map[*Delivery]struct{}{}
		}
		ep.pending[d] = struct{}{}
		s.tell(Change{Kind: DeliveryChanged, Delivery: d})
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
	if ep.removed {
		return ErrRemoved
	}
	if keep && made == "" {
		sub.Secret = ep.sub.Secret // it may have been rotated meanwhile
	} else {
		ep.made = nil
	}
	ep.setMade(made)
	if ep.disabled {
		ep.outages[len(ep.outages)-1].Until = s.time()
	}
	ep.sub, ep.disabled, ep.failures, ep.reason = sub, false, 0, ""
	s.tell(Change{Kind: EndpointChanged, Endpoint: ep})
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
	if ep.removed {
		return ErrRemoved
	}
	ep.sub.Secret, ep.made = next, nil
	ep.server.tell(Change{Kind: EndpointChanged, Endpoint: ep})
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

// ID identifies the webhook, in the form of the provider's event ids: a UUID, or wh_ and 24 digits where those are evt_….
func (ep *Endpoint) ID() string { return ep.id }

// Created is when the endpoint was registered, on the server's clock.
func (ep *Endpoint) Created() time.Time { return ep.created }

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

// Outage is a time in which the provider had an endpoint switched off.
type Outage struct{ From, Until time.Time } // on the server's clock; Until is zero while it lasts

// maxOutages is how many are kept of an endpoint.
const maxOutages = 100

// Outages are the times in which the endpoint was disabled, oldest first: the latest 100.
func (ep *Endpoint) Outages() []Outage {
	ep.server.mu.Lock()
	defer ep.server.mu.Unlock()
	return slices.Clone(ep.outages)
}

// disable switches the endpoint off. The server's mu is held.
func (ep *Endpoint) disable() {
	ep.disabled = true
	ep.outages = append(ep.outages, Outage{From: ep.server.time()})
	ep.outages = ep.outages[max(0, len(ep.outages)-maxOutages):]
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
		if !d.running {
			d.settle(Dropped, why)
		} else if d.doomed == nil {
			d.doomed = why
		}
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
