package testserver_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/testserver"
)

func TestResend(t *testing.T) {
	t.Parallel()
	civo := hookmitt.Civo()
	for name, p := range map[string]hookmitt.Provider{
		"Civo's event": civo, "CDHosting's": hookmitt.CDHosting(), "Mixpost's, whose id is its body": hookmitt.Mixpost(),
	} {
		t.Run(name+" has its id and its time again, and a number of its own", func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T) {
				s := newServer(t, p, statuses(200))
				ep := endpoint(t, s)
				first := ep.Send(t.Context(), of(t, p), testserver.OnAttempt(1, testserver.Reorder()))
				_, err := first.Wait(t.Context())
				require.NoError(t, err)
				time.Sleep(time.Hour)
				again := first.Resend(t.Context())
				timeline, err := again.Wait(t.Context())
				require.NoError(t, err)
				require.Equal(t, "0s 200", timeline.String())
				require.Empty(t, timeline[0].Faults, "faults were of the first delivery")
				require.Equal(t, first.Event(), again.Event())
				require.Equal(t, open(t, p, secret, first.Timeline()), open(t, p, secret, timeline))
				require.Equal(t, []uint64{1, 2}, []uint64{first.Number(), again.Number()})
				require.Equal(t, time.Now(), again.Created())
				require.Same(t, ep, again.Endpoint())
				kept, _ := s.Deliveries()
				require.Equal(t, []*testserver.Delivery{first, again}, kept)
				require.Len(t, first.Timeline(), 1, "the first is as it was")
			})
		})
	}
	inBubbles(t, map[string]func(t *testing.T){
		"a test is a test again, tried once and whatever is subscribed to": func(t *testing.T) {
			ep := subscribed(t, civo, statuses(500), testserver.Subscription{Inactive: true})
			d := ep.SendTest(t.Context())
			require.True(t, d.IsTest())
			_, err := d.Wait(t.Context())
			require.ErrorIs(t, err, testserver.ErrExhausted)
			again := d.Resend(t.Context())
			require.True(t, again.IsTest())
			timeline, err := again.Wait(t.Context())
			require.ErrorIs(t, err, testserver.ErrExhausted)
			require.Equal(t, "0s 500", timeline.String())
			require.Equal(t, d.Event(), again.Event())
			require.Zero(t, ep.Failures())
		},
		"to a disabled webhook it is dropped, and after it is saved delivered": func(t *testing.T) {
			ep := subscribe(t, civo, statuses(500, 500, 500, 500, 500, 500, 200))
			d := ep.Send(t.Context(), of(t, civo))
			require.False(t, d.IsTest())
			_, err := d.Wait(t.Context())
			require.ErrorIs(t, err, testserver.ErrExhausted)
			again := d.Resend(t.Context())
			require.Equal(t, testserver.Dropped, again.State())
			require.ErrorIs(t, again.Err(), testserver.ErrDisabled)
			require.NoError(t, ep.Update(testserver.Subscription{URL: receiverURL}))
			third := again.Resend(t.Context())
			_, err = third.Wait(t.Context())
			require.NoError(t, err)
			require.Equal(t, d.Event(), third.Event())
			require.Equal(t, testserver.Exhausted, d.State())
		},
		"to one that is no longer subscribed it is unwanted": func(t *testing.T) {
			ep := subscribe(t, civo, statuses(200))
			d := ep.Send(t.Context(), of(t, civo))
			require.NoError(t, ep.Update(testserver.Subscription{URL: receiverURL, Events: []string{"no.other"}}))
			require.ErrorIs(t, d.Resend(t.Context()).Err(), testserver.ErrUnwanted)
		},
		"while the first is under way both are delivered": func(t *testing.T) {
			ep := subscribe(t, civo, taking(time.Second, 200))
			first := ep.Send(t.Context(), of(t, civo))
			again := first.Resend(t.Context())
			time.Sleep(time.Second)
			synctest.Wait()
			require.Equal(t, []testserver.State{testserver.Delivered, testserver.Delivered}, []testserver.State{first.State(), again.State()})
		},
		"what is armed happens to it": func(t *testing.T) {
			ep := subscribe(t, civo, statuses(200))
			d := ep.Send(t.Context(), of(t, civo))
			ep.Arm(testserver.OnAttempt(1, testserver.LostReply()))
			timeline, err := d.Resend(t.Context()).Wait(t.Context())
			require.NoError(t, err)
			require.Equal(t, "lost-reply, ", happened(timeline))
		},
		"a raw body is sent again byte for byte": func(t *testing.T) {
			p := hookmitt.CDHosting()
			raw := []byte(`{ "type": "server.started",  "id": "evt_1", "data": {} }`)
			timeline, err := subscribe(t, p, statuses(200)).Send(t.Context(), events.Event{Raw: raw}).Resend(t.Context()).Wait(t.Context())
			require.NoError(t, err)
			require.Equal(t, raw, timeline[0].Body)
		},
	})
}

func TestCancel(t *testing.T) {
	t.Parallel()
	p := hookmitt.Civo()
	inBubbles(t, map[string]func(t *testing.T){
		"before the next attempt: there is none": func(t *testing.T) {
			s := newServer(t, p, statuses(500))
			d := endpoint(t, s).Send(t.Context(), of(t, p))
			require.NoError(t, d.WaitAttempt(t.Context()))
			require.True(t, d.Cancel())
			require.Equal(t, testserver.Dropped, d.State())
			_, due := s.Next()
			require.False(t, due)
			timeline, err := d.Wait(t.Context())
			require.ErrorIs(t, err, testserver.ErrCancelled)
			require.Equal(t, "0s 500", timeline.String())
			time.Sleep(48 * time.Hour)
			require.Len(t, d.Timeline(), 1)
			require.False(t, d.Cancel(), "there is nothing left to give up")
		},
		"while one is being made that succeeds: it is delivered": func(t *testing.T) {
			d := subscribe(t, p, taking(time.Second, 200)).Send(t.Context(), of(t, p))
			require.True(t, d.Cancel())
			require.Equal(t, testserver.Pending, d.State())
			require.False(t, d.Cancel(), "it is given up already")
			_, err := d.Wait(t.Context())
			require.NoError(t, err)
			require.Equal(t, testserver.Delivered, d.State())
		},
		"while one is being made that fails: it was the last": func(t *testing.T) {
			ep := subscribe(t, p, taking(time.Second, 500))
			d := ep.Send(t.Context(), of(t, p))
			require.True(t, d.Cancel())
			timeline, err := d.Wait(t.Context())
			require.ErrorIs(t, err, testserver.ErrCancelled)
			require.Equal(t, testserver.Dropped, d.State())
			require.Empty(t, d.Plan())
			time.Sleep(48 * time.Hour)
			require.Equal(t, "0s 500", timeline.String())
			require.Len(t, d.Timeline(), 1)
			require.Equal(t, 1, ep.Failures(), "it counts")
		},
		"while the last there can be fails: it is exhausted": func(t *testing.T) {
			ep := subscribe(t, p, inTurn(statuses(500), statuses(500), statuses(500), statuses(500), statuses(500), taking(2*time.Second, 500)))
			d := ep.Send(t.Context(), of(t, p))
			time.Sleep(9*time.Hour + 35*time.Minute + time.Second)
			require.True(t, d.Cancel())
			_, err := d.Wait(t.Context())
			require.ErrorIs(t, err, testserver.ErrExhausted)
			_, disabled := ep.Disabled()
			require.True(t, disabled)
		},
		"what is held up never arrives": func(t *testing.T) {
			h, arrivals := capturing(p)
			s := newServer(t, p, h)
			d := endpoint(t, s).Send(t.Context(), of(t, p), testserver.Reorder())
			time.Sleep(29 * time.Second)
			require.True(t, d.Cancel())
			require.ErrorIs(t, d.Err(), testserver.ErrCancelled)
			_, due := s.Next()
			require.False(t, due)
			time.Sleep(time.Hour)
			require.Empty(t, arrivals)
			require.Empty(t, d.Timeline())
		},
		"what has arrived, was dropped or unwanted": func(t *testing.T) {
			s := newServer(t, p, statuses(200))
			ep := endpoint(t, s)
			d := ep.Send(t.Context(), of(t, p))
			require.NoError(t, d.WaitAttempt(t.Context()))
			require.False(t, d.Cancel())
			require.Equal(t, testserver.Delivered, d.State())
			require.NoError(t, ep.Update(testserver.Subscription{URL: receiverURL, Inactive: true}))
			require.False(t, ep.Send(t.Context(), of(t, p)).Cancel())
			s.Remove(ep)
			d = ep.Send(t.Context(), of(t, p))
			require.False(t, d.Cancel())
			require.ErrorIs(t, d.Err(), testserver.ErrRemoved)
		},
		"one of two: the other goes on": func(t *testing.T) {
			ep := subscribe(t, p, statuses(500))
			first, second := ep.Send(t.Context(), of(t, p)), ep.Send(t.Context(), of(t, p))
			time.Sleep(time.Minute)
			require.True(t, first.Cancel())
			time.Sleep(5 * time.Minute)
			require.Len(t, first.Timeline(), 1)
			require.Len(t, second.Timeline(), 2)
		},
		"by many at once, one of them does": func(t *testing.T) {
			d := subscribe(t, p, taking(time.Second, 200)).Send(t.Context(), of(t, p))
			did := make(chan bool, 20)
			for range cap(did) {
				go func() { did <- d.Cancel() }()
			}
			count := map[bool]int{}
			for range cap(did) {
				count[<-did]++
			}
			require.Equal(t, map[bool]int{true: 1, false: 19}, count)
		},
	})
}

func TestRest(t *testing.T) {
	t.Parallel()
	p := hookmitt.Civo()
	inBubbles(t, map[string]func(t *testing.T){
		"it returns with the attempt's end, though another is to come": func(t *testing.T) {
			start := time.Now()
			d := subscribe(t, p, taking(3*time.Second, 500)).Send(t.Context(), of(t, p))
			require.NoError(t, d.WaitAttempt(t.Context()))
			require.Equal(t, 3*time.Second, time.Since(start))
			require.Equal(t, testserver.Pending, d.State())
			_, due := d.Next()
			require.True(t, due)
			require.NoError(t, d.WaitAttempt(t.Context()))
			require.Equal(t, 3*time.Second, time.Since(start), "and at once if none is being made")
			time.Sleep(5*time.Minute + time.Second)
			require.NoError(t, d.WaitAttempt(t.Context()))
			require.Equal(t, 5*time.Minute+6*time.Second, time.Since(start), "and with the end of the next")
			require.Len(t, d.Timeline(), 2)
		},
		"it waits for every copy": func(t *testing.T) {
			start := time.Now()
			d := subscribe(t, p, inTurn(taking(time.Second, 200), taking(4*time.Second, 200))).Send(t.Context(), of(t, p), testserver.Together(3))
			require.NoError(t, d.WaitAttempt(t.Context()))
			require.Equal(t, 4*time.Second, time.Since(start))
			require.Len(t, d.Timeline(), 3)
		},
		"another delivery's attempt is none of its": func(t *testing.T) {
			ep, start := subscribe(t, p, inTurn(taking(time.Second, 200), taking(4*time.Second, 200))), time.Now()
			first := ep.Send(t.Context(), of(t, p))
			synctest.Wait()
			second := ep.Send(t.Context(), of(t, p))
			require.NoError(t, first.WaitAttempt(t.Context()))
			require.Equal(t, time.Second, time.Since(start))
			require.NoError(t, second.WaitAttempt(t.Context()))
			require.Equal(t, 4*time.Second, time.Since(start))
		},
		"one that is held up is not being made": func(t *testing.T) {
			start := time.Now()
			d := subscribe(t, p, statuses(200)).Send(t.Context(), of(t, p), testserver.Reorder())
			require.NoError(t, d.WaitAttempt(t.Context()))
			require.Zero(t, time.Since(start))
			require.Empty(t, d.Timeline())
		},
		"one that was cancelled while it was made is waited for": func(t *testing.T) {
			start := time.Now()
			d := subscribe(t, p, taking(time.Second, 500)).Send(t.Context(), of(t, p))
			d.Cancel()
			require.NoError(t, d.WaitAttempt(t.Context()))
			require.Equal(t, time.Second, time.Since(start))
			require.Equal(t, testserver.Dropped, d.State())
		},
		"its context's end is its own": func(t *testing.T) {
			errEnough := errors.New("enough")
			d := subscribe(t, p, taking(4*time.Second, 200)).Send(t.Context(), of(t, p))
			ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, errEnough)
			defer cancel()
			require.ErrorIs(t, d.WaitAttempt(ctx), errEnough)
			require.Empty(t, d.Timeline())
			require.NoError(t, d.WaitAttempt(t.Context()))
			require.NoError(t, d.WaitAttempt(ctx), "there is nothing to wait for")
			require.Equal(t, testserver.Delivered, d.State())
		},
		"under a manual clock it waits for the first attempt only": func(t *testing.T) {
			_, ep := manual(t, p, taking(time.Second, 500))
			d := ep.Send(t.Context(), of(t, p))
			require.NoError(t, d.WaitAttempt(t.Context()))
			require.Equal(t, "0s 500", d.Timeline().String())
		},
	})
}
