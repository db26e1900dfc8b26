package simulator_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/testserver"
	"github.com/hookmitt/hookmitt/testserver/simulator"
)

const (
	receiverURL = "http://receiver.test/webhooks"
	withKey     = "Authorization: Bearer some-key"
)

// client talks to a simulator in the same process, and may be used by many goroutines.
type client struct {
	t       *testing.T
	server  *testserver.Server
	handler http.Handler
	header  []string // of every request
}

// newSimulator serves a provider that calls a receiver in the same process.
func newSimulator(t *testing.T, p hookmitt.Provider, receiver http.Handler, clock testserver.Clock) *client {
	t.Helper()
	server, err := testserver.New(p, &testserver.Options{Transport: testserver.InProcess(receiver), Clock: clock})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	return &client{t: t, server: server, handler: simulator.New(server)}
}

// with is a client that sends these headers besides, each as "Name: value".
func (c *client) with(header ...string) *client {
	other := *c
	other.header = append(append([]string{}, c.header...), header...)
	return &other
}

// do makes a request, with headers as "Name: value".
func (c *client) do(method, path, body string, header ...string) (status int, answered http.Header, answer []byte) {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	for _, field := range append(append([]string{}, c.header...), header...) {
		name, value, _ := strings.Cut(field, ": ")
		r.Header.Add(name, value)
	}
	w := httptest.NewRecorder()
	c.handler.ServeHTTP(w, r)
	return w.Code, w.Header(), w.Body.Bytes()
}

func (c *client) get(path string) (status int, answer []byte) {
	status, _, answer = c.do(http.MethodGet, path, "")
	return status, answer
}

func (c *client) post(path, body string) (status int, answer []byte) {
	status, _, answer = c.do(http.MethodPost, path, body)
	return status, answer
}

// want makes a request that is answered with a status, and reads the answer's JSON. It is for the test's own goroutine.
func want[T any](c *client, status int, method, path, body string, header ...string) (into T) {
	c.t.Helper()
	got, answered, answer := c.do(method, path, body, header...)
	require.Equal(c.t, status, got, "%s %s: %s", method, path, answer)
	require.Contains(c.t, answered.Get("Content-Type"), "json", "%s %s", method, path)
	require.NoError(c.t, json.Unmarshal(answer, &into), "%s %s: %s", method, path, answer)
	return into
}

// subscribe registers a webhook by the control API, for these events or for all, and returns its id.
func (c *client) subscribe(url string, events ...string) string {
	c.t.Helper()
	body := jsonOf(c.t, map[string]any{"url": url, "secret": "test-secret", "events": append([]string{}, events...)})
	return want[struct{ ID string }](c, http.StatusCreated, http.MethodPost, "/_sim/v1/webhooks", body).ID
}

func jsonOf(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	require.NoError(t, err)
	return string(text)
}

// received is a request to a receiver.
type received struct {
	method, path string
	header       http.Header
	body         string
}

// receiver keeps the requests and answers with its statuses one after the other, the last of them for ever.
type receiver struct {
	mu       sync.Mutex
	statuses []int
	calls    int
	all      []received
}

// answering is a receiver that has not been called yet.
func answering(statuses ...int) *receiver { return &receiver{statuses: statuses} }

// ServeHTTP implements [http.Handler].
func (rc *receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	rc.mu.Lock()
	status := rc.statuses[min(rc.calls, len(rc.statuses)-1)]
	rc.calls++
	rc.all = append(rc.all, received{r.Method, r.URL.Path, r.Header.Clone(), string(body)})
	rc.mu.Unlock()
	w.WriteHeader(status)
}

// answer changes the statuses, beginning with the next request.
func (rc *receiver) answer(statuses ...int) {
	rc.mu.Lock()
	defer rc.mu.Unlock()
	rc.statuses, rc.calls = statuses, 0
}

// got is what came, oldest first.
func (rc *receiver) got() []received {
	rc.mu.Lock()
	defer rc.mu.Unlock()
	return append([]received{}, rc.all...)
}
