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

// attempt makes the next attempt, and plans the one after it.
func (d *Delivery) attempt() {
	s := d.endpoint.server
	s.mu.Lock()
	d.next = nil
	if d.state != Pending {
		d.running = false
		s.mu.Unlock()
		return
	}
	c := d.held
	if d.held = nil; c == nil {
		if c = d.course(d.attempts + 1); c.delay > 0 {
			d.held, d.running = c, false
			d.next = s.plan(s.time().Add(c.delay), d.attempt)
			d.change()
			s.mu.Unlock()
			return
		}
	}
	d.attempts++
	d.running = true
	at := s.time()
	s.mu.Unlock()

	made := s.make(d.ctx, c, at)
	if s.observe != nil {
		for _, a := range made {
			s.observe(a)
		}
	}
	s.mu.Lock()
	d.running = false
	d.timeline = append(d.timeline, made...)
	var notice *Notice
	if d.state == Pending {
		notice = d.conclude(made[0])
	}
	d.change()
	s.mu.Unlock()
	if notice != nil && s.notify != nil {
		s.notify(*notice)
	}
}

// conclude draws the provider's conclusions from an attempt. It returns the e-mail that the provider writes about it.
// The server's mu is held.
func (d *Delivery) conclude(a Attempt) *Notice {
	ep, s := d.endpoint, d.endpoint.server
	failed := func() { d.settle(Exhausted, fmt.Errorf("%w: %s", ErrExhausted, a.Reason())) }
	switch {
	case a.Succeeded:
		d.settle(Delivered, nil)
		return nil
	case a.unsealed: // and will not be better in five minutes
		d.settle(Dropped, a.Err)
		return nil
	case d.test:
		failed()
		return nil
	}
	ep.failures++
	ep.reason = a.Reason()
	if after := s.provider.DisableAfter; after > 0 && a.Number >= after {
		failed()
		ep.disabled = true
		ep.drop(ErrDisabled)
		if s.provider.Mails {
			notice := ep.notice()
			return &notice
		}
		return nil
	}
	gap, more := ep.gap(a.Number)
	if !more {
		failed()
		return nil
	}
	d.next = s.plan(s.end(a).Add(gap), d.attempt)
	return nil
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

// settle ends the delivery. The server's mu is held.
func (d *Delivery) settle(state State, err error) {
	if d.state != Pending {
		return
	}
	d.endpoint.server.engine.cancel(d.next)
	d.state, d.err, d.next = state, err, nil
	delete(d.endpoint.pending, d)
	d.change()
	d.endpoint.server.trim()
}
