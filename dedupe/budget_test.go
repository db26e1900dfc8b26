package dedupe_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/dedupe/dedupetest"
)

func TestGuardBudget(t *testing.T) {
	inBubbles(t, map[string]func(t *testing.T, r *rig){
		"a run over budget that succeeds is committed late, once (scenario 6)": func(t *testing.T, r *rig) {
			early := r.run(t.Context(), takes(20*time.Second, 201, nil))
			require.True(t, early.TimedOut)
			require.False(t, early.Late)
			require.Equal(t, dedupe.Claimed, early.Claim.State)
			require.NoError(t, early.Err)
			require.NoError(t, early.StoreErr)
			require.Equal(t, budget, early.Took)
			require.Equal(t, dedupe.Pending, r.run(t.Context(), never(t)).Claim.State)

			late := <-r.late
			require.True(t, late.Late)
			require.False(t, late.TimedOut)
			require.Equal(t, early.Claim, late.Claim)
			require.NoError(t, late.Err)
			require.NoError(t, late.StoreErr)
			require.Equal(t, 20*time.Second, late.Took)

			again := r.run(t.Context(), never(t))
			require.Equal(t, dedupe.Done, again.Claim.State)
			require.Equal(t, 201, again.Claim.Status)
			time.Sleep(time.Minute)
			require.Empty(t, r.late, "late is called once")
		},
		"a run over budget that fails is released late (scenario 7)": func(t *testing.T, r *rig) {
			require.True(t, r.run(t.Context(), takes(20*time.Second, 500, errRun)).TimedOut)
			late := <-r.late
			require.True(t, late.Late)
			require.Equal(t, errRun, late.Err)
			require.NoError(t, late.StoreErr)
			require.Equal(t, 2, r.run(t.Context(), succeeds(200)).Claim.Run)
		},
		"a run over budget that panics is told late": func(t *testing.T, r *rig) {
			r.run(t.Context(), func(context.Context) (int, error) {
				time.Sleep(10 * time.Second)
				return explode("boom")
			})
			late := <-r.late
			require.True(t, late.Late)
			require.Equal(t, "boom", late.Panic)
			require.Contains(t, string(late.Stack), "dedupe_test.explode")
			require.Equal(t, 2, r.look(t).Run)
		},
		"nobody need hear of a late result": func(t *testing.T, r *rig) {
			require.True(t, r.Do(t.Context(), event, takes(10*time.Second, 200, nil), nil).TimedOut)
			time.Sleep(10 * time.Second)
			require.Equal(t, dedupe.Done, r.look(t).State)
		},
		"a run within the budget has no late result": func(t *testing.T, r *rig) {
			require.False(t, r.run(t.Context(), takes(budget-time.Millisecond, 200, nil)).TimedOut)
			time.Sleep(time.Hour)
			require.Empty(t, r.late)
		},
		"without a budget Do waits for the run": func(t *testing.T, r *rig) {
			r.Budget = 0
			result := r.run(t.Context(), takes(4*time.Minute, 200, nil))
			require.False(t, result.TimedOut)
			require.Equal(t, 4*time.Minute, result.Took)
			require.NoError(t, result.StoreErr)
		},
		"the budget counts from the start of Do, not from the claim's answer": func(t *testing.T, r *rig) {
			r.flaky.Next(dedupetest.Claim, dedupetest.Stall)
			time.AfterFunc(call/2, r.flaky.Resume)
			result := r.run(t.Context(), takes(20*time.Second, 200, nil))
			require.True(t, result.TimedOut)
			require.Equal(t, budget, result.Took)
			<-r.late
		},
		"the time that the claim took is told, of every result": func(t *testing.T, r *rig) {
			slow := func() {
				r.flaky.Next(dedupetest.Claim, dedupetest.Stall)
				time.AfterFunc(call/2, r.flaky.Resume)
			}
			slow()
			early := r.run(t.Context(), takes(20*time.Second, 200, nil))
			require.Equal(t, call/2, early.Claiming)
			slow()
			pending := r.run(t.Context(), never(t))
			require.Equal(t, dedupe.Pending, pending.Claim.State)
			require.Equal(t, call/2, pending.Claiming)
			require.Equal(t, call/2, pending.Took)
			require.Equal(t, call/2, (<-r.late).Claiming)
			require.NoError(t, r.flaky.Forget(t.Context(), event))
			slow()
			require.Equal(t, call/2, r.run(t.Context(), takes(time.Second, 200, nil)).Claiming)
		},
		"a run whose client hung up goes on, and is committed (scenario 32)": func(t *testing.T, r *rig) {
			type value struct{}
			ctx, cancel := context.WithCancel(context.WithValue(t.Context(), value{}, "kept"))
			time.AfterFunc(time.Second, cancel)
			var seen any
			var inside error
			early := r.run(ctx, func(ctx context.Context) (int, error) {
				time.Sleep(2 * time.Second)
				seen, inside = ctx.Value(value{}), ctx.Err()
				return 200, nil
			})
			require.True(t, early.TimedOut)
			require.Equal(t, time.Second, early.Took)
			late := <-r.late
			require.True(t, late.Late)
			require.NoError(t, late.StoreErr)
			require.Equal(t, "kept", seen)
			require.NoError(t, inside, "the run's context does not end with the client's")
			require.Equal(t, dedupe.Done, r.look(t).State)
		},
		"a client's deadline is not the run's": func(t *testing.T, r *rig) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			var left time.Duration
			r.run(ctx, func(ctx context.Context) (int, error) {
				end, _ := ctx.Deadline()
				left = time.Until(end)
				return 200, nil
			})
			require.Equal(t, 5*time.Minute, left, "Longest")
		},
		"a run that fails after its client hung up is released": func(t *testing.T, r *rig) {
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(time.Second, cancel)
			r.run(ctx, takes(2*time.Second, 500, errRun))
			require.NoError(t, (<-r.late).StoreErr)
			require.Equal(t, 2, r.look(t).Run)
		},
		"who hung up before the claim is not served": func(t *testing.T, r *rig) {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			for _, store := range []dedupe.Store{r.flaky, r.memory} {
				r.Guard = &dedupe.Guard{Store: store}
				result := r.run(ctx, never(t))
				require.ErrorIs(t, result.StoreErr, context.Canceled)
				require.Zero(t, result.Claim.State)
			}
		},
		"what ends the client's context is told when it ends the claim": func(t *testing.T, r *rig) {
			why := errors.New("the client hung up")
			ctx, cancel := context.WithCancelCause(t.Context())
			r.flaky.Next(dedupetest.Claim, dedupetest.Stall)
			time.AfterFunc(call/2, func() { cancel(why) })
			result := r.run(ctx, never(t))
			require.ErrorIs(t, result.StoreErr, why)
			require.Equal(t, call/2, result.Took)
			r.flaky.Resume()
			synctest.Wait()
			require.Equal(t, dedupe.Claimed, r.look(t).State, "the claim that came after that is released")
		},
	})
}
