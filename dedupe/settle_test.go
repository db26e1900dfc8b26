package dedupe_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/dedupe/dedupetest"
)

func TestGuardSettles(t *testing.T) {
	inBubbles(t, map[string]func(t *testing.T, r *rig){
		"the lease is over and nobody took it: the commit stands (scenario 11)": func(t *testing.T, r *rig) {
			r.flaky.Always(dedupetest.Extend, dedupetest.Fail)
			r.run(t.Context(), takes(time.Minute, 201, nil))
			late := <-r.late
			require.NoError(t, late.StoreErr)
			require.Equal(t, 201, r.look(t).Status)
		},
		"the store is down at the commit: the work is done all the same (scenario 12)": func(t *testing.T, r *rig) {
			r.flaky.Always(dedupetest.Commit, dedupetest.Fail)
			result := r.run(t.Context(), takes(time.Second, 200, nil))
			require.Equal(t, dedupe.Claimed, result.Claim.State)
			require.NoError(t, result.Err)
			require.ErrorIs(t, result.StoreErr, dedupetest.ErrDown)
			require.False(t, result.TimedOut, "it is not the run that is late")
			require.Equal(t, budget, result.Took)
			require.Equal(t, dedupe.Pending, r.look(t).State)

			require.NoError(t, r.Wait(t.Context()))
			asked := r.flaky.Calls(dedupetest.Commit)
			require.Greater(t, asked, 6, "it is asked for as long as a lease")
			time.Sleep(lease)
			require.Equal(t, asked, r.flaky.Calls(dedupetest.Commit), "and no longer")
			require.Equal(t, 2, r.look(t).Run, "the lease's end frees it")
			require.Empty(t, r.late, "there is nothing more to say")
		},
		"the store is back after the budget: the commit lands": func(t *testing.T, r *rig) {
			r.flaky.Always(dedupetest.Commit, dedupetest.Fail)
			time.AfterFunc(6*time.Second, r.flaky.Heal)
			result := r.run(t.Context(), takes(time.Second, 200, nil))
			require.ErrorIs(t, result.StoreErr, dedupetest.ErrDown)
			require.NoError(t, r.Wait(t.Context()))
			require.Equal(t, dedupe.Done, r.look(t).State)
			require.Empty(t, r.late)
		},
		"the store is down and there is no budget: the commit is asked again all the same": func(t *testing.T, r *rig) {
			r.Budget = 0
			r.flaky.Always(dedupetest.Commit, dedupetest.Fail)
			time.AfterFunc(6*time.Second, r.flaky.Heal)
			result := r.run(t.Context(), takes(time.Second, 200, nil))
			require.NoError(t, result.StoreErr)
			require.Greater(t, result.Took, 6*time.Second)
			require.Equal(t, dedupe.Done, r.look(t).State)
		},
		"the client hangs up while the store is down: the result is the run's": func(t *testing.T, r *rig) {
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(2*time.Second, cancel)
			r.flaky.Always(dedupetest.Commit, dedupetest.Fail)
			result := r.run(ctx, takes(time.Second, 200, nil))
			require.False(t, result.TimedOut)
			require.NoError(t, result.Err)
			require.ErrorIs(t, result.StoreErr, dedupetest.ErrDown)
			require.Equal(t, 2*time.Second, result.Took)
			r.flaky.Heal()
			require.NoError(t, r.Wait(t.Context()))
			require.Equal(t, dedupe.Done, r.look(t).State)
			require.Empty(t, r.late)
		},
		"the store is back within the budget: the commit lands": func(t *testing.T, r *rig) {
			r.flaky.Always(dedupetest.Commit, dedupetest.Fail)
			time.AfterFunc(2*time.Second, r.flaky.Heal)
			result := r.run(t.Context(), takes(time.Second, 200, nil))
			require.NoError(t, result.StoreErr)
			require.LessOrEqual(t, result.Took, budget)
			require.Equal(t, dedupe.Done, r.look(t).State)
		},
		"the store is back within a lease: the commit of a late run lands": func(t *testing.T, r *rig) {
			r.flaky.Always(dedupetest.Commit, dedupetest.Fail)
			time.AfterFunc(15*time.Second, r.flaky.Heal)
			r.run(t.Context(), takes(10*time.Second, 200, nil))
			require.NoError(t, (<-r.late).StoreErr)
			require.Equal(t, dedupe.Done, r.look(t).State)
		},
		"the store is not back within a lease: the commit of a late run is given up": func(t *testing.T, r *rig) {
			r.flaky.Always(dedupetest.Commit, dedupetest.Fail)
			r.run(t.Context(), takes(10*time.Second, 200, nil))
			late := <-r.late
			require.ErrorIs(t, late.StoreErr, dedupetest.ErrDown)
			require.NoError(t, late.Err)
			require.LessOrEqual(t, late.Took, 10*time.Second+lease)
		},
		"the reply to the commit is lost: it is asked again, and stands (scenario 17)": func(t *testing.T, r *rig) {
			r.flaky.Next(dedupetest.Commit, dedupetest.LoseReply)
			result := r.run(t.Context(), succeeds(200))
			require.NoError(t, result.StoreErr)
			require.Equal(t, 50*time.Millisecond, result.Took)
			require.Equal(t, dedupe.Done, r.look(t).State)
		},
		"the commit is repeated by the client: it stands (scenario 17)": func(t *testing.T, r *rig) {
			r.flaky.Next(dedupetest.Commit, dedupetest.Repeat)
			require.NoError(t, r.run(t.Context(), succeeds(200)).StoreErr)
			require.Equal(t, 1, r.flaky.Calls(dedupetest.Claim), "nobody asked what became of it")
		},
		"the release is repeated by the client: it stands": func(t *testing.T, r *rig) {
			r.flaky.Next(dedupetest.Release, dedupetest.Repeat)
			require.NoError(t, r.run(t.Context(), takes(0, 0, errRun)).StoreErr)
			require.Equal(t, 2, r.look(t).Run)
		},
		"the release fails: the lease's end frees the event (scenario 13)": func(t *testing.T, r *rig) {
			r.flaky.Always(dedupetest.Release, dedupetest.Fail)
			result := r.run(t.Context(), takes(time.Second, 0, errRun))
			require.Equal(t, errRun, result.Err)
			require.ErrorIs(t, result.StoreErr, dedupetest.ErrDown)
			require.Equal(t, dedupe.Pending, r.run(t.Context(), never(t)).Claim.State)
			time.Sleep(lease)
			require.Equal(t, 2, r.run(t.Context(), succeeds(200)).Claim.Run)
		},
		"the store is down at the claim: nothing runs, and later it does (scenario 14)": func(t *testing.T, r *rig) {
			r.flaky.Always(dedupetest.Claim, dedupetest.Fail)
			result := r.run(t.Context(), never(t))
			require.ErrorIs(t, result.StoreErr, dedupetest.ErrDown)
			require.Zero(t, result.Claim.State)
			require.Equal(t, 1, r.flaky.Calls(dedupetest.Claim))
			r.flaky.Heal()
			require.Equal(t, 1, r.run(t.Context(), succeeds(200)).Claim.Run)
		},
		"a run that finds nothing to do is not counted": func(t *testing.T, r *rig) {
			first := r.run(t.Context(), takes(time.Second, 200, fmt.Errorf("not now: %w", dedupe.ErrUnused)))
			require.ErrorIs(t, first.Err, dedupe.ErrUnused)
			require.NoError(t, first.StoreErr)
			second := r.run(t.Context(), takes(time.Second, 0, errRun))
			require.Equal(t, 1, second.Claim.Run)
			require.Greater(t, second.Claim.Token, first.Claim.Token)
			require.Equal(t, 2, r.run(t.Context(), succeeds(200)).Claim.Run)
		},
		"the claim is repeated by the client: it runs (scenario 16)": func(t *testing.T, r *rig) {
			r.flaky.Next(dedupetest.Claim, dedupetest.Repeat)
			result := r.run(t.Context(), succeeds(200))
			require.Equal(t, dedupe.Claimed, result.Claim.State)
			require.Equal(t, 1, result.Claim.Run)
			require.NoError(t, result.StoreErr)
			require.Equal(t, dedupe.Done, r.look(t).State)
		},
		"the reply to the claim is lost for good: the lease's end frees the event": func(t *testing.T, r *rig) {
			r.flaky.Next(dedupetest.Claim, dedupetest.LoseReply)
			require.ErrorIs(t, r.run(t.Context(), never(t)).StoreErr, dedupetest.ErrDown)
			require.Equal(t, dedupe.Pending, r.run(t.Context(), never(t)).Claim.State)
			time.Sleep(lease)
			require.Equal(t, 2, r.run(t.Context(), succeeds(200)).Claim.Run)
		},
	})
}

// staleRun begins a run that does not hear of its lease's end, and has another owner take the event over. The run ends
// one minute after its start.
func (r *rig) staleRun(t *testing.T, err error) (old dedupe.Result, taken dedupe.Claim) {
	t.Helper()
	r.flaky.Always(dedupetest.Extend, dedupetest.Fail)
	old = r.run(t.Context(), takes(time.Minute, 200, err))
	time.Sleep(20 * time.Second)
	taken = r.look(t)
	require.Equal(t, 2, taken.Run)
	require.Greater(t, taken.Token, old.Claim.Token)
	return old, taken
}

func TestGuardSettlesWhatWasTakenOver(t *testing.T) {
	inBubbles(t, map[string]func(t *testing.T, r *rig){
		"the other run goes on (scenario 10)": func(t *testing.T, r *rig) {
			old, taken := r.staleRun(t, nil)
			time.Sleep(30 * time.Second)
			require.NoError(t, r.memory.Extend(t.Context(), taken))
			late := <-r.late
			require.NoError(t, late.Err)
			require.ErrorIs(t, late.StoreErr, dedupe.ErrLeaseLost)
			require.Equal(t, dedupe.Pending, late.Claim.State)
			require.Equal(t, old.Claim.Owner, late.Claim.Owner)
			require.Equal(t, event, late.Claim.Key)
			require.Greater(t, late.Claim.Wait, time.Duration(0))
			require.NoError(t, r.memory.Commit(t.Context(), taken, 299), "the new record is untouched")
			require.Equal(t, 299, r.look(t).Status)
		},
		"the other run has done it": func(t *testing.T, r *rig) {
			_, taken := r.staleRun(t, nil)
			require.NoError(t, r.memory.Commit(t.Context(), taken, 299))
			late := <-r.late
			require.ErrorIs(t, late.StoreErr, dedupe.ErrLeaseLost)
			require.Equal(t, dedupe.Done, late.Claim.State)
			require.Equal(t, 299, late.Claim.Status)
			require.Equal(t, 299, r.look(t).Status)
		},
		"the other run has failed: what is done is marked done": func(t *testing.T, r *rig) {
			_, taken := r.staleRun(t, nil)
			require.NoError(t, r.memory.Release(t.Context(), taken))
			late := <-r.late
			require.ErrorIs(t, late.StoreErr, dedupe.ErrLeaseLost)
			require.Equal(t, dedupe.Claimed, late.Claim.State)
			require.Equal(t, 3, late.Claim.Run)
			require.Equal(t, dedupe.Done, r.look(t).State)
			require.Equal(t, 200, r.look(t).Status)
		},
		"the store has forgotten it: what is done is marked done": func(t *testing.T, r *rig) {
			r.Hold.Remember = 30 * time.Second
			r.flaky.Always(dedupetest.Extend, dedupetest.Fail)
			old := r.run(t.Context(), takes(time.Minute, 200, nil))
			late := <-r.late
			require.ErrorIs(t, late.StoreErr, dedupe.ErrLeaseLost)
			require.Equal(t, dedupe.Claimed, late.Claim.State)
			require.Equal(t, 1, late.Claim.Run)
			require.Greater(t, late.Claim.Token, old.Claim.Token)
			require.Equal(t, dedupe.Done, r.look(t).State)
		},
		"somebody had it forgotten: what is done does not count": func(t *testing.T, r *rig) {
			r.run(t.Context(), takes(8*time.Second, 200, nil))
			require.NoError(t, r.flaky.Forget(t.Context(), event))
			late := <-r.late
			require.ErrorIs(t, late.StoreErr, dedupe.ErrLeaseLost)
			require.Equal(t, dedupe.Pending, late.Claim.State)
			require.Equal(t, dedupe.Claimed, r.look(t).State, "the next one runs it again")
			require.Equal(t, 1, r.look(t).Run)
		},
		"the store has forgotten it and is down again: both are told": func(t *testing.T, r *rig) {
			require.NoError(t, r.forgetWhileRunning(t, dedupetest.Commit, 0, dedupetest.Fail).Err)
			late := <-r.late
			require.ErrorIs(t, late.StoreErr, dedupe.ErrLeaseLost)
			require.ErrorIs(t, late.StoreErr, dedupetest.ErrDown)
			require.Equal(t, dedupe.Claimed, late.Claim.State)
		},
		"the store cannot say what became of it: both are told": func(t *testing.T, r *rig) {
			old := r.forgetWhileRunning(t, dedupetest.Claim, dedupetest.Fail)
			late := <-r.late
			require.ErrorIs(t, late.StoreErr, dedupe.ErrLeaseLost)
			require.ErrorIs(t, late.StoreErr, dedupetest.ErrDown)
			require.Equal(t, old.Claim, late.Claim)
		},
		"the commit fails first, and is found to be lost when it is asked again": func(t *testing.T, r *rig) {
			r.forgetWhileRunning(t, dedupetest.Commit, dedupetest.Fail)
			late := <-r.late
			require.ErrorIs(t, late.StoreErr, dedupe.ErrLeaseLost)
			require.Equal(t, dedupe.Done, r.look(t).State)
		},
		"a stale run that failed does not release the other (scenario 10)": func(t *testing.T, r *rig) {
			_, taken := r.staleRun(t, errRun)
			time.Sleep(30 * time.Second)
			require.NoError(t, r.memory.Extend(t.Context(), taken))
			late := <-r.late
			require.Equal(t, errRun, late.Err)
			require.ErrorIs(t, late.StoreErr, dedupe.ErrLeaseLost)
			require.Equal(t, dedupe.Pending, r.run(t.Context(), never(t)).Claim.State)
			require.NoError(t, r.memory.Commit(t.Context(), taken, 299))
		},
		"a stale run's commit by a repeating client is lost as well": func(t *testing.T, r *rig) {
			_, taken := r.staleRun(t, nil)
			r.flaky.Always(dedupetest.Commit, dedupetest.Repeat)
			require.NoError(t, r.memory.Commit(t.Context(), taken, 299))
			require.ErrorIs(t, (<-r.late).StoreErr, dedupe.ErrLeaseLost)
			require.Equal(t, 299, r.look(t).Status)
		},
	})
}

// forgetWhileRunning begins a run that succeeds after 8 s, has the store forget it and sets faults for what comes after.
func (r *rig) forgetWhileRunning(t *testing.T, op dedupetest.Op, faults ...dedupetest.Fault) dedupe.Result {
	t.Helper()
	result := r.run(context.WithoutCancel(t.Context()), takes(8*time.Second, 200, nil))
	r.memory = dedupe.NewMemory(0) // as after a fail-over
	r.flaky.Store = r.memory
	r.flaky.Next(op, faults...)
	return result
}
