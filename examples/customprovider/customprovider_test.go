package customprovider_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/examples/customprovider"
	"github.com/hookmitt/hookmitt/middleware"
	"github.com/hookmitt/hookmitt/testserver"
	"github.com/hookmitt/hookmitt/testserver/providertest"
	"github.com/hookmitt/hookmitt/verify"
)

// acmeHosting signs as Acme does what CDHosting says. Acme's scheme covers the id in its header, so that is where the
// id must be.
func acmeHosting() hookmitt.Provider {
	p := hookmitt.CDHosting().WithID(customprovider.Acme().Codec.IDField())
	p.Name, p.Scheme = "acme-hosting", customprovider.Acme().Scheme
	return p
}

func TestTheyKeepTheLawsOfAProvider(t *testing.T) {
	t.Parallel()
	for _, p := range []hookmitt.Provider{customprovider.Acme(), customprovider.Globex(), acmeHosting()} {
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, hookmitt.SignedID, p.Identity(), "a captured request cannot be made to look new")
			providertest.Run(t, p)
		})
	}
}

// The laws hold for a description that both directions share and the provider does not. These requests are the
// provider's own, as one finds them on its page, or makes them by openssl: the secret is test-secret.
func TestTheyReadWhatTheProvidersPageShows(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		provider hookmitt.Provider
		header   http.Header
		body     string
		want     events.Event
	}{
		"Acme's": {
			customprovider.Acme(),
			http.Header{
				"X-Acme-Delivery":  {"3f2a6c1e-9d4b-4e0a-8f7c-1b2d3e4f5a6b"},
				"X-Acme-Signature": {"sha256=ea81b25fcbd48b69c0fc9cc97f0437cc4cb4eaef1595170112837a276f883ba3"},
			},
			`{"event":"order.shipped","data":{"order_id":"A-1001","carrier":"rail","parcels":2}}`,
			events.Event{ID: "3f2a6c1e-9d4b-4e0a-8f7c-1b2d3e4f5a6b", Type: "order.shipped"},
		},
		"Globex's, of the second in which a bubble begins": {
			customprovider.Globex(),
			http.Header{"Globex-Signature": {"t=946684800,v1=8d41e1000a361c1b4c550d99a8e5cddffc538722a67dc198bf7a2b764307c165"}},
			`{"id":"evt_1","type":"refund.issued","created":"2000-01-01T00:00:00Z","data":{"refund_id":"re_1","amount":1999,"currency":"EUR"}}`,
			events.Event{ID: "evt_1", Type: "refund.issued", Time: time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				e, _, err := c.provider.Open([]verify.Secret{verify.NewSecret("test-secret")}, c.header, []byte(c.body))
				require.NoError(t, err)
				require.Equal(t, c.want, events.Event{ID: e.ID, Type: e.Type, Time: e.Time})
			})
		})
	}
}

var (
	secret  = verify.NewSecret("a secret of the test's")
	shipped = customprovider.OrderShipped{OrderID: "A-7", Carrier: "sea", Parcels: 3}
	refund  = customprovider.RefundIssued{RefundID: "re_7", Amount: 500, Currency: "SEK"}
	started = events.ServerStarted{ServerID: "srv_7", Name: "web", Status: "running", IP: "192.0.2.7"}
)

// stand is a receiver of one provider's webhooks. Use it inside a bubble.
type stand struct {
	t       *testing.T
	handler http.Handler
	got     []any // what handlers were given
}

// newStand makes a receiver that takes every payload there is here.
func newStand(t *testing.T, p hookmitt.Provider, ring *verify.Keyring) *stand {
	t.Helper()
	s, router := &stand{t: t}, events.NewRouter()
	events.On(router, func(_ context.Context, _ events.Event, o customprovider.OrderShipped) error { return s.take(o) })
	events.On(router, func(_ context.Context, _ events.Event, r customprovider.RefundIssued) error { return s.take(r) })
	events.On(router, func(_ context.Context, _ events.Event, v events.ServerStarted) error { return s.take(v) })
	receiver, err := middleware.New(p, ring, nil)
	require.NoError(t, err)
	s.handler = receiver.Handle(router)
	return s
}

func (s *stand) take(data any) error {
	s.got = append(s.got, data)
	return nil
}

// send lets a simulator of the provider deliver an event, and returns the timeline and what the receiver said became of
// each attempt.
func (s *stand) send(p hookmitt.Provider, e events.Event, faults ...testserver.Fault) (testserver.Timeline, string) {
	s.t.Helper()
	timeline, err := s.endpoint(p).Send(s.t.Context(), e, faults...).Wait(s.t.Context())
	require.NoError(s.t, err)
	var outcomes []string
	for _, a := range timeline {
		outcomes = append(outcomes, a.Outcome())
	}
	return timeline, strings.Join(outcomes, ", ")
}

// attempt sends an event once, whatever the answer.
func (s *stand) attempt(p hookmitt.Provider, e events.Event) testserver.Attempt {
	s.t.Helper()
	p.Retry = hookmitt.Fixed()
	timeline, _ := s.endpoint(p).Send(s.t.Context(), e).Wait(s.t.Context())
	require.Len(s.t, timeline, 1)
	return timeline[0]
}

// endpoint registers the receiver with a simulator of the provider.
func (s *stand) endpoint(p hookmitt.Provider) *testserver.Endpoint {
	s.t.Helper()
	server, err := testserver.New(p, &testserver.Options{Transport: testserver.InProcess(s.handler)})
	require.NoError(s.t, err)
	s.t.Cleanup(func() { require.NoError(s.t, server.Close()) })
	endpoint, err := server.Subscribe(testserver.Subscription{URL: "http://service.test/webhooks", Secret: secret})
	require.NoError(s.t, err)
	return endpoint
}

func TestAnEventIsDoneOnceWhateverHappensOnTheWay(t *testing.T) {
	t.Parallel()
	first := func(f testserver.Fault) []testserver.Fault { return []testserver.Fault{testserver.OnAttempt(1, f)} }
	for name, c := range map[string]struct {
		provider hookmitt.Provider
		data     events.Payload
		faults   []testserver.Fault
		timeline string
		outcomes string // a stranger is told none
	}{
		"Acme's, as sent":                {customprovider.Acme(), shipped, nil, "0s 200", "accepted"},
		"Acme's, twice":                  {customprovider.Acme(), shipped, first(testserver.Twice()), "0s 200, 0s 200", "accepted, duplicate"},
		"Acme's, our answer is lost":     {customprovider.Acme(), shipped, first(testserver.LostReply()), "0s lost, 1m0s 200", ", duplicate"},
		"Acme's, one bit changed":        {customprovider.Acme(), shipped, first(testserver.Tampered()), "0s 401, 1m0s 200", ", accepted"},
		"Acme's, under another id":       {customprovider.Acme(), shipped, first(testserver.WithHeader("X-Acme-Delivery", "00000000-0000-4000-8000-000000000000")), "0s 401, 1m0s 200", ", accepted"},
		"Acme's, without its id":         {customprovider.Acme(), shipped, first(testserver.WithHeader("X-Acme-Delivery")), "0s 401, 1m0s 200", ", accepted"},
		"Acme's, with another prefix":    {customprovider.Acme(), shipped, first(testserver.WithHeader("X-Acme-Signature", "sha512=00")), "0s 401, 1m0s 200", ", accepted"},
		"Globex's, as sent":              {customprovider.Globex(), refund, nil, "0s 200", "accepted"},
		"Globex's, twice":                {customprovider.Globex(), refund, first(testserver.Twice()), "0s 200, 0s 200", "accepted, duplicate"},
		"Globex's, one bit changed":      {customprovider.Globex(), refund, first(testserver.Tampered()), "0s 401, 30s 200", ", accepted"},
		"Globex's, five minutes old":     {customprovider.Globex(), refund, first(testserver.Stale(5 * time.Minute)), "0s 200", "accepted"},
		"Globex's, older":                {customprovider.Globex(), refund, first(testserver.Stale(5*time.Minute + time.Second)), "0s 401, 30s 200", ", accepted"},
		"Globex's, from the future":      {customprovider.Globex(), refund, first(testserver.Stale(-5*time.Minute - time.Second)), "0s 401, 30s 200", ", accepted"},
		"Acme's signature on CDHosting":  {acmeHosting(), started, nil, "0s 200", "accepted"},
		"the same, twice":                {acmeHosting(), started, first(testserver.Twice()), "0s 200, 0s 200", "accepted, duplicate"},
		"the same, one bit changed":      {acmeHosting(), started, first(testserver.Tampered()), "0s 401, 1m0s 200", ", accepted"},
		"the same, signed by a stranger": {acmeHosting(), started, first(testserver.WrongKey()), "0s 401, 1m0s 200", ", accepted"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newStand(t, c.provider, verify.NewKeyring(secret))
				timeline, outcomes := s.send(c.provider, events.New(c.data), c.faults...)
				require.Equal(t, c.timeline, timeline.String())
				require.Equal(t, c.outcomes, outcomes)
				require.Equal(t, []any{c.data}, s.got)
			})
		})
	}
}
