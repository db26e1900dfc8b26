package testserver_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/testserver"
)

func TestResetWithAnEndedContextDoesNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 64 {
		s := newServer(t, hookmitt.Civo(), statuses(200))
		endpoint(t, s)
		require.ErrorIs(t, s.Reset(ctx), context.Canceled)
		require.Len(t, s.Endpoints(), 1)
	}
}

func TestResetTakesAwayWhatIsSentMeanwhile(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := hookmitt.Civo()
		first := true
		s := with(t, p, taking(time.Second, 500), testserver.Options{Keep: 1, Observe: func(testserver.Attempt) {
			if first {
				first = false
				time.Sleep(3 * time.Second)
			}
		}})
		endpoint(t, s).Send(t.Context(), of(t, p))
		reset := make(chan error, 1)
		go func() { reset <- s.Reset(t.Context()) }()
		synctest.Wait()
		ep := endpoint(t, s)
		d := ep.Send(t.Context(), of(t, p))
		require.NoError(t, <-reset)
		_, err := d.Wait(t.Context())
		require.ErrorIs(t, err, testserver.ErrRemoved)
		require.Empty(t, s.Endpoints())
		_, due := s.Next()
		require.False(t, due)
		require.EqualValues(t, 1, endpoint(t, s).Send(t.Context(), of(t, p)).Number())
		kept, forgotten := s.Deliveries()
		require.Len(t, kept, 1)
		require.Zero(t, forgotten)
	})
}

func TestResetWakesWhoWaits(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := hookmitt.Civo()
		first := make(chan struct{}, 1)
		first <- struct{}{}
		s := with(t, p, statuses(500), testserver.Options{Clock: testserver.Manual(), Observe: func(testserver.Attempt) {
			select {
			case <-first:
				time.Sleep(3 * time.Second)
			default:
			}
		}})
		endpoint(t, s).Send(t.Context(), of(t, p))
		reset := make(chan error, 1)
		go func() { reset <- s.Reset(t.Context()) }()
		synctest.Wait()
		d := endpoint(t, s).Send(t.Context(), of(t, p))
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		_, err := d.Wait(ctx)
		require.NoError(t, <-reset)
		require.ErrorIs(t, err, testserver.ErrRemoved)
	})
}

func TestARemovedWebhookIsNotToldOfAgain(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := hookmitt.Civo()
		s := newServer(t, p, taking(time.Second, 500))
		ep := endpoint(t, s)
		d := ep.Send(t.Context(), of(t, p))
		s.Remove(ep)
		_, removed, _, _ := s.Changes(0)
		require.NoError(t, d.WaitAttempt(t.Context()))
		require.ErrorIs(t, ep.Update(testserver.Subscription{URL: receiverURL}), testserver.ErrRemoved)
		require.ErrorIs(t, ep.Rotate(secret), testserver.ErrRemoved)
		since, _, _, _ := s.Changes(removed)
		require.NotContains(t, story(since), "webhook")
	})
}

func TestWhatResetBreaksOffIsNoFailure(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := hookmitt.CDHosting()
		p.DisableAfter, p.Retry = 1, hookmitt.Schedule{}
		var told []testserver.Notice
		s := with(t, p, endless(), testserver.Options{Notify: func(n testserver.Notice) { told = append(told, n) }})
		endpoint(t, s).Send(t.Context(), of(t, p))
		time.Sleep(time.Second)
		require.NoError(t, s.Reset(t.Context()))
		require.Empty(t, told)
	})
}

func TestWhatIsSentToAWebhookSavedInNotifyIsNotDropped(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := hookmitt.CDHosting()
		p.DisableAfter, p.Retry = 1, hookmitt.Schedule{}
		var ep *testserver.Endpoint
		var d *testserver.Delivery
		s := with(t, p, inTurn(taking(time.Second, 500), statuses(200)), testserver.Options{Notify: func(testserver.Notice) {
			_ = ep.Update(testserver.Subscription{URL: receiverURL})
			d = ep.Send(t.Context(), of(t, p), testserver.Reorder())
		}})
		ep = endpoint(t, s)
		require.NoError(t, ep.Send(t.Context(), of(t, p)).WaitAttempt(t.Context()))
		_, off := ep.Disabled()
		require.False(t, off)
		_, err := d.Wait(t.Context())
		require.NoError(t, err)
	})
}

func TestAnInactiveWebhookHasNoPlan(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := hookmitt.Civo()
		ep := subscribe(t, p, statuses(500))
		d := ep.Send(t.Context(), of(t, p))
		require.NoError(t, d.WaitAttempt(t.Context()))
		require.NoError(t, ep.Update(testserver.Subscription{URL: receiverURL, Inactive: true}))
		require.Empty(t, d.Plan())
	})
}

func TestACancelledDeliveryStaysCancelled(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := hookmitt.Civo()
		s := newServer(t, p, taking(time.Second, 500))
		ep := endpoint(t, s)
		d := ep.Send(t.Context(), of(t, p))
		require.True(t, d.Cancel())
		s.Remove(ep)
		_, err := d.Wait(t.Context())
		require.ErrorIs(t, err, testserver.ErrCancelled)
	})
}
