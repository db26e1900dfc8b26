package verify

import (
	"crypto"
	"crypto/ed25519"
	"fmt"
	"net/http"
	"time"
)

var _ Scheme = Ed25519{}

// Ed25519 is a [Scheme] with a pair of keys: the provider signs with one that nobody else has, and a receiver verifies
// with the public one. Both are secrets here, as texts with a prefix and base64, as Standard Webhooks writes them:
// "whsk_" with the private key, or the 32 bytes that it is made of, signs and verifies; "whpk_" with the public key
// verifies, and Sign refuses it with [ErrPublicKey].
type Ed25519 struct {
	Header    string        // carries the signature, in base64. Required.
	Form      Form          // how the signature stands in the header. Default: alone.
	Signed    []Part        // as for [HMAC].
	Timestamp Source        // as for [HMAC].
	Tolerance time.Duration // as for [HMAC].
}

// maxSignatures in one header: each costs a pass over the body, of which a stranger may ask for. A rotation needs two.
const maxSignatures = 4

// frame reads and writes headers as an HMAC does: its digest of 64 bytes is as long as a signature.
func (s Ed25519) frame() HMAC {
	return HMAC{
		Header: s.Header, Hash: crypto.SHA512, Encoding: Base64, Form: s.Form, Signed: s.Signed, Timestamp: s.Timestamp, Tolerance: s.Tolerance,
	}
}

// Validate reports what is wrong with the scheme itself.
func (s Ed25519) Validate() error {
	if err := s.frame().Validate(); err != nil {
		return fmt.Errorf("verify: Ed25519, to which the rules of an HMAC apply: %w", err)
	}
	return nil
}

// Sign implements [Scheme].
func (s Ed25519) Sign(secret Secret, h http.Header, body []byte, at time.Time) error {
	keys, err := secret.keyPair()
	switch {
	case err != nil:
		return err
	case keys.private == nil:
		return ErrPublicKey
	}
	frame := s.frame()
	timestamp, err := frame.stamp(h, at)
	if err != nil {
		return err
	}
	if err := frame.checkParts(h); err != nil {
		return fmt.Errorf("verify: cannot sign: %w", err)
	}
	signature := ed25519.Sign(keys.private, frame.message(h, timestamp, body))
	h.Set(s.Header, s.Form.write(Base64.encode(signature), timestamp))
	return nil
}

// Precheck implements [Scheme].
func (s Ed25519) Precheck(h http.Header) error { return s.frame().Precheck(h) }

// Verify implements [Scheme].
func (s Ed25519) Verify(secrets []Secret, h http.Header, body []byte) (int, error) {
	if len(secrets) == 0 {
		return -1, ErrNoSecrets
	}
	var c claim
	frame := s.frame()
	if err := frame.read(h, &c); err != nil {
		return -1, err
	}
	if c.count > maxSignatures {
		return -1, errTooManySignatures
	}
	keys := make([]ed25519.PublicKey, len(secrets))
	for i, secret := range secrets {
		pair, err := secret.keyPair()
		if err != nil {
			return -1, err
		}
		keys[i] = pair.public
	}
	message, matched := frame.message(h, c.timestamp, body), -1
	for i, public := range keys {
		for j := range c.count {
			signature := c.entries[j]
			if ed25519.Verify(public, message, signature.bytes[:signature.size]) && matched < 0 {
				matched = i
			}
		}
	}
	if matched < 0 {
		return -1, ErrMismatch
	}
	if s.Timestamp != (Source{}) && !within(c.timestamp, s.Tolerance) {
		return -1, ErrStale
	}
	return matched, nil
}

// Covers implements [Scheme].
func (s Ed25519) Covers(header string) bool { return s.frame().Covers(header) }

// fits reports why a secret is none of the scheme's.
func (s Ed25519) fits(secret Secret) error {
	_, err := secret.keyPair()
	return err
}
