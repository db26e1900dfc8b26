package testserver

import (
	"errors"
	"maps"
)

// ErrFull says that the server counts the effects of as many events as it can.
var ErrFull = errors.New("testserver: the effects of 100,000 events are counted, and no more")

const maxEffects = 100_000

// Report counts one side effect of an event: what a receiver's test build says when its handler has done its work.
// Exactly one for each delivered event is what a correct receiver comes to. It returns the count.
func (s *Server) Report(eventID string) (int, error) {
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

// Effects is how many side effects were reported for each event's id.
func (s *Server) Effects() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.effects)
}
