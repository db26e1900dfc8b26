package middleware_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/dedupe/dedupetest"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/middleware"
)

// The scenarios' times are CDHosting's: a deadline of 10 s, so a budget of 8 s, a lease of 24 s that is extended every
// 8 s, a longest hold of 60 s, and 48 h of memory.

// onEveryStore runs scenarios, each in a bubble of its own: on a memory, which the guard asks directly; on a store that
// it has to watch; and on one that is told everything twice, as by a client that repeats what it had no reply to.
func onEveryStore(t *testing.T, scenarios map[string]func(t *testing.T, store dedupe.Store)) {
	t.Helper()
	for name, scenario := range scenarios {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			t.Run("memory", func(t *testing.T) {
				t.Parallel()
				inBubble(t, func(t *testing.T) { scenario(t, dedupe.NewMemory(0)) })
			})
			t.Run("watched", func(t *testing.T) {
				t.Parallel()
				inBubble(t, func(t *testing.T) { scenario(t, &dedupetest.Flaky{Store: dedupe.NewMemory(0)}) })
			})
			t.Run("repeating", func(t *testing.T) {
				t.Parallel()
				inBubble(t, func(t *testing.T) {
					store := &dedupetest.Flaky{Store: dedupe.NewMemory(0)}
					for _, op := range []dedupetest.Op{dedupetest.Claim, dedupetest.Extend, dedupetest.Commit, dedupetest.Release} {
						store.Always(op, dedupetest.Repeat)
					}
					scenario(t, store)
				})
			})
		})
	}
}

// onFlaky runs scenarios of a store that fails, each in a bubble of its own.
func onFlaky(t *testing.T, scenarios map[string]func(t *testing.T, store *dedupetest.Flaky)) {
	t.Helper()
	for name, scenario := range scenarios {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T) {
				store := &dedupetest.Flaky{Store: dedupe.NewMemory(0)}
				t.Cleanup(func() {
					store.Heal()
					store.Resume()
				})
				scenario(t, store)
			})
		})
	}
}

// inBubble is synctest.Test, and then time for what a failed test leaves behind to end: a bubble that does not end
// takes all other tests with it.
func inBubble(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		t.Cleanup(func() { time.Sleep(time.Hour) })
		test(t)
	})
}

// actor is a handler that does one deed after the other, the last of them for ever, and remembers its claims.
type actor struct {
	deeds  []events.HandlerFunc
	mu     sync.Mutex
	claims []dedupe.Claim
}

func act(deeds ...events.HandlerFunc) *actor { return &actor{deeds: deeds} }

// HandleEvent implements [events.Handler].
func (a *actor) HandleEvent(ctx context.Context, e events.Event) error {
	c, _ := dedupe.ClaimFrom(ctx)
	a.mu.Lock()
	deed := a.deeds[min(len(a.claims), len(a.deeds)-1)]
	a.claims = append(a.claims, c)
	a.mu.Unlock()
	return deed(ctx, e)
}

// requireRuns checks which runs there were, and that each had a larger token than the one before it of the same event.
func (a *actor) requireRuns(t *testing.T, want ...int) {
	t.Helper()
	a.mu.Lock()
	claims := slices.Clone(a.claims)
	a.mu.Unlock()
	got, last := []int{}, map[dedupe.Key]uint64{}
	for _, c := range claims {
		got = append(got, c.Run)
		require.Greater(t, c.Token, last[c.Key], "the token does not grow")
		last[c.Key] = c.Token
	}
	require.Equal(t, append([]int{}, want...), got, "runs")
}

var errDeed = errors.New("the deed failed")

func failing(context.Context, events.Event) error { return errDeed }

// lasting ignores its context, and then returns err.
func lasting(d time.Duration, err error) events.HandlerFunc {
	return func(context.Context, events.Event) error {
		time.Sleep(d)
		return err
	}
}

// brief is an answer in two words: "503 busy".
func brief(a answer) string { return strings.TrimSpace(fmt.Sprintf("%d %s", a.Status, a.Outcome)) }

// briefs is the stand's records in a few words each: "accepted run 1", "late failed run 1".
func briefs(s *stand) []string {
	var all []string
	for _, r := range s.all() {
		text := r.Outcome.String()
		if r.Late {
			text = "late " + text
		}
		if r.Run > 0 {
			text += fmt.Sprintf(" run %d", r.Run)
		}
		all = append(all, text)
	}
	return all
}

// retryAfter is in seconds; -1 for none.
func retryAfter(a answer) int {
	n, err := strconv.Atoi(a.Header.Get("Retry-After"))
	if err != nil {
		return -1
	}
	return n
}

func TestScenarioRuns(t *testing.T) {
	t.Parallel()
	onEveryStore(t, map[string]func(t *testing.T, store dedupe.Store){
		"scenario 01 the same event twice, in turn": func(t *testing.T, store dedupe.Store) {
			a := act(nothing)
			s := newStand(t, hookmitt.CDHosting(), a.HandleEvent, middleware.Options{Store: store})
			require.Equal(t, "200 accepted", brief(s.send(started("evt_1"))))
			require.Equal(t, "200 duplicate", brief(s.send(started("evt_1"))))
			a.requireRuns(t, 1)
			require.Equal(t, []string{"accepted run 1", "duplicate"}, briefs(s))
			require.Equal(t, "done", s.claim("evt_1"))
		},
		"scenario 02 two hundred copies at once": func(t *testing.T, store dedupe.Store) {
			a := act(lasting(time.Second, nil))
			s := newStand(t, hookmitt.CDHosting(), a.HandleEvent, middleware.Options{Store: store})
			answers := make([]answer, 200)
			var all sync.WaitGroup
			for i := range answers {
				r := s.request(started("evt_1"))
				all.Go(func() { answers[i] = s.do(r) })
			}
			all.Wait()
			counts := map[string]int{}
			for _, a := range answers {
				counts[brief(a)]++
				if a.Status == http.StatusServiceUnavailable {
					require.Equal(t, 24, retryAfter(a), "what is left of the lease")
				}
			}
			require.Equal(t, map[string]int{"200 accepted": 1, "503 busy": 199}, counts)
			require.Len(t, s.all(), 200)
			require.Equal(t, "200 duplicate", brief(s.send(started("evt_1"))))
			a.requireRuns(t, 1)
		},
		"scenario 04 the handler fails, the provider tries again": func(t *testing.T, store dedupe.Store) {
			a := act(failing, nothing)
			s := newStand(t, hookmitt.CDHosting(), a.HandleEvent, middleware.Options{Store: store})
			require.Equal(t, "500 failed", brief(s.send(started("evt_1"))))
			require.ErrorIs(t, s.last().Err, errDeed)
			time.Sleep(time.Minute)
			require.Equal(t, "200 accepted", brief(s.send(started("evt_1"))))
			require.Equal(t, "200 duplicate", brief(s.send(started("evt_1"))))
			a.requireRuns(t, 1, 2)
			require.Equal(t, []string{"failed run 1", "accepted run 2", "duplicate"}, briefs(s))
		},
		"scenario 05 the handler panics": func(t *testing.T, store dedupe.Store) {
			a := act(func(context.Context, events.Event) error { panic("boom") }, nothing)
			s := newStand(t, hookmitt.CDHosting(), a.HandleEvent, middleware.Options{Store: store})
			first := s.send(started("evt_1"))
			require.Equal(t, "500 failed", brief(first))
			require.Equal(t, "Internal Server Error\n", first.Body, "the answer is complete before the panic goes on")
			var p *middleware.PanicError
			require.ErrorAs(t, s.last().Err, &p)
			require.Equal(t, "boom", p.Value)
			require.Contains(t, p.Stack, "scenario_test.go")
			require.Equal(t, "200 accepted", brief(s.send(started("evt_1"))))
			a.requireRuns(t, 1, 2)
		},
		"scenario 05 the handler ends by Goexit": func(t *testing.T, store dedupe.Store) {
			a := act(func(context.Context, events.Event) error { runtime.Goexit(); return nil }, nothing)
			s := newStand(t, hookmitt.CDHosting(), a.HandleEvent, middleware.Options{Store: store})
			require.Equal(t, "500 failed", brief(s.send(started("evt_1"))))
			require.ErrorIs(t, s.last().Err, dedupe.ErrGoexit)
			require.Equal(t, "200 accepted", brief(s.send(started("evt_1"))))
			a.requireRuns(t, 1, 2)
		},
		"scenario 05 the handler aborts the connection": func(t *testing.T, store dedupe.Store) {
			a := act(func(context.Context, events.Event) error { panic(http.ErrAbortHandler) }, nothing)
			s := newStand(t, hookmitt.CDHosting(), a.HandleEvent, middleware.Options{Store: store})
			require.Zero(t, s.send(started("evt_1")).Status)
			require.Equal(t, middleware.Failed, s.last().Outcome)
			require.Zero(t, s.last().Status)
			require.Equal(t, "200 accepted", brief(s.send(started("evt_1"))))
			a.requireRuns(t, 1, 2)
		},
		"scenario 32 the client hangs up during the handler": func(t *testing.T, store dedupe.Store) {
			a := act(func(ctx context.Context, _ events.Event) error {
				time.Sleep(5 * time.Second)
				return ctx.Err() // of the run, not of the request
			})
			s := newStand(t, hookmitt.CDHosting(), a.HandleEvent, middleware.Options{Store: store})
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			defer cancel()
			start := time.Now()
			require.Zero(t, s.do(s.request(started("evt_1")).WithContext(ctx)).Status)
			require.Equal(t, 2*time.Second, time.Since(start))
			require.Equal(t, "503 busy", brief(s.send(started("evt_1"))), "the run goes on")
			time.Sleep(4 * time.Second)
			require.Equal(t, "200 duplicate", brief(s.send(started("evt_1"))))
			a.requireRuns(t, 1)
			require.Equal(t, []string{"busy", "accepted run 1", "duplicate"}, briefs(s))
		},
	})
}
