package conform_test

import (
	"bytes"
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/json"
	"hash"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// unsigned reports whether the receiver's flaw is in how it looks for a signature.
func (r *receiver) unsigned() bool {
	return slices.Contains([]string{
		"takes unsigned requests", "trusts who comes from 127.0.0.1", "looks for signatures in the query", "looks for signatures in other headers",
		"takes the first of two signature headers", "takes the last of two signature headers", "takes any of two signature headers",
		"reads all that strangers send", "tells the signature that it expects",
	}, r.flaw)
}

// verify is 0 if a request is signed by the provider, or else the status of its answer.
func (r *receiver) verify(w http.ResponseWriter, req *http.Request, body []byte) int {
	values := req.Header.Values(r.dialect.signature)
	switch {
	case len(values) == 0 && r.has("takes unsigned requests"), req.Header.Get("X-Forwarded-For") == "127.0.0.1" && r.has("trusts who comes from 127.0.0.1"):
		return 0
	case len(values) == 0 && r.has("looks for signatures in the query"):
		values = append(values, req.URL.Query().Get("signature"))
	case len(values) == 0 && r.has("looks for signatures in other headers"):
		values = append(values, cmp.Or(req.Header.Get("X-Signature"), req.Header.Get("Authorization")))
	case len(values) == 2 && r.has("takes the first of two signature headers"):
		values = values[:1]
	case len(values) == 2 && r.has("takes the last of two signature headers"):
		values = values[1:]
	}
	if len(values) == 0 {
		r.tell(w, "tells the signature that it expects", r.expected(req, body))
		return http.StatusUnauthorized
	}
	if len(values) > 1 && !r.has("takes any of two signature headers") {
		return http.StatusUnauthorized
	}
	for _, value := range values {
		if r.matches(req, value, r.seen(body)) {
			return 0
		}
	}
	if r.has("tells the signature that it expected, in a header") {
		w.Header().Set("X-Expected", r.expected(req, body))
	}
	r.tell(w, "shows a stack", "goroutine 1 [running]:\nmain.main()\n\t/app/main.go:10\n")
	return http.StatusUnauthorized
}

// tell writes what a stranger should not read, if the receiver has that flaw.
func (r *receiver) tell(w http.ResponseWriter, flaw, text string) {
	if r.has(flaw) {
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, text)
	}
}

// expected is the signature of a body, of a provider that signs that alone.
func (r *receiver) expected(_ *http.Request, body []byte) string {
	return r.mac(r.dialect.hash, r.dialect.key((*r.secrets.Load())[0]), body)
}

// seen is what the receiver takes for the bytes that were signed: those that came.
func (r *receiver) seen(body []byte) []byte {
	switch {
	case r.has("verifies what it parsed and wrote again"):
		var b bytes.Buffer
		if json.Compact(&b, body) == nil {
			return b.Bytes()
		}
	case r.has("reads the body as Latin-1"):
		var b strings.Builder
		for _, c := range body {
			b.WriteRune(rune(c))
		}
		return []byte(b.String())
	case r.has("writes escapes anew before it verifies"):
		return bytes.ReplaceAll(body, []byte(`\/`), []byte("/"))
	case r.has("trims the body before it verifies"):
		return bytes.TrimSpace(body)
	}
	return body
}

func (r *receiver) mac(by func() hash.Hash, key, signed []byte) string {
	mac := hmac.New(by, key)
	_, _ = mac.Write(signed)
	return r.dialect.encode(mac.Sum(nil))
}

// matches reports whether a signature header is the provider's.
func (r *receiver) matches(req *http.Request, value string, body []byte) bool {
	if strings.ContainsFunc(value, func(c rune) bool { return c > 0x7f }) {
		r.throws("throws on bytes over 0x7f")
	}
	if r.has("joins folded lines") {
		value = strings.ReplaceAll(value, " ", "")
	}
	if value == "" && r.has("takes an empty signature") {
		return true
	}
	signed := body
	if r.dialect.time != "" {
		at := req.Header.Get(r.dialect.time)
		if !r.isNow(at) {
			return false
		}
		signed = slices.Concat([]byte(req.Header.Get(r.dialect.id)+"."+at+"."), body)
	}
	signatures := []string{value}
	if r.dialect.separator != "" {
		signatures = strings.Split(value, r.dialect.separator)
	}
	switch {
	case r.has("reads the first signature of a list alone"):
		signatures = signatures[:1]
	case r.has("reads the last signature of a list alone"):
		signatures = signatures[len(signatures)-1:]
	}
	found := false
	for _, one := range signatures {
		ok := r.isOurs(one, signed)
		if !ok && r.has("refuses lists with a signature that it does not know") {
			return false
		}
		found = found || ok
	}
	return found
}

// isNow reports whether a time that was signed is one of now.
func (r *receiver) isNow(text string) bool {
	at, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return r.has("takes times that it cannot read")
	}
	age, tolerance := r.manner.now().Sub(time.Unix(at, 0)), r.dialect.tolerance
	switch {
	case r.has("does not look at the time"), age < 0 && r.has("takes times in the future"):
		return true
	case r.has("tolerates half of it"):
		tolerance /= 2
	}
	return age.Abs() <= tolerance
}

// isOurs reports whether a signature was made by one of the secrets.
func (r *receiver) isOurs(signature string, signed []byte) bool {
	if strings.ContainsAny(signature, "=,") && r.dialect.prefix == "" {
		r.throws("throws on prefixes")
	}
	digest, ok := strings.CutPrefix(signature, r.dialect.prefix)
	if !ok && r.has("takes signatures of any version") {
		_, digest, ok = strings.Cut(signature, ",")
	}
	if !ok {
		return false
	}
	secrets := *r.secrets.Load()
	switch {
	case r.has("takes the empty secret"):
		secrets = append(slices.Clone(secrets), "")
	case r.has("kept the documentation's secret"):
		secrets = append(slices.Clone(secrets), "changeme")
	case r.has("knows the current secret alone"):
		secrets = secrets[:1]
	}
	for _, secret := range secrets {
		if r.equal(digest, r.mac(r.hashFor(digest), r.dialect.key(secret), signed)) {
			return true
		}
	}
	return false
}

// hashFor is the hash by which a digest was made: the provider's.
func (r *receiver) hashFor(digest string) func() hash.Hash {
	if r.has("takes the hash from the digest") {
		switch len(digest) {
		case 2 * sha256.Size:
			return sha256.New
		case 2 * sha512.Size:
			return sha512.New
		}
	}
	return r.dialect.hash
}

// equal compares digests.
func (r *receiver) equal(got, want string) bool {
	if len(got) != len(want) {
		r.throws("hangs up on digests of another length")
	}
	raw, err := r.dialect.decode(got)
	if got != strings.ToLower(got) && err == nil {
		r.throws("throws on capitals")
	}
	switch {
	case r.has("compares as many digits as it is given"):
		want = want[:min(len(got), len(want))]
	case r.has("compares as many digits as it expects"):
		got = got[:min(len(got), len(want))]
	case r.has("takes what it cannot decode for nothing") && err != nil:
		got, want = string(raw), want[:len(raw)]
	case r.has("takes what looks like a digest"):
		return len(got) == len(want)
	}
	return hmac.Equal([]byte(got), []byte(want))
}
