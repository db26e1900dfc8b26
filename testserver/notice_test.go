package testserver_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/testserver"
)

// notified is an endpoint, and the e-mails about it.
func notified(t *testing.T, p hookmitt.Provider, h http.Handler) (*testserver.Endpoint, *[]testserver.Notice) {
	t.Helper()
	var all []testserver.Notice
	s := with(t, p, h, testserver.Options{Notify: func(n testserver.Notice) { all = append(all, n) }})
	ep, err := s.Subscribe(testserver.Subscription{Name: "orders", URL: receiverURL, Secret: secret})
	require.NoError(t, err)
	return ep, &all
}

// exhaust sends an event that fails to the end.
func exhaust(t *testing.T, ep *testserver.Endpoint, p hookmitt.Provider) {
	t.Helper()
	_, err := ep.Send(t.Context(), of(t, p)).Wait(t.Context())
	require.ErrorIs(t, err, testserver.ErrExhausted)
	time.Sleep(time.Minute) // for the e-mail
}

func TestNotice(t *testing.T) {
	t.Parallel()
	p := hookmitt.CDHosting()
	inBubbles(t, map[string]func(t *testing.T){
		"it says what was disabled, and why": func(t *testing.T) {
			ep, all := notified(t, p, statuses(500, 500, 500, 500, 500, 418))
			start := time.Now()
			exhaust(t, ep, p)
			require.Len(t, *all, 1)
			n := (*all)[0]
			require.Same(t, ep, n.Endpoint)
			require.Equal(t, 26*time.Hour+36*time.Minute, n.At.Sub(start))
			require.Equal(t, "owner@cdhosting.test", n.To)
			require.Equal(t, "Your webhook orders was disabled", n.Subject)
			require.Equal(t, "answered 418", n.Reason)
			require.Contains(t, n.Text, receiverURL)
			require.Contains(t, n.Text, "answered 418")
			require.Contains(t, n.Text, "After 6 failed attempts")
		},
		"one that has no name is called by its URL": func(t *testing.T) {
			ep, all := notified(t, p, statuses(500))
			require.NoError(t, ep.Update(testserver.Subscription{URL: receiverURL}))
			exhaust(t, ep, p)
			require.Equal(t, "Your webhook "+receiverURL+" was disabled", (*all)[0].Subject)
		},
		"once a disabling: not while it is off, and again after an update": func(t *testing.T) {
			ep, all := notified(t, p, statuses(500))
			exhaust(t, ep, p)
			_, err := ep.Send(t.Context(), of(t, p)).Wait(t.Context())
			require.ErrorIs(t, err, testserver.ErrDisabled)
			require.Len(t, *all, 1)
			require.NoError(t, ep.Update(testserver.Subscription{URL: receiverURL}))
			exhaust(t, ep, p)
			require.Len(t, *all, 2)
		},
		"not twice when two deliveries fail at once": func(t *testing.T) {
			ep, all := notified(t, p, taking(time.Second, 500))
			first, second := ep.Send(t.Context(), of(t, p)), ep.Send(t.Context(), of(t, p))
			time.Sleep(48 * time.Hour)
			require.Len(t, first.Timeline(), 6)
			require.Len(t, second.Timeline(), 6)
			require.Len(t, *all, 1)
			require.Equal(t, []testserver.State{testserver.Exhausted, testserver.Exhausted}, []testserver.State{first.State(), second.State()})
			require.Equal(t, 12, ep.Failures())
		},
		"none of a test event": func(t *testing.T) {
			p := p
			p.DisableAfter = 1
			ep, all := notified(t, p, statuses(500))
			_, err := ep.SendTest(t.Context()).Wait(t.Context())
			require.ErrorIs(t, err, testserver.ErrExhausted)
			time.Sleep(time.Minute)
			require.Empty(t, *all)
		},
		"Civo writes none": func(t *testing.T) {
			ep, all := notified(t, hookmitt.Civo(), statuses(500))
			exhaust(t, ep, hookmitt.Civo())
			_, disabled := ep.Disabled()
			require.True(t, disabled)
			require.Empty(t, *all)
		},
		"nobody need read them": func(t *testing.T) {
			exhaust(t, subscribe(t, p, statuses(500)), p)
		},
	})
}

func TestNotices(t *testing.T) {
	t.Parallel()
	p := hookmitt.CDHosting()
	p.DisableAfter, p.Retry = 1, hookmitt.Schedule{}
	inBubble(t, func(t *testing.T) {
		s := newServer(t, p, taking(time.Second, 500))
		ep, start := endpoint(t, s), time.Now()
		for range 1002 {
			require.NoError(t, ep.Send(t.Context(), of(t, p)).WaitAttempt(t.Context()))
			require.NoError(t, ep.Update(testserver.Subscription{URL: receiverURL}))
		}
		all := s.Notices()
		require.Len(t, all, 1000)
		for i, n := range all {
			require.Equal(t, time.Duration(i+3)*time.Second, n.At.Sub(start), "the latest, oldest first")
		}
		all[0].Reason = "forged"
		require.Equal(t, "answered 500", s.Notices()[0].Reason, "they are the caller's own")
	})
}

// "After 5 failed attempts" has two readings: the fifth attempt, or the fifth retry.
func TestNoticeReadings(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		after int
		want  string
	}{
		"the fifth attempt is the last": {5, "0s 500, 1m0s 500, 6m0s 500, 36m0s 500, 2h36m0s 500"},
		"the fifth retry is the last":   {6, "0s 500, 1m0s 500, 6m0s 500, 36m0s 500, 2h36m0s 500, 26h36m0s 500"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T) {
				p := hookmitt.CDHosting()
				p.DisableAfter = c.after
				ep, all := notified(t, p, statuses(500))
				timeline, err := ep.Send(t.Context(), of(t, p)).Wait(t.Context())
				require.ErrorIs(t, err, testserver.ErrExhausted)
				time.Sleep(48 * time.Hour)
				require.Equal(t, c.want, timeline.String())
				require.Len(t, *all, 1)
				require.Equal(t, timeline[len(timeline)-1].At, (*all)[0].At)
				_, disabled := ep.Disabled()
				require.True(t, disabled)
			})
		})
	}
}
