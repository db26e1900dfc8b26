package verify_test

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/verify"
)

// What a provider signs in these tests, and its secret.
const (
	explainBody   = `{"event":"post.published","data":{"title":"Café & <b>menu</b>","url":"https://example.com/p/1","n":12345678901234567890}}`
	explainSecret = "c29tZSBzZWNyZXQgb2YgMjQgYnl0ZXM="
)

var (
	bareHex      = verify.HMAC{Header: "X-Signature", Hash: crypto.SHA256}
	withPrefix   = verify.HMAC{Header: "X-Signature", Hash: crypto.SHA256, Form: verify.Bare("sha256=")}
	stampedPairs = verify.HMAC{
		Header: "X-Signature", Hash: crypto.SHA256, Form: verify.Pairs(",", "t", "v1"),
		Signed:    []verify.Part{verify.Timestamp(), verify.Text("."), verify.Body()},
		Timestamp: verify.InSignature(), Tolerance: 5 * time.Minute,
	}
	standardList = verify.HMAC{
		Header: "Webhook-Signature", Hash: crypto.SHA256, Encoding: verify.Base64, Form: verify.List(" ", "v1,"), Key: verify.Base64Key("whsec_"),
		Signed:    []verify.Part{verify.Header("Webhook-Id"), verify.Text("."), verify.Timestamp(), verify.Text("."), verify.Body()},
		Timestamp: verify.TimeHeader("Webhook-Timestamp"), Tolerance: 5 * time.Minute,
	}
)

// capture is a request as it was signed, before something happened to it.
type capture struct {
	scheme  verify.HMAC // the sender's
	secret  string      // likewise
	body    string      // likewise
	at      time.Time
	header  http.Header
	secrets []verify.Secret // the receiver's
}

func TestExplain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		receiver verify.Scheme
		sender   func(c *capture)        // what the sender does differently
		happens  func(c *capture) string // to the request; returns the body that arrives
		want     []verify.Cause
	}{
		"nothing is wrong": {bareHex, nil, nil, nil},
		"one of the others of the secrets": {bareHex, nil, func(c *capture) string {
			c.secrets = []verify.Secret{verify.NewSecret("the next"), c.secrets[0]}
			return c.body
		}, []verify.Cause{verify.OlderSecret}},
		"indented": {bareHex, nil, func(c *capture) string {
			return "{\n  \"event\": \"post.published\",\n  \"data\": {\n    \"title\": \"Café & <b>menu</b>\",\n    \"url\": \"https://example.com/p/1\",\n    \"n\": 12345678901234567890\n  }\n}"
		}, []verify.Cause{verify.BodyReencoded}},
		"compacted": {bareHex, func(c *capture) {
			c.body = "{\n  \"a\": 1,\n  \"b\": [\n    true\n  ]\n}"
		}, func(*capture) string { return `{"a":1,"b":[true]}` }, []verify.Cause{verify.BodyReencoded}},
		"re-encoded by Go, which sorts and escapes": {bareHex, func(c *capture) { c.body = `{"b":"<1>","c":"é"}` }, func(*capture) string {
			return `{"b":"\u003c1\u003e","c":"é"}`
		}, []verify.Cause{verify.BodyReencoded}},
		"re-encoded by Python, which spaces and escapes": {bareHex, nil, func(*capture) string {
			return `{"event": "post.published", "data": {"title": "Caf\u00e9 & <b>menu</b>", "url": "https://example.com/p/1", "n": 12345678901234567890}}`
		}, []verify.Cause{verify.BodyReencoded}},
		"written by PHP, decoded and encoded by Go": {bareHex, func(c *capture) {
			c.body = `{"event":"e","data":{"url":"https:\/\/example.com\/p","t":"Caf\u00e9 \ud83d\ude00"}}`
		}, func(*capture) string { return `{"event":"e","data":{"url":"https://example.com/p","t":"Café 😀"}}` }, []verify.Cause{verify.BodyReencoded}},
		"a trailing newline was added":     {bareHex, nil, func(c *capture) string { return c.body + "\n" }, []verify.Cause{verify.BodyNewline}},
		"a trailing newline was lost":      {bareHex, func(c *capture) { c.body += "\n" }, func(c *capture) string { return strings.TrimSpace(c.body) }, []verify.Cause{verify.BodyNewline}},
		"a trailing CRLF was lost":         {bareHex, func(c *capture) { c.body += "\r\n" }, func(c *capture) string { return strings.TrimSpace(c.body) }, []verify.Cause{verify.BodyNewline}},
		"a byte order mark was added":      {bareHex, nil, func(c *capture) string { return "\xef\xbb\xbf" + c.body }, []verify.Cause{verify.BodyBOM}},
		"a byte order mark was lost":       {bareHex, func(c *capture) { c.body = "\xef\xbb\xbf" + c.body }, func(c *capture) string { return c.body[3:] }, []verify.Cause{verify.BodyBOM}},
		"LF became CRLF":                   {bareHex, func(c *capture) { c.body = "{\n\"a\": 1\n}" }, func(*capture) string { return "{\r\n\"a\": 1\r\n}" }, []verify.Cause{verify.BodyLineEnds}},
		"CRLF became LF":                   {bareHex, func(c *capture) { c.body = "{\r\n\"a\": 1\r\n}" }, func(*capture) string { return "{\n\"a\": 1\n}" }, []verify.Cause{verify.BodyLineEnds}},
		"white space around the secret":    {bareHex, nil, ours(" " + explainSecret + "\n"), []verify.Cause{verify.SecretSpace}},
		"quotes around the secret":         {bareHex, nil, ours(`"` + explainSecret + `"`), []verify.Cause{verify.SecretSpace}},
		"a newline after the sender's":     {bareHex, func(c *capture) { c.secret += "\n" }, nil, []verify.Cause{verify.SecretSpace}},
		"SHA-1 for SHA-256":                {bareHex, func(c *capture) { c.scheme.Hash = crypto.SHA1 }, nil, []verify.Cause{verify.OtherHash}},
		"SHA-512 for SHA-256":              {bareHex, func(c *capture) { c.scheme.Hash = crypto.SHA512 }, nil, []verify.Cause{verify.OtherHash}},
		"base64 for hex":                   {bareHex, func(c *capture) { c.scheme.Encoding = verify.Base64 }, nil, []verify.Cause{verify.OtherEncoding}},
		"hex for base64":                   {standardList, func(c *capture) { c.scheme.Encoding = verify.Hex }, nil, []verify.Cause{verify.OtherEncoding}},
		"the prefix given twice":           {withPrefix, nil, func(c *capture) string { return c.signature("sha256=" + c.header.Get("X-Signature")) }, []verify.Cause{verify.PrefixTwice}},
		"the prefix missing":               {withPrefix, func(c *capture) { c.scheme.Form = verify.Form{} }, nil, []verify.Cause{verify.PrefixMissing}},
		"a prefix where none is":           {bareHex, func(c *capture) { c.scheme.Form = verify.Bare("sha256=") }, nil, []verify.Cause{verify.PrefixExtra}},
		"quotes around the signature":      {bareHex, nil, func(c *capture) string { return c.signature(`"` + c.header.Get("X-Signature") + `" `) }, []verify.Cause{verify.HeaderSpace}},
		"the header doubled":               {bareHex, nil, func(c *capture) string { c.header.Add("X-Signature", strings.Repeat("0", 64)); return c.body }, []verify.Cause{verify.HeaderDoubled}},
		"whsec_ as raw text":               {standardList, func(c *capture) { c.scheme.Key, c.secret = verify.RawKey, "whsec_"+c.secret }, ours("whsec_" + explainSecret), []verify.Cause{verify.SecretUndecoded}},
		"whsec_ decoded, and raw here":     {bareHex, func(c *capture) { c.scheme.Key = verify.Base64Key("whsec_") }, ours("whsec_" + explainSecret), []verify.Cause{verify.SecretDecoded}},
		"the body alone is signed":         {standardList, func(c *capture) { c.scheme.Signed = nil }, nil, []verify.Cause{verify.BodyAlone}},
		"stale":                            {stampedPairs, func(c *capture) { c.at = c.at.Add(-time.Hour) }, nil, []verify.Cause{verify.Stale}},
		"from the future":                  {standardList, func(c *capture) { c.at = c.at.Add(time.Hour) }, nil, []verify.Cause{verify.Stale}},
		"milliseconds in the signature":    {stampedPairs, inMilliseconds, nil, []verify.Cause{verify.Milliseconds}},
		"milliseconds in a header":         {standardList, inMilliseconds, nil, []verify.Cause{verify.Milliseconds}},
		"SHA-1 and a prefix":               {bareHex, func(c *capture) { c.scheme.Hash, c.scheme.Form = crypto.SHA1, verify.Bare("sha1=") }, nil, []verify.Cause{verify.PrefixExtra, verify.OtherHash}},
		"a newline here and at the secret": {bareHex, nil, func(c *capture) string { ours(explainSecret + "\n")(c); return c.body + "\n" }, []verify.Cause{verify.BodyNewline, verify.SecretSpace}},
		"indented, and a newline":          {bareHex, func(c *capture) { c.body = `{"a":1}` }, func(*capture) string { return "{\n    \"a\": 1\n}\n" }, []verify.Cause{verify.BodyReencoded}},
		"stale, and a newline":             {stampedPairs, func(c *capture) { c.at = c.at.Add(-time.Hour) }, func(c *capture) string { return c.body + "\n" }, []verify.Cause{verify.BodyNewline, verify.Stale}},
		"another secret":                   {bareHex, nil, ours("another"), nil},
		"another body":                     {bareHex, nil, func(*capture) string { return `{"event":"post.deleted"}` }, nil},
		"no JSON, and another body":        {bareHex, nil, func(*capture) string { return `{"event":` }, nil},
		"no signature":                     {bareHex, nil, func(c *capture) string { c.header.Del("X-Signature"); return c.body }, nil},
		"no signature and an empty secret": {bareHex, nil, func(c *capture) string { c.header.Del("X-Signature"); c.secrets = []verify.Secret{{}}; return c.body }, nil},
		"a scheme that is one of several":  {verify.AnyOf(bareHex, verify.Ed25519{Header: "X-Signature"}), nil, func(c *capture) string { return c.body + "\n" }, []verify.Cause{verify.BodyNewline}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sent := &capture{secret: explainSecret, body: explainBody, at: time.Now(), header: http.Header{"Webhook-Id": {"msg_1"}}}
			sent.scheme = bareHex
			if scheme, ok := c.receiver.(verify.HMAC); ok {
				sent.scheme = scheme
			}
			sent.secrets = []verify.Secret{verify.NewSecret(sent.secret)}
			if c.sender != nil {
				c.sender(sent)
			}
			if sent.header.Get(sent.scheme.Header) == "" {
				require.NoError(t, sent.scheme.Sign(verify.NewSecret(sent.secret), sent.header, []byte(sent.body), sent.at))
			}
			body := sent.body
			if c.happens != nil {
				body = c.happens(sent)
			}
			before := sent.header.Clone()
			report := verify.Explain(c.receiver, sent.secrets, sent.header, []byte(body))
			var got []verify.Cause
			for _, f := range report.Findings {
				got = append(got, f.Cause)
				require.NotEmpty(t, f.Text)
			}
			require.Equal(t, c.want, got, report)
			require.Equal(t, before, sent.header, "the capture is not changed")
			_, err := c.receiver.Verify(sent.secrets, sent.header, []byte(body))
			require.Equal(t, err, report.Err)
			requireNoLeak(t, report, sent, body)
		})
	}
}

// requireNoLeak checks that a report holds no secret, and no digest that would verify.
func requireNoLeak(t *testing.T, report verify.Report, sent *capture, body string) {
	t.Helper()
	leaks := []string{sent.secret, strings.TrimPrefix(sent.secret, "whsec_")}
	for _, encoding := range []verify.Encoding{verify.Hex, verify.Base64} {
		for _, body := range []string{sent.body, body} {
			scheme, h := sent.scheme, sent.header.Clone()
			scheme.Encoding, scheme.Form, scheme.Timestamp = encoding, verify.Form{}, verify.Source{}
			if scheme.Sign(verify.NewSecret(sent.secret), h, []byte(body), sent.at) == nil {
				leaks = append(leaks, h.Get(scheme.Header))
			}
		}
	}
	for _, leak := range leaks {
		if leak = strings.TrimSpace(leak); leak != "" {
			require.NotContains(t, fmt.Sprintf("%+v %s", report, report), leak)
		}
	}
}

// A stranger's header stands in no report: it may hold a digest, or be made to look for a secret.
func TestExplainQuotesNoStranger(t *testing.T) {
	t.Parallel()
	secret, h := verify.NewSecret(explainSecret), http.Header{}
	require.NoError(t, bareHex.Sign(secret, h, []byte(explainBody), time.Now()))
	digest := h.Get("X-Signature")
	h.Set("X-Signature", digest+"="+digest)
	report := verify.Explain(bareHex, []verify.Secret{secret}, h, []byte(explainBody))
	require.Equal(t, verify.PrefixExtra, report.Findings[0].Cause)
	require.NotContains(t, report.String(), digest)
}

// What a captured body may cost: nothing that grows faster than it does.
func TestExplainOfAHostileBody(t *testing.T) {
	t.Parallel()
	secrets, h := []verify.Secret{verify.NewSecret("secret")}, http.Header{"X-Signature": {strings.Repeat("0", 64)}}
	for name, body := range map[string]string{
		"half of a pair before an escape": `["` + strings.Repeat("a", 45) + `\ud83d\nabc\\u"]`,
		"deep, and wide":                  strings.Repeat("[", 2000) + "1" + strings.Repeat(",1", 100_000) + strings.Repeat("]", 2000),
		"nothing but escapes":             `["` + strings.Repeat(`\u00e9`, 100_000) + `"]`,
		"nothing but quotes":              strings.Repeat(`"`, 100_000),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.ErrorIs(t, verify.Explain(bareHex, secrets, h, []byte(body)).Err, verify.ErrMismatch)
		})
	}
	t.Run("a header of many values", func(t *testing.T) {
		t.Parallel()
		many := http.Header{}
		for range 20_000 {
			many.Add("X-Signature", strings.Repeat("0", 64))
		}
		require.ErrorIs(t, verify.Explain(bareHex, secrets, many, []byte("{}")).Err, verify.ErrMalformed)
	})
}

// ours is the secret that the receiver has.
func ours(text string) func(*capture) string {
	return func(c *capture) string {
		c.secrets = []verify.Secret{verify.NewSecret(text)}
		return c.body
	}
}

func (c *capture) signature(value string) string {
	c.header.Set(c.scheme.Header, value)
	return c.body
}

// inMilliseconds signs as the scheme does, with a timestamp that it would not write.
func inMilliseconds(c *capture) {
	stamp := strconv.FormatInt(c.at.UnixMilli(), 10)
	scheme := c.scheme
	scheme.Timestamp, scheme.Form = verify.Source{}, verify.Form{}
	for i, p := range scheme.Signed {
		if p == verify.Timestamp() {
			scheme.Signed = append(append([]verify.Part{}, scheme.Signed[:i]...), append([]verify.Part{verify.Text(stamp)}, scheme.Signed[i+1:]...)...)
		}
	}
	_ = scheme.Sign(verify.NewSecret(c.secret), c.header, []byte(c.body), c.at)
	digest := c.header.Get(scheme.Header)
	if c.scheme.Timestamp == verify.InSignature() {
		c.header.Set(scheme.Header, "t="+stamp+",v1="+digest)
		return
	}
	c.header.Set("Webhook-Timestamp", stamp)
	c.header.Set(scheme.Header, "v1,"+digest)
}

func TestExplainAnAsymmetricSignature(t *testing.T) {
	t.Parallel()
	scheme := verify.Ed25519{Header: "X-Signature"}
	private := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))
	sign := verify.NewSecret("whsk_" + base64.StdEncoding.EncodeToString(private))
	public := verify.NewSecret(" whpk_" + base64.StdEncoding.EncodeToString(private.Public().(ed25519.PublicKey)))
	h := http.Header{}
	require.NoError(t, scheme.Sign(sign, h, []byte(`{"a":1}`), time.Now()))
	report := verify.Explain(scheme, []verify.Secret{public}, h, []byte(`{"a":1}`))
	require.ErrorIs(t, report.Err, verify.ErrSecretForm)
	require.Len(t, report.Findings, 1)
	require.Equal(t, verify.SecretSpace, report.Findings[0].Cause)
}

func TestAReportReadsWell(t *testing.T) {
	t.Parallel()
	h := http.Header{}
	secret := verify.NewSecret(explainSecret)
	require.NoError(t, bareHex.Sign(secret, h, []byte("{}"), time.Now()))
	for name, c := range map[string]struct{ body, want string }{
		"as it is":      {"{}", "verified by secret 0"},
		"explained":     {"{}\n", "verify: signature does not match\n  the body ends in a newline that was not signed"},
		"not explained": {"{1}", "verify: signature does not match\n  nothing that was tried explains it: another secret, or another body"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, verify.Explain(bareHex, []verify.Secret{secret}, h, []byte(c.body)).String())
		})
	}
}
