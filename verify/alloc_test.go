//go:build !race

package verify_test

import (
	"crypto"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/verify"
)

// Not with the race detector, under which a pool forgets at random, and not parallel, as AllocsPerRun counts everybody's.

func TestVerifyAllocatesNothing(t *testing.T) { //nolint:paralleltest // see above
	payload := []byte(strings.Repeat("x", 1024))
	canonical := standard()
	canonical.Header, canonical.Timestamp = "Webhook-Signature", verify.TimeHeader("Webhook-Timestamp")
	canonical.Signed = []verify.Part{verify.Header("Webhook-Id"), verify.Text("."), verify.Timestamp(), verify.Text("."), verify.Body()}

	for name, s := range map[string]verify.Scheme{
		"SHA-256 in hex":                      plain(),
		"SHA-1 in hex":                        verify.HMAC{Header: "X-Signature", Hash: crypto.SHA1},
		"SHA-512 in base64":                   verify.HMAC{Header: "X-Signature", Hash: crypto.SHA512, Encoding: verify.Base64},
		"t=…,v1=…":                            paired(),
		"id.timestamp.body":                   canonical,
		"id.timestamp.body, in small letters": standard(),
	} {
		t.Run(name, func(t *testing.T) {
			h := http.Header{"Webhook-Id": {"msg_1"}}
			good, bad := secrets(standardSecret), secrets("whsec_YW5vdGhlcg==", "whsec_YmFk")
			require.NoError(t, s.Sign(good[0], h, payload, time.Now()))
			_, err := s.Verify(good, h, payload)
			require.NoError(t, err)
			_, err = s.Verify(bad, h, payload)
			require.ErrorIs(t, err, verify.ErrMismatch)

			require.Zero(t, testing.AllocsPerRun(100, func() { _ = s.Precheck(h) }), "Precheck")
			require.Zero(t, testing.AllocsPerRun(100, func() { _, _ = s.Verify(good, h, payload) }), "a good one")
			require.Zero(t, testing.AllocsPerRun(100, func() { _, _ = s.Verify(bad, h, payload) }), "a bad one")
		})
	}
}

func TestRefusingAtTheDoorAllocatesNothing(t *testing.T) { //nolint:paralleltest // see above
	good := hexMAC(secretText, body)
	list := plain()
	list.Form = verify.List(" ", "v1,")
	base64 := plain()
	base64.Encoding = verify.Base64
	id := plain()
	id.Signed = []verify.Part{verify.Header("X-Id"), verify.Body()}
	for name, tt := range map[string]struct {
		scheme verify.HMAC
		values []string
	}{
		"missing":                {plain(), nil},
		"empty":                  {plain(), []string{""}},
		"doubled":                {plain(), []string{good, good}},
		"over-long":              {plain(), []string{strings.Repeat("x", 5000)}},
		"short":                  {plain(), []string{good[1:]}},
		"not hex":                {plain(), []string{"z" + good[1:]}},
		"not base64":             {base64, []string{strings.Repeat("!", 44)}},
		"other versions":         {list, []string{"v2," + good}},
		"too many":               {list, []string{strings.Repeat("v1, ", 17)}},
		"no signed header":       {id, []string{good}},
		"no timestamp":           {paired(), []string{"v1=" + good}},
		"doubled timestamp":      {paired(), []string{"t=1,t=1,v1=" + good}},
		"timestamp in no digits": {paired(), []string{"t=x,v1=" + good}},
	} {
		h := http.Header{"X-Signature": tt.values}
		require.Error(t, tt.scheme.Precheck(h), name)
		require.Zero(t, testing.AllocsPerRun(100, func() { _ = tt.scheme.Precheck(h) }), name)
	}
}

func TestAKeyringGivesItsSecretsWithoutAllocating(t *testing.T) { //nolint:paralleltest // see above
	ring := verify.NewKeyring(verify.NewSecret("b"), verify.NewSecret("a"))
	ring.RetireAfter(time.Hour)
	require.Zero(t, testing.AllocsPerRun(100, func() { _, _ = ring.Secrets(t.Context()) }))
}
