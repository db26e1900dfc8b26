package testserver_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/testserver"
	"github.com/hookmitt/hookmitt/verify"
)

// open reads the events of a timeline's requests, under a secret.
func open(t *testing.T, p hookmitt.Provider, s verify.Secret, timeline testserver.Timeline) []events.Event {
	t.Helper()
	all := make([]events.Event, len(timeline))
	for i, a := range timeline {
		e, _, err := p.Open([]verify.Secret{s}, a.Header, a.Body)
		require.NoError(t, err, "attempt %d", i+1)
		all[i] = e
	}
	return all
}

func TestSendMakesIDs(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		provider hookmitt.Provider
		form     string
	}{
		"Civo's is a random UUID":            {hookmitt.Civo(), "^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"},
		"CDHosting's begins with evt_":       {hookmitt.CDHosting(), "^evt_[0-9a-f]{24}$"},
		"Mixpost's is not sent, but derived": {hookmitt.Mixpost(), "^$"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T) {
				ep := subscribe(t, c.provider, statuses(500, 500, 200))
				d := ep.Send(t.Context(), of(t, c.provider))
				require.Regexp(t, c.form, d.Event().ID)
				timeline, err := d.Wait(t.Context())
				require.NoError(t, err)
				require.Len(t, timeline, 3)
				sent := open(t, c.provider, secret, timeline)
				for i, a := range timeline {
					require.Equal(t, i+1, a.Number)
					require.Equal(t, d.Event(), a.Event)
					require.Equal(t, sent[0].ID, sent[i].ID, "the id stays across retries")
					require.Equal(t, timeline[0].Body, a.Body)
					if d.Event().ID != "" {
						require.Equal(t, d.Event().ID, sent[i].ID)
					}
				}
				again := ep.Send(t.Context(), of(t, c.provider))
				_, err = again.Wait(t.Context())
				require.NoError(t, err)
				require.Equal(t, d.Event().ID == "", d.Event().ID == again.Event().ID, "no two events have one id")
			})
		})
	}
}

func TestSend(t *testing.T) {
	t.Parallel()
	inBubbles(t, map[string]func(t *testing.T){
		"created_at is the present, and stays across retries": func(t *testing.T) {
			p := hookmitt.CDHosting()
			time.Sleep(1500 * time.Millisecond)
			now := time.Now().UTC().Truncate(time.Second)
			timeline, d := deliver(t, p, taking(time.Second, 500))
			require.Len(t, timeline, 6)
			require.Equal(t, now, d.Event().Time)
			for _, e := range open(t, p, secret, timeline) {
				require.Equal(t, now, e.Time)
			}
		},
		"an id and a time that are there stay": func(t *testing.T) {
			e, at := of(t, hookmitt.CDHosting()), time.Date(2025, 1, 15, 10, 30, 0, 0, time.UTC)
			e.ID, e.Time = "evt_mine", at
			timeline, err := subscribe(t, hookmitt.CDHosting(), statuses(200)).Send(t.Context(), e).Wait(t.Context())
			require.NoError(t, err)
			got := open(t, hookmitt.CDHosting(), secret, timeline)[0]
			require.Equal(t, "evt_mine", got.ID)
			require.Equal(t, at, got.Time)
		},
		"Civo carries no time": func(t *testing.T) {
			_, d := deliver(t, hookmitt.Civo(), statuses(200))
			require.Zero(t, d.Event().Time)
		},
		"a time that the provider carries unsigned is the present": func(t *testing.T) {
			p := hookmitt.CDHosting()
			p.Codec = events.JSON{ID: events.InBody("id"), Type: events.InBody("type"), Time: events.InHeader("X-Time"), Data: events.InBody("data")}
			timeline, _ := deliver(t, p, statuses(200))
			require.Equal(t, time.Now().UTC().Format(time.RFC3339), timeline[0].Header.Get("X-Time"))
		},
		"a raw body is sent byte for byte": func(t *testing.T) {
			raw := []byte(`{ "type": "server.started",  "id": "evt_\/1", "data": {} }`)
			timeline, err := subscribe(t, hookmitt.CDHosting(), statuses(200)).Send(t.Context(), events.Event{Raw: raw}).Wait(t.Context())
			require.NoError(t, err)
			require.Equal(t, raw, timeline[0].Body)
			require.Equal(t, "evt_/1", open(t, hookmitt.CDHosting(), secret, timeline)[0].ID)
		},
		"the attempt goes where the subscription says, by the provider's verb": func(t *testing.T) {
			var method, uri, kind string
			p := hookmitt.CDHosting()
			p.Method = http.MethodPut
			timeline, _ := deliver(t, p, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				method, uri, kind = r.Method, r.RequestURI, r.Header.Get("Content-Type")
			}))
			require.Equal(t, []string{"PUT", "/webhooks", "application/json"}, []string{method, uri, kind})
			require.Equal(t, "PUT", timeline[0].Method)
			require.Equal(t, receiverURL, timeline[0].URL)
		},
		"the end of its context does not end the delivery": func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			d := subscribe(t, hookmitt.Civo(), taking(time.Second, 200)).Send(ctx, of(t, hookmitt.Civo()))
			cancel()
			timeline, err := d.Wait(t.Context())
			require.NoError(t, err)
			require.Equal(t, "0s 200", timeline.String())
		},
		"the first attempt does not hold it up": func(t *testing.T) {
			start := time.Now()
			d := subscribe(t, hookmitt.Civo(), taking(time.Second, 200)).Send(t.Context(), of(t, hookmitt.Civo()))
			require.Zero(t, time.Since(start))
			require.Equal(t, testserver.Pending, d.State())
		},
	})
}

func TestEndpointDisabled(t *testing.T) {
	t.Parallel()
	p := hookmitt.Civo()
	inBubbles(t, map[string]func(t *testing.T){
		"the sixth failure switches it off, and says why": func(t *testing.T) {
			ep := subscribe(t, p, statuses(500, 500, 500, 500, 500, 418))
			d := ep.Send(t.Context(), of(t, p))
			time.Sleep(9 * time.Hour)
			reason, disabled := ep.Disabled()
			require.False(t, disabled)
			require.Equal(t, "answered 500", reason)
			require.Equal(t, 5, ep.Failures())
			_, err := d.Wait(t.Context())
			require.ErrorIs(t, err, testserver.ErrExhausted)
			require.ErrorContains(t, err, "answered 418")
			require.Equal(t, testserver.Exhausted, d.State())
			reason, disabled = ep.Disabled()
			require.True(t, disabled)
			require.Equal(t, "answered 418", reason)
			require.Equal(t, 6, ep.Failures())
		},
		"a success on the way leaves it on": func(t *testing.T) {
			ep := subscribe(t, p, statuses(500, 500, 500, 500, 500, 200, 500))
			_, err := ep.Send(t.Context(), of(t, p)).Wait(t.Context())
			require.NoError(t, err)
			ep.Send(t.Context(), of(t, p))
			time.Sleep(time.Hour)
			_, disabled := ep.Disabled()
			require.False(t, disabled, "failures of two deliveries are not added up")
			require.Equal(t, 8, ep.Failures())
		},
		"a fifth failure switches it off where DisableAfter says so": func(t *testing.T) {
			p := hookmitt.CDHosting()
			p.DisableAfter = 5
			ep := subscribe(t, p, statuses(500))
			timeline, err := ep.Send(t.Context(), of(t, p)).Wait(t.Context())
			require.ErrorIs(t, err, testserver.ErrExhausted)
			require.Equal(t, "0s 500, 1m0s 500, 6m0s 500, 36m0s 500, 2h36m0s 500", timeline.String())
			_, disabled := ep.Disabled()
			require.True(t, disabled)
		},
		"Mixpost never switches off": func(t *testing.T) {
			ep := subscribe(t, hookmitt.Mixpost(), statuses(500))
			for range 10 {
				_, err := ep.Send(t.Context(), of(t, hookmitt.Mixpost())).Wait(t.Context())
				require.ErrorIs(t, err, testserver.ErrExhausted)
			}
			_, disabled := ep.Disabled()
			require.False(t, disabled)
			require.Equal(t, 30, ep.Failures())
		},
		"what it still had to deliver is dropped, and nobody else's": func(t *testing.T) {
			s := newServer(t, p, statuses(500))
			ep, other := endpoint(t, s), endpoint(t, s)
			first := ep.Send(t.Context(), of(t, p))
			time.Sleep(time.Hour)
			second, elsewhere := ep.Send(t.Context(), of(t, p)), other.Send(t.Context(), of(t, p))
			_, err := first.Wait(t.Context())
			require.ErrorIs(t, err, testserver.ErrExhausted)
			timeline, err := second.Wait(t.Context())
			require.ErrorIs(t, err, testserver.ErrDisabled)
			require.Equal(t, testserver.Dropped, second.State())
			require.Equal(t, "0s 500, 5m0s 500, 35m0s 500, 1h35m0s 500, 3h35m0s 500", timeline.String())
			require.Equal(t, testserver.Pending, elsewhere.State())
			_, err = elsewhere.Wait(t.Context())
			require.ErrorIs(t, err, testserver.ErrExhausted)
			require.Len(t, second.Timeline(), 5)
		},
		"an attempt that is being made comes to its end": func(t *testing.T) {
			ep := subscribe(t, p, inTurn(statuses(500), statuses(500), statuses(500), statuses(500), statuses(500), taking(2*time.Second, 500), taking(4*time.Second, 200)))
			first := ep.Send(t.Context(), of(t, p))
			time.Sleep(9*time.Hour + 35*time.Minute + time.Second)
			second := ep.Send(t.Context(), of(t, p))
			_, err := first.Wait(t.Context())
			require.ErrorIs(t, err, testserver.ErrExhausted)
			timeline, err := second.Wait(t.Context())
			require.NoError(t, err, "the receiver did answer")
			require.Equal(t, "0s 200", timeline.String())
			require.Equal(t, testserver.Delivered, second.State())
			require.Equal(t, 6, ep.Failures())
		},
		"one that is being made and fails has no retry": func(t *testing.T) {
			ep := subscribe(t, p, inTurn(statuses(500), statuses(500), statuses(500), statuses(500), statuses(500), taking(2*time.Second, 500), taking(4*time.Second, 500)))
			ep.Send(t.Context(), of(t, p))
			time.Sleep(9*time.Hour + 35*time.Minute + time.Second)
			timeline, err := ep.Send(t.Context(), of(t, p)).Wait(t.Context())
			require.ErrorIs(t, err, testserver.ErrDisabled)
			require.Equal(t, "0s 500", timeline.String())
			require.Equal(t, 7, ep.Failures())
		},
		"one that is set inactive is sent no retry": func(t *testing.T) {
			ep := subscribe(t, p, statuses(500))
			d := ep.Send(t.Context(), of(t, p))
			time.Sleep(time.Minute)
			require.NoError(t, ep.Update(testserver.Subscription{URL: receiverURL, Inactive: true}))
			timeline, err := d.Wait(t.Context())
			require.ErrorIs(t, err, testserver.ErrUnwanted)
			require.Equal(t, "0s 500", timeline.String())
		},
		"what is sent while it is off is dropped": func(t *testing.T) {
			ep := subscribe(t, p, statuses(500))
			_, err := ep.Send(t.Context(), of(t, p)).Wait(t.Context())
			require.ErrorIs(t, err, testserver.ErrExhausted)
			d := ep.Send(t.Context(), of(t, p))
			require.Equal(t, testserver.Dropped, d.State())
			require.NotEmpty(t, d.Event().ID)
			timeline, err := d.Wait(t.Context())
			require.ErrorIs(t, err, testserver.ErrDisabled)
			require.Empty(t, timeline)
		},
	})
}

func TestEndpointUpdate(t *testing.T) {
	t.Parallel()
	p := hookmitt.Civo()
	other := verify.NewSecret("another secret")
	inBubbles(t, map[string]func(t *testing.T){
		"it switches the endpoint on again": func(t *testing.T) {
			ep := subscribe(t, p, statuses(500, 500, 500, 500, 500, 500, 200))
			_, err := ep.Send(t.Context(), of(t, p)).Wait(t.Context())
			require.ErrorIs(t, err, testserver.ErrExhausted)
			require.NoError(t, ep.Update(testserver.Subscription{URL: receiverURL, Secret: secret}))
			reason, disabled := ep.Disabled()
			require.False(t, disabled)
			require.Empty(t, reason)
			require.Zero(t, ep.Failures())
			timeline, err := ep.Send(t.Context(), of(t, p)).Wait(t.Context())
			require.NoError(t, err)
			require.Equal(t, "0s 200", timeline.String())
		},
		"what was given up is not taken up again": func(t *testing.T) {
			ep := subscribe(t, p, statuses(500))
			d := ep.Send(t.Context(), of(t, p))
			_, err := d.Wait(t.Context())
			require.ErrorIs(t, err, testserver.ErrExhausted)
			require.NoError(t, ep.Update(testserver.Subscription{URL: receiverURL, Secret: secret}))
			time.Sleep(48 * time.Hour)
			require.Len(t, d.Timeline(), 6)
			require.Equal(t, testserver.Exhausted, d.State())
		},
		"the next attempt goes by the new subscription": func(t *testing.T) {
			ep := subscribe(t, p, statuses(500, 200))
			d := ep.Send(t.Context(), of(t, p))
			time.Sleep(time.Minute)
			require.NoError(t, ep.Update(testserver.Subscription{URL: "https://elsewhere.test/hooks", Secret: other}))
			timeline, err := d.Wait(t.Context())
			require.NoError(t, err)
			require.Equal(t, receiverURL, timeline[0].URL)
			require.Equal(t, "https://elsewhere.test/hooks", timeline[1].URL)
			open(t, p, secret, timeline[:1])
			open(t, p, other, timeline[1:])
		},
		"one that is refused changes nothing": func(t *testing.T) {
			ep := subscribe(t, p, statuses(500))
			_, err := ep.Send(t.Context(), of(t, p)).Wait(t.Context())
			require.ErrorIs(t, err, testserver.ErrExhausted)
			require.Error(t, ep.Update(testserver.Subscription{URL: "ftp://receiver.test"}))
			_, disabled := ep.Disabled()
			require.True(t, disabled)
			require.Equal(t, 6, ep.Failures())
		},
	})
}
