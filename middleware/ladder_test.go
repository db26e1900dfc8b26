package middleware_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/middleware"
	"github.com/hookmitt/hookmitt/testserver"
)

const (
	civoFails    = "0s 500, 5m0s 500, 35m0s 500, 1h35m0s 500, 3h35m0s 500, 9h35m0s 500"
	civoSucceeds = "0s 500, 5m0s 500, 35m0s 500, 1h35m0s 500, 3h35m0s 500, 9h35m0s 200"
	civoDead5    = "0s 500, 5m0s 500, 35m0s 500, 1h35m0s 500, 3h35m0s 200"
)

// network is what lies between a provider and the stand; it may do something to each attempt.
type network struct {
	stand    *stand
	attempts atomic.Int64
	disturb  func(attempt int64, r *http.Request) *http.Request
}

// RoundTrip implements [http.RoundTripper].
func (n *network) RoundTrip(r *http.Request) (*http.Response, error) {
	attempt := n.attempts.Add(1)
	if n.disturb != nil {
		r = n.disturb(attempt, r)
	} else {
		r = r.Clone(r.Context())
	}
	r.Header.Set(number, "attempt "+strconv.FormatInt(attempt, 10))
	return n.stand.client.Transport.RoundTrip(r)
}

// endpointOf is the stand's receiver, subscribed to its provider.
func endpointOf(t *testing.T, s *stand, disturb func(attempt int64, r *http.Request) *http.Request) *testserver.Endpoint {
	t.Helper()
	server, err := testserver.New(s.provider, &testserver.Options{Transport: &network{stand: s, disturb: disturb}, Allow: []string{"receiver.test"}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	endpoint, err := server.Subscribe(testserver.Subscription{URL: "http://receiver.test/webhooks", Secret: secret})
	require.NoError(t, err)
	return endpoint
}

// deliver sends an event and waits until it has arrived or been given up.
func deliver(t *testing.T, endpoint *testserver.Endpoint, e events.Event, faults ...testserver.Fault) (timeline, outcomes string, err error) {
	t.Helper()
	made, err := endpoint.Send(t.Context(), e, faults...).Wait(t.Context())
	for i, a := range made {
		if i > 0 {
			outcomes += ", "
		}
		outcomes += a.Outcome()
	}
	synctest.Wait()
	return made.String(), outcomes, err
}

func requireEnabled(t *testing.T, endpoint *testserver.Endpoint) {
	t.Helper()
	reason, disabled := endpoint.Disabled()
	require.False(t, disabled, reason)
}

// times is so many deeds, and then others.
func times(n int, deed events.HandlerFunc, then ...events.HandlerFunc) *actor {
	var deeds []events.HandlerFunc
	for range n {
		deeds = append(deeds, deed)
	}
	return act(append(deeds, then...)...)
}

func TestLadder(t *testing.T) {
	t.Parallel()
	began := time.Now()
	t.Cleanup(func() { t.Logf("took %v of real time", time.Since(began)) })
	onEveryStore(t, map[string]func(t *testing.T, store dedupe.Store){
		"scenario 22 the handler succeeds on the last attempt": func(t *testing.T, store dedupe.Store) {
			a := times(5, failing, nothing)
			s := newStand(t, hookmitt.Civo(), a.HandleEvent, middleware.Options{Store: store})
			endpoint := endpointOf(t, s, nil)
			start := time.Now()
			timeline, outcomes, err := deliver(t, endpoint, created(firstID))
			require.NoError(t, err)
			require.Equal(t, civoSucceeds, timeline)
			require.Equal(t, "failed, failed, failed, failed, failed, accepted", outcomes)
			a.requireRuns(t, 1, 2, 3, 4, 5, 6)
			requireEnabled(t, endpoint)

			done := start.Add(9*time.Hour + 35*time.Minute)
			for _, at := range []time.Time{done.Add(time.Minute), done.Add(48*time.Hour - time.Second)} {
				time.Sleep(time.Until(at))
				timeline, outcomes, err = deliver(t, endpoint, created(firstID))
				require.NoError(t, err)
				require.Equal(t, "0s 200", timeline)
				require.Equal(t, "duplicate", outcomes)
			}
			a.requireRuns(t, 1, 2, 3, 4, 5, 6)

			time.Sleep(2 * time.Second)
			timeline, outcomes, err = deliver(t, endpoint, created(firstID))
			require.NoError(t, err)
			require.Equal(t, "0s 200", timeline)
			require.Equal(t, "accepted", outcomes, "these stores forget on time; a store need not")
			a.requireRuns(t, 1, 2, 3, 4, 5, 6, 1)
		},
		"the handler fails to the end": func(t *testing.T, store dedupe.Store) {
			a := times(6, failing, nothing)
			s := newStand(t, hookmitt.Civo(), a.HandleEvent, middleware.Options{Store: store})
			endpoint := endpointOf(t, s, nil)
			timeline, _, err := deliver(t, endpoint, created(firstID))
			require.ErrorIs(t, err, testserver.ErrExhausted)
			require.Equal(t, civoFails, timeline)
			reason, disabled := endpoint.Disabled()
			require.True(t, disabled)
			require.Equal(t, "answered 500", reason)
			require.Equal(t, 6, endpoint.Failures())
			_, _, err = deliver(t, endpoint, created(secondID))
			require.ErrorIs(t, err, testserver.ErrDisabled)
			a.requireRuns(t, 1, 2, 3, 4, 5, 6)

			require.NoError(t, endpoint.Update(testserver.Subscription{URL: "http://receiver.test/webhooks", Secret: secret}))
			requireEnabled(t, endpoint)
			require.Zero(t, endpoint.Failures())
			timeline, _, err = deliver(t, endpoint, created(firstID))
			require.NoError(t, err)
			require.Equal(t, "0s 200", timeline)
			a.requireRuns(t, 1, 2, 3, 4, 5, 6, 7)
		},
		"scenario 35 a poison event with MaxRuns 5": func(t *testing.T, store dedupe.Store) {
			a := act(failing)
			var dead []error
			s := newStand(t, hookmitt.Civo(), a.HandleEvent, middleware.Options{
				Store: store, MaxRuns: 5, Dead: func(_ context.Context, e events.Event, err error) error {
					dead = append(dead, fmt.Errorf("%s: %w", e.ID, err))
					return nil
				},
			})
			endpoint := endpointOf(t, s, nil)
			timeline, outcomes, err := deliver(t, endpoint, created(firstID))
			require.NoError(t, err)
			require.Equal(t, civoDead5, timeline)
			require.Equal(t, "failed, failed, failed, failed, dead", outcomes)
			a.requireRuns(t, 1, 2, 3, 4, 5)
			require.Len(t, dead, 1)
			require.ErrorIs(t, dead[0], errDeed)
			require.ErrorContains(t, dead[0], firstID)
			requireEnabled(t, endpoint)
			timeline, outcomes, err = deliver(t, endpoint, created(firstID))
			require.NoError(t, err)
			require.Equal(t, "0s 200 duplicate", timeline+" "+outcomes)
			require.Len(t, dead, 1)
		},
		"scenario 35 a handler that panics each time, with MaxRuns 6": func(t *testing.T, store dedupe.Store) {
			a := act(func(context.Context, events.Event) error { panic("boom") })
			var dead []error
			s := newStand(t, hookmitt.Civo(), a.HandleEvent, middleware.Options{
				Store: store, MaxRuns: 6, Dead: func(_ context.Context, _ events.Event, err error) error {
					dead = append(dead, err)
					return nil
				},
			})
			endpoint := endpointOf(t, s, nil)
			timeline, outcomes, err := deliver(t, endpoint, created(firstID))
			require.NoError(t, err)
			require.Equal(t, civoSucceeds, timeline)
			require.Equal(t, "failed, failed, failed, failed, failed, dead", outcomes)
			a.requireRuns(t, 1, 2, 3, 4, 5, 6)
			require.Len(t, dead, 1)
			var p *middleware.PanicError
			require.ErrorAs(t, dead[0], &p)
			require.Equal(t, "boom", p.Value)
			require.Contains(t, p.Stack, "ladder_test.go")
			requireEnabled(t, endpoint)
		},
		"scenario 35 Dead fails once": func(t *testing.T, store dedupe.Store) {
			a := act(failing)
			deaths := 0
			s := newStand(t, hookmitt.Civo(), a.HandleEvent, middleware.Options{
				Store: store, MaxRuns: 5, Dead: func(context.Context, events.Event, error) error {
					if deaths++; deaths == 1 {
						return errors.New("the dead letters are full")
					}
					return nil
				},
			})
			endpoint := endpointOf(t, s, nil)
			timeline, outcomes, err := deliver(t, endpoint, created(firstID))
			require.NoError(t, err)
			require.Equal(t, civoSucceeds, timeline)
			require.Equal(t, "failed, failed, failed, failed, failed, dead", outcomes)
			a.requireRuns(t, 1, 2, 3, 4, 5)
			require.Equal(t, 2, deaths)
		},
	})
}

func TestLadderDisturbed(t *testing.T) {
	t.Parallel()
	onEveryStore(t, map[string]func(t *testing.T, store dedupe.Store){
		"the client hangs up during the handler, the retry is a duplicate": func(t *testing.T, store dedupe.Store) {
			a := act(lasting(3*time.Second, nil))
			s := newStand(t, hookmitt.Civo(), a.HandleEvent, middleware.Options{Store: store})
			endpoint := endpointOf(t, s, func(attempt int64, r *http.Request) *http.Request {
				ctx, cancel := context.WithCancel(r.Context())
				if attempt == 1 {
					time.AfterFunc(time.Second, cancel)
				} else {
					context.AfterFunc(r.Context(), cancel)
				}
				return r.Clone(ctx)
			})
			timeline, outcomes, err := deliver(t, endpoint, created(firstID))
			require.NoError(t, err)
			require.Equal(t, "0s error, 5m1s 200", timeline)
			require.Equal(t, ", duplicate", outcomes)
			a.requireRuns(t, 1)
		},
		"the answer is lost, the retry is a duplicate": func(t *testing.T, store dedupe.Store) {
			a := act(nothing)
			s := newStand(t, hookmitt.Civo(), a.HandleEvent, middleware.Options{Store: store})
			endpoint := endpointOf(t, s, nil)
			timeline, outcomes, err := deliver(t, endpoint, created(firstID), testserver.OnAttempt(1, testserver.LostReply()))
			require.NoError(t, err)
			require.Equal(t, "0s lost, 5m0s 200", timeline)
			require.Equal(t, ", duplicate", outcomes)
			a.requireRuns(t, 1)
			require.Equal(t, []string{"accepted run 1", "duplicate"}, briefs(s))
		},
		"every answer is lost, the event was done, the endpoint is disabled": func(t *testing.T, store dedupe.Store) {
			a := act(nothing)
			s := newStand(t, hookmitt.Civo(), a.HandleEvent, middleware.Options{Store: store})
			endpoint := endpointOf(t, s, nil)
			_, _, err := deliver(t, endpoint, created(firstID), testserver.LostReply())
			require.ErrorIs(t, err, testserver.ErrExhausted)
			_, disabled := endpoint.Disabled()
			require.True(t, disabled)
			a.requireRuns(t, 1)
		},
		"the run outlives the budget, the retry is a duplicate": func(t *testing.T, store dedupe.Store) {
			a := act(lasting(6*time.Second, nil))
			s := newStand(t, hookmitt.Civo(), a.HandleEvent, middleware.Options{Store: store})
			endpoint := endpointOf(t, s, nil)
			timeline, outcomes, err := deliver(t, endpoint, created(firstID))
			require.NoError(t, err)
			require.Equal(t, "0s 503, 5m4s 200", timeline, "the answer leaves at 0.8 of the deadline")
			require.Equal(t, "timed-out, duplicate", outcomes)
			a.requireRuns(t, 1)
			require.Equal(t, []string{"timed-out run 1", "late accepted run 1", "duplicate"}, briefs(s))
		},
		"the run outlives the budget on a slow network, the retry is a duplicate": func(t *testing.T, store dedupe.Store) {
			a := act(lasting(6*time.Second, nil))
			s := newStand(t, hookmitt.Civo(), a.HandleEvent, middleware.Options{Store: store})
			endpoint := endpointOf(t, s, func(_ int64, r *http.Request) *http.Request {
				time.Sleep(1500 * time.Millisecond) // the budget's fifth is 1 s
				return r.Clone(r.Context())
			})
			timeline, outcomes, err := deliver(t, endpoint, created(firstID))
			require.NoError(t, err)
			require.Equal(t, "0s timeout, 5m5s 200", timeline)
			require.Equal(t, ", duplicate", outcomes)
			a.requireRuns(t, 1)
			require.Equal(t, []string{"timed-out run 1", "late accepted run 1", "duplicate"}, briefs(s))
		},
	})
}
