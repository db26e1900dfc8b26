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
	ErrCancelled = errors.New("testserver: the delivery was cancelled")
	ErrRemoved   = errors.New("testserver: the endpoint was removed")
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
	Dropped                // Cancelled, the endpoint disabled or removed, the server closed, or the event none that the provider can send.
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
	created  time.Time

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

// Number is the delivery's among the server's: 1 for the first.
func (d *Delivery) Number() uint64 { return d.number }

// Endpoint is where the event is delivered.
func (d *Delivery) Endpoint() *Endpoint { return d.endpoint }

// Created is when the event was sent, on the server's clock.
func (d *Delivery) Created() time.Time { return d.created }

// IsTest reports whether [Endpoint.SendTest] sent the event.
func (d *Delivery) IsTest() bool { return d.test }

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

// Plan is when the attempts still to come are due if each of them fails at once: the next one first.
func (d *Delivery) Plan() []time.Time {
	d.endpoint.server.mu.Lock()
	defer d.endpoint.server.mu.Unlock()
	return d.plan()
}

// plan is Plan. The server's mu is held.
func (d *Delivery) plan() []time.Time {
	s := d.endpoint.server
	if d.next == nil || d.endpoint.sub.Inactive && !d.test { // which is found when the time comes
		return nil
	}
	due := d.next.at
	plan := []time.Time{due}
	for number := d.attempts + 1; !d.test && number != s.provider.DisableAfter; number++ {
		gap, more := d.endpoint.gap(number)
		if !more || len(plan) == maxPlan {
			break
		}
		due = due.Add(gap)
		plan = append(plan, due)
	}
	return plan
}

// maxPlan is how far a plan looks ahead: a subscription may ask for any number of attempts.
const maxPlan = 100

// Resend delivers the event again under its id, as a new delivery: what providers call redelivery.
func (d *Delivery) Resend(ctx context.Context) *Delivery {
	return d.endpoint.send(ctx, d.event, nil, d.test)
}

// Cancel gives the delivery up, but for an attempt that is being made: it may succeed. It reports whether there was
// anything to give up.
func (d *Delivery) Cancel() bool {
	s := d.endpoint.server
	s.mu.Lock()
	defer s.mu.Unlock()
	if d.state != Pending || d.doomed != nil {
		return false
	}
	if d.doomed = ErrCancelled; !d.running {
		d.settle(Dropped, ErrCancelled)
	}
	return true
}

// WaitAttempt returns when no attempt of the delivery is being made: it is settled, or the next one is due later. It returns
// early if ctx ends.
func (d *Delivery) WaitAttempt(ctx context.Context) error {
	for {
		d.endpoint.server.mu.Lock()
		running, changed := d.running, d.changed
		d.endpoint.server.mu.Unlock()
		if !running {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// Snapshot is a delivery at one moment.
type Snapshot struct {
	State    State
	Err      error // why it did not arrive
	Timeline Timeline
	Plan     []time.Time // see [Delivery.Plan]
}

// Snapshot is the delivery as it is now, all of it at the same moment.
func (d *Delivery) Snapshot() Snapshot {
	d.endpoint.server.mu.Lock()
	defer d.endpoint.server.mu.Unlock()
	return Snapshot{d.state, d.err, slices.Clone(d.timeline), d.plan()}
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
