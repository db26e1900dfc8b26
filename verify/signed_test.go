package verify_test

import (
	"crypto"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/verify"
)

func TestSignedBytesAreWhatIsSigned(t *testing.T) {
	t.Parallel()
	at := time.Unix(1_700_000_000, 0)
	parts := []verify.Part{verify.Header("webhook-id"), verify.Text("."), verify.Timestamp(), verify.Text("."), verify.Body()}
	long := verify.HMAC{
		Header: "webhook-signature", Hash: crypto.SHA256, Encoding: verify.Base64, Form: verify.List(" ", "v1,"), Signed: parts,
		Timestamp: verify.TimeHeader("webhook-timestamp"), Tolerance: time.Minute, Key: verify.Base64Key("whsec_"),
	}
	pair := verify.Ed25519{
		Header: "webhook-signature", Form: verify.List(" ", "v1a,"), Signed: parts,
		Timestamp: verify.TimeHeader("webhook-timestamp"), Tolerance: time.Minute,
	}
	for name, tt := range map[string]struct {
		scheme verify.Scheme
		secret string
		want   string
	}{
		"the body alone":               {verify.HMAC{Header: "X-Signature", Hash: crypto.SHA1}, "secret", "{}"},
		"id, time and body":            {long, "whsec_c2VjcmV0", "msg_1.1700000000.{}"},
		"the one of several that fits": {verify.AnyOf(pair, long), "whsec_c2VjcmV0", "msg_1.1700000000.{}"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			header := http.Header{"Webhook-Id": {"msg_1"}}
			require.NoError(t, tt.scheme.Sign(verify.NewSecret(tt.secret), header, []byte("{}"), at))
			signed, ok := verify.SignedBytes(tt.scheme, header, []byte("{}"))
			require.True(t, ok)
			require.Equal(t, tt.want, string(signed))
			name, ok := verify.SignatureHeader(tt.scheme)
			require.True(t, ok)
			require.NotEmpty(t, header.Get(name))
			for name := range header {
				without := header.Clone()
				without.Del(name)
				if _, ok := verify.SignedBytes(tt.scheme, without, []byte("{}")); name != "Webhook-Id" || tt.want != "{}" {
					require.False(t, ok, "without %s", name)
				}
			}
		})
	}
}
