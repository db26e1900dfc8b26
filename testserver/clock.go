package testserver

import (
	"fmt"
	"math"
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

// Scaled runs so many times faster than the real clock: with 60, an hour of retries takes a minute.
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
	if c.mode == clockScaled && (!(c.factor > 0) || math.IsInf(c.factor, 0)) {
		return fmt.Errorf("testserver: Options.Clock: Scaled(%g) does not run", c.factor)
	}
	return nil
}
