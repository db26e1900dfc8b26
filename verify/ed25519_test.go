package verify_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/verify"
)

// asymmetric is a scheme with everything that an Ed25519 can have.
var asymmetric = verify.Ed25519{
	Header: "Webhook-Signature", Form: verify.List(" ", "v1a,"),
	Signed:    []verify.Part{verify.Header("Webhook-Id"), verify.Text("."), verify.Timestamp(), verify.Text("."), verify.Body()},
	Timestamp: verify.TimeHeader("Webhook-Timestamp"), Tolerance: 5 * time.Minute,
}

// keyPair makes keys that are the same for the same seed: one that signs, and one that only verifies.
func keyPair(seed byte) (private, public verify.Secret) {
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize))
	return asKey("whsk_", key), asKey("whpk_", key.Public().(ed25519.PublicKey))
}

func asKey(prefix string, key []byte) verify.Secret {
	return verify.NewSecret(prefix + base64.StdEncoding.EncodeToString(key))
}

func TestEd25519(t *testing.T) {
	t.Parallel()
	private, public := keyPair(1)
	otherPrivate, otherPublic := keyPair(2)
	body := []byte(`{"type":"example.event"}`)
	sign := func(t *testing.T, key verify.Secret) http.Header {
		t.Helper()
		h := http.Header{"Webhook-Id": {"msg_1"}}
		require.NoError(t, asymmetric.Sign(key, h, body, time.Now()))
		return h
	}
	require.NoError(t, asymmetric.Validate())
	for name, c := range map[string]struct {
		secrets []verify.Secret
		change  func(h http.Header)
		body    string
		matched int
		err     error
	}{
		"by the public key":             {secrets: []verify.Secret{public}},
		"by the private key":            {secrets: []verify.Secret{private}},
		"by the second of two":          {secrets: []verify.Secret{otherPublic, public}, matched: 1},
		"by the first of two":           {secrets: []verify.Secret{public, public}},
		"not by another":                {secrets: []verify.Secret{otherPublic, otherPrivate}, err: verify.ErrMismatch},
		"without a secret":              {err: verify.ErrNoSecrets},
		"with an empty one beside it":   {secrets: []verify.Secret{public, {}}, err: verify.ErrEmptySecret},
		"with one of another form":      {secrets: []verify.Secret{public, verify.NewSecret("whsec_c2VjcmV0")}, err: verify.ErrSecretForm},
		"with a changed body":           {secrets: []verify.Secret{public}, body: "{}", err: verify.ErrMismatch},
		"with a changed id":             {secrets: []verify.Secret{public}, change: set("Webhook-Id", "msg_2"), err: verify.ErrMismatch},
		"without the id":                {secrets: []verify.Secret{public}, change: set("Webhook-Id", ""), err: verify.ErrMismatch},
		"without a signature":           {secrets: []verify.Secret{public}, change: func(h http.Header) { h.Del("Webhook-Signature") }, err: verify.ErrMissing},
		"with another version's":        {secrets: []verify.Secret{public}, change: set("Webhook-Signature", "v1,AAAA"), err: verify.ErrMissing},
		"with one that is cut":          {secrets: []verify.Secret{public}, change: set("Webhook-Signature", "v1a,AAAA"), err: verify.ErrMalformed},
		"with the header doubled":       {secrets: []verify.Secret{public}, change: func(h http.Header) { h.Add("Webhook-Signature", "v1a,") }, err: verify.ErrMalformed},
		"with a timestamp that is none": {secrets: []verify.Secret{public}, change: set("Webhook-Timestamp", "now"), err: verify.ErrMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, body := sign(t, private), body
			if c.change != nil {
				c.change(h)
			}
			if c.body != "" {
				body = []byte(c.body)
			}
			matched, err := asymmetric.Verify(c.secrets, h, body)
			require.ErrorIs(t, err, c.err)
			if c.err != nil {
				c.matched = -1
			}
			require.Equal(t, c.matched, matched)
		})
	}
	t.Run("one of two signatures, as while keys rotate", func(t *testing.T) {
		t.Parallel()
		h := sign(t, otherPrivate)
		h.Set("Webhook-Signature", h.Get("Webhook-Signature")+" v1,AAAA "+sign(t, private).Get("Webhook-Signature"))
		matched, err := asymmetric.Verify([]verify.Secret{public}, h, body)
		require.NoError(t, err)
		require.Zero(t, matched)
	})
	t.Run("more signatures than a rotation needs", func(t *testing.T) {
		t.Parallel()
		h := sign(t, private)
		h.Set("Webhook-Signature", strings.TrimSpace(strings.Repeat(h.Get("Webhook-Signature")+" ", 4)))
		_, err := asymmetric.Verify([]verify.Secret{public}, h, body)
		require.NoError(t, err)
		h.Set("Webhook-Signature", h.Get("Webhook-Signature")+" "+sign(t, private).Get("Webhook-Signature"))
		_, err = asymmetric.Verify([]verify.Secret{public}, h, body)
		require.ErrorIs(t, err, verify.ErrMalformed)
	})
	t.Run("stale on either side", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			for _, age := range []time.Duration{-5 * time.Minute, 5 * time.Minute} {
				h := http.Header{"Webhook-Id": {"msg_1"}}
				require.NoError(t, asymmetric.Sign(private, h, body, time.Now().Add(-age)))
				_, err := asymmetric.Verify([]verify.Secret{public}, h, body)
				require.NoError(t, err)
				require.NoError(t, asymmetric.Sign(private, h, body, time.Now().Add(-age-age/300)))
				_, err = asymmetric.Verify([]verify.Secret{public}, h, body)
				require.ErrorIs(t, err, verify.ErrStale)
			}
		})
	})
}

func set(name, value string) func(http.Header) {
	return func(h http.Header) { h.Set(name, value) }
}

func TestEd25519KeysAreReadStrictly(t *testing.T) {
	t.Parallel()
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, ed25519.SeedSize))
	torn := append(bytes.Clone(key[:ed25519.SeedSize]), make([]byte, 32)...)
	for name, c := range map[string]struct {
		secret verify.Secret
		err    error
	}{
		"a private key":                  {asKey("whsk_", key), nil},
		"the seed of one":                {asKey("whsk_", key.Seed()), nil},
		"a public key cannot sign":       {asKey("whpk_", key.Public().(ed25519.PublicKey)), verify.ErrPublicKey},
		"nothing":                        {verify.Secret{}, verify.ErrEmptySecret},
		"a seed of zeros":                {asKey("whsk_", make([]byte, 32)), verify.ErrSecretForm},
		"without a prefix":               {asKey("", key), verify.ErrSecretForm},
		"an HMAC's secret":               {asKey("whsec_", key), verify.ErrSecretForm},
		"too short":                      {asKey("whsk_", key[:31]), verify.ErrSecretForm},
		"too short, public":              {asKey("whpk_", key[:31]), verify.ErrSecretForm},
		"no base64":                      {verify.NewSecret("whsk_!"), verify.ErrSecretForm},
		"no base64, public":              {verify.NewSecret("whpk_!"), verify.ErrSecretForm},
		"a private key of two":           {asKey("whsk_", torn), verify.ErrSecretForm},
		"a prefix with nothing after it": {verify.NewSecret("whsk_"), verify.ErrSecretForm},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := verify.Ed25519{Header: "X-Signature"}.Sign(c.secret, http.Header{}, nil, time.Now())
			require.ErrorIs(t, err, c.err)
			if c.err != nil {
				require.NotContains(t, err.Error(), base64.StdEncoding.EncodeToString(key)[:10])
			}
		})
	}
}

// Under a key of small order a signature of zeros and a point verifies for some messages, whoever made it.
func TestAKeyOfSmallOrderIsNoKey(t *testing.T) {
	t.Parallel()
	for _, point := range []string{
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0000000000000000000000000000000000000000000000000000000000000080",
		"0100000000000000000000000000000000000000000000000000000000000000",
		"0100000000000000000000000000000000000000000000000000000000000080",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	} {
		key, err := hex.DecodeString(point)
		require.NoError(t, err)
		forged := append(append([]byte{1}, make([]byte, 31)...), make([]byte, 32)...) // R the neutral point, S zero
		h := http.Header{"X-Signature": {base64.StdEncoding.EncodeToString(forged)}}
		_, err = verify.Ed25519{Header: "X-Signature"}.Verify([]verify.Secret{asKey("whpk_", key)}, h, []byte("{}"))
		require.ErrorIs(t, err, verify.ErrSecretForm, point)
		require.ErrorContains(t, err, "anybody can sign")
	}
}
