package simulator

import (
	"math"
	"slices"
	"time"
)

// axis places times between two ends, so that five seconds and six hours can be told apart at once: every stretch
// between two times that matter has a length of its own, which grows with the logarithm of its duration.
type axis struct {
	knots []time.Time // in their order, each once
	at    []float64   // where each is
}

// newAxis makes an axis of the times that matter.
func newAxis(times []time.Time, left, right float64) axis {
	knots := slices.Clone(times)
	slices.SortFunc(knots, time.Time.Compare)
	knots = slices.CompactFunc(knots, time.Time.Equal)
	a := axis{knots: knots, at: make([]float64, len(knots))}
	total := 0.0
	for i := 1; i < len(knots); i++ {
		total += stretch(knots[i].Sub(knots[i-1]))
		a.at[i] = total
	}
	for i := range a.at {
		if total > 0 {
			a.at[i] *= (right - left) / total
		}
		a.at[i] += left
	}
	return a
}

// stretch is how long a duration is on the axis, before it is fitted in: 5 s about a quarter of 6 h.
func stretch(d time.Duration) float64 { return 1 + math.Log2(1+d.Seconds()) }

// x is where a time is: between two knots in proportion, outside of them at the end.
func (a axis) x(t time.Time) float64 {
	i, found := slices.BinarySearchFunc(a.knots, t, time.Time.Compare)
	switch {
	case found:
		return a.at[i]
	case i == 0:
		return a.at[0]
	case i == len(a.knots):
		return a.at[i-1]
	}
	part := float64(t.Sub(a.knots[i-1])) / float64(a.knots[i].Sub(a.knots[i-1]))
	return a.at[i-1] + part*(a.at[i]-a.at[i-1])
}
