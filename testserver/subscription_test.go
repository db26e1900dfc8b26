package testserver_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/testserver"
	"github.com/hookmitt/hookmitt/verify"
)

// subscribed is an endpoint of a subscription whose URL and, unless it has one, secret are filled in.
func subscribed(t *testing.T, p hookmitt.Provider, h http.Handler, sub testserver.Subscription) *testserver.Endpoint {
	t.Helper()
	sub.URL = receiverURL
	if sub.Secret.IsZero() {
		sub.Secret = secret
	}
	ep, err := newServer(t, p, h).Subscribe(sub)
	require.NoError(t, err)
	return ep
}

// secretless is an endpoint that was registered without a secret.
func secretless(t *testing.T, p hookmitt.Provider, h http.Handler) *testserver.Endpoint {
	t.Helper()
	ep, err := newServer(t, p, h).Subscribe(testserver.Subscription{URL: receiverURL})
	require.NoError(t, err)
	return ep
}

func TestSubscriptionDefaults(t *testing.T) {
	t.Parallel()
	sub := subscribed(t, hookmitt.Civo(), statuses(200), testserver.Subscription{}).Subscription()
	require.Equal(t, testserver.Subscription{URL: receiverURL, Method: "POST", ContentType: "application/json", Secret: secret}, sub)
}

func TestSubscriptionRequest(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sub  testserver.Subscription
		want []string // method and content type
	}{
		"the provider's own":   {testserver.Subscription{}, []string{"POST", "application/json"}},
		"PUT":                  {testserver.Subscription{Method: "PUT"}, []string{"PUT", "application/json"}},
		"another content type": {testserver.Subscription{ContentType: "text/plain; charset=utf-8"}, []string{"POST", "text/plain; charset=utf-8"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T) {
				var got []string
				ep := subscribed(t, hookmitt.CDHosting(), http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
					got = []string{r.Method, r.Header.Get("Content-Type")}
				}), c.sub)
				timeline, err := ep.Send(t.Context(), of(t, hookmitt.CDHosting())).Wait(t.Context())
				require.NoError(t, err)
				require.Equal(t, c.want, got)
				require.Equal(t, c.want, []string{timeline[0].Method, timeline[0].Header.Get("Content-Type")})
			})
		})
	}
}

func TestSubscriptionMaxAttempts(t *testing.T) {
	t.Parallel()
	never := hookmitt.Mixpost()
	never.Retry = hookmitt.Schedule{}
	for name, c := range map[string]struct {
		provider hookmitt.Provider
		max      int
		want     string
	}{
		"as the schedule has it":                  {hookmitt.Mixpost(), 0, "0s 500, 10s 500, 1m10s 500"},
		"one":                                     {hookmitt.Mixpost(), 1, "0s 500"},
		"three, the first one counted":            {hookmitt.Civo(), 3, "0s 500, 5m0s 500, 35m0s 500"},
		"eight, the last gap being used again":    {hookmitt.Mixpost(), 8, "0s 500, 10s 500, 1m10s 500, 2m10s 500, 3m10s 500, 4m10s 500, 5m10s 500, 6m10s 500"},
		"eight, of which the provider allows six": {hookmitt.Civo(), 8, "0s 500, 5m0s 500, 35m0s 500, 1h35m0s 500, 3h35m0s 500, 9h35m0s 500"},
		"one, where the provider has no gaps":     {never, 1, "0s 500"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T) {
				ep := subscribed(t, c.provider, statuses(500), testserver.Subscription{MaxAttempts: c.max})
				timeline, err := ep.Send(t.Context(), of(t, c.provider)).Wait(t.Context())
				require.ErrorIs(t, err, testserver.ErrExhausted)
				require.Equal(t, c.want, timeline.String())
				_, disabled := ep.Disabled()
				require.Equal(t, c.provider.DisableAfter == len(timeline), disabled)
			})
		})
	}
}

func TestSubscriptionEvents(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sub  testserver.Subscription
		sent []string
	}{
		"none chosen is all":     {testserver.Subscription{}, []string{"server.started", "server.stopped", "payment.failed"}},
		"a star is all":          {testserver.Subscription{Events: []string{"*"}}, []string{"server.started", "server.stopped", "payment.failed"}},
		"those that are named":   {testserver.Subscription{Events: []string{"payment.failed", "server.started"}}, []string{"server.started", "payment.failed"}},
		"not by their beginning": {testserver.Subscription{Events: []string{"server", "server.", "server.start"}}, nil},
		"inactive":               {testserver.Subscription{Inactive: true, Events: []string{"*"}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T) {
				p, calls := hookmitt.CDHosting(), 0
				ep := subscribed(t, p, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { calls++ }), c.sub)
				var sent []string
				for _, typ := range []string{"server.started", "server.stopped", "payment.failed"} {
					d := ep.Send(t.Context(), events.Named(typ, struct{}{}))
					timeline, err := d.Wait(t.Context())
					if err == nil {
						sent = append(sent, typ)
						continue
					}
					require.ErrorIs(t, err, testserver.ErrUnwanted)
					require.Equal(t, testserver.Unwanted, d.State())
					require.Empty(t, timeline)
				}
				require.Equal(t, c.sent, sent)
				require.Len(t, c.sent, calls)
				require.Zero(t, ep.Failures())
			})
		})
	}
}

func TestSubscriptionWithoutSecret(t *testing.T) {
	t.Parallel()
	inBubbles(t, map[string]func(t *testing.T){
		"Civo makes one, hands it out and signs with it": func(t *testing.T) {
			p := hookmitt.Civo()
			ep := secretless(t, p, statuses(200))
			made := ep.Subscription().Secret
			require.False(t, made.IsZero())
			timeline, err := ep.Send(t.Context(), of(t, p)).Wait(t.Context())
			require.NoError(t, err)
			open(t, p, made, timeline)
		},
		"each is another": func(t *testing.T) {
			p := hookmitt.Civo()
			ep, other := secretless(t, p, statuses(200)), secretless(t, p, statuses(200))
			timeline, err := ep.Send(t.Context(), of(t, p)).Wait(t.Context())
			require.NoError(t, err)
			_, _, err = p.Open([]verify.Secret{other.Subscription().Secret}, timeline[0].Header, timeline[0].Body)
			require.ErrorIs(t, err, verify.ErrMismatch)
		},
		// A secret never shows itself. But it signs under Base64Key, which takes letters and digits in fours.
		"it is of letters and digits": func(t *testing.T) {
			p := hookmitt.Civo()
			scheme := p.Scheme.(verify.HMAC)
			scheme.Key = verify.Base64Key("")
			p.Scheme = scheme
			for range 20 {
				_, err := secretless(t, p, statuses(200)).Send(t.Context(), of(t, p)).Wait(t.Context())
				require.NoError(t, err)
			}
		},
		"Mixpost sends unsigned, without the header": func(t *testing.T) {
			p := hookmitt.Mixpost()
			ep := secretless(t, p, statuses(200))
			require.True(t, ep.Subscription().Secret.IsZero())
			timeline, err := ep.Send(t.Context(), of(t, p)).Wait(t.Context())
			require.NoError(t, err)
			require.NotContains(t, timeline[0].Header, "X-Signature")
			require.Empty(t, timeline[0].Faults)
			_, _, err = p.Open([]verify.Secret{secret}, timeline[0].Header, timeline[0].Body)
			require.ErrorIs(t, err, verify.ErrMissing)
			require.NoError(t, ep.Rotate(secret))
			timeline, err = ep.Send(t.Context(), of(t, p)).Wait(t.Context())
			require.NoError(t, err)
			open(t, p, secret, timeline)
		},
		"CDHosting requires one": func(t *testing.T) {
			_, err := newServer(t, hookmitt.CDHosting(), statuses(200)).Subscribe(testserver.Subscription{URL: receiverURL})
			require.ErrorContains(t, err, "requires one")
		},
	})
}

func TestUpdateKeepsTheSecret(t *testing.T) {
	t.Parallel()
	for _, p := range []hookmitt.Provider{hookmitt.Civo(), hookmitt.CDHosting(), hookmitt.Mixpost()} {
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T) {
				ep := subscribe(t, p, statuses(200))
				require.NoError(t, ep.Update(testserver.Subscription{URL: receiverURL, Name: "renamed"}))
				require.Equal(t, "renamed", ep.Subscription().Name)
				timeline, err := ep.Send(t.Context(), of(t, p)).Wait(t.Context())
				require.NoError(t, err)
				open(t, p, secret, timeline)
			})
		})
	}
}

func TestSubscriptionIsTheCallersOwn(t *testing.T) {
	t.Parallel()
	chosen := []string{"server.started"}
	ep := subscribed(t, hookmitt.CDHosting(), statuses(200), testserver.Subscription{Events: chosen})
	chosen[0] = "server.stopped"
	require.Equal(t, []string{"server.started"}, ep.Subscription().Events)
	ep.Subscription().Events[0] = "server.stopped"
	require.Equal(t, []string{"server.started"}, ep.Subscription().Events)
}

func TestSendTest(t *testing.T) {
	t.Parallel()
	p := hookmitt.Civo()
	inBubbles(t, map[string]func(t *testing.T){
		"it is tried once, and its failure counts for nothing": func(t *testing.T) {
			p := p
			p.DisableAfter = 1
			ep := subscribe(t, p, statuses(500))
			d := ep.SendTest(t.Context())
			timeline, err := d.Wait(t.Context())
			require.ErrorIs(t, err, testserver.ErrExhausted)
			time.Sleep(48 * time.Hour)
			require.Equal(t, "0s 500", timeline.String())
			require.Equal(t, timeline, d.Timeline())
			require.Zero(t, ep.Failures())
			_, disabled := ep.Disabled()
			require.False(t, disabled)
		},
		"it comes whatever is subscribed to, with dummy data under a fresh id": func(t *testing.T) {
			ep := subscribed(t, p, statuses(200), testserver.Subscription{Inactive: true, Events: []string{"nothing.of.that.name"}})
			first, second := ep.SendTest(t.Context()), ep.SendTest(t.Context())
			timeline, err := first.Wait(t.Context())
			require.NoError(t, err)
			require.Equal(t, "instance.created", open(t, p, secret, timeline)[0].Type)
			require.NotEqual(t, first.Event().ID, second.Event().ID)
		},
		"a provider without samples sends one all the same": func(t *testing.T) {
			p := p
			p.Events, p.Test = nil, ""
			timeline, err := subscribe(t, p, statuses(200)).SendTest(t.Context()).Wait(t.Context())
			require.NoError(t, err)
			require.Equal(t, "test", open(t, p, secret, timeline)[0].Type)
		},
	})
}

func TestASecretThatTheProviderMadeIsHandedOut(t *testing.T) {
	t.Parallel()
	s := newServer(t, hookmitt.Civo(), statuses(200))
	ep, err := s.Subscribe(testserver.Subscription{URL: receiverURL})
	require.NoError(t, err)
	text, ok := ep.MadeSecret()
	require.True(t, ok)
	require.Regexp(t, "^[A-Za-z0-9]{32}$", text)
	timeline, err := ep.Send(t.Context(), of(t, hookmitt.Civo())).Wait(t.Context())
	require.NoError(t, err)
	open(t, hookmitt.Civo(), verify.NewSecret(text), timeline)
	require.NotContains(t, fmt.Sprintf("%+v", ep), text)

	require.NoError(t, ep.Update(testserver.Subscription{URL: receiverURL}))
	again, ok := ep.MadeSecret()
	require.True(t, ok)
	require.Equal(t, text, again, "an update without a secret keeps it")
	require.NoError(t, ep.Update(testserver.Subscription{URL: receiverURL, Secret: secret}))
	_, ok = ep.MadeSecret()
	require.False(t, ok, "it signs no more")

	given, err := s.Subscribe(testserver.Subscription{URL: receiverURL, Secret: secret})
	require.NoError(t, err)
	_, ok = given.MadeSecret()
	require.False(t, ok, "what was given is not handed out")
	require.NoError(t, ep.Rotate(secret))
	_, ok = ep.MadeSecret()
	require.False(t, ok, "nor is the one before it")
}
