package testserver

import "time"

// ChangeKind says what has changed.
type ChangeKind string

// What Server.Changes tells of. The texts are the names of the events that a simulator streams.
const (
	EndpointChanged ChangeKind = "webhook"         // registered, updated, rotated, failed or disabled
	EndpointRemoved ChangeKind = "webhook-removed" // and what it still had to deliver dropped
	DeliveryChanged ChangeKind = "delivery"        // sent, to be tried again, or settled
	AttemptMade     ChangeKind = "attempt"         // and answered, or not
	NoticeWritten   ChangeKind = "notice"
	FaultsChanged   ChangeKind = "fault"  // armed or disarmed for the whole server
	EffectReported  ChangeKind = "effect" // by a receiver's test build
	ClockMoved      ChangeKind = "clock"  // of a manual clock: Advance, AdvanceNext or Drain has returned
	ServerReset     ChangeKind = "reset"
)

// Change is something that has happened at a server. Of its pointers those are set that its kind is about, and the
// delivery and the endpoint behind them.
type Change struct {
	Number   uint64    // 1 for the first
	At       time.Time // on the server's clock
	Kind     ChangeKind
	Endpoint *Endpoint
	Delivery *Delivery
	State    State     // of the delivery, at this change
	Next     time.Time // when its next attempt was due then; zero if none was
	Attempt  *Attempt
	Notice   *Notice
	EventID  string // of an effect
}

// keepChanges is how many changes are kept: an hour of a busy simulator. They hold on to their deliveries, and so to the
// bodies of these, until others take their places: also after a Reset, whose followers may lag behind.
const keepChanges = 10_000

// changes is a ring of the latest changes. The server's mu guards it.
type changes struct {
	ring []Change
	made uint64
	more chan struct{} // closed at the next change; made by those who wait
}

// add appends a change.
func (c *changes) add(change Change) {
	c.made++
	change.Number = c.made
	if len(c.ring) < keepChanges {
		c.ring = append(c.ring, change)
	} else {
		c.ring[(c.made-1)%keepChanges] = change
	}
	if c.more != nil {
		close(c.more)
		c.more = nil
	}
}

// tell records a change. mu is held.
func (s *Server) tell(change Change) {
	change.At = s.time()
	if change.Delivery != nil {
		d := change.Delivery
		change.Endpoint, change.State = d.endpoint, d.state
		if d.next != nil {
			change.Next = d.next.at
		}
	}
	s.changes.add(change)
}

// Changes returns what has changed after the change of a number, 0 for the beginning, oldest first; the number of the
// latest; and a channel that is closed at the next one. The server keeps 10,000 changes: missed reports that some of
// those asked for are no longer among them.
//
// It is for pages and streams that follow the server; what is in a change is read from the endpoint and the delivery,
// which may have gone on meanwhile.
func (s *Server) Changes(after uint64) (since []Change, latest uint64, missed bool, more <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := &s.changes
	if c.more == nil {
		c.more = make(chan struct{})
	}
	oldest := c.made - uint64(len(c.ring)) // the latest that is forgotten
	if missed = after < oldest; missed {
		after = oldest
	}
	for n := after; n < c.made; n++ {
		since = append(since, c.ring[n%keepChanges])
	}
	return since, c.made, missed, c.more
}
