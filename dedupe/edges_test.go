package dedupe_test

import (
	"context"
	"errors"
	"math"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/dedupe/dedupetest"
)

func TestEdges(t *testing.T) {
	inBubbles(t, map[string]func(t *testing.T, r *rig){
		"an event may be remembered for ever": func(t *testing.T, r *rig) {
			time.Sleep(time.Second)
			for name, h := range map[string]dedupe.Hold{
				"remember": {Lease: lease, Remember: math.MaxInt64},
				"both":     {Lease: math.MaxInt64, Remember: math.MaxInt64},
			} {
				k := dedupe.Key{Scope: "for ever", ID: name}
				first, err := r.memory.Claim(t.Context(), k, "one", h)
				require.NoError(t, err)
				second, err := r.memory.Claim(t.Context(), k, "two", h)
				require.NoError(t, err)
				require.Equal(t, dedupe.Pending, second.State, name)
				require.NoError(t, r.memory.Commit(t.Context(), first, 200))
				time.Sleep(7 * 365 * 24 * time.Hour)
				second, err = r.memory.Claim(t.Context(), k, "two", h)
				require.NoError(t, err)
				require.Equal(t, dedupe.Done, second.State, name)
			}
		},
		"a run keeps its claim though it is remembered for less than a lease": func(t *testing.T, r *rig) {
			r.Guard = &dedupe.Guard{Store: r.memory, Hold: dedupe.Hold{Remember: 4 * time.Second}}
			go r.run(t.Context(), takes(14*time.Second, 200, nil))
			for range 13 {
				time.Sleep(time.Second)
				require.Equal(t, dedupe.Pending, r.run(t.Context(), never(t)).Claim.State)
			}
		},
		"law 12: a repeated release does not start remember again": func(t *testing.T, r *rig) {
			c := r.look(t)
			require.NoError(t, r.memory.Release(t.Context(), c))
			time.Sleep(remember - time.Hour)
			require.NoError(t, r.memory.Release(t.Context(), c))
			time.Sleep(time.Hour + time.Second)
			require.Equal(t, 1, r.look(t).Run)
		},
		"law 11: any status is kept, or refused": func(t *testing.T, r *rig) {
			for i, status := range []int{-1, 65_736, math.MaxInt} {
				c, err := r.memory.Claim(t.Context(), id(i), "owner", hold)
				require.NoError(t, err)
				if r.memory.Commit(t.Context(), c, status) == nil {
					again, err := r.memory.Claim(t.Context(), id(i), "owner", hold)
					require.NoError(t, err)
					require.Equal(t, status, again.Status)
				}
			}
		},
		"a store whose claim ends by Goexit is an error": func(t *testing.T, r *rig) {
			r.Store = faulty{claim: func(dedupe.Key, string, dedupe.Hold) (dedupe.Claim, error) {
				runtime.Goexit()
				return dedupe.Claim{}, nil
			}}
			require.Error(t, r.run(t.Context(), never(t)).StoreErr)
		},
		"a store whose commit ends by Goexit has not committed": func(t *testing.T, r *rig) {
			r.Store = faulty{Store: r.memory, commit: func() error {
				runtime.Goexit()
				return nil
			}}
			require.Error(t, r.run(t.Context(), succeeds(200)).StoreErr)
		},
		"an error of the store comes with no state, whatever else the store returned": func(t *testing.T, r *rig) {
			r.Store = faulty{claim: func(dedupe.Key, string, dedupe.Hold) (dedupe.Claim, error) {
				return dedupe.Claim{State: dedupe.Claimed, Run: 1}, errors.New("down")
			}}
			result := r.run(t.Context(), never(t))
			require.Error(t, result.StoreErr)
			require.Zero(t, result.Claim.State)
			require.Equal(t, event, result.Claim.Key)
		},
		"an event whose claim stalled is named in the result": func(t *testing.T, r *rig) {
			defer r.flaky.Resume()
			r.flaky.Next(dedupetest.Claim, dedupetest.Fail, dedupetest.Stall)
			require.Equal(t, event, r.run(t.Context(), never(t)).Claim.Key)
			require.Equal(t, event, r.run(t.Context(), never(t)).Claim.Key)
		},
		"ids that have expired make room though one that has not stands before them": func(t *testing.T, _ *rig) {
			m := dedupe.NewMemory(limit)
			fill(t, m, 0, limit/2, endings["done"])
			short := dedupe.Hold{Lease: time.Second, Remember: time.Hour}
			for i := limit / 2; i < limit; i++ {
				do(t, m, id(i), short)
			}
			time.Sleep(2 * time.Hour)
			for i := range limit / 2 {
				_, err := m.Claim(t.Context(), id(limit+i), "owner", short)
				require.NoError(t, err, "the %dth", i)
			}
		},
		"a lease of two nanoseconds is no reason to crash": func(t *testing.T, r *rig) {
			r.Hold.Lease = 2
			r.run(t.Context(), takes(time.Second, 200, nil))
		},
	})
}

// One processor lets the run settle before Do looks, so the test must have it for itself.
func TestWhatIsSettledHasNotStalled(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	m := dedupe.NewMemory(0)
	stalled := 0
	for i := range 1000 {
		g := &dedupe.Guard{Store: m}
		ctx, cancel := context.WithCancel(t.Context())
		result := g.Do(ctx, id(i), func(context.Context) (int, error) {
			cancel()
			return 200, nil
		}, nil)
		if result.StoreErr != nil {
			stalled++
		}
	}
	require.Less(t, stalled, 100, "of 1000 runs whose client hung up as they ended")
}
