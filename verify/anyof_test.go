package verify_test

import (
	"crypto"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/verify"
)

// either is Standard Webhooks' two versions.
var either = verify.AnyOf(verify.HMAC{
	Header: "Webhook-Signature", Hash: crypto.SHA256, Encoding: verify.Base64, Form: verify.List(" ", "v1,"), Key: verify.Base64Key("whsec_"),
	Signed: asymmetric.Signed, Timestamp: asymmetric.Timestamp, Tolerance: asymmetric.Tolerance,
}, asymmetric)

func TestAnyOf(t *testing.T) {
	t.Parallel()
	private, public := keyPair(1)
	_, otherPublic := keyPair(2)
	shared, other := verify.NewSecret("whsec_c2VjcmV0"), verify.NewSecret("whsec_b3RoZXI=")
	body := []byte("{}")
	require.NoError(t, either.(interface{ Validate() error }).Validate())
	for name, c := range map[string]struct {
		signed  verify.Secret
		secrets []verify.Secret
		change  func(h http.Header)
		matched int
		err     error
	}{
		"by the first scheme":                          {signed: shared, secrets: []verify.Secret{shared}},
		"by the second scheme":                         {signed: private, secrets: []verify.Secret{public}},
		"by the first, on a ring of both":              {signed: shared, secrets: []verify.Secret{public, otherPublic, shared}, matched: 2},
		"by the second, on a ring of both":             {signed: private, secrets: []verify.Secret{other, shared, otherPublic, public}, matched: 3},
		"by another secret":                            {signed: shared, secrets: []verify.Secret{other, public}, err: verify.ErrMismatch},
		"by another key":                               {signed: private, secrets: []verify.Secret{shared, otherPublic}, err: verify.ErrMismatch},
		"unsigned":                                     {signed: shared, secrets: []verify.Secret{shared, public}, change: func(h http.Header) { h.Del("Webhook-Signature") }, err: verify.ErrMissing},
		"without secrets":                              {signed: shared, err: verify.ErrNoSecrets},
		"with an empty one on the ring":                {signed: shared, secrets: []verify.Secret{shared, {}}, err: verify.ErrEmptySecret},
		"with one on the ring that no scheme takes":    {signed: shared, secrets: []verify.Secret{shared, verify.NewSecret("hello, world")}, err: verify.ErrSecretForm},
		"with the id changed":                          {signed: private, secrets: []verify.Secret{shared, public}, change: set("Webhook-Id", "msg_2"), err: verify.ErrMismatch},
		"the other version's entry is what is changed": {signed: shared, secrets: []verify.Secret{shared, public}, change: func(h http.Header) { h.Set("Webhook-Signature", h.Get("Webhook-Signature")+" v1a,AAAA") }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := http.Header{"Webhook-Id": {"msg_1"}}
			require.NoError(t, either.Sign(c.signed, h, body, time.Now()))
			require.NoError(t, either.Precheck(h))
			if c.change != nil {
				c.change(h)
			}
			matched, err := either.Verify(c.secrets, h, body)
			require.ErrorIs(t, err, c.err)
			if c.err != nil {
				c.matched = -1
			}
			require.Equal(t, c.matched, matched)
		})
	}
	t.Run("stale says more than mismatch", func(t *testing.T) {
		t.Parallel()
		h := http.Header{"Webhook-Id": {"msg_1"}}
		require.NoError(t, either.Sign(private, h, body, time.Now().Add(-time.Hour)))
		_, err := either.Verify([]verify.Secret{shared, public}, h, body)
		require.ErrorIs(t, err, verify.ErrStale)
	})
	t.Run("what one does not cover is not covered", func(t *testing.T) {
		t.Parallel()
		require.True(t, either.Covers("webhook-id"))
		require.False(t, either.Covers("X-Other"))
		require.False(t, verify.AnyOf(asymmetric, verify.HMAC{Header: "X-Signature", Hash: crypto.SHA256}).Covers("webhook-id"))
		require.False(t, verify.AnyOf().Covers("webhook-id"))
	})
	t.Run("several of several are several", func(t *testing.T) {
		t.Parallel()
		nested := verify.AnyOf(verify.AnyOf(either), verify.HMAC{Header: "X-Signature", Hash: crypto.SHA256, Key: verify.Base64Key("whsec_")})
		h := http.Header{"Webhook-Id": {"msg_1"}}
		require.NoError(t, nested.Sign(private, h, body, time.Now()))
		matched, err := nested.Verify([]verify.Secret{shared, public}, h, body)
		require.NoError(t, err)
		require.Equal(t, 1, matched)
	})
	t.Run("a secret of no form is told all of them", func(t *testing.T) {
		t.Parallel()
		err := either.Sign(verify.NewSecret("hello, world"), http.Header{"Webhook-Id": {"msg_1"}}, body, time.Now())
		require.ErrorIs(t, err, verify.ErrSecretForm)
		require.ErrorContains(t, err, "not base64")
		require.ErrorContains(t, err, "whsk_")
		require.ErrorContains(t, err, "whpk_")
	})
	t.Run("a scheme of somebody else's is tried with every secret", func(t *testing.T) {
		t.Parallel()
		scheme := verify.AnyOf(foreign{verify.HMAC{Header: "X-Signature", Hash: crypto.SHA256}})
		h := http.Header{}
		require.NoError(t, scheme.Sign(other, h, body, time.Now()))
		matched, err := scheme.Verify([]verify.Secret{shared, other}, h, body)
		require.NoError(t, err)
		require.Equal(t, 1, matched)
		_, err = scheme.Verify([]verify.Secret{other, {}}, h, body)
		require.ErrorIs(t, err, verify.ErrEmptySecret)
	})
}

type foreign struct{ verify.Scheme }

func TestAnyOfSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	validate := func(schemes ...verify.Scheme) error {
		return verify.AnyOf(schemes...).(interface{ Validate() error }).Validate()
	}
	require.ErrorContains(t, validate(), "no schemes")
	require.ErrorContains(t, validate(asymmetric, nil), "scheme 1 is nil")
	require.ErrorContains(t, validate(verify.HMAC{Header: "X"}), "Hash")
	require.ErrorContains(t, validate(verify.Ed25519{}), "Header")
}

// The secret of an HMAC must not be something that the provider publishes: with a ring of both kinds of key, whoever
// knows the public one could sign.
func TestAPublicKeyIsNoSecretOfAnHMAC(t *testing.T) {
	t.Parallel()
	_, public := keyPair(1)
	for name, scheme := range map[string]verify.HMAC{
		"raw":     {Header: "X-Signature", Hash: crypto.SHA256},
		"decoded": {Header: "X-Signature", Hash: crypto.SHA256, Key: verify.Base64Key("whpk_")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := http.Header{}
			err := verify.AnyOf(scheme, verify.Ed25519{Header: "X-Other"}).Sign(public, h, nil, time.Now())
			require.ErrorIs(t, err, verify.ErrPublicKey)
			require.Empty(t, h)
			for _, text := range []string{"whpk_AAAA", " whpk_AAAA", "\"whpk_AAAA\"", "\nwhpk_AAAA", "WHPK_AAAA"} {
				require.ErrorIs(t, scheme.Sign(verify.NewSecret(text), h, nil, time.Now()), verify.ErrSecretForm, text)
			}
		})
	}
}
