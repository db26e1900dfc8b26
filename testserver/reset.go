package testserver

import (
	"context"
	"time"
)

// Reset brings the server back to its beginning, as between two tests: no endpoints, deliveries, faults, notices and
// effects, numbers that count from 1, and a [Manual] clock at the present. It breaks off the attempts that are being
// made and waits for their end. What was registered before is as if it were removed. It is not for use beside a call
// that moves the clock, for whose end it waits.
func (s *Server) Reset(ctx context.Context) error {
	release, err := s.hold(ctx)
	if err != nil {
		return err
	}
	defer release()
	for {
		done, err := s.clear()
		if done || err != nil {
			return err
		}
		if err := s.rest(ctx); err != nil {
			return err
		}
	}
}

// clear takes everything away, and reports whether that was all: an attempt that is still being made is broken off, and
// what it leaves is to be taken away after it.
func (s *Server) clear() (done bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false, ErrClosed
	}
	for _, ep := range s.endpoints {
		ep.removed = true
		ep.drop(ErrRemoved)
	}
	s.endpoints, s.armed = nil, nil
	s.cancel()
	s.ctx, s.cancel = context.WithCancel(context.Background())
	if s.running > 0 {
		return false, nil
	}
	s.deliveries, s.notices, s.effects = nil, nil, nil
	s.sent, s.settled, s.forgotten, s.armings = 0, 0, 0, 0
	s.now = time.Now()
	s.tell(Change{Kind: ServerReset})
	return true, nil
}
