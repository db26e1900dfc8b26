package dedupe_test

import (
	"context"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/dedupe"
)

// million is how many ids it takes to see what memory does with a day of them. The race detector makes each take ten
// times as long, and has nothing to find here.
func million() int {
	info, ok := debug.ReadBuildInfo()
	if ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"}) {
		return 20_000
	}
	return 1_000_000
}

// heap is what is in use once all that can be is collected.
func heap() int64 {
	runtime.GC()
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return int64(s.HeapAlloc)
}

// doMany does n new events.
func doMany(t testing.TB, m *dedupe.Memory, from, n int) {
	id := make([]byte, 0, 24)
	for i := range n {
		id = strconv.AppendInt(append(id[:0], "evt_"...), int64(from+i), 10)
		do(t, m, dedupe.Key{Scope: "test", ID: string(id)}, hold)
	}
}

// Scenario 31. The test measures the heap, so it does not run beside others.
func TestMemoryIsUsedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // which ends with no goroutine left
		n := million()
		empty := heap()
		m := dedupe.NewMemory(2 * n)
		doMany(t, m, 0, n)
		first := heap() - empty
		for round := range 2 {
			time.Sleep(remember + time.Second)
			require.GreaterOrEqual(t, held(m), n, "nothing goes by itself: there is no goroutine")
			doMany(t, m, (round+1)*n, n)
			require.InDelta(t, n, held(m), float64(n)/100, "the ids of the round before have gone")
			require.Less(t, heap()-empty, first+first/20, "round %d of %d ids, whose memory is that of the first", round, n)
		}
		require.Less(t, first/int64(n), int64(100), "bytes an id")
		runtime.KeepAlive(m)
	})
}

func TestMemoryOfWhatFailedIsUsedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := million() / 10
		m := dedupe.NewMemory(2 * n)
		empty := heap()
		var first int64
		for round := range 4 {
			for i := range n {
				c, err := m.Claim(context.Background(), id(round*n+i), "owner", hold)
				if err != nil || m.Release(context.Background(), c) != nil {
					t.Fatal(err)
				}
			}
			if round == 0 {
				first = heap() - empty
			}
			require.LessOrEqual(t, heap()-empty, 2*first, "round %d", round)
			require.InDelta(t, n, held(m), float64(n)/3, "round %d: a claim meets expired ids by chance", round)
			time.Sleep(remember + time.Second)
		}
		runtime.KeepAlive(m)
	})
}
