package hookmitt_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
)

func TestScheduleDelays(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		schedule hookmitt.Schedule
		gaps     []time.Duration
		total    time.Duration
	}{
		"the zero schedule never retries":       {hookmitt.Schedule{}, nil, 0},
		"fixed gaps in their order":             {hookmitt.Fixed(time.Minute, time.Second), []time.Duration{time.Minute, time.Second}, 61 * time.Second},
		"exponential gaps":                      {hookmitt.Exponential(time.Second, 3, 3), []time.Duration{1e9, 3e9, 9e9}, 13 * time.Second},
		"exponential without retries":           {hookmitt.Exponential(time.Second, 3, -1), nil, 0},
		"faster divides every gap":              {hookmitt.Fixed(time.Hour, time.Minute).Faster(60), []time.Duration{time.Minute, time.Second}, 61 * time.Second},
		"gaps too long for a duration are held": {hookmitt.Exponential(1<<62, 4, 2), []time.Duration{1 << 62, math.MaxInt64}, math.MaxInt64},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, len(c.gaps), c.schedule.Retries())
			for i, gap := range c.gaps {
				got, ok := c.schedule.Delay(i + 1)
				require.True(t, ok)
				require.Equal(t, gap, got)
			}
			_, ok := c.schedule.Delay(len(c.gaps) + 1)
			require.False(t, ok)
			_, ok = c.schedule.Delay(0)
			require.False(t, ok)
			require.Equal(t, c.total, c.schedule.Total())
		})
	}
}

func TestScheduleIsNotChangedByItsMaker(t *testing.T) {
	t.Parallel()
	gaps := []time.Duration{time.Second}
	schedule := hookmitt.Fixed(gaps...)
	gaps[0] = time.Hour
	require.Equal(t, time.Second, schedule.Total())
}
