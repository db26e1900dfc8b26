package testserver_test

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/testserver"
	"github.com/hookmitt/hookmitt/verify"
)

var secret = verify.NewSecret("test-secret")

const receiverURL = "http://receiver.test/webhooks"

// inBubble is synctest.Test, and then time for handlers that outlive their client: a bubble that does not end takes all
// other tests with it.
func inBubble(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		t.Cleanup(func() { time.Sleep(24 * time.Hour) })
		test(t)
	})
}

// inBubbles runs tests, each in a bubble of its own.
func inBubbles(t *testing.T, tests map[string]func(t *testing.T)) {
	t.Helper()
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, test)
		})
	}
}

// newServer plays p for a handler in process.
func newServer(t *testing.T, p hookmitt.Provider, h http.Handler, observe ...func(testserver.Attempt)) *testserver.Server {
	t.Helper()
	opts := &testserver.Options{Transport: testserver.InProcess(h)}
	for _, o := range observe {
		opts.Observe = o
	}
	s, err := testserver.New(p, opts)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// subscribe registers an endpoint of a new server.
func subscribe(t *testing.T, p hookmitt.Provider, h http.Handler) *testserver.Endpoint {
	t.Helper()
	return endpoint(t, newServer(t, p, h))
}

func endpoint(t *testing.T, s *testserver.Server) *testserver.Endpoint {
	t.Helper()
	ep, err := s.Subscribe(testserver.Subscription{URL: receiverURL, Secret: secret})
	require.NoError(t, err)
	return ep
}

// statuses answers one after the other, the last of them for ever.
func statuses(all ...int) http.Handler {
	var mu sync.Mutex
	calls := 0
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		mu.Lock()
		status := all[min(calls, len(all)-1)]
		calls++
		mu.Unlock()
		w.WriteHeader(status)
	})
}

// taking answers a status after d.
func taking(d time.Duration, status int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(d)
		w.WriteHeader(status)
	})
}

// inTurn is a handler after the other, the last of them for ever.
func inTurn(all ...http.Handler) http.Handler {
	var mu sync.Mutex
	calls := 0
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		h := all[min(calls, len(all)-1)]
		calls++
		mu.Unlock()
		h.ServeHTTP(w, r)
	})
}

// of makes a sample of the provider's.
func of(t *testing.T, p hookmitt.Provider) events.Event {
	t.Helper()
	e, ok := p.Events.Sample(p.Events.Types()[0])
	require.True(t, ok)
	return e
}

// deliver sends a sample and waits for its end.
func deliver(t *testing.T, p hookmitt.Provider, h http.Handler, faults ...testserver.Fault) (testserver.Timeline, *testserver.Delivery) {
	t.Helper()
	d := subscribe(t, p, h).Send(t.Context(), of(t, p), faults...)
	timeline, err := d.Wait(context.Background())
	require.Equal(t, d.Err(), err)
	return timeline, d
}
