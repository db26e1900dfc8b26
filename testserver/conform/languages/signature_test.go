package languages_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/middleware"
	"github.com/hookmitt/hookmitt/testserver"
	"github.com/hookmitt/hookmitt/verify"
)

// providers are all that are built in.
func providers() []hookmitt.Provider {
	return []hookmitt.Provider{hookmitt.Civo(), hookmitt.Mixpost(), hookmitt.CDHosting(), hookmitt.StandardWebhooks(), hookmitt.GitHub()}
}

// key is a secret's text: a key is bytes, and of a text those of UTF-8.
const key = "ein Schlüssel 🔑"

// request is one of the simulator's, as it came over the wire.
type request struct {
	header http.Header
	body   []byte
}

// odd is an event whose JSON others would write in another way.
const odd = `{"note":"Grüße aus Łódź 🚀","html":"</script> & 'more'","path":"a\/b","line":"\u2028","large":12345678901234567890,"small":1e-7}`

// sent are the simulator's requests for each event that a provider can send, and for an odd one.
func sent(t *testing.T, p hookmitt.Provider) []request {
	t.Helper()
	var came []request
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			came = append(came, request{r.Header.Clone(), body})
		}
	}))
	defer receiver.Close()
	simulator, err := testserver.New(p, nil)
	require.NoError(t, err)
	defer simulator.Close()
	endpoint, err := simulator.Subscribe(testserver.Subscription{URL: receiver.URL, Secret: p.SecretOf(key)})
	require.NoError(t, err)
	all := []events.Event{{Type: "odd.event", Data: json.RawMessage(odd)}}
	for _, typ := range p.Events.Types() {
		sample, ok := p.Events.Sample(typ)
		require.True(t, ok)
		all = append(all, sample)
	}
	for _, e := range all {
		_, err := endpoint.Send(t.Context(), e).Wait(t.Context())
		require.NoError(t, err, e.Type)
	}
	require.Len(t, came, len(all))
	return came
}

// signatureHeader is what carries a provider's signature.
func signatureHeader(t *testing.T, p hookmitt.Provider) string {
	t.Helper()
	name, ok := verify.SignatureHeader(p.Scheme)
	require.True(t, ok)
	return name
}

// wrong is a text in which one byte is another, in its middle.
func wrong[T ~string | ~[]byte](text T) T {
	other := bytes.Clone([]byte(text))
	other[len(other)/2] ^= 1
	return T(other)
}

// TestOursVerifyThere: what the simulator sends is what a provider would have sent, as others read it.
// It and the next are done before TestReceivers, which leaves no processor idle.
func TestOursVerifyThere(t *testing.T) {
	for name := range programs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			there := run(t, name)
			for _, p := range providers() {
				if !knows(name, p.Name) {
					continue
				}
				header, secret := signatureHeader(t, p), p.SecretText(key)
				for _, r := range sent(t, p) {
					what := fmt.Sprintf("%s %s", p.Name, r.body)
					require.True(t, there.verifies(p.Name, secret, r.header, r.body), what)
					require.False(t, there.verifies(p.Name, secret, r.header, wrong(r.body)), what)
					require.False(t, there.verifies(p.Name, p.SecretText("another"), r.header, r.body), what)
					other := r.header.Clone()
					other.Set(header, wrong(r.header.Get(header)))
					require.False(t, there.verifies(p.Name, secret, other, r.body), what)
					other.Set(header, "")
					require.False(t, there.verifies(p.Name, secret, other, r.body), what)
				}
			}
		})
	}
}

// TestTheirsVerifyHere: what others sign is what a receiver here accepts, and with one byte wrong it is not.
func TestTheirsVerifyHere(t *testing.T) {
	for name := range programs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			there := run(t, name)
			for _, p := range providers() {
				if !knows(name, p.Name) {
					continue
				}
				header, receive := signatureHeader(t, p), receiver(t, p)
				for _, r := range sent(t, p) {
					unsigned := r.header.Clone()
					unsigned.Del(header)
					require.Equal(t, 401, receive(unsigned, r.body))
					signed := there.signs(p.Name, p.SecretText(key), unsigned, r.body)
					what := fmt.Sprintf("%s %v %s", p.Name, signed, r.body)
					require.Equal(t, 401, receive(signed, wrong(r.body)), what)
					other := signed.Clone()
					other.Set(header, wrong(signed.Get(header)))
					require.Equal(t, 401, receive(other, r.body), what)
					require.Equal(t, 401, receive(there.signs(p.Name, p.SecretText("another"), unsigned, r.body), r.body), what)
					require.Equal(t, 200, receive(signed, r.body), what)
				}
			}
		})
	}
}

// receiver is one of ours, behind a network. It returns what a request is answered.
func receiver(t *testing.T, p hookmitt.Provider) func(h http.Header, body []byte) int {
	t.Helper()
	ours, err := middleware.New(p, verify.NewKeyring(p.SecretOf(key)), &middleware.Options{Observe: func(context.Context, middleware.Record) {}})
	require.NoError(t, err)
	server := httptest.NewServer(ours.Handle(events.HandlerFunc(func(context.Context, events.Event) error { return nil })))
	t.Cleanup(server.Close)
	return func(h http.Header, body []byte) int {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, bytes.NewReader(body))
		require.NoError(t, err)
		for name, values := range h {
			if !slices.Contains([]string{"Accept-Encoding", "Content-Length", "Host"}, name) {
				r.Header[name] = values
			}
		}
		answer, err := server.Client().Do(r)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		return answer.StatusCode
	}
}
