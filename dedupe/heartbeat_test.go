package dedupe_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/dedupe/dedupetest"
)

func TestGuardHeartbeat(t *testing.T) {
	inBubbles(t, map[string]func(t *testing.T, r *rig){
		"a run that outlives its lease keeps it": func(t *testing.T, r *rig) {
			go r.run(t.Context(), takes(2*time.Minute, 200, nil))
			for range 119 {
				time.Sleep(time.Second)
				require.Equal(t, dedupe.Pending, r.look(t).State)
			}
			require.NoError(t, (<-r.late).StoreErr)
			require.Equal(t, dedupe.Done, r.look(t).State)
		},
		"the lease is extended every third of it, and no more when the run has ended": func(t *testing.T, r *rig) {
			r.run(t.Context(), takes(62*time.Second, 200, nil))
			<-r.late
			require.Equal(t, 12, r.flaky.Calls(dedupetest.Extend), "at 5 s, 10 s … 60 s")
			time.Sleep(time.Hour)
			require.Equal(t, 12, r.flaky.Calls(dedupetest.Extend))
		},
		"a short run needs no heartbeat": func(t *testing.T, r *rig) {
			r.run(t.Context(), takes(lease/3-time.Millisecond, 200, nil))
			<-r.late
			time.Sleep(time.Hour)
			require.Zero(t, r.flaky.Calls(dedupetest.Extend))
		},
		"a run that ignores its context keeps its claim up to the longest and a lease, and then it is lost (scenario 8)": func(t *testing.T, r *rig) {
			r.Longest = 62 * time.Second
			start := time.Now()
			first := r.run(t.Context(), takes(5*time.Minute, 200, nil))
			require.True(t, first.TimedOut)
			for time.Since(start) < r.Longest {
				require.Equal(t, dedupe.Pending, r.run(t.Context(), never(t)).Claim.State)
				time.Sleep(time.Second)
			}
			time.Sleep(time.Until(start.Add(r.Longest + lease)))
			require.Equal(t, 12, r.flaky.Calls(dedupetest.Extend), "none after the longest")

			second := r.run(t.Context(), succeeds(201))
			require.Equal(t, dedupe.Claimed, second.Claim.State)
			require.Equal(t, 2, second.Claim.Run)
			require.Greater(t, second.Claim.Token, first.Claim.Token)

			late := <-r.late
			require.ErrorIs(t, late.StoreErr, dedupe.ErrLeaseLost)
			require.Equal(t, dedupe.Done, late.Claim.State)
			require.Equal(t, 201, late.Claim.Status, "what the second run left")
		},
		"a run's context ends when it has lasted its longest, and says so": func(t *testing.T, r *rig) {
			r.Longest = 62 * time.Second
			var end time.Time
			r.run(t.Context(), func(ctx context.Context) (int, error) {
				end, _ = ctx.Deadline()
				<-ctx.Done()
				return 0, context.Cause(ctx)
			})
			late := <-r.late
			require.Equal(t, context.DeadlineExceeded, late.Err)
			require.Equal(t, r.Longest, late.Took)
			require.Equal(t, time.Now(), end)
			require.NoError(t, late.StoreErr)
			require.Equal(t, 2, r.look(t).Run, "it was released")
		},
		"a run's context has ended when the run has": func(t *testing.T, r *rig) {
			var kept context.Context
			r.run(t.Context(), func(ctx context.Context) (int, error) {
				kept = ctx
				return 200, nil
			})
			require.ErrorIs(t, kept.Err(), context.Canceled)
		},
		"a run that has lost its claim is told so at the next heartbeat": func(t *testing.T, r *rig) {
			time.AfterFunc(12*time.Second, func() {
				require.NoError(t, r.memory.Forget(context.Background(), event))
				_, err := r.memory.Claim(context.Background(), event, "another", hold)
				require.NoError(t, err)
			})
			r.run(t.Context(), func(ctx context.Context) (int, error) {
				<-ctx.Done()
				return 0, context.Cause(ctx)
			})
			late := <-r.late
			require.Equal(t, dedupe.ErrLeaseLost, late.Err)
			require.Equal(t, lease, late.Took, "the third heartbeat")
			require.ErrorIs(t, late.StoreErr, dedupe.ErrLeaseLost)
			require.Equal(t, dedupe.Pending, r.look(t).State, "the other run goes on")
			require.Equal(t, 3, r.flaky.Calls(dedupetest.Extend), "no heartbeat after that")
		},
		"a store that is down for a heartbeat or two costs no lease": func(t *testing.T, r *rig) {
			r.flaky.Next(dedupetest.Extend, dedupetest.Fail, dedupetest.LoseReply, 0, dedupetest.Fail)
			go r.run(t.Context(), takes(32*time.Second, 200, nil))
			for range 31 {
				time.Sleep(time.Second)
				require.Equal(t, dedupe.Pending, r.look(t).State)
			}
			late := <-r.late
			require.NoError(t, late.Err)
			require.NoError(t, late.StoreErr)
		},
		"a heartbeat that stalls does not stop the next": func(t *testing.T, r *rig) {
			r.flaky.Next(dedupetest.Extend, dedupetest.Stall)
			go r.run(t.Context(), takes(32*time.Second, 200, nil))
			for range 31 {
				time.Sleep(time.Second)
				require.Equal(t, dedupe.Pending, r.look(t).State)
			}
			require.NoError(t, (<-r.late).StoreErr)
			require.Equal(t, 6, r.flaky.Calls(dedupetest.Extend))
			r.flaky.Resume()
			synctest.Wait()
			require.Equal(t, dedupe.Done, r.look(t).State)
		},
		"a store that is down does not end the run": func(t *testing.T, r *rig) {
			r.flaky.Always(dedupetest.Extend, dedupetest.Fail)
			result := r.run(t.Context(), func(ctx context.Context) (int, error) {
				time.Sleep(time.Minute)
				return 200, ctx.Err()
			})
			require.True(t, result.TimedOut)
			require.NoError(t, (<-r.late).Err)
		},
	})
}
