package dedupe_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/dedupe/dedupetest"
)

func TestGuard(t *testing.T) {
	inBubbles(t, map[string]func(t *testing.T, r *rig){
		"a run that succeeds is committed, and a repeat does not run (scenario 1)": func(t *testing.T, r *rig) {
			first := r.run(t.Context(), takes(time.Second, 202, nil))
			require.Equal(t, dedupe.Claimed, first.Claim.State)
			require.Equal(t, 1, first.Claim.Run)
			require.NoError(t, first.Err)
			require.NoError(t, first.StoreErr)
			require.False(t, first.TimedOut)
			require.False(t, first.Late)
			require.Equal(t, time.Second, first.Took)

			second := r.run(t.Context(), never(t))
			require.Equal(t, dedupe.Done, second.Claim.State)
			require.Equal(t, 202, second.Claim.Status)
			require.NoError(t, second.StoreErr)
		},
		"a run that fails is released, and the next one runs (scenario 4)": func(t *testing.T, r *rig) {
			first := r.run(t.Context(), takes(time.Second, 500, errRun))
			require.Equal(t, errRun, first.Err)
			require.NoError(t, first.StoreErr)

			second := r.run(t.Context(), succeeds(200))
			require.Equal(t, dedupe.Claimed, second.Claim.State)
			require.Equal(t, 2, second.Claim.Run)
			require.Greater(t, second.Claim.Token, first.Claim.Token)
			require.Equal(t, dedupe.Done, r.look(t).State)
		},
		"a panic is caught, told and released (scenario 5)": func(t *testing.T, r *rig) {
			type odd struct{ n int }
			result := r.run(t.Context(), func(context.Context) (int, error) { return explode(odd{7}) })
			require.ErrorContains(t, result.Err, "the run panicked: {7}")
			require.Equal(t, odd{7}, result.Panic)
			require.Contains(t, string(result.Stack), "dedupe_test.explode")
			require.NoError(t, result.StoreErr)
			require.Equal(t, 2, r.look(t).Run)
		},
		"a panic with nil is a panic": func(t *testing.T, r *rig) {
			result := r.run(t.Context(), func(context.Context) (int, error) { return explode(nil) })
			require.IsType(t, new(runtime.PanicNilError), result.Panic)
			require.Error(t, result.Err)
			require.Equal(t, 2, r.look(t).Run)
		},
		"Goexit is a failure (scenario 5)": func(t *testing.T, r *rig) {
			result := r.run(t.Context(), func(context.Context) (int, error) {
				runtime.Goexit()
				return 200, nil
			})
			require.Equal(t, dedupe.ErrGoexit, result.Err)
			require.Nil(t, result.Panic)
			require.Equal(t, 2, r.look(t).Run)
		},
		"a status that comes with an error is not committed": func(t *testing.T, r *rig) {
			r.run(t.Context(), takes(0, 200, errRun))
			require.Equal(t, dedupe.Claimed, r.look(t).State)
			require.Zero(t, r.flaky.Calls(dedupetest.Commit))
		},
		"a copy that comes meanwhile is told how long to wait": func(t *testing.T, r *rig) {
			go r.run(t.Context(), takes(3*time.Second, 200, nil))
			time.Sleep(time.Second)
			copied := r.run(t.Context(), never(t))
			require.Equal(t, dedupe.Pending, copied.Claim.State)
			require.Equal(t, lease-time.Second, copied.Claim.Wait)
			require.NoError(t, copied.StoreErr)
		},
		"two events do not wait for each other (scenario 26)": func(t *testing.T, r *rig) {
			other := dedupe.Key{Scope: "other", ID: event.ID}
			go r.run(t.Context(), takes(3*time.Second, 200, nil))
			time.Sleep(time.Second)
			require.Equal(t, dedupe.Claimed, r.Do(t.Context(), other, succeeds(200), nil).Claim.State)
		},
		"a key that is none is refused": func(t *testing.T, r *rig) {
			for _, id := range []string{"", strings.Repeat("x", 257)} {
				result := r.Do(t.Context(), dedupe.Key{Scope: "test", ID: id}, never(t), nil)
				require.ErrorIs(t, result.StoreErr, dedupe.ErrKey)
				require.Zero(t, result.Claim.State)
			}
			held, _ := r.memory.Fill()
			require.Zero(t, held)
		},
		"the claim is in the run's context": func(t *testing.T, r *rig) {
			var in dedupe.Claim
			result := r.run(t.Context(), func(ctx context.Context) (int, error) {
				in, _ = dedupe.ClaimFrom(ctx)
				return 200, nil
			})
			require.Equal(t, result.Claim, in)
			require.Equal(t, event, in.Key)
			require.Equal(t, hold, in.Hold)
			require.NotZero(t, in.Token)
			require.Equal(t, 1, in.Run)
			_, ok := dedupe.ClaimFrom(t.Context())
			require.False(t, ok)
		},
		"owners are not the same twice": func(t *testing.T, r *rig) {
			first := r.run(t.Context(), takes(0, 0, errRun))
			second := r.run(t.Context(), takes(0, 0, errRun))
			require.Len(t, first.Claim.Owner, 16, "96 bits in base64")
			require.NotEqual(t, first.Claim.Owner, second.Claim.Owner)
		},
		"a guard of nothing but a store holds for 15 s and remembers for 48 h": func(t *testing.T, r *rig) {
			r.Guard = &dedupe.Guard{Store: r.memory}
			require.Equal(t, dedupe.Hold{Lease: 15 * time.Second, Remember: 48 * time.Hour}, r.run(t.Context(), succeeds(200)).Claim.Hold)
			time.Sleep(48*time.Hour - time.Second)
			require.Equal(t, dedupe.Done, r.run(t.Context(), never(t)).Claim.State)
			time.Sleep(2 * time.Second)
			require.Equal(t, 1, r.run(t.Context(), succeeds(200)).Claim.Run, "scenario 23")
		},
		"a guard of nothing but a store lets a run last for five minutes": func(t *testing.T, r *rig) {
			r.Guard = &dedupe.Guard{Store: r.memory}
			result := r.run(t.Context(), func(ctx context.Context) (int, error) {
				<-ctx.Done()
				return 0, context.Cause(ctx)
			})
			require.Equal(t, context.DeadlineExceeded, result.Err)
			require.Equal(t, 5*time.Minute, result.Took)
		},
		"a guard may be used by many at once, for many events": func(t *testing.T, r *rig) {
			var runs atomic.Int32
			var all sync.WaitGroup
			for i := range 1000 {
				all.Go(func() {
					k := dedupe.Key{Scope: "test", ID: fmt.Sprint(i % 100)}
					r.Do(t.Context(), k, func(context.Context) (int, error) { return 200, sleepAndCount(&runs) }, nil)
				})
			}
			all.Wait()
			require.EqualValues(t, 100, runs.Load())
		},
	})
}

func explode(value any) (int, error) { panic(value) }

func sleepAndCount(n *atomic.Int32) error {
	time.Sleep(time.Second)
	n.Add(1)
	return nil
}

func TestGuardRunsOneOfManyCopies(t *testing.T) {
	t.Parallel()
	stores := map[string]func() dedupe.Store{
		"on memory": func() dedupe.Store { return dedupe.NewMemory(0) },
		"on a store behind a network": func() dedupe.Store {
			return &dedupetest.Flaky{Store: dedupe.NewMemory(0)}
		},
		"on a store whose client repeats everything": func() dedupe.Store { return repeating(dedupe.NewMemory(0)) },
	}
	for name, open := range stores {
		t.Run("200 copies at once are one run "+name+" (scenario 2)", func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				g := &dedupe.Guard{Store: open(), Hold: hold, Budget: budget, Call: call}
				var runs atomic.Int32
				results := make([]dedupe.Result, 200)
				var all sync.WaitGroup
				for i := range results {
					all.Go(func() {
						results[i] = g.Do(t.Context(), event, func(context.Context) (int, error) { return 200, sleepAndCount(&runs) }, nil)
					})
				}
				all.Wait()
				states := map[dedupe.State]int{}
				for _, r := range results {
					states[r.Claim.State]++
					require.NoError(t, r.Err)
					require.NoError(t, r.StoreErr)
				}
				require.Equal(t, map[dedupe.State]int{dedupe.Claimed: 1, dedupe.Pending: 199}, states)
				require.EqualValues(t, 1, runs.Load())
			})
		})
	}
}

// repeating is a store whose every command is sent twice, as by a client that did not hear the first reply.
func repeating(s dedupe.Store) *dedupetest.Flaky {
	f := &dedupetest.Flaky{Store: s}
	for _, op := range []dedupetest.Op{dedupetest.Claim, dedupetest.Extend, dedupetest.Commit, dedupetest.Release} {
		f.Always(op, dedupetest.Repeat)
	}
	return f
}
