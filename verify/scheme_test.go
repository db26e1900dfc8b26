package verify_test

import (
	"crypto"
	"encoding/base64"
	"encoding/hex"
	"iter"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/verify"
)

// variant is one combination of what a scheme can do, and beside it what it must write, said in another way.
type variant struct {
	scheme  verify.HMAC
	valid   bool
	key     string
	encode  func([]byte) string
	decode  func(string) ([]byte, error)
	prefix  string // of the digest
	message func(id, stamp string) string
	header  func(stamp, digest string) string
}

// variants are all combinations, those that make no sense included.
func variants() iter.Seq2[string, variant] {
	forms := map[string]struct {
		form   verify.Form
		prefix string
		timed  bool
	}{
		"alone":          {verify.Bare(""), "", false},
		"prefixed":       {verify.Bare("sha="), "sha=", false},
		"list":           {verify.List(" ", "v1,"), "v1,", false},
		"pairs":          {verify.Pairs(",", "", "v1"), "v1=", false},
		"pairs and time": {verify.Pairs(",", "t", "v1"), "v1=", true},
	}
	encodings := map[string]struct {
		encoding verify.Encoding
		encode   func([]byte) string
		decode   func(string) ([]byte, error)
	}{
		"hex":    {verify.Hex, hex.EncodeToString, hex.DecodeString},
		"base64": {verify.Base64, base64.StdEncoding.EncodeToString, base64.StdEncoding.DecodeString},
	}
	id, dot := verify.Header("X-Id"), verify.Text(".")
	signed := map[string]struct {
		parts   []verify.Part
		timed   bool
		message func(id, stamp string) string
	}{
		"by default":    {nil, false, func(_, _ string) string { return body }},
		"body":          {[]verify.Part{verify.Body()}, false, func(_, _ string) string { return body }},
		"id.body":       {[]verify.Part{id, dot, verify.Body()}, false, func(id, _ string) string { return id + "." + body }},
		"time.body":     {[]verify.Part{verify.Timestamp(), dot, verify.Body()}, true, func(_, stamp string) string { return stamp + "." + body }},
		"v0:time body!": {[]verify.Part{verify.Text("v0:"), verify.Timestamp(), verify.Text(" "), verify.Body(), verify.Text("!")}, true, func(_, stamp string) string { return "v0:" + stamp + " " + body + "!" }},
		"id.time.body":  {[]verify.Part{id, dot, verify.Timestamp(), dot, verify.Body()}, true, func(id, stamp string) string { return id + "." + stamp + "." + body }},
	}
	sources := map[string]struct {
		source        verify.Source
		timed, inside bool
	}{
		"no time":        {verify.Source{}, false, false},
		"time header":    {verify.TimeHeader("X-Time"), true, false},
		"time in header": {verify.InSignature(), true, true},
	}
	keys := map[string]struct {
		form verify.KeyForm
		key  string
	}{
		"raw key":    {verify.RawKey, standardSecret},
		"base64 key": {verify.Base64Key("whsec_"), "\x31\xf2\x90\xf6\xbf\x06\x29\x8a\xab\x4f\x08\xd4\x3c\x3f\x08\x2c\xf6\x48\xa3\x62\xda\x2d\xa4\xb0"},
	}
	return func(yield func(string, variant) bool) {
		for formName, f := range forms {
			for encodingName, e := range encodings {
				for signedName, p := range signed {
					for sourceName, src := range sources {
						for keyName, k := range keys {
							for _, hash := range []crypto.Hash{crypto.SHA1, crypto.SHA256, crypto.SHA512} {
								v := variant{
									scheme: verify.HMAC{
										Header: "X-Signature", Hash: hash, Encoding: e.encoding, Form: f.form,
										Signed: p.parts, Timestamp: src.source, Key: k.form,
									},
									valid: f.timed == src.inside && p.timed == src.timed,
									key:   k.key, encode: e.encode, decode: e.decode, prefix: f.prefix, message: p.message,
									header: func(stamp, digest string) string {
										if f.timed {
											return "t=" + stamp + "," + f.prefix + digest
										}
										return f.prefix + digest
									},
								}
								if src.timed {
									v.scheme.Tolerance = 5 * time.Minute
								}
								name := strings.Join([]string{formName, encodingName, hash.String(), signedName, sourceName, keyName}, ", ")
								if !yield(name, v) {
									return
								}
							}
						}
					}
				}
			}
		}
	}
}

// flips are all texts that differ from text in one bit.
func flips(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for i := range 8 * len(text) {
			b := []byte(text)
			b[i/8] ^= 1 << (i % 8)
			if !yield(string(b)) {
				return
			}
		}
	}
}

func TestWhatSignWroteVerifiesUntilABitIsFlipped(t *testing.T) {
	t.Parallel()
	for name, v := range variants() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if !v.valid {
				require.Error(t, v.scheme.Validate())
				return
			}
			require.NoError(t, v.scheme.Validate())
			v.check(t)
		})
	}
}

func (v variant) check(t *testing.T) {
	t.Helper()
	s, all, at := v.scheme, secrets("another", standardSecret, "MfKQ9r8GKYqrTwjU"), time.Now()
	if s.Key != verify.RawKey {
		all[0] = verify.NewSecret("whsec_YW5vdGhlcg==")
	}
	h := http.Header{"X-Id": {"msg_1"}, "X-Event": {"post.published"}}
	require.NoError(t, s.Sign(all[1], h, []byte(body), at))

	stamp := strconv.FormatInt(at.Unix(), 10)
	digest := mac(s.Hash, v.key, v.message("msg_1", stamp))
	require.Equal(t, v.header(stamp, v.encode(digest)), h.Get("X-Signature"))

	sent := []byte(body)
	require.NoError(t, s.Precheck(h))
	matched, err := s.Verify(all, h, sent)
	require.NoError(t, err)
	require.Equal(t, 1, matched)
	require.Equal(t, body, string(sent))

	right := all[1:2]
	for flipped := range flips(body) {
		_, err := s.Verify(right, h, []byte(flipped))
		require.ErrorIs(t, err, verify.ErrMismatch, "body %q", flipped)
	}
	for flipped := range flips(string(digest)) {
		forged := h.Clone()
		forged.Set("X-Signature", v.header(stamp, v.encode([]byte(flipped))))
		_, err := s.Verify(right, forged, []byte(body))
		require.ErrorIs(t, err, verify.ErrMismatch, "digest %x", flipped)
	}
	for _, header := range []string{"X-Id", "X-Event", "X-Time"} {
		for flipped := range flips(h.Get(header)) {
			forged := h.Clone()
			forged.Set(header, flipped)
			_, err := s.Verify(right, forged, []byte(body))
			// What a scheme says of its cover must be true in both directions: an identity is built on it.
			require.Equal(t, s.Covers(header), err != nil, "%s: %q: %v", header, flipped, err)
		}
	}
	if s.Timestamp == verify.InSignature() {
		for flipped := range flips(stamp) {
			forged := h.Clone()
			forged.Set("X-Signature", v.header(flipped, v.encode(digest)))
			_, err := s.Verify(right, forged, []byte(body))
			require.Error(t, err, "timestamp %q", flipped)
		}
	}
}

func TestADigestOfAnotherHashIsMalformedAndOfAnotherEncodingToo(t *testing.T) {
	t.Parallel()
	for name, v := range variants() {
		if !v.valid || v.scheme.Timestamp != (verify.Source{}) {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := http.Header{"X-Id": {"msg_1"}}
			require.NoError(t, v.scheme.Sign(verify.NewSecret(standardSecret), h, []byte(body), time.Now()))
			for _, hash := range []crypto.Hash{crypto.SHA1, crypto.SHA256, crypto.SHA512} {
				if hash != v.scheme.Hash {
					other := v.scheme
					other.Hash = hash
					requireRefused(t, other, secrets(standardSecret), h, verify.ErrMalformed)
				}
			}
			other := v.scheme
			other.Encoding = verify.Hex + verify.Base64 - v.scheme.Encoding
			requireRefused(t, other, secrets(standardSecret), h, verify.ErrMalformed)
		})
	}
}
