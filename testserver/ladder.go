package testserver

import (
	"fmt"
	"time"
)

// How a delivery goes from attempt to attempt, as the provider's schedule has it.

// change wakes those who wait. The server's mu is held.
func (d *Delivery) change() {
	close(d.changed)
	d.changed = make(chan struct{})
}

// begin decides how the next attempt is to go, and makes or holds it. The server's mu is held.
func (d *Delivery) begin() {
	s := d.endpoint.server
	d.next = nil
	switch {
	case d.state != Pending:
		return
	case d.endpoint.sub.Inactive && !d.test:
		d.settle(Unwanted, ErrUnwanted)
		return
	}
	c := d.held
	if d.held = nil; c == nil {
		if c = d.course(d.attempts + 1); c.delay > 0 {
			d.held = c
			d.next = s.plan(s.time().Add(c.delay), d.number, d.begin)
			d.change()
			s.tell(Change{Kind: DeliveryChanged, Delivery: d})
			return
		}
	}
	d.attempts++
	d.running = true
	at := s.time()
	s.start(func() { d.attempt(c, at) })
}

// attempt makes an attempt, and draws the provider's conclusions from it.
func (d *Delivery) attempt(c *course, at time.Time) {
	s := d.endpoint.server
	made := s.make(d.ctx, c, at)
	if s.observe != nil {
		for _, a := range made {
			s.observe(a)
		}
	}
	s.mu.Lock()
	d.timeline = append(d.timeline, made...)
	for i := range made {
		s.tell(Change{Kind: AttemptMade, Delivery: d, Attempt: &made[i]})
	}
	notice := d.count(made[0])
	s.mu.Unlock()
	if notice != nil && s.notify != nil {
		s.notify(*notice) // before anybody who waits for the delivery is woken
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	d.running = false
	d.conclude(made[0])
	d.change()
}

// count counts a failure, and switches the endpoint off if it is one too many. It returns the e-mail that the provider
// writes about it. The server's mu is held.
func (d *Delivery) count(a Attempt) *Notice {
	ep, p := d.endpoint, d.endpoint.server.provider
	if a.Succeeded || a.unsealed || d.test || ep.removed || ep.server.closed {
		return nil
	}
	ep.failures++
	ep.reason = a.Reason()
	defer ep.server.tell(Change{Kind: EndpointChanged, Endpoint: ep})
	if p.DisableAfter == 0 || a.Number < p.DisableAfter || ep.disabled {
		return nil
	}
	ep.disable()
	if !p.Mails {
		return nil
	}
	return ep.notice()
}

// conclude decides whether there is another attempt. The server's mu is held.
func (d *Delivery) conclude(a Attempt) {
	ep, s := d.endpoint, d.endpoint.server
	gap, more := ep.gap(a.Number)
	switch after := s.provider.DisableAfter; {
	case a.Succeeded:
		d.settle(Delivered, nil)
	case a.unsealed: // and will not be better in five minutes
		d.settle(Dropped, a.Err)
	case !d.test && after > 0 && a.Number >= after:
		d.settle(Exhausted, fmt.Errorf("%w: %s", ErrExhausted, a.Reason()))
		if ep.disabled { // whoever was told of it may have saved the webhook already
			ep.drop(ErrDisabled)
		}
	case d.doomed != nil:
		d.settle(Dropped, d.doomed)
	case d.test || !more:
		d.settle(Exhausted, fmt.Errorf("%w: %s", ErrExhausted, a.Reason()))
	default:
		d.next = s.plan(a.Ended.Add(gap), d.number, d.begin)
		s.tell(Change{Kind: DeliveryChanged, Delivery: d})
	}
}

// settle ends the delivery. The server's mu is held.
func (d *Delivery) settle(state State, err error) {
	if d.state != Pending {
		return
	}
	s := d.endpoint.server
	s.unplan(d.next)
	d.state, d.err, d.next = state, err, nil
	delete(d.endpoint.pending, d)
	d.change()
	s.tell(Change{Kind: DeliveryChanged, Delivery: d})
	s.settled++
	s.trim()
}
