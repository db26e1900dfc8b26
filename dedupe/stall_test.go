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

func TestGuardIsNotHeldUpByItsStore(t *testing.T) {
	inBubbles(t, map[string]func(t *testing.T, r *rig){
		"the claim stalls: Do returns after Call, and what was won after that is released (scenario 15)": func(t *testing.T, r *rig) {
			r.flaky.Next(dedupetest.Claim, dedupetest.Stall)
			result := r.run(t.Context(), never(t))
			require.ErrorIs(t, result.StoreErr, dedupe.ErrStalled)
			require.ErrorIs(t, result.StoreErr, context.DeadlineExceeded)
			require.Zero(t, result.Claim.State)
			require.Equal(t, call, result.Took)
			time.Sleep(time.Minute)
			require.Zero(t, r.flaky.Calls(dedupetest.Release))

			r.flaky.Resume()
			synctest.Wait()
			require.Equal(t, 1, r.flaky.Calls(dedupetest.Release))
			next := r.run(t.Context(), succeeds(200))
			require.Equal(t, dedupe.Claimed, next.Claim.State)
			require.Equal(t, 1, next.Claim.Run, "what nobody ran is not counted")
		},
		"the claim stalls and another wins: nothing is released": func(t *testing.T, r *rig) {
			r.flaky.Next(dedupetest.Claim, dedupetest.Stall)
			require.ErrorIs(t, r.run(t.Context(), never(t)).StoreErr, dedupe.ErrStalled)
			go r.run(t.Context(), takes(time.Second, 200, nil))
			synctest.Wait()
			r.flaky.Resume()
			synctest.Wait()
			require.Zero(t, r.flaky.Calls(dedupetest.Release))
			require.Equal(t, dedupe.Pending, r.look(t).State)
			time.Sleep(2 * time.Second)
			require.Equal(t, dedupe.Done, r.look(t).State)
		},
		"the claim stalls and the release of what it won fails: the lease's end frees it": func(t *testing.T, r *rig) {
			r.flaky.Next(dedupetest.Claim, dedupetest.Stall)
			r.flaky.Always(dedupetest.Release, dedupetest.Fail)
			r.run(t.Context(), never(t))
			r.flaky.Resume()
			synctest.Wait()
			require.Equal(t, dedupe.Pending, r.look(t).State)
			time.Sleep(lease)
			require.Equal(t, 2, r.look(t).Run)
		},
		"the claim stalls and its own release stalls too: nothing is left behind": func(t *testing.T, r *rig) {
			r.flaky.Next(dedupetest.Claim, dedupetest.Stall)
			r.flaky.Next(dedupetest.Release, dedupetest.Stall)
			r.run(t.Context(), never(t))
			r.flaky.Resume()
			time.Sleep(time.Minute)
			r.flaky.Resume()
			synctest.Wait()
			require.Equal(t, dedupe.Claimed, r.look(t).State)
		},
		"the commit stalls: Do returns at the budget's end, with success (scenario 15)": func(t *testing.T, r *rig) {
			r.flaky.Always(dedupetest.Commit, dedupetest.Stall)
			result := r.run(t.Context(), takes(time.Second, 200, nil))
			require.Equal(t, dedupe.Claimed, result.Claim.State)
			require.NoError(t, result.Err)
			require.ErrorIs(t, result.StoreErr, dedupe.ErrStalled)
			require.False(t, result.TimedOut)
			require.Equal(t, budget, result.Took)
			require.Greater(t, r.flaky.Calls(dedupetest.Commit), 1, "it was asked again")
			r.flaky.Heal()
			r.flaky.Resume()
			require.NoError(t, r.Wait(t.Context()))
			require.Equal(t, dedupe.Done, r.look(t).State, "it landed after all")
			require.Empty(t, r.late)
		},
		"the commit stalls before anything is known of it: Do returns at the budget's end": func(t *testing.T, r *rig) {
			r.flaky.Next(dedupetest.Commit, dedupetest.Stall)
			result := r.run(t.Context(), takes(budget-time.Millisecond, 200, nil))
			require.NoError(t, result.Err)
			require.ErrorIs(t, result.StoreErr, dedupe.ErrStalled)
			require.False(t, result.TimedOut)
			require.Equal(t, budget, result.Took)
			require.NoError(t, r.Wait(t.Context()))
			require.Equal(t, dedupe.Done, r.look(t).State)
			r.flaky.Resume()
		},
		"the commit stalls once: the next one lands": func(t *testing.T, r *rig) {
			r.flaky.Next(dedupetest.Commit, dedupetest.Stall)
			result := r.run(t.Context(), takes(time.Second, 200, nil))
			require.NoError(t, result.StoreErr)
			require.Equal(t, dedupe.Done, r.look(t).State)
			r.flaky.Resume()
			synctest.Wait()
			require.Equal(t, dedupe.Done, r.look(t).State)
		},
		"the release stalls: Do returns after Call": func(t *testing.T, r *rig) {
			r.flaky.Next(dedupetest.Release, dedupetest.Stall)
			result := r.run(t.Context(), takes(time.Second, 0, errRun))
			require.Equal(t, errRun, result.Err)
			require.ErrorIs(t, result.StoreErr, dedupe.ErrStalled)
			require.Equal(t, time.Second+call, result.Took)
			r.flaky.Resume()
			synctest.Wait()
			require.Equal(t, 2, r.look(t).Run)
		},
		"the release stalls at the budget's end: Do returns then, with the failure": func(t *testing.T, r *rig) {
			r.flaky.Next(dedupetest.Release, dedupetest.Stall)
			result := r.run(t.Context(), takes(budget-time.Millisecond, 0, errRun))
			require.Equal(t, errRun, result.Err)
			require.ErrorIs(t, result.StoreErr, dedupe.ErrStalled)
			require.False(t, result.TimedOut)
			require.Equal(t, budget, result.Took)
			require.NoError(t, r.Wait(t.Context()))
			r.flaky.Resume()
			synctest.Wait()
			require.Equal(t, 2, r.look(t).Run)
			require.Empty(t, r.late)
		},
		"a call may take a second unless it is said how long": func(t *testing.T, r *rig) {
			r.Call = 0
			r.flaky.Next(dedupetest.Claim, dedupetest.Stall)
			require.Equal(t, time.Second, r.run(t.Context(), never(t)).Took)
			r.flaky.Resume()
		},
		"a store that answers in time is not given up": func(t *testing.T, r *rig) {
			r.flaky.Next(dedupetest.Claim, dedupetest.Stall)
			time.AfterFunc(call-time.Millisecond, r.flaky.Resume)
			result := r.run(t.Context(), succeeds(200))
			require.Equal(t, dedupe.Claimed, result.Claim.State)
			require.NoError(t, result.StoreErr)
		},
		"an answer at the very moment of giving up is either taken or released": func(t *testing.T, r *rig) {
			for range 1000 {
				require.NoError(t, r.memory.Forget(t.Context(), event))
				ctx, cancel := context.WithCancel(t.Context())
				r.Store = faulty{Store: r.flaky, claim: func(k dedupe.Key, owner string, h dedupe.Hold) (dedupe.Claim, error) {
					cancel()
					return r.memory.Claim(context.WithoutCancel(ctx), k, owner, h)
				}}
				result := r.Do(ctx, event, succeeds(200), nil)
				synctest.Wait()
				if result.Claim.State == dedupe.Claimed { // and the run went on without ctx
					require.Equal(t, dedupe.Done, r.look(t).State)
				} else {
					require.ErrorIs(t, result.StoreErr, dedupe.ErrStalled)
					require.Equal(t, dedupe.Claimed, r.look(t).State, "released")
				}
			}
		},
	})
}

// faulty is a store that has a bug in it.
type faulty struct {
	dedupe.Store
	claim  func(k dedupe.Key, owner string, h dedupe.Hold) (dedupe.Claim, error)
	commit func() error
}

func (f faulty) Claim(ctx context.Context, k dedupe.Key, owner string, h dedupe.Hold) (dedupe.Claim, error) {
	if f.claim != nil {
		return f.claim(k, owner, h)
	}
	return f.Store.Claim(ctx, k, owner, h)
}

func (f faulty) Commit(ctx context.Context, c dedupe.Claim, status int) error {
	if f.commit != nil {
		return f.commit()
	}
	return f.Store.Commit(ctx, c, status)
}

func TestGuardSurvivesItsStore(t *testing.T) {
	inBubbles(t, map[string]func(t *testing.T, r *rig){
		"a store that panics on claim is an error": func(t *testing.T, r *rig) {
			r.Store = faulty{claim: func(dedupe.Key, string, dedupe.Hold) (dedupe.Claim, error) { panic("a bug") }}
			result := r.run(t.Context(), never(t))
			require.EqualError(t, result.StoreErr, "dedupe: the store panicked: a bug")
			require.Zero(t, result.Claim.State)
		},
		"a store that panics on commit is an error of the store": func(t *testing.T, r *rig) {
			r.Store = faulty{Store: r.memory, commit: func() error { panic("a bug") }}
			result := r.run(t.Context(), succeeds(200))
			require.NoError(t, result.Err)
			require.ErrorContains(t, result.StoreErr, "the store panicked: a bug")
		},
		"a store that panics after it was given up is nobody's": func(t *testing.T, r *rig) {
			r.Store = faulty{claim: func(dedupe.Key, string, dedupe.Hold) (dedupe.Claim, error) {
				time.Sleep(time.Minute)
				panic("a bug")
			}}
			require.ErrorIs(t, r.run(t.Context(), never(t)).StoreErr, dedupe.ErrStalled)
		},
		"a store that errs after it was given up won nothing": func(t *testing.T, r *rig) {
			r.Store = faulty{Store: r.flaky, claim: func(k dedupe.Key, owner string, h dedupe.Hold) (dedupe.Claim, error) {
				time.Sleep(time.Minute)
				return dedupe.Claim{State: dedupe.Claimed}, errors.New("a bug")
			}}
			require.ErrorIs(t, r.run(t.Context(), never(t)).StoreErr, dedupe.ErrStalled)
			time.Sleep(2 * time.Minute)
			require.Zero(t, r.flaky.Calls(dedupetest.Release))
		},
		"a store need not say again what it was told": func(t *testing.T, r *rig) {
			r.Store = faulty{Store: r.flaky, claim: func(k dedupe.Key, owner string, h dedupe.Hold) (dedupe.Claim, error) {
				c, err := r.memory.Claim(context.Background(), k, owner, h)
				return dedupe.Claim{State: c.State, Token: c.Token, Run: c.Run}, err
			}}
			result := r.run(t.Context(), succeeds(200))
			require.NoError(t, result.StoreErr)
			require.Equal(t, event, result.Claim.Key)
			require.Equal(t, hold, result.Claim.Hold)
			require.NotEmpty(t, result.Claim.Owner)
			require.Equal(t, dedupe.Done, r.look(t).State)
		},
		"no store at all is an error": func(t *testing.T, r *rig) {
			r.Store = nil
			require.ErrorContains(t, r.run(t.Context(), never(t)).StoreErr, "the store panicked")
		},
	})
}
