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
	ErrClosed    = errors.New("testserver: the server is closed")
)

// State is how far a delivery has come.
type State uint8

// Do not reorder.
const (
	Pending   State = iota // Attempts are being made, or are to come.
	Delivered              // An attempt succeeded.
	Exhausted              // The last attempt failed.
	Dropped                // The endpoint was disabled, or the server closed, before an attempt succeeded.
)

// String implements [fmt.Stringer].
func (s State) String() string {
	if names := [...]string{"pending", "delivered", "exhausted", "dropped"}; int(s) < len(names) {
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
	settled  chan struct{} // closed when state is no longer Pending

	// Guarded by the server's mu.
	state    State
	err      error
	timeline Timeline
	next     *time.Timer
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

// Wait returns when the delivery is settled, with its attempts and with [Delivery.Err], or when ctx ends.
func (d *Delivery) Wait(ctx context.Context) (Timeline, error) {
	select {
	case <-d.settled:
		return d.Timeline(), d.Err()
	default:
	}
	select {
	case <-d.settled:
		return d.Timeline(), d.Err()
	case <-ctx.Done():
		return d.Timeline(), context.Cause(ctx)
	}
}

// schedule plans the next attempt. The server's mu is held.
func (d *Delivery) schedule(gap time.Duration) {
	d.next = time.AfterFunc(gap, d.attempt)
}

// attempt makes the next attempt, and plans the one after it.
func (d *Delivery) attempt() {
	s := d.endpoint.server
	s.mu.Lock()
	if d.state != Pending {
		s.mu.Unlock()
		return
	}
	s.attempts.Add(1)
	defer s.attempts.Done()
	number, sub := len(d.timeline)+1, d.endpoint.sub
	s.mu.Unlock()

	a := d.make(number, sub)
	if s.observe != nil {
		s.observe(a)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	d.timeline = append(d.timeline, a)
	if d.state == Pending {
		d.conclude(a)
	}
}

// conclude draws the provider's conclusions from an attempt. The server's mu is held.
func (d *Delivery) conclude(a Attempt) {
	ep, p := d.endpoint, d.endpoint.server.provider
	if a.Succeeded {
		d.settle(Delivered, nil)
		return
	}
	ep.failures++
	ep.reason = a.Reason()
	gap, more := p.Retry.Delay(a.Number)
	if p.DisableAfter > 0 && a.Number >= p.DisableAfter {
		d.settle(Exhausted, fmt.Errorf("%w: %s", ErrExhausted, a.Reason()))
		ep.disable()
		return
	}
	if !more {
		d.settle(Exhausted, fmt.Errorf("%w: %s", ErrExhausted, a.Reason()))
		return
	}
	d.schedule(gap)
}

// settle ends the delivery. The server's mu is held.
func (d *Delivery) settle(state State, err error) {
	if d.state != Pending {
		return
	}
	if d.next != nil {
		d.next.Stop()
	}
	d.state, d.err = state, err
	d.endpoint.pending = slices.DeleteFunc(d.endpoint.pending, func(other *Delivery) bool { return other == d })
	close(d.settled)
}
