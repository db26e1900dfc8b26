package testserver

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/hookmitt/hookmitt/events"
)

// Why a delivery did not arrive, for errors.Is.
var (
	ErrExhausted = errors.New("testserver: the last attempt failed")
	ErrDisabled  = errors.New("testserver: the endpoint is disabled")
	ErrUnwanted  = errors.New("testserver: the endpoint is inactive, or not subscribed to the event")
	ErrClosed    = errors.New("testserver: the server is closed")

	// ErrStill is what Wait says under a [Manual] clock that nobody moves.
	ErrStill = errors.New("testserver: nothing will happen until the clock is advanced")
)

// State is how far a delivery has come.
type State uint8

// Do not reorder.
const (
	Pending   State = iota // Attempts are being made, or are to come.
	Delivered              // An attempt succeeded.
	Exhausted              // The last attempt failed.
	Dropped                // The endpoint was disabled, the server closed, or the event is none that the provider can send.
	Unwanted               // The endpoint is inactive, or not subscribed to the event.
)

// String implements [fmt.Stringer].
func (s State) String() string {
	if names := [...]string{"pending", "delivered", "exhausted", "dropped", "unwanted"}; int(s) < len(names) {
		return names[s]
	}
	return fmt.Sprintf("State(%d)", uint8(s))
}

// Delivery is one event on its way to one endpoint: all its attempts.
type Delivery struct {
	endpoint *Endpoint
	ctx      context.Context // lends its values to every attempt
	event    events.Event
	faults   []Fault
	test     bool
	number   uint64 // among the server's

	// Guarded by the server's mu.
	state    State
	err      error
	timeline Timeline
	attempts int     // begun; a copy that a fault makes is not another
	held     *course // of an attempt that is held up on its way
	running  bool
	doomed   error // why there will be no other attempt; the one that is running may still succeed
	next     *plan
	changed  chan struct{} // closed, and replaced, whenever one of the above changes
}

// Event is what is delivered, with its id and time.
func (d *Delivery) Event() events.Event { return d.event }

// State is how far the delivery has come.
func (d *Delivery) State() State {
	d.endpoint.server.mu.Lock()
	defer d.endpoint.server.mu.Unlock()
	return d.state
}

// Timeline is the attempts made so far.
func (d *Delivery) Timeline() Timeline {
	d.endpoint.server.mu.Lock()
	defer d.endpoint.server.mu.Unlock()
	return slices.Clone(d.timeline)
}

// Err is why the delivery did not arrive; nil while it is pending and when it did.
func (d *Delivery) Err() error {
	d.endpoint.server.mu.Lock()
	defer d.endpoint.server.mu.Unlock()
	return d.err
}

// Next is when the next attempt is due, and whether one is.
func (d *Delivery) Next() (time.Time, bool) {
	d.endpoint.server.mu.Lock()
	defer d.endpoint.server.mu.Unlock()
	if d.next == nil {
		return time.Time{}, false
	}
	return d.next.at, true
}

// Wait returns when the delivery is settled, with its attempts and with [Delivery.Err], or when ctx ends. Under a
// [Manual] clock it returns [ErrStill] when an attempt has ended and nobody moves the clock to the next one.
func (d *Delivery) Wait(ctx context.Context) (Timeline, error) {
	s := d.endpoint.server
	for {
		s.mu.Lock()
		timeline, err, changed, moved := slices.Clone(d.timeline), d.err, d.changed, s.moved
		settled := d.state != Pending
		still := s.clock.mode == clockManual && !d.running && len(s.moving) == 0
		s.mu.Unlock()
		switch {
		case settled:
			return timeline, err
		case still:
			return timeline, ErrStill
		}
		select {
		case <-changed:
		case <-moved:
		case <-ctx.Done():
			return timeline, context.Cause(ctx)
		}
	}
}

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
	if a.Succeeded || a.unsealed || d.test {
		return nil
	}
	ep.failures++
	ep.reason = a.Reason()
	if p.DisableAfter == 0 || a.Number < p.DisableAfter || ep.disabled {
		return nil
	}
	ep.disabled = true
	if !p.Mails {
		return nil
	}
	notice := ep.notice()
	return &notice
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
		ep.drop(ErrDisabled)
	case d.doomed != nil:
		d.settle(Dropped, d.doomed)
	case d.test || !more:
		d.settle(Exhausted, fmt.Errorf("%w: %s", ErrExhausted, a.Reason()))
	default:
		d.next = s.plan(s.after(a.At, a.Took).Add(gap), d.number, d.begin)
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
	s.settled++
	s.trim()
}
