package testserver_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/testserver"
)

// requireBeginning finds nothing at a server.
func requireBeginning(t *testing.T, s *testserver.Server) {
	t.Helper()
	kept, forgotten := s.Deliveries()
	_, due := s.Next()
	require.Empty(t, s.Endpoints())
	require.Empty(t, kept)
	require.Zero(t, forgotten)
	require.Empty(t, s.Notices())
	require.Empty(t, s.Effects())
	require.False(t, due)
}

// endless is a receiver that answers when its client has gone away.
func endless() http.Handler {
	return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	})
}

func TestReset(t *testing.T) {
	t.Parallel()
	p := hookmitt.CDHosting()
	inBubbles(t, map[string]func(t *testing.T){
		"nothing is left of anything": func(t *testing.T) {
			s := with(t, p, statuses(500), testserver.Options{Keep: 2})
			ep := endpoint(t, s)
			for range 3 {
				require.NoError(t, ep.SendTest(t.Context()).WaitAttempt(t.Context()))
			}
			exhaust(t, ep, p)
			_, err := s.ReportEffect("evt_1")
			require.NoError(t, err)
			s.Arm(testserver.LostReply())
			_, forgotten := s.Deliveries()
			require.NotZero(t, forgotten)
			require.NotEmpty(t, s.Notices())
			require.NoError(t, s.Reset(t.Context()))
			requireBeginning(t, s)
			_, found := s.Endpoint(ep.ID())
			require.False(t, found)
			_, found = s.Delivery(1)
			require.False(t, found)
			require.NoError(t, s.Reset(t.Context()), "twice is no mistake")
			ep = endpoint(t, s)
			for range 3 {
				require.NoError(t, ep.Send(t.Context(), of(t, p)).WaitAttempt(t.Context()))
			}
			kept, forgotten := s.Deliveries()
			require.Len(t, kept, 3, "what was settled before makes no room")
			require.Zero(t, forgotten)
		},
		"what is registered then is like the first": func(t *testing.T) {
			s := newServer(t, p, statuses(500))
			old := endpoint(t, s)
			s.Send(t.Context(), of(t, p))
			require.NoError(t, s.Reset(t.Context()))
			ep := endpoint(t, s)
			require.NotEqual(t, old.ID(), ep.ID())
			d := ep.Send(t.Context(), of(t, p))
			require.EqualValues(t, 1, d.Number())
			_, err := d.Wait(t.Context())
			require.ErrorIs(t, err, testserver.ErrExhausted)
			require.Len(t, d.Timeline(), 6)
			require.Len(t, s.Notices(), 1)
		},
		"what waits for its next attempt is dropped": func(t *testing.T) {
			s := newServer(t, p, statuses(500))
			ep := endpoint(t, s)
			waits, held := ep.Send(t.Context(), of(t, p)), ep.Send(t.Context(), of(t, p), testserver.Reorder())
			time.Sleep(time.Second)
			require.NoError(t, s.Reset(t.Context()))
			requireBeginning(t, s)
			for _, d := range []*testserver.Delivery{waits, held} {
				require.Equal(t, testserver.Dropped, d.State())
				require.ErrorIs(t, d.Err(), testserver.ErrRemoved)
			}
			time.Sleep(48 * time.Hour)
			require.Len(t, waits.Timeline(), 1)
			require.Empty(t, held.Timeline())
		},
		"attempts that are being made are broken off and waited for": func(t *testing.T) {
			start, observed := time.Now(), make(chan time.Duration, 2)
			s := newServer(t, p, endless(), func(testserver.Attempt) { observed <- time.Since(start) })
			ep, removed := endpoint(t, s), endpoint(t, s)
			all := []*testserver.Delivery{ep.Send(t.Context(), of(t, p)), removed.Send(t.Context(), of(t, p))}
			s.Remove(removed)
			time.Sleep(2 * time.Second)
			require.NoError(t, s.Reset(t.Context()))
			require.Len(t, observed, 2)
			require.Equal(t, []time.Duration{2 * time.Second, 2 * time.Second}, []time.Duration{<-observed, <-observed})
			requireBeginning(t, s)
			for _, d := range all {
				require.Equal(t, testserver.Dropped, d.State())
				require.ErrorIs(t, d.Err(), testserver.ErrRemoved)
				require.ErrorIs(t, d.Timeline()[0].Err, context.Canceled)
			}
		},
		"those that begin afterwards are not broken off": func(t *testing.T) {
			s := newServer(t, p, taking(time.Second, 200))
			require.NoError(t, s.Reset(t.Context()))
			_, err := endpoint(t, s).Send(t.Context(), of(t, p)).Wait(t.Context())
			require.NoError(t, err)
		},
		"what was registered before is as if it were removed": func(t *testing.T) {
			s := newServer(t, p, http.NotFoundHandler())
			ep := endpoint(t, s)
			require.NoError(t, s.Reset(t.Context()))
			require.ErrorIs(t, ep.Send(t.Context(), of(t, p)).Err(), testserver.ErrRemoved)
			_, before, _, _ := s.Changes(0)
			s.Remove(ep)
			since, _, _, _ := s.Changes(before)
			require.Empty(t, since)
		},
		"a manual clock is at the present": func(t *testing.T) {
			s, _ := manual(t, p, statuses(500))
			require.NoError(t, s.Advance(t.Context(), 1000*time.Hour))
			time.Sleep(time.Minute)
			require.NoError(t, s.Reset(t.Context()))
			require.Equal(t, time.Now(), s.Now())
			ep := endpoint(t, s)
			d := sendAll(t, ep, p, 1)[0]
			require.Equal(t, time.Now(), d.Created())
			require.NoError(t, s.Advance(t.Context(), time.Minute))
			require.Equal(t, "0s 500, 1m0s 500", d.Timeline().String(), "and can be moved again")
		},
		"a scaled clock goes on": func(t *testing.T) {
			s := with(t, p, statuses(500), testserver.Options{Clock: testserver.Scaled(60)})
			start := s.Now()
			time.Sleep(time.Minute)
			require.NoError(t, s.Reset(t.Context()))
			require.Equal(t, start.Add(time.Hour), s.Now())
		},
		"it waits for whoever moves the clock": func(t *testing.T) {
			s, ep := manual(t, p, inTurn(statuses(500), taking(3*time.Second, 200)))
			d := sendAll(t, ep, p, 1)[0]
			moved := make(chan error, 1)
			go func() { moved <- s.Advance(t.Context(), time.Hour) }()
			synctest.Wait()
			start := time.Now()
			require.NoError(t, s.Reset(t.Context()))
			require.NoError(t, <-moved)
			require.Equal(t, 3*time.Second, time.Since(start))
			require.Equal(t, testserver.Delivered, d.State())
			requireBeginning(t, s)
			require.Equal(t, time.Now(), s.Now())
		},
		"a closed server has no beginning": func(t *testing.T) {
			s := newServer(t, p, statuses(200))
			ep := endpoint(t, s)
			_, err := s.ReportEffect("evt_1")
			require.NoError(t, err)
			require.NoError(t, s.Close())
			require.ErrorIs(t, s.Reset(t.Context()), testserver.ErrClosed)
			require.Equal(t, []*testserver.Endpoint{ep}, s.Endpoints(), "it stays as it is, for who looks at it")
			require.Len(t, s.Effects(), 1)
			require.ErrorIs(t, s.Reset(t.Context()), testserver.ErrClosed)
		},
		"a context that ends while the clock is moved: nothing has happened": func(t *testing.T) {
			errEnough := errors.New("enough")
			s, ep := manual(t, p, taking(4*time.Second, 200))
			ep.Send(t.Context(), of(t, p))
			moved := make(chan error, 1)
			go func() { moved <- s.Advance(t.Context(), 0) }()
			synctest.Wait()
			ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, errEnough)
			defer cancel()
			require.ErrorIs(t, s.Reset(ctx), errEnough)
			require.NoError(t, <-moved)
			require.Equal(t, []*testserver.Endpoint{ep}, s.Endpoints())
			require.NoError(t, s.Reset(t.Context()))
		},
		"a context that ends before the attempts do: it can be called again": func(t *testing.T) {
			errEnough := errors.New("enough")
			s := newServer(t, p, statuses(200), func(testserver.Attempt) { time.Sleep(10 * time.Second) })
			d := endpoint(t, s).Send(t.Context(), of(t, p))
			ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, errEnough)
			defer cancel()
			require.ErrorIs(t, s.Reset(ctx), errEnough)
			require.Empty(t, s.Endpoints())
			require.NoError(t, s.Reset(t.Context()))
			require.NotEqual(t, testserver.Pending, d.State())
			requireBeginning(t, s)
		},
	})
}

// What chance decides is the same after every reset, and of what is armed too.
func TestResetBeginsTheCourseAgain(t *testing.T) {
	t.Parallel()
	p := hookmitt.Mixpost()
	p.Retry = hookmitt.Schedule{}
	inBubble(t, func(t *testing.T) {
		s := with(t, p, statuses(200), testserver.Options{Seed: 42})
		run := func() string {
			ep := endpoint(t, s)
			s.Arm(testserver.Chance(0.5, testserver.Tampered()))
			var course strings.Builder
			for range 50 {
				d := ep.Send(t.Context(), of(t, p), testserver.Chance(0.5, testserver.Unsigned()))
				require.NoError(t, d.WaitAttempt(t.Context()))
				course.WriteString(happened(d.Timeline()) + ".")
			}
			return course.String()
		}
		course := run()
		require.InDelta(t, 25, strings.Count(course, "tampered"), 15)
		require.InDelta(t, 25, strings.Count(course, "unsigned"), 15)
		for range 3 {
			require.NoError(t, s.Reset(t.Context()))
			require.Equal(t, course, run())
		}
	})
}
