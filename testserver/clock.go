package testserver

import (
	"context"
	"fmt"
	"time"
)

// Clock is what decides when attempts happen. The zero Clock is [Real]. An answer's deadline is measured in the
// receiver's time whatever the clock, and so are the stamps that a scheme signs.
type Clock struct {
	mode   clockMode
	factor float64
}

type clockMode uint8

const (
	clockReal clockMode = iota
	clockScaled
	clockManual
)

// Real keeps time by package time, and so by virtual time inside a testing/synctest bubble.
func Real() Clock { return Clock{} }

// Scaled runs so many times faster than the real clock, from 0.001 to 100,000: with 60, an hour of retries takes a minute.
func Scaled(factor float64) Clock { return Clock{mode: clockScaled, factor: factor} }

// Manual moves only by [Server.Advance], [Server.AdvanceNext] and [Server.Drain]. An attempt takes as many
// whole seconds on it as it really took: a time-out counts, and whatever else the machine had to do meanwhile does not.
//
// The receiver's clock does not move with it, nor with [Scaled]: neither can show whether a receiver remembers for long
// enough, or when its lease ends. A testing/synctest bubble moves both.
func Manual() Clock { return Clock{mode: clockManual} }

// String implements [fmt.Stringer].
func (c Clock) String() string {
	switch c.mode {
	case clockScaled:
		return fmt.Sprintf("%gx", c.factor)
	case clockManual:
		return "manual"
	case clockReal:
	}
	return "real"
}

func (c Clock) validate() error {
	if c.mode == clockScaled && !(c.factor >= 1e-3 && c.factor <= 1e5) { // beyond them a day of retries leaves what a duration holds
		return fmt.Errorf("testserver: Options.Clock: Scaled(%g) is not from 0.001 to 100000", c.factor)
	}
	return nil
}

// Clock is the server's.
func (s *Server) Clock() Clock { return s.clock }

// Now is the time on the server's clock.
func (s *Server) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.time()
}

// Next is when the next attempt is due, and whether one is.
func (s *Server) Next() (time.Time, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.queue) == 0 {
		return time.Time{}, false
	}
	return s.queue[0].at, true
}

// Advance moves a [Manual] clock by d, and returns after the last answer to an attempt that was due by then. Attempts
// are made one after the other.
func (s *Server) Advance(ctx context.Context, d time.Duration) error {
	if d < 0 {
		return fmt.Errorf("testserver: Advance(%v): time does not go back", d)
	}
	return s.turn(ctx, func() time.Time { return s.now.Add(d) })
}

// AdvanceNext moves a [Manual] clock to the next due attempt, makes all that are due at that time, and returns the time
// after the last answer. If nothing is due the clock stays where it is.
func (s *Server) AdvanceNext(ctx context.Context) (time.Time, error) {
	err := s.turn(ctx, func() time.Time {
		if len(s.queue) == 0 {
			return s.now
		}
		return s.queue[0].at
	})
	return s.Now(), err
}

// Drain moves a [Manual] clock until nothing is due any more, and returns how far, after the last answer.
func (s *Server) Drain(ctx context.Context) (time.Duration, error) {
	start := s.Now()
	err := s.turn(ctx, func() time.Time { return time.Time{} })
	return s.Now().Sub(start), err
}

// turn moves the clock, and tells of it.
func (s *Server) turn(ctx context.Context, until func() time.Time) error {
	err := s.move(ctx, until)
	if err != ErrClock { //nolint:errorlint // as move returns it
		s.mu.Lock()
		defer s.mu.Unlock()
		s.tell(Change{Kind: ClockMoved})
	}
	return err
}
