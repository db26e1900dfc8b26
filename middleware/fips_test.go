package middleware_test

import (
	"bytes"
	"crypto/fips140"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/middleware"
	"github.com/hookmitt/hookmitt/verify"
)

// In FIPS 140-only mode crypto/hmac panics for SHA-1 and for short keys. The mode is a process's, so the test binary
// runs itself once more.
func TestInFIPSModeWiringMistakesAreErrorsOfNew(t *testing.T) {
	t.Parallel()
	if fips140.Enforced() {
		t.Run("in the mode", inFIPSMode)
		return
	}
	require.Empty(t, os.Getenv("HOOKMITT_AGAIN"), "GODEBUG=fips140=only is not honoured")
	self, err := os.Executable()
	require.NoError(t, err)
	again := exec.CommandContext(t.Context(), self, "-test.run=^"+t.Name()+"$", "-test.v")
	again.Env = append(os.Environ(), "GODEBUG=fips140=only", "HOOKMITT_AGAIN=1")
	out, err := again.CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Contains(t, string(out), "--- PASS: "+t.Name()+"/in_the_mode", "it ran, and in the mode")
}

func inFIPSMode(t *testing.T) {
	_, err := middleware.New(hookmitt.Civo(), verify.NewKeyring(verify.NewSecret("a secret of many bytes")), nil)
	require.ErrorContains(t, err, "SHA-1 is not allowed in FIPS 140-only mode")

	p := hookmitt.CDHosting()
	_, err = middleware.New(p, verify.NewKeyring(verify.NewSecret("13 bytes long")), nil)
	require.ErrorContains(t, err, "secret 0 of the ring")
	require.ErrorContains(t, err, "under 14 bytes")
	_, err = middleware.New(p, verify.NewKeyring(verify.NewSecret("14 bytes, long"), verify.NewSecret("short")), nil)
	require.ErrorContains(t, err, "secret 1 of the ring")

	long := verify.NewSecret("14 bytes, long")
	receiver, err := middleware.New(p, verify.NewKeyring(long), nil)
	require.NoError(t, err)
	h, body, err := p.Seal(long, started("evt_1"), time.Now())
	require.NoError(t, err)
	for _, outcome := range []string{"accepted", "duplicate"} {
		r := httptest.NewRequest(http.MethodPost, "/webhooks", bytes.NewReader(body))
		r.Header = h
		w := httptest.NewRecorder()
		receiver.Handle(events.HandlerFunc(nothing)).ServeHTTP(w, r)
		require.Equal(t, 200, w.Code)
		require.Equal(t, outcome, w.Header().Get("Hookmitt-Outcome"))
	}

	short := secretsAre(nil, verify.NewSecret("13 bytes long"))
	receiver, err = middleware.New(p, short, &middleware.Options{Tenant: func(*http.Request) string { return "acme" }})
	require.NoError(t, err, "a source is asked when there is a request")
	r := httptest.NewRequest(http.MethodPost, "/webhooks", bytes.NewReader(body))
	r.Header = h
	w := httptest.NewRecorder()
	receiver.Handle(events.HandlerFunc(nothing)).ServeHTTP(w, r)
	require.Equal(t, 503, w.Code)
}
