package dedupe_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/dedupe/dedupetest"
)

func TestMemoryKeepsTheLaws(t *testing.T) {
	t.Parallel()
	dedupetest.RunInBubble(t, func(*testing.T) dedupetest.Subject {
		return dedupetest.Subject{Store: dedupe.NewMemory(0), Pass: time.Sleep}
	})
}

func TestMemoryKeepsTheLawsByAClientThatRepeatsEverything(t *testing.T) {
	t.Parallel()
	dedupetest.RunInBubble(t, func(*testing.T) dedupetest.Subject {
		return dedupetest.Subject{Store: repeating(dedupe.NewMemory(0)), Pass: time.Sleep}
	})
}

func TestMemoryKeepsTheLawsWhenItIsOld(t *testing.T) {
	t.Parallel()
	dedupetest.RunInBubble(t, func(*testing.T) dedupetest.Subject {
		m := dedupe.NewMemory(0)
		time.Sleep(3*365*24*time.Hour + 7*time.Millisecond) // of the eight years that its ticks count
		return dedupetest.Subject{Store: m, Pass: time.Sleep}
	})
}

// id is the nth of many keys.
func id(n int) dedupe.Key { return dedupe.Key{Scope: "test", ID: fmt.Sprint("evt_", n)} }

// do claims the event and commits it.
func do(t testing.TB, s dedupe.Store, k dedupe.Key, h dedupe.Hold) {
	c, err := s.Claim(context.Background(), k, "owner", h)
	if err == nil {
		err = s.Commit(context.Background(), c, 200)
	}
	if err != nil {
		t.Fatalf("%v: %v", k, err)
	}
}

func held(m *dedupe.Memory) int {
	n, _ := m.Fill()
	return n
}

func TestMemory(t *testing.T) {
	inBubbles(t, map[string]func(t *testing.T, r *rig){
		"it holds 8 million ids unless it is told how many": func(t *testing.T, _ *rig) {
			for given, want := range map[int]int{0: 8_000_000, -1: 8_000_000, 1: 1, 17: 17} {
				n, limit := dedupe.NewMemory(given).Fill()
				require.Zero(t, n)
				require.Equal(t, want, limit)
			}
		},
		"an id is held once, whatever becomes of it": func(t *testing.T, r *rig) {
			c := r.look(t)
			require.Equal(t, 1, held(r.memory))
			require.NoError(t, r.memory.Release(t.Context(), c))
			require.Equal(t, 1, held(r.memory))
			c = r.look(t)
			require.NoError(t, r.memory.Commit(t.Context(), c, 200))
			require.Equal(t, 1, held(r.memory))
			require.NoError(t, r.memory.Forget(t.Context(), event))
			require.Equal(t, 1, held(r.memory))
			require.NoError(t, r.memory.Commit(t.Context(), r.look(t), 200))
			require.Equal(t, 1, held(r.memory))
			time.Sleep(remember + time.Second)
			require.Equal(t, 1, r.look(t).Run)
			require.Equal(t, 1, held(r.memory), "what expired and was claimed anew")
		},
		"tokens are larger than those of an earlier life": func(t *testing.T, r *rig) {
			first := r.look(t)
			time.Sleep(time.Millisecond)
			r.memory = dedupe.NewMemory(0)
			require.Greater(t, r.look(t).Token, first.Token)
		},
		"tokens of one instant differ": func(t *testing.T, r *rig) {
			seen := map[uint64]bool{}
			for i := range 10_000 {
				c, err := r.memory.Claim(t.Context(), id(i), "owner", hold)
				require.NoError(t, err)
				seen[c.Token] = true
			}
			require.Len(t, seen, 10_000)
		},
		"what is done is not forgotten a nanosecond early, and a sixteenth of a second late at most": func(t *testing.T, r *rig) {
			for i := range 100 {
				h := dedupe.Hold{Lease: time.Second, Remember: time.Minute + time.Duration(i)*time.Millisecond}
				do(t, r.memory, id(i), h)
				time.Sleep(h.Remember - 1)
				c, err := r.memory.Claim(t.Context(), id(i), "other", h)
				require.NoError(t, err)
				require.Equal(t, dedupe.Done, c.State)
				time.Sleep(1 + time.Second/16)
				c, err = r.memory.Claim(t.Context(), id(i), "other", h)
				require.NoError(t, err)
				require.Equal(t, dedupe.Claimed, c.State)
			}
		},
		"a lease and a memory end to the nanosecond where they end on a sixteenth of a second": func(t *testing.T, r *rig) {
			first := r.look(t)
			time.Sleep(lease - 1)
			c, err := r.memory.Claim(t.Context(), event, "other", hold)
			require.NoError(t, err)
			require.Equal(t, dedupe.Pending, c.State)
			require.EqualValues(t, 1, c.Wait)
			time.Sleep(time.Nanosecond)
			c, err = r.memory.Claim(t.Context(), event, "other", hold)
			require.NoError(t, err)
			require.Equal(t, first.Run+1, c.Run)
			require.NoError(t, r.memory.Commit(t.Context(), c, 200))
			time.Sleep(remember - 1)
			require.Equal(t, dedupe.Done, r.look(t).State)
			time.Sleep(time.Nanosecond)
			require.Equal(t, 1, r.look(t).Run)
		},
		"forget of what is unknown or expired holds nothing": func(t *testing.T, r *rig) {
			require.NoError(t, r.memory.Forget(t.Context(), event))
			require.Zero(t, held(r.memory))
			do(t, r.memory, event, hold)
			time.Sleep(remember + time.Second)
			require.NoError(t, r.memory.Forget(t.Context(), event))
			require.Equal(t, 1, r.look(t).Run)
			require.Equal(t, 1, held(r.memory))
		},
		"a cancelled context forgets nothing": func(t *testing.T, r *rig) {
			do(t, r.memory, event, hold)
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			require.ErrorIs(t, r.memory.Forget(ctx, event), context.Canceled)
			require.Equal(t, dedupe.Done, r.look(t).State)
		},
		"a claim clears away a few expired ids, not all, and more than it adds": func(t *testing.T, r *rig) {
			const many = 10_000
			for i := range many {
				if i%2 == 0 {
					do(t, r.memory, id(i), hold)
				} else if _, err := r.memory.Claim(t.Context(), id(i), "owner", hold); err != nil {
					t.Fatal(err)
				}
			}
			time.Sleep(remember + time.Second)
			before := many
			for i := range many {
				do(t, r.memory, id(many+i), hold)
				now := held(r.memory)
				require.LessOrEqual(t, before-now, 4-1, "two that were done, two that were not, less the new one")
				before = now
			}
			require.InDelta(t, many, before, many/50, "all but the last few of the first half have gone")
		},
	})
}

func TestMemoryByManyAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const keys, workers, steps = 40, 16, 1000
		m := dedupe.NewMemory(0)
		seed := dedupe.Seed(t)
		var owned, done [keys]atomic.Int32
		var all sync.WaitGroup
		for w := range workers {
			all.Go(func() {
				r := rand.New(rand.NewPCG(seed, uint64(w)))
				for step := range steps {
					time.Sleep(time.Duration(r.IntN(3)) * time.Millisecond)
					n := r.IntN(keys)
					c, err := m.Claim(t.Context(), id(n), fmt.Sprint(w, " ", step), dedupe.Hold{Lease: time.Hour, Remember: 2 * time.Hour})
					switch {
					case err != nil:
						t.Error(err)
					case c.State == dedupe.Done && done[n].Load() != 1:
						t.Errorf("%v is done, and was not committed", c.Key)
					case c.State != dedupe.Claimed:
						continue
					case done[n].Load() != 0:
						t.Errorf("%v was claimed after its commit", c.Key)
					}
					if owned[n].Add(1) != 1 {
						t.Errorf("%v has two owners", c.Key)
					}
					time.Sleep(time.Duration(r.IntN(3)) * time.Millisecond)
					err = m.Extend(t.Context(), c)
					owned[n].Add(-1)
					if r.IntN(50) == 0 {
						done[n].Store(1)
						err = m.Commit(t.Context(), c, 200)
					} else if err == nil {
						err = m.Release(t.Context(), c)
					}
					if err != nil {
						t.Errorf("%v: %v", c.Key, err)
					}
					m.Fill()
				}
			})
		}
		all.Wait()
		require.Equal(t, keys, held(m))
	})
}
