package testserver_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/testserver"
)

// sendAll sends so many events, each after the first answer to the one before: their order is then no accident.
func sendAll(t *testing.T, ep *testserver.Endpoint, p hookmitt.Provider, n int) []*testserver.Delivery {
	t.Helper()
	all := make([]*testserver.Delivery, n)
	for i := range all {
		all[i] = ep.Send(t.Context(), of(t, p))
		_, err := all[i].Wait(t.Context())
		require.ErrorIs(t, err, testserver.ErrStill)
	}
	return all
}

func TestAdvanceReturnsAfterTheLastAnswer(t *testing.T) {
	t.Parallel()
	for name, move := range map[string]func(*testserver.Server, context.Context) error{
		"Advance":     func(s *testserver.Server, ctx context.Context) error { return s.Advance(ctx, time.Hour) },
		"AdvanceNext": func(s *testserver.Server, ctx context.Context) error { _, err := s.AdvanceNext(ctx); return err },
		"Drain":       func(s *testserver.Server, ctx context.Context) error { _, err := s.Drain(ctx); return err },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			here, release, moved := make(chan struct{}), make(chan struct{}), make(chan error, 1)
			s, ep := overHTTP(t, hookmitt.Civo(), inTurn(statuses(500), http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
				close(here)
				<-release
			}), statuses(500)))
			d := sendAll(t, ep, hookmitt.Civo(), 1)[0]
			waited := make(chan error, 1)
			go func() { moved <- move(s, t.Context()) }()
			<-here
			go func() {
				_, err := d.Wait(t.Context())
				waited <- err
			}()
			select {
			case err := <-moved:
				require.Fail(t, "it returned before the answer", err)
			case err := <-waited:
				require.Fail(t, "Wait did not wait for who moves the clock", err)
			default:
			}
			require.Equal(t, testserver.Pending, d.State())
			close(release)
			require.NoError(t, <-moved)
			require.NoError(t, <-waited)
			require.Equal(t, testserver.Delivered, d.State())
			require.Len(t, d.Timeline(), 2)
		})
	}
}

func TestAdvanceNextMakesAllAtOneInstant(t *testing.T) {
	t.Parallel()
	p := hookmitt.Civo()
	s, ep := overHTTP(t, p, statuses(500))
	start := s.Now()
	early := sendAll(t, ep, p, 3)
	require.NoError(t, s.Advance(t.Context(), time.Minute))
	late := sendAll(t, ep, p, 1)[0]
	at, err := s.AdvanceNext(t.Context())
	require.NoError(t, err)
	require.Equal(t, 5*time.Minute, at.Sub(start))
	for _, d := range early {
		require.Len(t, d.Timeline(), 2)
	}
	require.Len(t, late.Timeline(), 1)
	at, err = s.AdvanceNext(t.Context())
	require.NoError(t, err)
	require.Equal(t, 6*time.Minute, at.Sub(start))
	require.Len(t, late.Timeline(), 2)
	require.Len(t, early[0].Timeline(), 2)
}

func TestOrderOfAttempts(t *testing.T) {
	t.Parallel()
	p := hookmitt.Mixpost()
	var order []string
	s := with(t, p, statuses(500), testserver.Options{Clock: testserver.Manual(), Observe: func(a testserver.Attempt) {
		order = append(order, fmt.Sprint(a.Event.Type, " ", a.Number))
	}})
	ep := endpoint(t, s)
	send := func(name string) {
		_, err := ep.Send(t.Context(), events.Named(name, struct{}{})).Wait(t.Context())
		require.ErrorIs(t, err, testserver.ErrStill)
	}
	send("b")
	send("a")
	require.NoError(t, s.Advance(t.Context(), 5*time.Second))
	send("c")
	_, err := s.Drain(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{"b 1", "a 1", "c 1", "b 2", "a 2", "c 2", "b 3", "a 3", "c 3"}, order, "by time, and then as they were planned")
}

func TestManualClockMovedByMany(t *testing.T) {
	t.Parallel()
	inBubbles(t, map[string]func(t *testing.T){
		"two advances are as far as their sum": func(t *testing.T) {
			s, ep := manual(t, hookmitt.Civo(), inTurn(statuses(500), taking(time.Second, 500)))
			sendAll(t, ep, hookmitt.Civo(), 1)
			start := s.Now()
			var both sync.WaitGroup
			for range 2 {
				both.Go(func() { require.NoError(t, s.Advance(t.Context(), time.Hour)) })
			}
			both.Wait()
			require.Equal(t, 2*time.Hour, s.Now().Sub(start))
		},
		"who waits for another's move may give up": func(t *testing.T) {
			s, ep := manual(t, hookmitt.Civo(), taking(4*time.Second, 500))
			ep.Send(t.Context(), of(t, hookmitt.Civo()))
			done := make(chan struct{})
			go func() {
				_, _ = s.Drain(t.Context())
				close(done)
			}()
			synctest.Wait()
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			require.ErrorIs(t, s.Advance(ctx, time.Hour), context.DeadlineExceeded)
			<-done
		},
	})
}

func TestManualClockWait(t *testing.T) {
	t.Parallel()
	p := hookmitt.Civo()
	// wait waits on a goroutine, and says what for.
	wait := func(ctx context.Context, d *testserver.Delivery) <-chan error {
		err := make(chan error, 1)
		go func() {
			_, e := d.Wait(ctx)
			err <- e
		}()
		return err
	}
	inBubbles(t, map[string]func(t *testing.T){
		"it waits as long as another drains": func(t *testing.T) {
			s, ep := manual(t, p, taking(time.Second, 500))
			d := sendAll(t, ep, p, 1)[0]
			drained := make(chan struct{})
			go func() {
				_, _ = s.Drain(t.Context())
				close(drained)
			}()
			synctest.Wait()
			require.ErrorIs(t, <-wait(t.Context(), d), testserver.ErrExhausted)
			<-drained
		},
		"it returns when another has stopped moving the clock": func(t *testing.T) {
			s, ep := manual(t, p, inTurn(statuses(500), statuses(500), statuses(500), taking(time.Second, 500)))
			all := sendAll(t, ep, p, 2) // the second retry is slow, so that the clock still moves when the first has failed
			moved := make(chan struct{})
			go func() {
				_, _ = s.AdvanceNext(t.Context())
				close(moved)
			}()
			synctest.Wait()
			ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
			defer cancel()
			waited := wait(ctx, all[0])
			<-moved
			require.ErrorIs(t, <-waited, testserver.ErrStill)
		},
		"many events, few clocks moved at once": func(t *testing.T) {
			s, ep := manual(t, p, taking(100*time.Millisecond, 500))
			var all sync.WaitGroup
			for range 10 {
				all.Go(func() {
					ep.Send(t.Context(), of(t, p))
					_, err := s.Drain(t.Context())
					require.NoError(t, err)
				})
			}
			all.Wait()
			_, due := s.Next()
			require.False(t, due)
			kept, _ := s.Deliveries()
			for _, d := range kept {
				require.NotEqual(t, testserver.Pending, d.State())
			}
		},
	})
}

// A bubble does not end while one of its goroutines is left: that it does is the test. It has no time to spare, as
// inBubble has.
func TestCloseLeavesNoGoroutine(t *testing.T) {
	t.Parallel()
	raw := map[string]testserver.Fault{
		"hung up": testserver.HangUp(), "truncated": testserver.Truncated(), "trickling": testserver.Trickle(4 * time.Second),
		"folded": testserver.Folded("X-Civo-Signature"), "together": testserver.Together(5), "held up": testserver.Reorder(),
		"a lost reply": testserver.LostReply(), "as it is": testserver.WithHeader("X-None"),
	}
	for name, fault := range raw {
		for _, clock := range []testserver.Clock{testserver.Real(), testserver.Scaled(50), testserver.Manual()} {
			t.Run(name+", "+clock.String(), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					var running atomic.Int64
					s := with(t, hookmitt.Civo(), http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
						running.Add(1)
						defer running.Add(-1)
						_, _ = io.Copy(io.Discard, r.Body)
						<-r.Context().Done()
					}), testserver.Options{Clock: clock})
					d := endpoint(t, s).Send(t.Context(), of(t, hookmitt.Civo()), fault)
					time.Sleep(time.Second)
					start := time.Now()
					require.NoError(t, s.Close())
					require.Less(t, time.Since(start), time.Second)
					synctest.Wait()
					require.Zero(t, running.Load())
					require.NotEqual(t, testserver.Pending, d.State())
				})
			})
		}
	}
	t.Run("an end that takes long is not waited for: the body trickles over an hour", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			s := with(t, hookmitt.Civo(), statuses(200), testserver.Options{})
			endpoint(t, s).Send(t.Context(), of(t, hookmitt.Civo()), testserver.Trickle(time.Hour))
			time.Sleep(time.Second)
			start := time.Now()
			require.NoError(t, s.Close())
			require.Zero(t, time.Since(start))
		})
	})
}
