package browsertest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/testserver"
	"github.com/hookmitt/hookmitt/testserver/simulator"
	"github.com/hookmitt/hookmitt/verify"
)

// stand is a simulator on a port, whose receiver is in this process.
type stand struct {
	t        *testing.T
	provider *testserver.Server
	web      *httptest.Server
	page     string // its URL
}

// receive answers with the status that the path is: http://receiver.test/500.
var receive = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	status, _ := strconv.Atoi(r.URL.Path[1:])
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, "this is a %d\n", status)
})

// newStand serves the page of a provider under a prefix, which may be "".
func newStand(t *testing.T, p hookmitt.Provider, prefix string) *stand {
	t.Helper()
	browser(t) // else there is nothing to do
	server, err := testserver.New(p, &testserver.Options{Transport: testserver.InProcess(receive), Clock: testserver.Manual()})
	require.NoError(t, err)
	t.Cleanup(func() { _ = server.Close() })
	mux := http.NewServeMux()
	mux.Handle(prefix+"/", http.StripPrefix(prefix, simulator.New(server)))
	web := httptest.NewServer(mux)
	t.Cleanup(func() { // the streams first, which have no end
		web.CloseClientConnections()
		web.Close()
	})
	return &stand{t, server, web, web.URL + prefix + "/"}
}

// subscribe registers a webhook whose receiver answers a status.
func (s *stand) subscribe(status int, name string) *testserver.Endpoint {
	s.t.Helper()
	ep, err := s.provider.Subscribe(testserver.Subscription{
		URL: fmt.Sprintf("http://receiver.test/%d", status), Name: name, Secret: verify.NewSecret(secret),
	})
	require.NoError(s.t, err)
	return ep
}

// send sends an event to a webhook, and waits for its first attempt.
func (s *stand) send(ep *testserver.Endpoint, typ string, faults ...testserver.Fault) *testserver.Delivery {
	s.t.Helper()
	sample, ok := s.provider.Provider().Events.Sample(typ)
	require.True(s.t, ok, typ)
	d := ep.Send(s.t.Context(), events.Event{Type: typ, Data: sample.Data}, faults...)
	require.NoError(s.t, d.WaitAttempt(s.t.Context()))
	return d
}

// lived is a simulator that has seen most of what there is to be seen, and the queries of its views.
func lived(t *testing.T) (s *stand, views map[string]string) {
	t.Helper()
	s = newStand(t, hookmitt.CDHosting(), "")
	healthy, failing := s.subscribe(200, ""), s.subscribe(500, "")
	lost := s.send(failing, "server.stopped")
	_, err := s.provider.Drain(t.Context())
	require.NoError(t, err)
	waiting := s.subscribe(503, "")
	pending := s.send(waiting, "server.started")
	doubled := s.send(healthy, "server.started", testserver.Twice())
	forged := s.send(waiting, "billing.payment.failed", testserver.Tampered())
	silent := s.send(healthy, "server.started", testserver.HangUp())
	of := func(d *testserver.Delivery) string { return fmt.Sprintf("?delivery=dlv_%d", d.Number()) }
	return s, map[string]string{
		"the list":                          "?",
		"the list narrowed":                 "?state=exhausted",
		"the list narrowed to nothing":      "?state=dropped",
		"the form of a webhook":             "?view=new",
		"a webhook":                         "?webhook=" + healthy.ID(),
		"a disabled webhook":                "?webhook=" + failing.ID(),
		"a delivery":                        of(doubled),
		"an exhausted delivery":             of(lost),
		"a pending delivery":                of(pending),
		"an attempt":                        of(doubled) + "&attempt=1",
		"an attempt with a wrong signature": of(forged) + "&attempt=1",
		"an attempt that nobody answered":   of(silent) + "&attempt=1",
		"faults, of which none is armed":    "?view=faults",
		"notices":                           "?view=notices",
		"a delivery that there is not":      "?delivery=dlv_999",
	}
}
