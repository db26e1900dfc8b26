package dedupetest_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/dedupe/dedupetest"
)

var (
	key  = dedupe.Key{Scope: "test", ID: "evt_1"}
	hold = dedupe.Hold{Lease: 15 * time.Second, Remember: time.Hour}
)

func newFlaky() *dedupetest.Flaky { return &dedupetest.Flaky{Store: dedupe.NewMemory(0)} }

// look says in what state the key is, by a claim of an owner of its own.
func look(t *testing.T, f *dedupetest.Flaky) dedupe.State {
	t.Helper()
	c, err := f.Store.Claim(t.Context(), key, "somebody", hold)
	require.NoError(t, err)
	return c.State
}

// claim has the key claimed without a fault.
func claim(t *testing.T, f *dedupetest.Flaky) dedupe.Claim {
	t.Helper()
	c, err := f.Store.Claim(t.Context(), key, "me", hold)
	require.NoError(t, err)
	return c
}

func TestFlaky(t *testing.T) {
	t.Parallel()
	cases := map[string]func(t *testing.T, f *dedupetest.Flaky){
		"a claim that fails never reaches the store": func(t *testing.T, f *dedupetest.Flaky) {
			f.Next(dedupetest.Claim, dedupetest.Fail)
			_, err := f.Claim(t.Context(), key, "me", hold)
			require.ErrorIs(t, err, dedupetest.ErrDown)
			require.Equal(t, dedupe.Claimed, look(t, f))
		},
		"a claim whose reply is lost is done": func(t *testing.T, f *dedupetest.Flaky) {
			f.Next(dedupetest.Claim, dedupetest.LoseReply)
			c, err := f.Claim(t.Context(), key, "me", hold)
			require.ErrorIs(t, err, dedupetest.ErrDown)
			require.Zero(t, c)
			require.Equal(t, dedupe.Pending, look(t, f))
		},
		"a commit that fails never reaches the store": func(t *testing.T, f *dedupetest.Flaky) {
			f.Next(dedupetest.Commit, dedupetest.Fail)
			require.ErrorIs(t, f.Commit(t.Context(), claim(t, f), 200), dedupetest.ErrDown)
			require.Equal(t, dedupe.Pending, look(t, f))
		},
		"a commit whose reply is lost is done": func(t *testing.T, f *dedupetest.Flaky) {
			f.Next(dedupetest.Commit, dedupetest.LoseReply)
			require.ErrorIs(t, f.Commit(t.Context(), claim(t, f), 200), dedupetest.ErrDown)
			require.Equal(t, dedupe.Done, look(t, f))
		},
		"a release whose reply is lost is done": func(t *testing.T, f *dedupetest.Flaky) {
			f.Next(dedupetest.Release, dedupetest.LoseReply)
			require.ErrorIs(t, f.Release(t.Context(), claim(t, f)), dedupetest.ErrDown)
			require.Equal(t, dedupe.Claimed, look(t, f))
		},
		"an extension whose reply is lost is done": func(t *testing.T, f *dedupetest.Flaky) {
			f.Next(dedupetest.Extend, dedupetest.LoseReply)
			c := claim(t, f)
			time.Sleep(10 * time.Second)
			require.ErrorIs(t, f.Extend(t.Context(), c), dedupetest.ErrDown)
			time.Sleep(10 * time.Second)
			require.Equal(t, dedupe.Pending, look(t, f))
		},
		"a repeated claim gets the second answer": func(t *testing.T, f *dedupetest.Flaky) {
			asked := 0
			f.Store = counting{f.Store, func() { asked++ }}
			f.Next(dedupetest.Claim, dedupetest.Repeat)
			c, err := f.Claim(t.Context(), key, "me", hold)
			require.NoError(t, err)
			require.Equal(t, dedupe.Claimed, c.State)
			require.Equal(t, 2, asked)
			require.Equal(t, 1, f.Calls(dedupetest.Claim))
		},
		"a call that stalls goes through when it is resumed, though its context has ended": func(t *testing.T, f *dedupetest.Flaky) {
			f.Next(dedupetest.Claim, dedupetest.Stall)
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			answer := make(chan dedupe.Claim, 1)
			go func() {
				c, _ := f.Claim(ctx, key, "me", hold)
				answer <- c
			}()
			time.Sleep(time.Minute)
			require.Empty(t, answer)
			f.Heal()
			synctest.Wait()
			require.Empty(t, answer, "Heal does not resume")
			f.Resume()
			require.Equal(t, dedupe.Claimed, (<-answer).State)
		},
		"what stalls after a resume hangs until the next": func(t *testing.T, f *dedupetest.Flaky) {
			f.Always(dedupetest.Claim, dedupetest.Stall)
			answers := make(chan dedupe.Claim, 2)
			for _, owner := range []string{"me", "me"} {
				f.Resume()
				go func() {
					c, _ := f.Claim(t.Context(), key, owner, hold)
					answers <- c
				}()
				synctest.Wait()
			}
			require.Len(t, answers, 1)
			f.Resume()
			synctest.Wait()
			require.Len(t, answers, 2)
		},
		"next comes before always, one a call, and heal ends both": func(t *testing.T, f *dedupetest.Flaky) {
			const none dedupetest.Fault = 0
			f.Always(dedupetest.Extend, dedupetest.Fail)
			f.Next(dedupetest.Extend, dedupetest.LoseReply)
			f.Next(dedupetest.Extend, none, dedupetest.Fail)
			c := claim(t, f)
			for _, want := range []error{dedupetest.ErrDown, nil, dedupetest.ErrDown, dedupetest.ErrDown, dedupetest.ErrDown} {
				require.ErrorIs(t, f.Extend(t.Context(), c), want)
			}
			f.Next(dedupetest.Extend, dedupetest.Fail)
			f.Heal()
			require.NoError(t, f.Extend(t.Context(), c))
			require.Equal(t, 6, f.Calls(dedupetest.Extend))
			require.Zero(t, f.Calls(dedupetest.Commit))
		},
		"a fault of one operation is none of another": func(t *testing.T, f *dedupetest.Flaky) {
			f.Always(dedupetest.Commit, dedupetest.Fail)
			c, err := f.Claim(t.Context(), key, "me", hold)
			require.NoError(t, err)
			require.NoError(t, f.Extend(t.Context(), c))
			require.NoError(t, f.Release(t.Context(), c))
		},
		"forget passes through": func(t *testing.T, f *dedupetest.Flaky) {
			require.NoError(t, f.Commit(t.Context(), claim(t, f), 200))
			require.NoError(t, f.Forget(t.Context(), key))
			require.Equal(t, dedupe.Claimed, look(t, f))
		},
		"forget of a store that cannot is unsupported": func(t *testing.T, f *dedupetest.Flaky) {
			f.Store = counting{f.Store, func() {}}
			require.ErrorIs(t, f.Forget(t.Context(), key), errors.ErrUnsupported)
		},
		"it may be used by many at once": func(t *testing.T, f *dedupetest.Flaky) {
			var all sync.WaitGroup
			for range 32 {
				all.Go(func() {
					f.Next(dedupetest.Claim, dedupetest.Fail, dedupetest.Stall)
					_, _ = f.Claim(t.Context(), key, "me", hold)
					_, _ = f.Claim(t.Context(), key, "me", hold)
				})
			}
			for f.Calls(dedupetest.Claim) < 64 {
				synctest.Wait()
				f.Resume()
			}
			f.Resume()
			all.Wait()
			require.Equal(t, 64, f.Calls(dedupetest.Claim))
		},
	}
	for name, check := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { check(t, newFlaky()) })
		})
	}
}

// counting is a store that counts its claims, and no Forgetter.
type counting struct {
	dedupe.Store
	count func()
}

func (c counting) Claim(ctx context.Context, k dedupe.Key, owner string, h dedupe.Hold) (dedupe.Claim, error) {
	c.count()
	return c.Store.Claim(ctx, k, owner, h)
}
