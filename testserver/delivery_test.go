package testserver_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/testserver"
)

func TestDeliveryDeadline(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		provider hookmitt.Provider
		takes    time.Duration
		timeline string
		took     time.Duration
	}{
		"Civo waits for 4.9 s":            {hookmitt.Civo(), 4900 * time.Millisecond, "0s 200", 4900 * time.Millisecond},
		"Civo does not wait for 5.1 s":    {hookmitt.Civo(), 5100 * time.Millisecond, "0s timeout, 5m5s 200", 5 * time.Second},
		"CDHosting waits for 9.9 s":       {hookmitt.CDHosting(), 9900 * time.Millisecond, "0s 200", 9900 * time.Millisecond},
		"CDHosting does not wait for 1 h": {hookmitt.CDHosting(), time.Hour, "0s timeout, 1m10s 200", 10 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T) {
				timeline, d := deliver(t, c.provider, inTurn(taking(c.takes, 200), statuses(200)))
				require.Equal(t, testserver.Delivered, d.State())
				require.Equal(t, c.timeline, timeline.String())
				require.Equal(t, c.took, timeline[0].Took)
				if len(timeline) == 1 {
					return
				}
				require.Zero(t, timeline[0].Status)
				require.False(t, timeline[0].Succeeded)
				require.ErrorIs(t, timeline[0].Err, context.DeadlineExceeded)
				require.Equal(t, "no answer within "+c.took.String(), timeline[0].Reason())
			})
		})
	}
}

func TestDeliveryAcks(t *testing.T) {
	t.Parallel()
	every := []int{200, 201, 202, 203, 204, 205, 206, 207, 226, 299, 304, 400, 401, 404, 410, 422, 429, 500, 503}
	for name, c := range map[string]struct {
		provider hookmitt.Provider
		success  []int
	}{
		"Civo counts every 2xx":           {hookmitt.Civo(), []int{200, 201, 202, 203, 204, 205, 206, 207, 226, 299}},
		"CDHosting counts every 2xx":      {hookmitt.CDHosting(), []int{200, 201, 202, 203, 204, 205, 206, 207, 226, 299}},
		"Mixpost counts 200, 201 and 202": {hookmitt.Mixpost(), []int{200, 201, 202}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T) {
				var success []int
				for _, status := range every {
					timeline, d := deliver(t, c.provider, statuses(status))
					if d.State() == testserver.Delivered {
						success = append(success, status)
						require.Empty(t, timeline[0].Reason())
						continue
					}
					require.ErrorIs(t, d.Err(), testserver.ErrExhausted)
					require.Equal(t, fmt.Sprint("answered ", status), timeline[0].Reason())
					require.Len(t, timeline, c.provider.Retry.Retries()+1)
				}
				require.Equal(t, c.success, success)
			})
		})
	}
}

func TestDeliveryGaps(t *testing.T) {
	t.Parallel()
	slow := func(d time.Duration) http.Handler { return taking(d, 500) }
	for name, c := range map[string]struct {
		provider hookmitt.Provider
		handler  http.Handler
		want     string
	}{
		"Civo's ladder": {
			hookmitt.Civo(), statuses(500),
			"0s 500, 5m0s 500, 35m0s 500, 1h35m0s 500, 3h35m0s 500, 9h35m0s 500",
		},
		"CDHosting's ladder": {
			hookmitt.CDHosting(), statuses(500),
			"0s 500, 1m0s 500, 6m0s 500, 36m0s 500, 2h36m0s 500, 26h36m0s 500",
		},
		"Mixpost's ladder": {hookmitt.Mixpost(), statuses(500), "0s 500, 10s 500, 1m10s 500"},
		"gaps begin at the end of a slow failure": {
			hookmitt.Mixpost(), inTurn(slow(3*time.Second), slow(4*time.Second), statuses(200)), "0s 500, 13s 500, 1m17s 200",
		},
		"gaps begin at the end of a timeout": {
			hookmitt.Civo(), inTurn(slow(time.Minute), slow(4*time.Second), slow(time.Minute), statuses(200)),
			"0s timeout, 5m5s 500, 35m9s timeout, 1h35m14s 200",
		},
		"a success ends it": {hookmitt.Civo(), statuses(500, 204, 500), "0s 500, 5m0s 204"},
		"a broken connection is a failure": {
			hookmitt.Mixpost(), inTurn(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }), statuses(200)),
			"0s error, 10s 200",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T) {
				timeline, d := deliver(t, c.provider, c.handler)
				require.Equal(t, c.want, timeline.String())
				require.LessOrEqual(t, timeline[len(timeline)-1].At.Sub(timeline[0].At), c.provider.Horizon())
				for i, a := range timeline {
					require.Equal(t, i+1, a.Number)
				}
				time.Sleep(48 * time.Hour)
				require.Equal(t, c.want, d.Timeline().String(), "nothing comes after the end")
			})
		})
	}
	t.Run("a provider that never retries gives up at once", func(t *testing.T) {
		t.Parallel()
		inBubble(t, func(t *testing.T) {
			p := hookmitt.CDHosting()
			p.Retry, p.DisableAfter = hookmitt.Schedule{}, 0
			timeline, d := deliver(t, p, statuses(500))
			require.Equal(t, "0s 500", timeline.String())
			require.ErrorIs(t, d.Err(), testserver.ErrExhausted)
		})
	})
}

func TestDeliveryWait(t *testing.T) {
	t.Parallel()
	inBubbles(t, map[string]func(t *testing.T){
		"it returns when its context ends, with what there is so far": func(t *testing.T) {
			errEnough := errors.New("enough")
			ctx, cancel := context.WithTimeoutCause(t.Context(), time.Hour, errEnough)
			defer cancel()
			start := time.Now()
			d := subscribe(t, hookmitt.Civo(), statuses(500)).Send(t.Context(), of(t, hookmitt.Civo()))
			timeline, err := d.Wait(ctx)
			require.ErrorIs(t, err, errEnough)
			require.Equal(t, time.Hour, time.Since(start))
			require.Equal(t, "0s 500, 5m0s 500, 35m0s 500", timeline.String())
			require.Equal(t, testserver.Pending, d.State())
			require.NoError(t, d.Err())
			_, err = d.Wait(t.Context())
			require.ErrorIs(t, err, testserver.ErrExhausted, "the delivery went on")
		},
		"it returns at once if its context has ended": func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			d := subscribe(t, hookmitt.Civo(), statuses(500)).Send(t.Context(), of(t, hookmitt.Civo()))
			_, err := d.Wait(ctx)
			require.ErrorIs(t, err, context.Canceled)
		},
		"of a settled delivery it tells how it ended, whether or not its context has": func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			_, d := deliver(t, hookmitt.Civo(), statuses(200))
			for range 64 {
				_, err := d.Wait(ctx)
				require.NoError(t, err)
			}
		},
		"many may wait": func(t *testing.T) {
			d := subscribe(t, hookmitt.Civo(), taking(time.Second, 200)).Send(t.Context(), of(t, hookmitt.Civo()))
			timelines := make(chan string, 3)
			for range cap(timelines) {
				go func() {
					timeline, _ := d.Wait(t.Context())
					timelines <- timeline.String()
				}()
			}
			for range cap(timelines) {
				require.Equal(t, "0s 200", <-timelines)
			}
		},
		"its timeline is the caller's own": func(t *testing.T) {
			timeline, d := deliver(t, hookmitt.Civo(), statuses(200))
			timeline[0].Status = 999
			require.Equal(t, 200, d.Timeline()[0].Status)
		},
	})
}

func TestAttempt(t *testing.T) {
	t.Parallel()
	inBubbles(t, map[string]func(t *testing.T){
		"it keeps the answer": func(t *testing.T) {
			timeline, _ := deliver(t, hookmitt.Civo(), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Hookmitt-Outcome", "accepted")
				w.WriteHeader(http.StatusCreated)
				_, _ = w.Write([]byte("thanks"))
			}))
			a := timeline[0]
			require.Equal(t, 201, a.Status)
			require.True(t, a.Succeeded)
			require.Equal(t, "accepted", a.Outcome())
			require.Equal(t, "thanks", string(a.AnswerBody))
			require.NoError(t, a.Err)
			require.Equal(t, time.Now(), a.At)
			require.Empty(t, a.Faults)
		},
		"it keeps 64 KiB of a long answer": func(t *testing.T) {
			long := bytes.Repeat([]byte("x"), 100<<10)
			timeline, _ := deliver(t, hookmitt.Civo(), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(long) }))
			require.True(t, timeline[0].Succeeded)
			require.Equal(t, long[:64<<10], timeline[0].AnswerBody)
		},
		"an answer that says no outcome has none": func(t *testing.T) {
			timeline, _ := deliver(t, hookmitt.Civo(), statuses(200))
			require.Empty(t, timeline[0].Outcome())
		},
		"a broken connection is told of": func(t *testing.T) {
			ep := subscribe(t, hookmitt.Mixpost(), http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("boom") }))
			d := ep.Send(t.Context(), of(t, hookmitt.Mixpost()))
			timeline, err := d.Wait(t.Context())
			require.ErrorIs(t, err, testserver.ErrExhausted)
			require.ErrorContains(t, err, "closed the connection without an answer")
			require.ErrorContains(t, timeline[0].Err, "closed the connection without an answer")
			require.Empty(t, timeline[0].Outcome())
		},
		// It will not be better in five minutes, and the receiver had no part in it.
		"an event that cannot be sealed is dropped at once, and is no failure of the endpoint": func(t *testing.T) {
			e, calls := of(t, hookmitt.Civo()), 0
			e.ID = "no UUID"
			ep := subscribe(t, hookmitt.Civo(), http.HandlerFunc(func(http.ResponseWriter, *http.Request) { calls++ }))
			d := ep.Send(t.Context(), e)
			timeline, err := d.Wait(t.Context())
			require.ErrorIs(t, err, events.ErrMalformed)
			require.ErrorContains(t, err, "is not a UUID")
			require.Equal(t, testserver.Dropped, d.State())
			require.Equal(t, "0s error", timeline.String())
			require.ErrorIs(t, timeline[0].Err, events.ErrMalformed)
			_, due := d.Next()
			require.False(t, due)
			time.Sleep(48 * time.Hour)
			require.Len(t, d.Timeline(), 1, "it is not retried")
			require.Zero(t, ep.Failures())
			reason, disabled := ep.Disabled()
			require.False(t, disabled)
			require.Empty(t, reason)
			require.Zero(t, calls)
		},
	})
}

func TestStateString(t *testing.T) {
	t.Parallel()
	for state, want := range map[testserver.State]string{
		testserver.Pending: "pending", testserver.Delivered: "delivered", testserver.Exhausted: "exhausted", testserver.Dropped: "dropped",
		testserver.Unwanted: "unwanted", 9: "State(9)",
	} {
		require.Equal(t, want, state.String())
	}
}
