package testserver_test

import (
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/middleware"
	"github.com/hookmitt/hookmitt/testserver"
	"github.com/hookmitt/hookmitt/verify"
)

// flawed is a receiver as people write it, with one flaw or none.
type flawed struct {
	flaw string
	effects
	provider hookmitt.Provider
	seen     map[string]time.Time
}

// ServeHTTP receives an event. Each flaw is a branch of its own.
func (f *flawed) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil || !f.verified(r.Header, body) {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	e, err := f.provider.Codec.Open(r.Header, body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	remember := 48 * time.Hour
	if f.flaw == "forgets after an hour" {
		remember = time.Hour
	}
	if at, ok := f.seen[e.ID]; ok && time.Since(at) < remember {
		if f.flaw == "answers 500 to a duplicate" {
			w.WriteHeader(http.StatusInternalServerError)
		}
		return
	}
	if f.flaw == "marks before it handles" {
		f.seen[e.ID] = time.Now()
	}
	if f.do(string(e.Data)) != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	f.seen[e.ID] = time.Now()
}

func (f *flawed) verified(h http.Header, body []byte) bool {
	scheme := f.provider.Scheme.(verify.HMAC)
	if f.flaw == "re-encodes before it verifies" {
		var v any
		_ = json.Unmarshal(body, &v)
		body, _ = json.Marshal(v)
	}
	if f.flaw == "compares a prefix" {
		right := http.Header{}
		_ = scheme.Sign(secret, right, body, time.Now())
		given, _ := hex.DecodeString(h.Get(scheme.Header))
		want, _ := hex.DecodeString(right.Get(scheme.Header))
		return len(given) > 8 && string(given[:8]) == string(want[:8])
	}
	_, err := scheme.Verify([]verify.Secret{secret}, h, body)
	return err == nil
}

// TestWrongReceiversAreCaught lets receivers with a known flaw go through the trial that is meant for it, which must find
// it; one without a flaw, and ours, pass them all.
func TestWrongReceiversAreCaught(t *testing.T) {
	t.Parallel()
	trials := map[string]struct { // by the flaw they find
		fails  int
		faults func(p hookmitt.Provider) []testserver.Fault
		want   string // effects, and what becomes of the delivery
	}{
		"marks before it handles": {1, func(hookmitt.Provider) []testserver.Fault { return nil }, "1 delivered"},
		"answers 500 to a duplicate": {0, func(hookmitt.Provider) []testserver.Fault {
			return []testserver.Fault{testserver.OnAttempt(1, testserver.LostReply())}
		}, "1 delivered"},
		"re-encodes before it verifies": {0, func(hookmitt.Provider) []testserver.Fault { return nil }, "1 delivered"},
		"compares a prefix": {0, func(p hookmitt.Provider) []testserver.Fault {
			return []testserver.Fault{testserver.Garbled(p.Scheme.(verify.HMAC).Header)}
		}, " exhausted"},
		"forgets after an hour": {0, func(hookmitt.Provider) []testserver.Fault {
			return []testserver.Fault{
				testserver.OnAttempt(1, testserver.LostReply()), testserver.OnAttempt(2, testserver.LostReply()),
				testserver.OnAttempt(3, testserver.LostReply()), testserver.OnAttempt(4, testserver.LostReply()),
			}
		}, "1 delivered"},
	}
	p := hookmitt.CDHosting()
	codec := p.Codec.(events.JSON)
	codec.Style = events.PHPEscapes // bytes that Go would write in another way
	p.Codec = codec
	flaws := []string{"none", "ours"}
	for flaw := range trials {
		flaws = append(flaws, flaw)
	}
	for _, flaw := range flaws {
		for trial, c := range trials {
			if _, ok := trials[flaw]; ok && flaw != trial {
				continue
			}
			t.Run(flaw+", tried for one that "+trial, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					f := &flawed{flaw: flaw, provider: p, seen: map[string]time.Time{}}
					f.fails = c.fails
					var h http.Handler = f
					if flaw == "ours" {
						h = receiver(t, p, &f.effects, middleware.Options{})
					}
					server, ep := server(t, p, h)
					defer server.Close()
					e := sample(p)
					e.Data = []byte(`{"url":"https://example.com/é"}`)
					d := ep.Send(t.Context(), e, c.faults(p)...)
					_, _ = d.Wait(t.Context())
					got := f.said() + " " + d.State().String()
					if flaw == trial {
						require.NotEqual(t, c.want, got, "the flaw was not found")
						return
					}
					require.Equal(t, c.want, got)
				})
			})
		}
	}
}
