package hookmitt_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/verify"
)

// vector is a signature that somebody else made.
type vector struct {
	Provider, Source, Secret, Body, SignatureHeader, Signature string
	Public                                                     string // what verifies, if it is not Secret
	Header                                                     map[string]string
	Timestamp                                                  int64  // of signing; 0 if the scheme has none
	ID, Type                                                   string // empty if the body is no event
}

func TestVectors(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/vectors.json")
	require.NoError(t, err)
	var vectors []vector
	require.NoError(t, json.Unmarshal(text, &vectors))
	providers, seen := builtIn(), map[string]bool{}
	providers["standardwebhooks"], providers["github"] = hookmitt.StandardWebhooks(), hookmitt.GitHub()
	for _, v := range vectors {
		seen[v.Provider] = true
		require.NotEmpty(t, v.Source)
		t.Run(v.Provider+" "+v.SignatureHeader+" "+v.Signature[:4], func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				if v.Timestamp > 0 {
					time.Sleep(time.Until(time.Unix(v.Timestamp, 0)))
				}
				v.check(t, providers[v.Provider])
			})
		})
	}
	require.Len(t, seen, len(providers), "every provider has one")
}

func (v vector) check(t *testing.T, p hookmitt.Provider) {
	t.Helper()
	secret, wrong := verify.NewSecret(v.Secret), verify.NewSecret("wrong")
	h := http.Header{}
	for name, value := range v.Header {
		h.Set(name, value)
	}
	require.NoError(t, p.Scheme.Sign(secret, h, []byte(v.Body), time.Now()))
	require.Equal(t, v.Signature, h.Get(v.SignatureHeader))
	if v.Public != "" {
		secret = verify.NewSecret(v.Public)
		require.ErrorIs(t, p.Scheme.Sign(secret, http.Header{}, nil, time.Now()), verify.ErrPublicKey)
	}
	if v.Timestamp > 0 {
		wrong = verify.NewSecret("whsec_d3Jvbmc=")
	}
	refused := func(want error, secret verify.Secret, h http.Header, body string) {
		t.Helper()
		_, _, err := p.Open([]verify.Secret{secret}, h, []byte(body))
		require.ErrorIs(t, err, want)
	}

	if v.Type != "" {
		e, _, err := p.Open([]verify.Secret{secret}, h, []byte(v.Body))
		require.NoError(t, err)
		require.Equal(t, v.ID, e.ID)
		require.Equal(t, v.Type, e.Type)
	} else {
		_, err := p.Scheme.Verify([]verify.Secret{secret}, h, []byte(v.Body))
		require.NoError(t, err)
	}
	if v.Public != "" {
		wrong = verify.NewSecret("whpk_" + base64.StdEncoding.EncodeToString(ed25519.NewKeyFromSeed(make([]byte, 32)).Public().(ed25519.PublicKey)))
	}
	refused(verify.ErrMismatch, wrong, h, v.Body)
	refused(verify.ErrMismatch, secret, h, v.Body+"\n")
	refused(verify.ErrMismatch, secret, h, strings.Replace(v.Body, "e", "f", 1))
	unsigned := h.Clone()
	unsigned.Del(v.SignatureHeader)
	refused(verify.ErrMissing, secret, unsigned, v.Body)

	if v.Timestamp == 0 {
		prefix, digits, ok := strings.Cut(v.Signature, "=")
		upper := strings.ToUpper(v.Signature)
		if ok {
			upper = prefix + "=" + strings.ToUpper(digits)
		}
		h.Set(v.SignatureHeader, upper)
		_, err := p.Scheme.Verify([]verify.Secret{secret}, h, []byte(v.Body))
		require.NoError(t, err, "either case is read")
		return
	}
	for _, name := range []string{"Webhook-Id", "Webhook-Timestamp"} {
		changed := h.Clone()
		changed.Set(name, h.Get(name)[:len(h.Get(name))-1]+"7")
		refused(verify.ErrMismatch, secret, changed, v.Body)
	}
	time.Sleep(5 * time.Minute)
	_, err := p.Scheme.Verify([]verify.Secret{secret}, h, []byte(v.Body))
	require.NoError(t, err, "five minutes are tolerated")
	time.Sleep(time.Second)
	refused(verify.ErrStale, secret, h, v.Body)
}
