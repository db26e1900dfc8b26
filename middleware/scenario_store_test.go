package middleware_test

import (
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/dedupe/dedupetest"
	"github.com/hookmitt/hookmitt/middleware"
)

const budgetOfCDHosting = 8 * time.Second

func TestScenarioStoreFails(t *testing.T) {
	t.Parallel()
	onFlaky(t, map[string]func(t *testing.T, store *dedupetest.Flaky){
		"scenario 12 the commit fails for good": func(t *testing.T, store *dedupetest.Flaky) {
			store.Always(dedupetest.Commit, dedupetest.Fail)
			a := act(nothing)
			s := newStand(t, hookmitt.CDHosting(), a.HandleEvent, middleware.Options{Store: store})
			start := time.Now()
			require.Equal(t, "200 accepted", brief(s.send(started("evt_1"))), "the work is done")
			require.LessOrEqual(t, time.Since(start), budgetOfCDHosting)
			require.Greater(t, store.Calls(dedupetest.Commit), 3, "it is tried for as long as the budget lasts")
			require.ErrorIs(t, s.last().Err, dedupetest.ErrDown)
			require.Equal(t, []string{"accepted run 1"}, briefs(s))
			require.Equal(t, "503 busy", brief(s.send(started("evt_1"))))
			a.requireRuns(t, 1)
			time.Sleep(time.Minute)
			store.Heal()
			require.Equal(t, "200 accepted", brief(s.send(started("evt_1"))), "nobody knows any more: documented")
			a.requireRuns(t, 1, 2)
		},
		"scenario 12 the commit fails until after the answer": func(t *testing.T, store *dedupetest.Flaky) {
			store.Always(dedupetest.Commit, dedupetest.Fail)
			a := act(nothing)
			s := newStand(t, hookmitt.CDHosting(), a.HandleEvent, middleware.Options{Store: store})
			require.Equal(t, "200 accepted", brief(s.send(started("evt_1"))))
			require.ErrorIs(t, s.last().Err, dedupetest.ErrDown)
			store.Heal()
			time.Sleep(24 * time.Second)
			require.Equal(t, "200 duplicate", brief(s.send(started("evt_1"))), "it was tried for as long as a lease")
			a.requireRuns(t, 1)
		},
		"scenario 12 the commit fails once": func(t *testing.T, store *dedupetest.Flaky) {
			store.Next(dedupetest.Commit, dedupetest.Fail)
			a := act(nothing)
			s := newStand(t, hookmitt.CDHosting(), a.HandleEvent, middleware.Options{Store: store})
			require.Equal(t, "200 accepted", brief(s.send(started("evt_1"))))
			require.NoError(t, s.last().Err)
			require.Equal(t, "200 duplicate", brief(s.send(started("evt_1"))))
			a.requireRuns(t, 1)
		},
		"scenario 12 the commit of a late run is tried for as long as a lease": func(t *testing.T, store *dedupetest.Flaky) {
			store.Always(dedupetest.Commit, dedupetest.Fail)
			a := act(lasting(12*time.Second, nil))
			s := newStand(t, hookmitt.CDHosting(), a.HandleEvent, middleware.Options{Store: store})
			require.Equal(t, "503 timed-out", brief(s.send(started("evt_1"))))
			time.Sleep(12 * time.Second)
			require.Len(t, s.all(), 1, "no end yet")
			store.Heal()
			time.Sleep(15 * time.Second)
			require.Equal(t, []string{"timed-out run 1", "late accepted run 1"}, briefs(s))
			require.NoError(t, s.last().Err)
			require.Equal(t, "200 duplicate", brief(s.send(started("evt_1"))))
			a.requireRuns(t, 1)
		},
		"scenario 13 the release fails after a failure": func(t *testing.T, store *dedupetest.Flaky) {
			store.Next(dedupetest.Release, dedupetest.Fail)
			a := act(failing, nothing)
			s := newStand(t, hookmitt.CDHosting(), a.HandleEvent, middleware.Options{Store: store})
			require.Equal(t, "500 failed", brief(s.send(started("evt_1"))))
			require.ErrorIs(t, s.last().Err, errDeed)
			require.ErrorIs(t, s.last().Err, dedupetest.ErrDown)
			time.Sleep(23 * time.Second)
			busy := s.send(started("evt_1"))
			require.Equal(t, "503 busy", brief(busy))
			require.Equal(t, 1, retryAfter(busy))
			time.Sleep(time.Second)
			require.Equal(t, "200 accepted", brief(s.send(started("evt_1"))), "the lease is over")
			a.requireRuns(t, 1, 2)
		},
		"scenario 14 the store is down on the claim": func(t *testing.T, store *dedupetest.Flaky) {
			store.Always(dedupetest.Claim, dedupetest.Fail)
			a := act(nothing)
			s := newStand(t, hookmitt.CDHosting(), a.HandleEvent, middleware.Options{Store: store})
			down := s.send(started("evt_1"))
			require.Equal(t, "503 unavailable", brief(down))
			require.Equal(t, 5, retryAfter(down))
			require.ErrorIs(t, s.last().Err, dedupetest.ErrDown)
			a.requireRuns(t)
			store.Heal()
			require.Equal(t, "200 accepted", brief(s.send(started("evt_1"))))
			a.requireRuns(t, 1)
		},
		"scenario 15 the store hangs on the claim": func(t *testing.T, store *dedupetest.Flaky) {
			store.Next(dedupetest.Claim, dedupetest.Stall)
			a := act(nothing)
			s := newStand(t, hookmitt.CDHosting(), a.HandleEvent, middleware.Options{Store: store})
			start := time.Now()
			require.Equal(t, "503 unavailable", brief(s.send(started("evt_1"))))
			require.Equal(t, time.Second, time.Since(start))
			require.ErrorIs(t, s.last().Err, dedupe.ErrStalled)
			a.requireRuns(t)
			store.Resume()
			time.Sleep(time.Second)
			require.Equal(t, "200 accepted", brief(s.send(started("evt_1"))), "what was won too late was given back, as if it never was")
			a.requireRuns(t, 1)
		},
		"scenario 15 the store hangs on the commit": func(t *testing.T, store *dedupetest.Flaky) {
			store.Always(dedupetest.Commit, dedupetest.Stall)
			a := act(nothing)
			s := newStand(t, hookmitt.CDHosting(), a.HandleEvent, middleware.Options{Store: store})
			start := time.Now()
			require.Equal(t, "200 accepted", brief(s.send(started("evt_1"))))
			require.LessOrEqual(t, time.Since(start), budgetOfCDHosting)
			require.ErrorIs(t, s.last().Err, dedupe.ErrStalled)
			store.Heal()
			store.Resume()
			time.Sleep(time.Second)
			require.Equal(t, "200 duplicate", brief(s.send(started("evt_1"))), "it went through in the end")
			a.requireRuns(t, 1)
		},
		"scenario 15 the store hangs on the commit of a run that used up its budget": func(t *testing.T, store *dedupetest.Flaky) {
			store.Always(dedupetest.Commit, dedupetest.Stall)
			a := act(lasting(budgetOfCDHosting-100*time.Millisecond, nil))
			s := newStand(t, hookmitt.CDHosting(), a.HandleEvent, middleware.Options{Store: store})
			start := time.Now()
			require.Equal(t, "200 accepted", brief(s.send(started("evt_1"))))
			require.LessOrEqual(t, time.Since(start), budgetOfCDHosting)
		},
		"scenario 15 the body took long, and the commit fails": func(t *testing.T, store *dedupetest.Flaky) {
			store.Always(dedupetest.Commit, dedupetest.Fail)
			a := act(nothing)
			s := newStand(t, hookmitt.CDHosting(), a.HandleEvent, middleware.Options{Store: store})
			start := time.Now()
			r := s.request(started("evt_1"))
			fast := r.Body
			slow, w := io.Pipe()
			time.AfterFunc(7*time.Second, func() {
				_, err := io.Copy(w, fast)
				_ = w.CloseWithError(err)
			})
			r.Body, r.GetBody = slow, nil
			require.Equal(t, "200 accepted", brief(s.do(r)))
			require.LessOrEqual(t, time.Since(start), budgetOfCDHosting)
		},
		"scenario 16 the reply of the claim is lost, and the client repeats it": func(t *testing.T, store *dedupetest.Flaky) {
			store.Next(dedupetest.Claim, dedupetest.Repeat)
			a := act(nothing)
			s := newStand(t, hookmitt.CDHosting(), a.HandleEvent, middleware.Options{Store: store})
			require.Equal(t, "200 accepted", brief(s.send(started("evt_1"))))
			a.requireRuns(t, 1)
		},
		"scenario 16 the reply of the claim is lost, and nobody repeats it": func(t *testing.T, store *dedupetest.Flaky) {
			store.Next(dedupetest.Claim, dedupetest.LoseReply)
			a := act(nothing)
			s := newStand(t, hookmitt.CDHosting(), a.HandleEvent, middleware.Options{Store: store})
			require.Equal(t, "503 unavailable", brief(s.send(started("evt_1"))))
			require.Equal(t, "503 busy", brief(s.send(started("evt_1"))))
			a.requireRuns(t)
			time.Sleep(24 * time.Second)
			require.Equal(t, "200 accepted", brief(s.send(started("evt_1"))), "late, and not lost")
			a.requireRuns(t, 2)
		},
		"scenario 17 the reply of the commit is lost, and the client repeats it": func(t *testing.T, store *dedupetest.Flaky) {
			store.Next(dedupetest.Commit, dedupetest.Repeat)
			a := act(nothing)
			s := newStand(t, hookmitt.CDHosting(), a.HandleEvent, middleware.Options{Store: store})
			require.Equal(t, "200 accepted", brief(s.send(started("evt_1"))))
			require.NoError(t, s.last().Err)
			require.Equal(t, "200 duplicate", brief(s.send(started("evt_1"))))
			a.requireRuns(t, 1)
		},
		"scenario 17 the reply of the commit is lost, and the guard repeats it": func(t *testing.T, store *dedupetest.Flaky) {
			store.Next(dedupetest.Commit, dedupetest.LoseReply)
			a := act(nothing)
			s := newStand(t, hookmitt.CDHosting(), a.HandleEvent, middleware.Options{Store: store})
			require.Equal(t, "200 accepted", brief(s.send(started("evt_1"))))
			require.NoError(t, s.last().Err)
			require.Equal(t, 2, store.Calls(dedupetest.Commit))
			require.Equal(t, "200 duplicate", brief(s.send(started("evt_1"))))
			a.requireRuns(t, 1)
		},
		"scenario 17 the reply of the release is lost": func(t *testing.T, store *dedupetest.Flaky) {
			store.Next(dedupetest.Release, dedupetest.LoseReply)
			a := act(failing, nothing)
			s := newStand(t, hookmitt.CDHosting(), a.HandleEvent, middleware.Options{Store: store})
			require.Equal(t, "500 failed", brief(s.send(started("evt_1"))))
			require.Equal(t, "200 accepted", brief(s.send(started("evt_1"))), "it was released all the same")
			a.requireRuns(t, 1, 2)
		},
	})
}

func TestScenarioMemoryAtItsCap(t *testing.T) {
	t.Parallel()
	t.Run("scenario 30 a memory at its cap", func(t *testing.T) {
		t.Parallel()
		inBubble(t, func(t *testing.T) {
			store := dedupe.NewMemory(3)
			a := act(nothing)
			s := newStand(t, hookmitt.CDHosting(), a.HandleEvent, middleware.Options{Store: store})
			known := []string{"evt_1", "evt_2", "evt_3"}
			for _, id := range known {
				require.Equal(t, "200 accepted", brief(s.send(started(id))))
				time.Sleep(10 * time.Hour)
			}
			for range 3 { // refusing forgets nothing
				full := s.send(started("evt_4"))
				require.Equal(t, "503 unavailable", brief(full))
				require.GreaterOrEqual(t, retryAfter(full), 1)
				require.ErrorIs(t, s.last().Err, dedupe.ErrFull)
				for _, id := range known {
					require.Equal(t, "200 duplicate", brief(s.send(started(id))))
				}
				time.Sleep(time.Hour)
			}
			a.requireRuns(t, 1, 1, 1)

			time.Sleep(15*time.Hour + time.Second) // the first is 48 h old
			require.Equal(t, "200 accepted", brief(s.send(started("evt_4"))))
			require.Equal(t, "200 duplicate", brief(s.send(started("evt_2"))))
			require.Equal(t, "200 duplicate", brief(s.send(started("evt_3"))))
			time.Sleep(48 * time.Hour)
			require.Equal(t, "200 accepted", brief(s.send(started("evt_5"))))
			require.Equal(t, "200 accepted", brief(s.send(started("evt_6"))))
			held, limit := store.Fill()
			require.LessOrEqual(t, held, limit)
			require.Equal(t, 3, limit)
		})
	})
	t.Run("scenario 30 a request that is not signed takes no room", func(t *testing.T) {
		t.Parallel()
		inBubble(t, func(t *testing.T) {
			store := dedupe.NewMemory(1)
			s := newStand(t, hookmitt.CDHosting(), nothing, middleware.Options{Store: store})
			for range 10 {
				forged := s.request(started("evt_forged"))
				forged.Header.Set("X-CDHosting-Signature", forged.Header.Get("X-CDHosting-Signature")[1:]+"0")
				require.Equal(t, http.StatusUnauthorized, s.do(forged).Status)
			}
			held, _ := store.Fill()
			require.Zero(t, held)
			require.Equal(t, "200 accepted", brief(s.send(started("evt_1"))))
		})
	})
}
