package verify

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strings"
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

const (
	privatePrefix = "whsk_"
	publicPrefix  = "whpk_"
)

// frame reads and writes headers as an HMAC does: its digest of 64 bytes is as long as a signature.
func (s Ed25519) frame() HMAC {
	return HMAC{
		Header: s.Header, Hash: crypto.SHA512, Encoding: Base64, Form: s.Form, Signed: s.Signed, Timestamp: s.Timestamp, Tolerance: s.Tolerance,
	}
}

// Validate reports what is wrong with the scheme itself.
func (s Ed25519) Validate() error {
	if err := s.frame().Validate(); err != nil {
		return fmt.Errorf("verify: Ed25519, by the rules of an HMAC: %w", err)
	}
	return nil
}

// Sign implements [Scheme].
func (s Ed25519) Sign(secret Secret, h http.Header, body []byte, at time.Time) error {
	private, _, err := secret.keyPair()
	switch {
	case err != nil:
		return err
	case private == nil:
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
	signature := ed25519.Sign(private, frame.message(h, timestamp, body))
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
	keys := make([]ed25519.PublicKey, len(secrets))
	for i, secret := range secrets {
		_, public, err := secret.keyPair()
		if err != nil {
			return -1, err
		}
		keys[i] = public
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
	_, _, err := secret.keyPair()
	return err
}

// keyPair reads the secret as a key. private is nil if it only verifies.
func (s Secret) keyPair() (private ed25519.PrivateKey, public ed25519.PublicKey, err error) {
	if s.key == nil {
		return nil, nil, ErrEmptySecret
	}
	text := string(s.key.text())
	if encoded, ok := strings.CutPrefix(text, publicPrefix); ok {
		key, err := base64.StdEncoding.DecodeString(encoded)
		switch {
		case err != nil || len(key) != ed25519.PublicKeySize:
			return nil, nil, errPublicKey
		case isWeak(key):
			return nil, nil, ErrEmptySecret
		}
		return nil, key, nil
	}
	encoded, ok := strings.CutPrefix(text, privatePrefix)
	key, err := base64.StdEncoding.DecodeString(encoded)
	switch {
	case !ok || err != nil || len(key) != ed25519.PrivateKeySize && len(key) != ed25519.SeedSize:
		return nil, nil, errPrivateKey
	case len(bytes.Trim(key, "\x00")) == 0:
		return nil, nil, ErrEmptySecret
	}
	private = ed25519.NewKeyFromSeed(key[:ed25519.SeedSize])
	if len(key) == ed25519.PrivateKeySize && !bytes.Equal(private, key) { //constanttime:public both are the user's own
		return nil, nil, errPrivateKey
	}
	return private, private.Public().(ed25519.PublicKey), nil
}

// smallOrder are the points, the sign of x aside and in every encoding that is read, under which anybody can make a
// signature that verifies (RFC 8032 lets them pass; the list is libsodium's, crypto_sign/ed25519). The first is what
// zeros decode to: a key that was never filled in.
var smallOrder = [...]string{
	"0000000000000000000000000000000000000000000000000000000000000000",
	"0100000000000000000000000000000000000000000000000000000000000000",
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
}

func isWeak(public []byte) bool {
	masked := bytes.Clone(public)
	masked[len(masked)-1] &= 0x7f
	return slices.Contains(smallOrder[:], hex.EncodeToString(masked)) //constanttime:public a public key
}
