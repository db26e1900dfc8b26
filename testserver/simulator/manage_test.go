package simulator_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/testserver"
	"github.com/hookmitt/hookmitt/testserver/simulator"
	"github.com/hookmitt/hookmitt/verify"
)

// api is a client of a provider's own API, over net/http. It knows nothing of the simulator.
type api struct {
	t    *testing.T
	http *http.Client
	key  string // the Authorization header
}

// api is a client of the provider's API that the simulator serves.
func (c *client) api() api {
	return api{c.t, &http.Client{Transport: testserver.InProcess(c.handler)}, "bearer some-key"}
}

// call makes a request. An empty media type sends no Content-Type.
func (a api) call(method, path, mediaType, body string) (status int, header http.Header, answer []byte) {
	a.t.Helper()
	r, err := http.NewRequestWithContext(a.t.Context(), method, "http://provider.test"+path, strings.NewReader(body))
	require.NoError(a.t, err)
	if a.key != "" {
		r.Header.Set("Authorization", a.key)
	}
	if mediaType != "" {
		r.Header.Set("Content-Type", mediaType)
	}
	got, err := a.http.Do(r)
	require.NoError(a.t, err)
	defer got.Body.Close()
	answer, err = io.ReadAll(got.Body)
	require.NoError(a.t, err)
	return got.StatusCode, got.Header, answer
}

// ask makes a request in JSON that is answered with a status, and reads the answer strictly: the members of T and no
// others.
func ask[T any](a api, status int, method, path string, form any) (into T) {
	a.t.Helper()
	body := ""
	if form != nil {
		body = jsonOf(a.t, form)
	}
	got, header, answer := a.call(method, path, "application/json", body)
	require.Equal(a.t, status, got, "%s %s: %s", method, path, answer)
	require.Equal(a.t, "application/json", header.Get("Content-Type"))
	strictly(a.t, answer, &into)
	return into
}

// strictly reads JSON that must have no other members than it is read into.
func strictly(t *testing.T, text []byte, into any) {
	t.Helper()
	dec := json.NewDecoder(strings.NewReader(string(text)))
	dec.DisallowUnknownFields()
	require.NoError(t, dec.Decode(into), string(text))
}

// overNetwork serves a provider that calls this machine over the network, and nothing else.
func overNetwork(t *testing.T, p hookmitt.Provider) *client {
	t.Helper()
	server, err := testserver.New(p, &testserver.Options{Clock: testserver.Manual()})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	return &client{t: t, server: server, handler: simulator.New(server)}
}

// big is longer than the body of a request may be.
var big = strings.Repeat("x", 4<<20)

// refused is a request that a provider's API refuses.
type refused struct {
	method, path, body string // $ID in the path is a webhook's
	form               bool   // whether the body is one; else it is JSON
	key                string // instead of a good one; "none" for none
	status             int
	code, field, says  string // as the API has it
	allow              string
}

// refuses makes each request of a table at a simulator of its own, which calls over the network and has two webhooks.
// read reads a refusal strictly.
func refuses(t *testing.T, p hookmitt.Provider, cases map[string]refused, read func(t *testing.T, answer []byte) (code, field, says string)) {
	t.Helper()
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := overNetwork(t, p)
			id := s.subscribe("http://127.0.0.1:1/first", p.Test)
			s.subscribe("http://127.0.0.1:1/second", p.Test)
			before, _ := s.server.Endpoint(id)
			was := before.Subscription()
			a := s.api()
			if c.key != "" {
				a.key = strings.TrimPrefix(c.key, "none")
			}
			mediaType := "application/json"
			if c.form {
				mediaType = "application/x-www-form-urlencoded"
			}
			status, header, answer := a.call(c.method, strings.ReplaceAll(c.path, "$ID", id), mediaType, c.body)
			require.Equal(t, c.status, status, string(answer))
			require.Equal(t, "application/json", header.Get("Content-Type"))
			require.Equal(t, c.allow, header.Get("Allow"))
			code, field, says := read(t, answer)
			require.Equal(t, c.code, code)
			require.Equal(t, c.field, field)
			require.Contains(t, says, c.says)
			require.NotEmpty(t, says)

			require.Len(t, s.server.Endpoints(), 2, "a refused request changed something")
			require.Equal(t, was, before.Subscription())
			sent, _ := s.server.Deliveries()
			require.Empty(t, sent)
		})
	}
}

// secretsOf are the secrets of a receiver that has one.
func secretsOf(text string) []verify.Secret { return []verify.Secret{verify.NewSecret(text)} }

// opens requires that a request is the provider's, signed with a secret.
func opens(t *testing.T, p hookmitt.Provider, secret string, r received) {
	t.Helper()
	_, _, err := p.Open(secretsOf(secret), r.header, []byte(r.body))
	require.NoError(t, err)
}
