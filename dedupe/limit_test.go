package dedupe_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/dedupe"
)

const limit = 3000

// What a full store may be full of.
var endings = map[string]func(t *testing.T, m *dedupe.Memory, c dedupe.Claim){
	"done": func(t *testing.T, m *dedupe.Memory, c dedupe.Claim) {
		require.NoError(t, m.Commit(t.Context(), c, 200))
	},
	"failed":  func(t *testing.T, m *dedupe.Memory, c dedupe.Claim) { require.NoError(t, m.Release(t.Context(), c)) },
	"pending": func(*testing.T, *dedupe.Memory, dedupe.Claim) {},
	"forgotten": func(t *testing.T, m *dedupe.Memory, c dedupe.Claim) {
		require.NoError(t, m.Commit(t.Context(), c, 200))
		require.NoError(t, m.Forget(t.Context(), c.Key))
	},
}

// fill claims so many ids from the given one on and ends them as told.
func fill(t *testing.T, m *dedupe.Memory, from, n int, end func(*testing.T, *dedupe.Memory, dedupe.Claim)) {
	t.Helper()
	for i := range n {
		c, err := m.Claim(t.Context(), id(from+i), "owner", hold)
		require.NoError(t, err, "the %dth of %d", i, n)
		end(t, m, c)
	}
}

func TestMemoryAtItsLimit(t *testing.T) {
	inBubbles(t, map[string]func(t *testing.T, r *rig){
		"a new id is refused, and every known one is known (scenario 30)": func(t *testing.T, _ *rig) {
			m := dedupe.NewMemory(limit)
			fill(t, m, 0, limit/3, endings["done"])
			fill(t, m, limit/3, limit/3, endings["pending"])
			fill(t, m, limit/3*2, limit/3, endings["failed"])
			for i := range 2 * limit {
				_, err := m.Claim(t.Context(), id(limit+i), "owner", hold)
				require.ErrorIs(t, err, dedupe.ErrFull)
			}
			require.Equal(t, limit, held(m))
			for i := range limit {
				c, err := m.Claim(t.Context(), id(i), "other", hold)
				require.NoError(t, err)
				switch i / (limit / 3) {
				case 0:
					require.Equal(t, dedupe.Done, c.State)
					require.Equal(t, 200, c.Status)
				case 1:
					require.Equal(t, dedupe.Pending, c.State)
				case 2:
					require.Equal(t, dedupe.Claimed, c.State)
					require.Equal(t, 2, c.Run)
				}
			}
			require.Equal(t, limit, held(m))
		},
		"what is claimed can be settled though the store is full": func(t *testing.T, _ *rig) {
			m := dedupe.NewMemory(1)
			c, err := m.Claim(t.Context(), id(0), "owner", hold)
			require.NoError(t, err)
			_, err = m.Claim(t.Context(), id(1), "owner", hold)
			require.ErrorIs(t, err, dedupe.ErrFull)
			require.NoError(t, m.Extend(t.Context(), c))
			require.NoError(t, m.Commit(t.Context(), c, 200))
			require.NoError(t, m.Forget(t.Context(), id(0)))
			c, err = m.Claim(t.Context(), id(0), "owner", hold)
			require.NoError(t, err)
			require.NoError(t, m.Release(t.Context(), c))
			require.Equal(t, 1, held(m))
		},
		"an id that has expired may be claimed anew in its own place": func(t *testing.T, _ *rig) {
			m := dedupe.NewMemory(limit)
			fill(t, m, 0, limit, endings["done"])
			time.Sleep(remember + time.Second)
			fill(t, m, 0, limit, endings["done"])
			require.Equal(t, limit, held(m))
		},
		"the guard runs nothing that the store has no room for": func(t *testing.T, r *rig) {
			m := dedupe.NewMemory(1)
			fill(t, m, 0, 1, endings["done"])
			r.Store = m
			result := r.run(t.Context(), never(t))
			require.ErrorIs(t, result.StoreErr, dedupe.ErrFull)
			require.Zero(t, result.Claim.State)
		},
		"one id a tenth of a second expires: there is room again within a second": func(t *testing.T, _ *rig) {
			m := dedupe.NewMemory(limit)
			for i := range limit {
				fill(t, m, i, 1, endings["done"])
				time.Sleep(time.Second / 10)
			}
			start := time.Now() // the oldest id has been done for limit / 10 seconds
			time.Sleep(remember - limit/10*time.Second)
			for i := range limit {
				waited := time.Now()
				for {
					_, err := m.Claim(t.Context(), id(limit+i), "owner", hold)
					if err == nil {
						break
					}
					require.ErrorIs(t, err, dedupe.ErrFull)
					require.Less(t, time.Since(waited), 1200*time.Millisecond, "the %dth, %v after the first", i, time.Since(start))
					time.Sleep(50 * time.Millisecond)
				}
			}
		},
		"of many claims at once as many win as there is room for": func(t *testing.T, _ *rig) {
			m := dedupe.NewMemory(limit)
			var won, full atomic.Int32
			var all sync.WaitGroup
			for w := range 16 {
				all.Go(func() {
					for i := range 400 {
						switch _, err := m.Claim(t.Context(), id(w*400+i), "owner", hold); {
						case err == nil:
							won.Add(1)
						case errors.Is(err, dedupe.ErrFull):
							full.Add(1)
						default:
							t.Error(err)
						}
					}
				})
			}
			all.Wait()
			require.EqualValues(t, limit, won.Load())
			require.EqualValues(t, 16*400-limit, full.Load())
			require.Equal(t, limit, held(m))
		},
	})
}

func TestMemoryHasRoomAgain(t *testing.T) {
	cases := map[string]func(t *testing.T, r *rig){}
	for what, end := range endings {
		cases["when what is "+what+" expires (scenario 30)"] = func(t *testing.T, _ *rig) {
			m := dedupe.NewMemory(limit)
			for round := range 3 {
				fill(t, m, round*limit, limit, end)
				_, err := m.Claim(t.Context(), id(-1-round), "owner", hold)
				require.ErrorIs(t, err, dedupe.ErrFull)
				require.Equal(t, limit, held(m))
				time.Sleep(remember + time.Second)
			}
		}
	}
	inBubbles(t, cases)
}
