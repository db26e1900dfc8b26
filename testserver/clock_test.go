package testserver_test

import (
	"context"
	"errors"
	"math"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/testserver"
)

// with makes a server with options. Its transport is the handler's, in process, if there is none.
func with(t *testing.T, p hookmitt.Provider, h http.Handler, opts testserver.Options) *testserver.Server {
	t.Helper()
	if opts.Transport == nil {
		opts.Transport = testserver.InProcess(h)
	}
	s, err := testserver.New(p, &opts)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// manual subscribes an endpoint of a server whose clock is moved by hand.
func manual(t *testing.T, p hookmitt.Provider, h http.Handler) (*testserver.Server, *testserver.Endpoint) {
	t.Helper()
	s := with(t, p, h, testserver.Options{Clock: testserver.Manual()})
	return s, endpoint(t, s)
}

// overHTTP is manual with a receiver on the network.
func overHTTP(t *testing.T, p hookmitt.Provider, h http.Handler) (*testserver.Server, *testserver.Endpoint) {
	t.Helper()
	receiver := httptest.NewServer(h)
	t.Cleanup(receiver.Close)
	s := with(t, p, nil, testserver.Options{Clock: testserver.Manual(), Transport: receiver.Client().Transport})
	ep, err := s.Subscribe(testserver.Subscription{URL: receiver.URL, Secret: secret})
	require.NoError(t, err)
	return s, ep
}

func TestManualClock(t *testing.T) {
	t.Parallel()
	civo := hookmitt.Civo()
	for name, test := range map[string]func(t *testing.T){
		"the whole ladder, step by step, on the network": func(t *testing.T) {
			s, ep := overHTTP(t, civo, statuses(500))
			start := s.Now()
			d := ep.Send(t.Context(), of(t, civo))
			timeline, err := d.Wait(t.Context())
			require.ErrorIs(t, err, testserver.ErrStill)
			require.Equal(t, "0s 500", timeline.String(), "the first attempt needs no move")
			require.Equal(t, start, s.Now())
			next, due := s.Next()
			require.True(t, due)
			require.Equal(t, 5*time.Minute, next.Sub(start))
			own, due := d.Next()
			require.True(t, due)
			require.Equal(t, next, own)

			require.NoError(t, s.Advance(t.Context(), 5*time.Minute-1))
			require.Len(t, d.Timeline(), 1, "none is due a nanosecond earlier")
			require.Equal(t, 5*time.Minute-1, s.Now().Sub(start))
			require.NoError(t, s.Advance(t.Context(), 1))
			require.Equal(t, "0s 500, 5m0s 500", d.Timeline().String())
			require.NoError(t, s.Advance(t.Context(), 90*time.Minute))
			require.Equal(t, "0s 500, 5m0s 500, 35m0s 500, 1h35m0s 500", d.Timeline().String(), "two on the way, each at its time")
			at, err := s.AdvanceNext(t.Context())
			require.NoError(t, err)
			require.Equal(t, 3*time.Hour+35*time.Minute, at.Sub(start))
			took, err := s.Drain(t.Context())
			require.NoError(t, err)
			require.Equal(t, 6*time.Hour, took)
			require.Equal(t, "0s 500, 5m0s 500, 35m0s 500, 1h35m0s 500, 3h35m0s 500, 9h35m0s 500", d.Timeline().String())
			_, err = d.Wait(t.Context())
			require.ErrorIs(t, err, testserver.ErrExhausted)
			_, due = s.Next()
			require.False(t, due)
		},
		"where nothing is due only Advance moves": func(t *testing.T) {
			s, _ := manual(t, civo, statuses(200))
			start := s.Now()
			at, err := s.AdvanceNext(t.Context())
			require.NoError(t, err)
			require.Equal(t, start, at)
			took, err := s.Drain(t.Context())
			require.NoError(t, err)
			require.Zero(t, took)
			require.NoError(t, s.Advance(t.Context(), time.Hour))
			require.Equal(t, start.Add(time.Hour), s.Now())
		},
		"Advance by nothing waits for the first answer": func(t *testing.T) {
			s, ep := overHTTP(t, civo, statuses(200))
			d := ep.Send(t.Context(), of(t, civo))
			require.NoError(t, s.Advance(t.Context(), 0))
			require.Equal(t, testserver.Delivered, d.State())
			_, err := d.Wait(t.Context())
			require.NoError(t, err)
		},
		"a timeline comes out the same every time": func(t *testing.T) {
			for range 20 {
				s, ep := overHTTP(t, civo, statuses(500, 500, 302, 500, 204))
				d := ep.Send(t.Context(), of(t, civo))
				_, err := s.Drain(t.Context())
				require.NoError(t, err)
				require.Equal(t, "0s 500, 5m0s 500, 35m0s 302, 1h35m0s 500, 3h35m0s 204", d.Timeline().String())
			}
		},
		"a timeout shifts what comes after it, by tenths of a second": func(t *testing.T) {
			p, release := civo, make(chan struct{})
			p.Deadline = 50 * time.Millisecond // of the receiver's time, which is real
			s, ep := overHTTP(t, p, inTurn(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }), statuses(500, 200)))
			t.Cleanup(func() { close(release) })
			d := ep.Send(t.Context(), of(t, p))
			_, err := s.Drain(t.Context())
			require.NoError(t, err)
			timeline := d.Timeline()
			require.Len(t, timeline, 3)
			require.ErrorIs(t, timeline[0].Err, context.DeadlineExceeded)
			require.GreaterOrEqual(t, timeline[0].Took, p.Deadline)
			// Not a number: on a busy machine 50 ms may have become more.
			require.Equal(t, timeline[0].Took.Truncate(100*time.Millisecond)+5*time.Minute, timeline[1].At.Sub(timeline[0].At))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t)
		})
	}
}

func TestManualClockInABubble(t *testing.T) {
	t.Parallel()
	civo := hookmitt.Civo()
	inBubbles(t, map[string]func(t *testing.T){
		"an attempt lasts for the whole seconds that it did": func(t *testing.T) {
			s, ep := manual(t, civo, inTurn(taking(time.Minute, 500), taking(1290*time.Millisecond, 500), taking(99*time.Millisecond, 500), statuses(200)))
			d := ep.Send(t.Context(), of(t, civo))
			took, err := s.Drain(t.Context())
			require.NoError(t, err)
			require.Equal(t, "0s timeout, 5m5s 500, 35m6s 500, 1h35m6s 200", d.Timeline().String())
			require.Equal(t, time.Hour+35*time.Minute+6*time.Second, took)
			require.Equal(t, 1290*time.Millisecond, d.Timeline()[1].Took, "the record is exact")
		},
		"no time passes on it by itself": func(t *testing.T) {
			s, ep := manual(t, civo, statuses(500))
			start := s.Now()
			d := ep.Send(t.Context(), of(t, civo))
			time.Sleep(20 * time.Hour)
			require.Equal(t, start, s.Now())
			require.Len(t, d.Timeline(), 1)
		},
		"stamps are of the receiver's time": func(t *testing.T) {
			s, ep := manual(t, hookmitt.CDHosting(), statuses(500))
			require.NoError(t, s.Advance(t.Context(), 100*time.Hour))
			require.Equal(t, time.Now().UTC().Truncate(time.Second), ep.Send(t.Context(), of(t, hookmitt.CDHosting())).Event().Time)
		},
	})
}

func TestScaledClock(t *testing.T) {
	t.Parallel()
	civo := hookmitt.Civo()
	const ladder = 9*time.Hour + 35*time.Minute
	inBubbles(t, map[string]func(t *testing.T){
		"a ladder is as long on its own clock, and a sixtieth of it on the real one": func(t *testing.T) {
			s := with(t, civo, statuses(500), testserver.Options{Clock: testserver.Scaled(60)})
			real, scaled := time.Now(), s.Now()
			timeline, err := endpoint(t, s).Send(t.Context(), of(t, civo)).Wait(t.Context())
			require.ErrorIs(t, err, testserver.ErrExhausted)
			require.Equal(t, "0s 500, 5m0s 500, 35m0s 500, 1h35m0s 500, 3h35m0s 500, 9h35m0s 500", timeline.String())
			require.Equal(t, ladder/60, time.Since(real))
			require.Equal(t, ladder, s.Now().Sub(scaled))
		},
		"with less than 1 it is slower": func(t *testing.T) {
			s, start := with(t, civo, statuses(500, 200), testserver.Options{Clock: testserver.Scaled(0.5)}), time.Now()
			timeline, err := endpoint(t, s).Send(t.Context(), of(t, civo)).Wait(t.Context())
			require.NoError(t, err)
			require.Equal(t, "0s 500, 5m0s 200", timeline.String())
			require.Equal(t, 10*time.Minute, time.Since(start))
		},
		"the deadline is not scaled": func(t *testing.T) {
			s := with(t, civo, inTurn(taking(time.Minute, 200), statuses(200)), testserver.Options{Clock: testserver.Scaled(50)})
			timeline, err := endpoint(t, s).Send(t.Context(), of(t, civo)).Wait(t.Context())
			require.NoError(t, err)
			require.Equal(t, 5*time.Second, timeline[0].Took)
		},
		"a gap begins at the end of the failed attempt": func(t *testing.T) {
			s := with(t, civo, inTurn(taking(4*time.Second, 500), statuses(200)), testserver.Options{Clock: testserver.Scaled(50)})
			start := time.Now()
			_, err := endpoint(t, s).Send(t.Context(), of(t, civo)).Wait(t.Context())
			require.NoError(t, err)
			require.Equal(t, 4*time.Second+5*time.Minute/50, time.Since(start))
		},
	})
	t.Run("a gap that the factor does not divide", func(t *testing.T) {
		t.Parallel()
		inBubble(t, func(t *testing.T) {
			p := hookmitt.Mixpost() // 10 s are no whole number of sixtieths in nanoseconds
			s, start := with(t, p, statuses(500, 200), testserver.Options{Clock: testserver.Scaled(60)}), time.Now()
			_, err := endpoint(t, s).Send(t.Context(), of(t, p)).Wait(t.Context())
			require.NoError(t, err)
			require.InDelta(t, 10*time.Second/60, time.Since(start), 10)
		})
	})
}

func TestClockRefused(t *testing.T) {
	t.Parallel()
	for name, factor := range map[string]float64{
		"0 stands still": 0, "backwards": -60, "no number": math.NaN(), "all at once": math.Inf(1), "all at once, backwards": math.Inf(-1),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := testserver.New(hookmitt.Civo(), &testserver.Options{Clock: testserver.Scaled(factor)})
			require.ErrorContains(t, err, "Options.Clock")
		})
	}
}

func TestClockString(t *testing.T) {
	t.Parallel()
	for want, clock := range map[string]testserver.Clock{
		"real": {}, "60x": testserver.Scaled(60), "0.5x": testserver.Scaled(0.5), "manual": testserver.Manual(),
	} {
		require.Equal(t, want, clock.String())
	}
	require.Equal(t, testserver.Clock{}, testserver.Real())
}

func TestClockMovesByItself(t *testing.T) {
	t.Parallel()
	for _, clock := range []testserver.Clock{testserver.Real(), testserver.Scaled(60)} {
		s := with(t, hookmitt.Civo(), statuses(200), testserver.Options{Clock: clock})
		require.ErrorIs(t, s.Advance(t.Context(), time.Hour), testserver.ErrClock)
		_, err := s.AdvanceNext(t.Context())
		require.ErrorIs(t, err, testserver.ErrClock)
		_, err = s.Drain(t.Context())
		require.ErrorIs(t, err, testserver.ErrClock)
	}
}

func TestClockContext(t *testing.T) {
	t.Parallel()
	errEnough := errors.New("enough")
	inBubbles(t, map[string]func(t *testing.T){
		"a move returns when its context ends, and the attempt goes on": func(t *testing.T) {
			s, ep := manual(t, hookmitt.Civo(), taking(4*time.Second, 500))
			d := ep.Send(t.Context(), of(t, hookmitt.Civo()))
			ctx, cancel := context.WithTimeoutCause(t.Context(), 6*time.Second, errEnough)
			defer cancel()
			_, err := s.Drain(ctx)
			require.ErrorIs(t, err, errEnough)
			require.Len(t, d.Timeline(), 1)
			synctest.Wait()
			time.Sleep(2 * time.Second)
			synctest.Wait()
			require.Equal(t, "0s 500, 5m4s 500", d.Timeline().String())
			time.Sleep(time.Hour)
			require.Len(t, d.Timeline(), 2, "and nobody moves the clock any more")
		},
		"a context that has ended moves nothing": func(t *testing.T) {
			s, ep := manual(t, hookmitt.Civo(), statuses(500))
			d := ep.Send(t.Context(), of(t, hookmitt.Civo()))
			_, err := d.Wait(t.Context())
			require.ErrorIs(t, err, testserver.ErrStill)
			start := s.Now()
			ctx, cancel := context.WithCancelCause(t.Context())
			cancel(errEnough)
			for range 64 { // luck must not decide
				require.ErrorIs(t, s.Advance(ctx, time.Hour), errEnough)
			}
			_, err = s.Drain(ctx)
			require.ErrorIs(t, err, errEnough)
			_, err = s.AdvanceNext(ctx)
			require.ErrorIs(t, err, errEnough)
			require.Equal(t, start, s.Now())
			require.Len(t, d.Timeline(), 1)
		},
	})
}
