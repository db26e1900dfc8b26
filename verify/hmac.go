package verify

import (
	"crypto"
	"crypto/fips140"
	_ "crypto/sha1"   // the one Civo uses
	_ "crypto/sha256" // the field's usual one
	_ "crypto/sha512"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

var _ Scheme = HMAC{}

// HMAC is a [Scheme] that signs with a secret both sides hold. The zero value of each field is the simplest that
// providers do: bare hex of the body's HMAC under the secret's bytes.
type HMAC struct {
	Header    string        // carries the signature. Required.
	Hash      crypto.Hash   // SHA1, SHA256 or SHA512. Required.
	Encoding  Encoding      // of the digest's bytes. Default: [Hex].
	Form      Form          // how the digest stands in the header. Default: alone.
	Signed    []Part        // in the order in which they are signed. Default: the body alone. Without [Body] it is refused.
	Timestamp Source        // where the time of signing travels. Default: the scheme has none.
	Tolerance time.Duration // how far the timestamp may be from now, either way. Required with a Timestamp.
	Key       KeyForm       // how the secret's text becomes the key. Default: [RawKey].
}

// Validate reports what is wrong with the scheme itself. A receiver calls it once, when it is made.
func (s HMAC) Validate() error {
	switch {
	case !isToken(s.Header):
		return fmt.Errorf("verify: HMAC.Header %q is not the name of a header", s.Header)
	case s.Hash != crypto.SHA1 && s.Hash != crypto.SHA256 && s.Hash != crypto.SHA512:
		return fmt.Errorf("verify: HMAC.Hash is %v; it must be SHA1, SHA256 or SHA512", s.Hash)
	case s.Hash == crypto.SHA1 && fips140.Enforced():
		return errFIPSHash
	case s.Encoding > Base64:
		return fmt.Errorf("verify: HMAC.Encoding %d is not known", s.Encoding)
	case s.Key != RawKey && !strings.HasPrefix(string(s.Key), string(base64Key)): //constanttime:public the name of a form; Key: "whsec_" compiles
		return errors.New("verify: HMAC.Key is neither RawKey nor made by Base64Key")
	}
	return errors.Join(s.Form.validate(s.Encoding), s.validateParts(), s.validateTimestamp())
}

// Sign implements [Scheme].
func (s HMAC) Sign(secret Secret, h http.Header, body []byte, at time.Time) error {
	key, err := secret.prepare(s.Hash, s.Key)
	if err != nil {
		return err
	}
	timestamp, err := s.stamp(h, at)
	if err != nil {
		return err
	}
	if err := s.checkParts(h); err != nil {
		return fmt.Errorf("verify: cannot sign: %w", err)
	}
	m := key.get()
	defer key.put(m)
	digest := s.sum(m, h, timestamp, body)
	h.Set(s.Header, s.Form.write(s.Encoding.encode(digest), timestamp))
	return nil
}

// Precheck implements [Scheme].
func (s HMAC) Precheck(h http.Header) error {
	var c claim
	return s.read(h, &c)
}

// Verify implements [Scheme].
func (s HMAC) Verify(secrets []Secret, h http.Header, body []byte) (int, error) {
	if len(secrets) == 0 {
		return -1, ErrNoSecrets
	}
	var c claim
	if err := s.read(h, &c); err != nil {
		return -1, err
	}
	for _, secret := range secrets { // all of them before the first MAC: one that is empty must not depend on luck
		if _, err := secret.prepare(s.Hash, s.Key); err != nil {
			return -1, err
		}
	}
	matched := -1
	for i, secret := range secrets {
		key, _ := secret.prepare(s.Hash, s.Key)
		m := key.get()
		digest := s.sum(m, h, c.timestamp, body)
		equal := 0
		for j := range c.count { // no early exit here or below: the time taken must not tell which secret matched
			equal |= c.entries[j].equal(digest)
		}
		key.put(m)
		first := subtle.ConstantTimeEq(int32(matched), -1)
		matched = subtle.ConstantTimeSelect(equal&first, i, matched)
	}
	if matched < 0 {
		return -1, ErrMismatch
	}
	if s.Timestamp != (Source{}) && !within(c.timestamp, s.Tolerance) { // only now: an unsigned stamp proves nothing
		return -1, ErrStale
	}
	return matched, nil
}

// Covers implements [Scheme].
func (s HMAC) Covers(header string) bool {
	for _, p := range s.Signed {
		if p.kind == partHeader && sameHeader(p.text, header) || p.kind == partTimestamp && sameHeader(s.Timestamp.header, header) {
			return true
		}
	}
	return false
}

// fits reports why a secret is none of the scheme's.
func (s HMAC) fits(secret Secret) error {
	_, err := secret.prepare(s.Hash, s.Key)
	return err
}

// claim is what a request claims: its timestamp, word for word, and the digests of the scheme's version.
type claim struct {
	timestamp string
	entries   [maxEntries]digest
	count     int
}

// read takes the claim out of the headers, or says why there is none.
func (s HMAC) read(h http.Header, c *claim) error {
	claims := values(h, s.Header)
	switch {
	case len(claims) == 0 || claims[0] == "" && len(claims) == 1:
		return ErrMissing
	case len(claims) > 1: // Get would take the first, a proxy the last or both: the order must not decide
		return errDoubled
	case len(claims[0]) > maxHeader:
		return errTooLong
	}
	if err := s.Form.read(claims[0], s.Encoding, s.Hash.Size(), c); err != nil {
		return err
	}
	if name := s.Timestamp.header; name != "" {
		stamps := values(h, name)
		if len(stamps) > 1 {
			return errTimeDoubled
		}
		if len(stamps) == 1 {
			c.timestamp = stamps[0]
		}
	}
	if s.Timestamp != (Source{}) {
		if c.timestamp == "" {
			return errNoTime
		}
		if _, ok := seconds(c.timestamp); !ok {
			return errTimeDigits
		}
	}
	return s.checkParts(h)
}
