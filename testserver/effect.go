package testserver

import (
	"errors"
	"fmt"
	"maps"
)

// ErrFull says that the server holds as much as it does: 100,000 deliveries that are not settled, the effects of 100,000
// events.
var ErrFull = errors.New("testserver: the server is full")

const (
	maxPending = 100_000
	maxEffects = 100_000
	maxEventID = 256 // bytes, as the codecs have it
)

// ReportEffect counts one side effect of an event: what a receiver's test build says when its handler has done its work.
// Exactly one for each delivered event is what a correct receiver comes to. It returns the count. An id is at most 256
// bytes long, and of more than 100,000 events none is counted: [ErrFull].
func (s *Server) ReportEffect(eventID string) (int, error) {
	if len(eventID) > maxEventID {
		return 0, fmt.Errorf("testserver: an event's id is at most %d bytes long", maxEventID)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.effects == nil {
		s.effects = map[string]int{}
	}
	if _, known := s.effects[eventID]; !known && len(s.effects) >= maxEffects {
		return 0, ErrFull
	}
	s.effects[eventID]++
	s.tell(Change{Kind: EffectReported, EventID: eventID})
	return s.effects[eventID], nil
}

// Effects is how many side effects were reported for each event's id. It is never nil.
func (s *Server) Effects() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make(map[string]int, len(s.effects))
	maps.Copy(all, s.effects)
	return all
}

// EffectsOf is how many side effects were reported for an event.
func (s *Server) EffectsOf(eventID string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.effects[eventID]
}
