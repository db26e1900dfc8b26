//go:build !race

package middleware_test

import (
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/dedupe"
)

// Not with the race detector, under which it takes half a minute, and it is one goroutine. Not parallel: it measures
// memory and counts goroutines, and neither says whose they are.
func TestScenarioMillionIDs(t *testing.T) { //nolint:paralleltest // see above
	t.Run("scenario 31 a memory of 1 M ids, all expired", func(t *testing.T) {
		const ids = 1_000_000
		hold := dedupe.Hold{Lease: 15 * time.Second, Remember: 48 * time.Hour}
		start, before := time.Now(), runtime.NumGoroutine()
		synctest.Test(t, func(t *testing.T) {
			store, inBubble := dedupe.NewMemory(0), runtime.NumGoroutine()
			held, cleared := 0, 0
			// fill does so many new events, and sees how much each claim clears away at most: a shard is locked for as long.
			fill := func(life string) {
				for i := range ids {
					key := dedupe.Key{Scope: "cdhosting", ID: fmt.Sprintf("%s_%d", life, i)}
					c, err := store.Claim(t.Context(), key, "me", hold)
					if err != nil || c.State != dedupe.Claimed || c.Run != 1 || store.Commit(t.Context(), c, 200) != nil {
						require.FailNow(t, "not claimed and committed", "%v: %+v, %v", key, c, err)
					}
					now, _ := store.Fill()
					cleared = max(cleared, held+1-now)
					held = now
				}
			}
			fill("first")
			require.Equal(t, ids, held)
			require.Zero(t, cleared, "nothing has expired")
			size := heap()

			time.Sleep(hold.Remember + time.Second)
			fill("second")
			require.InDelta(t, ids, held, ids/100, "what expired is cleared away as fast as new ids come")
			require.Positive(t, cleared)
			require.LessOrEqual(t, cleared, 4, "the longest sweep: no clock is asked, as 1 ms is a matter of the machine")
			require.InEpsilon(t, size, heap(), 0.05, "memory is used again")
			require.LessOrEqual(t, runtime.NumGoroutine(), inBubble)

			time.Sleep(hold.Remember + time.Second)
			c, err := store.Claim(t.Context(), dedupe.Key{Scope: "cdhosting", ID: "first_0"}, "me", hold)
			require.NoError(t, err)
			require.Equal(t, 1, c.Run, "forgotten")
			runtime.KeepAlive(store)
		})
		require.LessOrEqual(t, runtime.NumGoroutine(), before)
		t.Logf("took %v", time.Since(start))
	})
}

func heap() float64 {
	runtime.GC()
	runtime.GC() // pools give up what they hold in the second
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}
