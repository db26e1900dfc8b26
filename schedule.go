package hookmitt

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// Schedule is when a provider tries again: the gaps between the end of a failed attempt and the start of the next.
// The zero Schedule never retries. A Schedule is not changed after it is made.
type Schedule struct{ gaps []time.Duration }

// Fixed is a schedule of gaps in their order.
func Fixed(gaps ...time.Duration) Schedule { return Schedule{slices.Clone(gaps)} }

// Exponential is a schedule of so many retries, the first after first and each gap factor times the one before.
// Gaps stop growing at the longest time.Duration, 292 years.
func Exponential(first time.Duration, factor float64, retries int) Schedule {
	gaps := make([]time.Duration, max(retries, 0))
	for i := range gaps {
		gaps[i] = scale(first, math.Pow(factor, float64(i)))
	}
	return Schedule{gaps}
}

// Delay is the gap before a retry, of which the first is 1, and whether there is such a retry.
func (s Schedule) Delay(retry int) (time.Duration, bool) {
	if retry < 1 || retry > len(s.gaps) {
		return 0, false
	}
	return s.gaps[retry-1], true
}

// Retries is how many there are.
func (s Schedule) Retries() int { return len(s.gaps) }

// Total is the sum of all gaps.
func (s Schedule) Total() time.Duration {
	var total time.Duration
	for _, gap := range s.gaps {
		if total += gap; total < 0 {
			return math.MaxInt64
		}
	}
	return total
}

// Faster is the schedule with its gaps divided by factor: Faster(60) makes an hour a minute, for demonstrations.
func (s Schedule) Faster(factor float64) Schedule {
	gaps := make([]time.Duration, len(s.gaps))
	for i, gap := range s.gaps {
		gaps[i] = scale(gap, 1/factor)
	}
	return Schedule{gaps}
}

func (s Schedule) validate() error {
	for i, gap := range s.gaps {
		if gap < 0 {
			return fmt.Errorf("hookmitt: Retry: gap %d is %v", i+1, gap)
		}
	}
	return nil
}

func scale(d time.Duration, factor float64) time.Duration {
	if f := float64(d) * factor; f < math.MaxInt64 {
		return time.Duration(f)
	}
	return math.MaxInt64
}
