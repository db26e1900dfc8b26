package middleware_test

import (
	"context"
	"crypto"
	"errors"
	"io"
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/middleware"
	"github.com/hookmitt/hookmitt/testserver"
	"github.com/hookmitt/hookmitt/verify"
)

// blend is a provider that is nobody's: it signs and numbers as Civo does, and wraps as CDHosting does.
var blend = hookmitt.Provider{
	Name:   "blend",
	Scheme: verify.HMAC{Header: "X-Civo-Signature", Hash: crypto.SHA1},
	Codec: events.JSON{
		ID: events.InHeader("X-Civo-Event").UUID(), Type: events.InBody("type"),
		Time: events.InBody("created_at"), Data: events.InBody("data"),
	},
	Retry:        hookmitt.Civo().Retry,
	DisableAfter: hookmitt.Civo().DisableAfter,
	Deadline:     hookmitt.Civo().Deadline,
}

var errNoTime = errors.New("the event has lost its time")

// books is where the handlers write what they were told.
type books struct {
	mu      sync.Mutex
	started []events.ServerStarted
	failed  []events.PaymentFailed
	ids     []string
}

func (b *books) start(_ context.Context, e events.Event, data events.ServerStarted) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if e.Time.IsZero() {
		return errNoTime
	}
	b.started, b.ids = append(b.started, data), append(b.ids, e.ID)
	return nil
}

func (b *books) fail(_ context.Context, e events.Event, data events.PaymentFailed) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if e.Time.IsZero() {
		return errNoTime
	}
	b.failed, b.ids = append(b.failed, data), append(b.ids, e.ID)
	return nil
}

// routed handles events by type.
func (b *books) routed(rc *middleware.Receiver) http.Handler {
	router := events.NewRouter()
	events.On(router, b.start)
	events.On(router, b.fail)
	return rc.Handle(router)
}

// wrapped is a handler that knows nothing of events but what its context says.
func (b *books) wrapped(rc *middleware.Receiver) http.Handler {
	return rc.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e, ok := middleware.EventFrom(r.Context())
		body, err := io.ReadAll(r.Body)
		if !ok || err != nil || string(body) != string(e.Raw) || r.Header.Get("X-Civo-Event") != e.ID {
			http.Error(w, "not the event that was signed", http.StatusInternalServerError)
			return
		}
		switch e.Type {
		case "server.started":
			var data events.ServerStarted
			if data, err = events.Decode[events.ServerStarted](e); err == nil {
				err = b.start(r.Context(), e, data)
			}
		case "billing.payment.failed":
			var data events.PaymentFailed
			if data, err = events.Decode[events.PaymentFailed](e); err == nil {
				err = b.fail(r.Context(), e, data)
			}
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnprocessableEntity)
			return
		}
		w.WriteHeader(http.StatusAccepted)
	}))
}

func TestBlendIsUnsigned(t *testing.T) {
	t.Parallel()
	require.NoError(t, blend.Validate())
	require.Equal(t, hookmitt.UnsignedID, blend.Identity())
	require.True(t, blend.SignsTime(), "the body's")
	require.Equal(t, hookmitt.Civo().Horizon(), blend.Horizon())
}

func TestBlend(t *testing.T) {
	t.Parallel()
	server := events.ServerStarted{ServerID: "srv_abc123", Name: "production-web-01", Status: "running", IP: "192.168.1.100"}
	payment := events.PaymentFailed{PaymentID: "pay_abc123", Amount: 1999, Currency: "EUR", FailureReason: "card_declined"}
	fronts := map[string]struct {
		front  func(b *books, rc *middleware.Receiver) http.Handler
		answer string
	}{
		"handle": {(*books).routed, "200"},
		"wrap":   {(*books).wrapped, "202"},
	}
	for name, check := range map[string]func(t *testing.T, b *books, endpoint *testserver.Endpoint, s *stand, ok string){
		"it routes by type, end to end": func(t *testing.T, b *books, endpoint *testserver.Endpoint, s *stand, ok string) {
			for _, data := range []events.Payload{server, payment} {
				timeline, outcomes, err := deliver(t, endpoint, events.New(data))
				require.NoError(t, err)
				require.Equal(t, "0s "+ok, timeline)
				require.Equal(t, "accepted", outcomes)
			}
			require.Equal(t, []events.ServerStarted{server}, b.started)
			require.Equal(t, []events.PaymentFailed{payment}, b.failed)
			require.Equal(t, "billing.payment.failed", s.last().EventType)
		},
		"it knows repeats by the header": func(t *testing.T, b *books, endpoint *testserver.Endpoint, _ *stand, ok string) {
			e := events.New(server)
			e.ID = firstID
			timeline, outcomes, err := deliver(t, endpoint, e, testserver.OnAttempt(1, testserver.LostReply()))
			require.NoError(t, err)
			require.Equal(t, "0s lost, 5m0s 200", timeline)
			require.Equal(t, ", duplicate", outcomes)
			e.ID = "00000000-0000-4000-8000-00000000000A" // of a UUID the case does not matter
			for _, want := range []string{"0s " + ok + " accepted", "0s 200 duplicate"} {
				timeline, outcomes, err = deliver(t, endpoint, e)
				require.NoError(t, err)
				require.Equal(t, want, timeline+" "+outcomes)
				e.ID = "00000000-0000-4000-8000-00000000000a"
			}
			require.Equal(t, []string{firstID, e.ID}, b.ids)
		},
		"it refuses what was tampered with, until it is not": func(t *testing.T, b *books, endpoint *testserver.Endpoint, s *stand, ok string) {
			timeline, outcomes, err := deliver(t, endpoint, events.New(payment), testserver.OnAttempt(1, testserver.Tampered()))
			require.NoError(t, err)
			require.Equal(t, "0s 401, 5m0s "+ok, timeline)
			require.Equal(t, ", accepted", outcomes, "a stranger is told nothing")
			require.Equal(t, []events.PaymentFailed{payment}, b.failed)
			require.ErrorIs(t, s.all()[0].Err, verify.ErrMismatch)
		},
		"it refuses what is always tampered with, and is disabled": func(t *testing.T, b *books, endpoint *testserver.Endpoint, s *stand, _ string) {
			e := events.New(server)
			e.ID = firstID
			timeline, _, err := deliver(t, endpoint, e, testserver.Tampered())
			require.ErrorIs(t, err, testserver.ErrExhausted)
			require.Equal(t, "0s 401, 5m0s 401, 35m0s 401, 1h35m0s 401, 3h35m0s 401, 9h35m0s 401", timeline)
			reason, disabled := endpoint.Disabled()
			require.True(t, disabled)
			require.Equal(t, "answered 401", reason)
			require.Empty(t, b.ids)
			require.Equal(t, "none", s.claim(firstID), "the store knows nothing of it")
		},
	} {
		for front, c := range fronts {
			t.Run(name+", "+front, func(t *testing.T) {
				t.Parallel()
				onEveryStore(t, map[string]func(t *testing.T, store dedupe.Store){"on": func(t *testing.T, store dedupe.Store) {
					b := new(books)
					s := newStandFor(t, blend, middleware.Options{Store: store}, func(rc *middleware.Receiver) http.Handler { return c.front(b, rc) })
					check(t, b, endpointOf(t, s, nil), s, c.answer)
				}})
			})
		}
	}
}
