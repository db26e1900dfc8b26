package dedupe_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/dedupe/dedupetest"
)

func TestGuardWait(t *testing.T) {
	inBubbles(t, map[string]func(t *testing.T, r *rig){
		"nothing is going on": func(t *testing.T, r *rig) {
			require.NoError(t, r.Wait(t.Context()))
			r.run(t.Context(), succeeds(200))
			require.NoError(t, r.Wait(t.Context()))
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			require.NoError(t, r.Wait(ctx), "nor for one who cannot wait")
		},
		"a run that outlived its budget is waited for, its commit and its late result too": func(t *testing.T, r *rig) {
			told := false
			r.flaky.Next(dedupetest.Commit, dedupetest.Fail)
			r.Do(t.Context(), event, takes(30*time.Second, 200, nil), func(dedupe.Result) {
				time.Sleep(time.Second)
				told = true
			})
			start := time.Now()
			require.NoError(t, r.Wait(t.Context()))
			require.Equal(t, 30*time.Second-budget+50*time.Millisecond+time.Second, time.Since(start))
			require.True(t, told)
			require.Equal(t, dedupe.Done, r.look(t).State)
		},
		"a run within its budget is waited for, and its commit": func(t *testing.T, r *rig) {
			r.flaky.Next(dedupetest.Commit, dedupetest.Fail)
			go r.run(t.Context(), takes(time.Second, 200, nil))
			synctest.Wait()
			require.NoError(t, r.Wait(t.Context()))
			require.Equal(t, dedupe.Done, r.look(t).State)
		},
		"runs that start meanwhile are waited for": func(t *testing.T, r *rig) {
			start := time.Now()
			for i := range 5 {
				time.AfterFunc(time.Duration(i)*time.Second, func() {
					r.Do(t.Context(), dedupe.Key{Scope: "test", ID: fmt.Sprint(i)}, takes(1500*time.Millisecond, 200, nil), nil)
				})
			}
			time.Sleep(time.Millisecond)
			require.NoError(t, r.Wait(t.Context()))
			require.Equal(t, 5500*time.Millisecond, time.Since(start))
		},
		"many may wait": func(t *testing.T, r *rig) {
			r.run(t.Context(), takes(30*time.Second, 200, nil))
			waited := make(chan error, 10)
			for range 10 {
				go func() { waited <- r.Wait(context.Background()) }()
			}
			for range 10 {
				require.NoError(t, <-waited)
			}
		},
		"who cannot wait any longer is told what is going on": func(t *testing.T, r *rig) {
			r.run(t.Context(), takes(30*time.Second, 200, nil))
			why := errors.New("shutdown took too long")
			ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, why)
			defer cancel()
			err := r.Wait(ctx)
			require.ErrorIs(t, err, why)
			require.EqualError(t, err, `dedupe: 1 still running: test "evt_1": shutdown took too long`)
			require.NoError(t, r.Wait(t.Context()))
		},
		"of many that are going on ten are named, in order": func(t *testing.T, r *rig) {
			for i := range 25 {
				go r.Do(t.Context(), dedupe.Key{Scope: "test", ID: fmt.Sprintf("evt_%02d", 24-i)}, takes(30*time.Second, 200, nil), nil)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			synctest.Wait()
			err := r.Wait(ctx)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.ErrorContains(t, err, `25 still running: test "evt_00", test "evt_01", `)
			require.ErrorContains(t, err, `test "evt_09": context deadline exceeded`)
			require.NotContains(t, err.Error(), "evt_10")
		},
		"a run that ignores its context for ever is named after its longest too (scenario 8)": func(t *testing.T, r *rig) {
			r.run(t.Context(), takes(time.Hour, 200, nil))
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Minute)
			defer cancel()
			require.ErrorContains(t, r.Wait(ctx), `test "evt_1"`)
		},
		"what is being claimed or was not won is not going on": func(t *testing.T, r *rig) {
			r.flaky.Next(dedupetest.Claim, dedupetest.Stall)
			go r.run(t.Context(), never(t))
			synctest.Wait()
			require.NoError(t, r.Wait(t.Context()))
			time.Sleep(2 * call)
			r.flaky.Resume()
		},
	})
}
