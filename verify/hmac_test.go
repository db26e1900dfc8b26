package verify_test

import (
	"crypto"
	"crypto/hmac"
	"encoding/hex"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/verify"
)

const (
	secretText     = "test-secret"
	standardSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	body           = `{"event":"post.published"}`
)

// plain is the simplest scheme there is.
func plain() verify.HMAC { return verify.HMAC{Header: "X-Signature", Hash: crypto.SHA256} }

// standard is the symmetric scheme of the Standard Webhooks specification.
func standard() verify.HMAC {
	return verify.HMAC{
		Header:    "webhook-signature",
		Hash:      crypto.SHA256,
		Encoding:  verify.Base64,
		Form:      verify.List(" ", "v1,"),
		Signed:    []verify.Part{verify.Header("webhook-id"), verify.Text("."), verify.Timestamp(), verify.Text("."), verify.Body()},
		Timestamp: verify.TimeHeader("webhook-timestamp"),
		Tolerance: 5 * time.Minute,
		Key:       verify.Base64Key("whsec_"),
	}
}

// paired carries the timestamp beside the signature.
func paired() verify.HMAC {
	return verify.HMAC{
		Header:    "X-Signature",
		Hash:      crypto.SHA256,
		Form:      verify.Pairs(",", "t", "v1"),
		Signed:    []verify.Part{verify.Timestamp(), verify.Text("."), verify.Body()},
		Timestamp: verify.InSignature(),
		Tolerance: 5 * time.Minute,
	}
}

// mac is what the schemes are held against: the standard library's HMAC, made anew.
func mac(hash crypto.Hash, key, message string) []byte {
	m := hmac.New(hash.New, []byte(key))
	m.Write([]byte(message))
	return m.Sum(nil)
}

func hexMAC(key, message string) string { return hex.EncodeToString(mac(crypto.SHA256, key, message)) }

func secrets(texts ...string) []verify.Secret {
	all := make([]verify.Secret, len(texts))
	for i, text := range texts {
		all[i] = verify.NewSecret(text)
	}
	return all
}

// requireRefused holds for what the headers show: both the door and the judge refuse it, for the same reason.
func requireRefused(t *testing.T, s verify.Scheme, all []verify.Secret, h http.Header, want error) {
	t.Helper()
	require.ErrorIs(t, s.Precheck(h), want)
	matched, err := s.Verify(all, h, []byte(body))
	require.ErrorIs(t, err, want)
	require.Equal(t, -1, matched)
}

func TestKnownSignaturesAreReproducedByteForByte(t *testing.T) {
	t.Parallel()
	for name, v := range map[string]struct {
		scheme                  verify.HMAC
		secret, body, signature string
	}{
		"Civo": {
			scheme:    verify.HMAC{Header: "X-Civo-Signature", Hash: crypto.SHA1},
			secret:    secretText,
			body:      `{"event":"instance.created","resourceID":"84894d17-da88-45bb-8817-9b3b75cf61bf"}`,
			signature: "8106e92cd225d4e5cc53eb389604edd90771bfcd",
		},
		"Mixpost, with the slashes as PHP writes them": {
			scheme:    verify.HMAC{Header: "X-Mixpost-Signature", Hash: crypto.SHA256},
			secret:    secretText,
			body:      `{"event":"post.published","data":{"uuid":"post-1","status":"published","url":"https:\/\/example.com\/p\/1"}}`,
			signature: "eee8ccd400eed9fadabb76365510d18760ecd07a5bb7efd91e412bb98a93cf3a",
		},
		"CDHosting": {
			scheme: verify.HMAC{Header: "X-CDHosting-Signature", Hash: crypto.SHA256},
			secret: secretText,
			body: `{"id":"evt_abc123","type":"server.started","created_at":"2025-01-15T10:30:00Z",` +
				`"data":{"server_id":"srv_abc123","name":"production-web-01","status":"running","ip":"192.168.1.100"}}`,
			signature: "a73624797e5d2d4483f29db8c093d2993dc2acaaf4519206783f50adaa5e1788",
		},
		"GitHub's documentation": {
			scheme:    verify.HMAC{Header: "X-Hub-Signature-256", Hash: crypto.SHA256, Form: verify.Bare("sha256=")},
			secret:    "It's a Secret to Everybody",
			body:      "Hello, World!",
			signature: "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
		},
		"RFC 2202, case 2": {
			scheme:    verify.HMAC{Header: "X-Signature", Hash: crypto.SHA1},
			secret:    "Jefe",
			body:      "what do ya want for nothing?",
			signature: "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
		},
		"RFC 4231, case 2": {
			scheme: verify.HMAC{Header: "X-Signature", Hash: crypto.SHA512},
			secret: "Jefe",
			body:   "what do ya want for nothing?",
			signature: "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554" +
				"9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
		},
		"RFC 4231, case 6, whose key is longer than the hash's block": {
			scheme:    plain(),
			secret:    strings.Repeat("\xaa", 131),
			body:      "Test Using Larger Than Block-Size Key - Hash Key First",
			signature: "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.NoError(t, v.scheme.Validate())
			h := http.Header{}
			require.NoError(t, v.scheme.Sign(verify.NewSecret(v.secret), h, []byte(v.body), time.Now()))
			require.Equal(t, v.signature, h.Get(v.scheme.Header))

			matched, err := v.scheme.Verify(secrets("another", v.secret), h, []byte(v.body))
			require.NoError(t, err)
			require.Equal(t, 1, matched)
		})
	}
}

func TestStandardWebhooksPublishedVector(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		at := time.Unix(1614265330, 0)
		time.Sleep(time.Until(at.Add(time.Minute)))

		payload := []byte(`{"test": 2432232314}`)
		h := http.Header{"Webhook-Id": {"msg_p5jXN8AQM9LWM0D4loKWxJek"}}
		require.NoError(t, standard().Sign(verify.NewSecret(standardSecret), h, payload, at))
		require.Equal(t, http.Header{
			"Webhook-Id":        {"msg_p5jXN8AQM9LWM0D4loKWxJek"},
			"Webhook-Timestamp": {"1614265330"},
			"Webhook-Signature": {"v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="},
		}, h)

		_, err := standard().Verify(secrets(standardSecret), h, payload)
		require.NoError(t, err)
	})
}

func TestUpperCaseHexVerifies(t *testing.T) {
	t.Parallel()
	for name, form := range map[string]struct {
		scheme verify.HMAC
		prefix string
	}{
		"bare":            {plain(), ""},
		"after a prefix":  {verify.HMAC{Header: "X-Signature", Hash: crypto.SHA256, Form: verify.Bare("sha256=")}, "sha256="},
		"in a list":       {verify.HMAC{Header: "X-Signature", Hash: crypto.SHA256, Form: verify.List(" ", "v1,")}, "v1,"},
		"in a named pair": {verify.HMAC{Header: "X-Signature", Hash: crypto.SHA256, Form: verify.Pairs(",", "", "v1")}, "v1="},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			upper := strings.ToUpper(hexMAC(secretText, body))
			h := http.Header{"X-Signature": {form.prefix + upper}}
			require.NoError(t, form.scheme.Precheck(h))
			_, err := form.scheme.Verify(secrets(secretText), h, []byte(body))
			require.NoError(t, err)
		})
	}
}

func TestTheFirstSecretThatMatchesIsReported(t *testing.T) {
	t.Parallel()
	h := http.Header{"X-Signature": {hexMAC(secretText, body)}}
	for name, tt := range map[string]struct {
		all  []verify.Secret
		want int
	}{
		"it alone":         {secrets(secretText), 0},
		"in the middle":    {secrets("a", secretText, "b"), 1},
		"last":             {secrets("a", "b", "c", secretText), 3},
		"there twice":      {secrets("a", secretText, secretText), 1},
		"there everywhere": {secrets(secretText, secretText), 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			matched, err := plain().Verify(tt.all, h, []byte(body))
			require.NoError(t, err)
			require.Equal(t, tt.want, matched)
		})
	}

	matched, err := plain().Verify(secrets("a", "b"), h, []byte(body))
	require.ErrorIs(t, err, verify.ErrMismatch)
	require.Equal(t, -1, matched)
}

func TestValidateRefusesWhatCannotWork(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		scheme verify.HMAC        // right
		wrong  func(*verify.HMAC) // but for this
	}{
		"no header":                                  {plain(), func(s *verify.HMAC) { s.Header = "" }},
		"a header with a space":                      {plain(), func(s *verify.HMAC) { s.Header = "X Signature" }},
		"a header with a colon":                      {plain(), func(s *verify.HMAC) { s.Header = "X-Signature:" }},
		"a header beyond ASCII":                      {plain(), func(s *verify.HMAC) { s.Header = "X-Signatür" }},
		"no hash":                                    {plain(), func(s *verify.HMAC) { s.Hash = 0 }},
		"a broken hash":                              {plain(), func(s *verify.HMAC) { s.Hash = crypto.MD5 }},
		"a hash that is not linked in":               {plain(), func(s *verify.HMAC) { s.Hash = crypto.BLAKE2b_512 }},
		"an unknown encoding":                        {plain(), func(s *verify.HMAC) { s.Encoding = 2 }},
		"a key form that is none":                    {plain(), func(s *verify.HMAC) { s.Key = "whsec_" }},
		"a list without a separator":                 {plain(), func(s *verify.HMAC) { s.Form = verify.List("", "v1,") }},
		"a list without a prefix":                    {plain(), func(s *verify.HMAC) { s.Form = verify.List(" ", "") }},
		"a list whose separator is in the prefix":    {plain(), func(s *verify.HMAC) { s.Form = verify.List(",", "v1,") }},
		"a list whose separator is in the digest":    {plain(), func(s *verify.HMAC) { s.Form = verify.List("a", "v1,") }},
		"base64 whose separator is in the digest":    {plain(), func(s *verify.HMAC) { s.Encoding, s.Form = verify.Base64, verify.List("/", "v1,") }},
		"pairs without a separator":                  {plain(), func(s *verify.HMAC) { s.Form = verify.Pairs("", "", "v1") }},
		"pairs without a name for the signature":     {plain(), func(s *verify.HMAC) { s.Form = verify.Pairs(",", "", "") }},
		"pairs with one name for both":               {paired(), func(s *verify.HMAC) { s.Form = verify.Pairs(",", "v1", "v1") }},
		"pairs whose separator is in a name":         {paired(), func(s *verify.HMAC) { s.Form = verify.Pairs(",", "t,", "v1") }},
		"pairs whose one name begins the other":      {paired(), func(s *verify.HMAC) { s.Form = verify.Pairs(",", "t", "t=1") }},
		"signed parts without the body":              {standard(), func(s *verify.HMAC) { s.Signed = s.Signed[:4] }},
		"signed parts that are none":                 {plain(), func(s *verify.HMAC) { s.Signed = []verify.Part{} }},
		"a zero part":                                {plain(), func(s *verify.HMAC) { s.Signed = []verify.Part{verify.Body(), {}} }},
		"a signed header without a name":             {plain(), func(s *verify.HMAC) { s.Signed = []verify.Part{verify.Header(""), verify.Body()} }},
		"a signed header with a line break":          {plain(), func(s *verify.HMAC) { s.Signed = []verify.Part{verify.Header("X\nId"), verify.Body()} }},
		"the signature's header among the signed":    {plain(), func(s *verify.HMAC) { s.Signed = []verify.Part{verify.Header("x-signature"), verify.Body()} }},
		"a signed timestamp from nowhere":            {plain(), func(s *verify.HMAC) { s.Signed = []verify.Part{verify.Timestamp(), verify.Body()} }},
		"a timestamp without a tolerance":            {standard(), func(s *verify.HMAC) { s.Tolerance = 0 }},
		"a timestamp with a negative tolerance":      {standard(), func(s *verify.HMAC) { s.Tolerance = -time.Second }},
		"a tolerance without a timestamp":            {plain(), func(s *verify.HMAC) { s.Tolerance = time.Minute }},
		"a timestamp header that is not signed":      {standard(), func(s *verify.HMAC) { s.Signed = nil }},
		"a timestamp header without a name":          {standard(), func(s *verify.HMAC) { s.Timestamp = verify.TimeHeader("") }},
		"a timestamp header with a space":            {standard(), func(s *verify.HMAC) { s.Timestamp = verify.TimeHeader("X Time") }},
		"a timestamp in the signature's own header":  {standard(), func(s *verify.HMAC) { s.Timestamp = verify.TimeHeader("Webhook-Signature") }},
		"a timestamp beside the signature, unsigned": {paired(), func(s *verify.HMAC) { s.Signed = nil }},
		"a timestamp inside a bare signature":        {paired(), func(s *verify.HMAC) { s.Form = verify.Bare("") }},
		"a timestamp inside a list":                  {paired(), func(s *verify.HMAC) { s.Form = verify.List(",", "v1=") }},
		"a timestamp inside pairs without its name":  {paired(), func(s *verify.HMAC) { s.Form = verify.Pairs(",", "", "v1") }},
		"a name for a timestamp that is elsewhere":   {paired(), func(s *verify.HMAC) { s.Timestamp = verify.TimeHeader("X-Time") }},
		"a name for a timestamp that is nowhere":     {plain(), func(s *verify.HMAC) { s.Form = verify.Pairs(",", "t", "v1") }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.NoError(t, tt.scheme.Validate())
			tt.wrong(&tt.scheme)
			require.Error(t, tt.scheme.Validate())
		})
	}
}
