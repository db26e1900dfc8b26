package verify

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"
)

const (
	privatePrefix = "whsk_"
	publicPrefix  = "whpk_"
)

// keyPair is a secret as keys of Ed25519.
type keyPair struct {
	private ed25519.PrivateKey // nil if it only verifies
	public  ed25519.PublicKey
	err     error // instead of keys
}

// keyPair reads the secret as keys, once.
func (s Secret) keyPair() (*keyPair, error) {
	if s.key == nil {
		return nil, ErrEmptySecret
	}
	pair := s.key.pair.Load()
	if pair == nil {
		pair = readKeyPair(string(s.key.text()))
		s.key.pair.Store(pair)
	}
	return pair, pair.err
}

func readKeyPair(text string) *keyPair {
	if encoded, ok := strings.CutPrefix(text, publicPrefix); ok {
		key, err := base64.StdEncoding.DecodeString(encoded)
		switch {
		case err != nil || len(key) != ed25519.PublicKeySize:
			return &keyPair{err: errPublicKey}
		case isWeak(key):
			return &keyPair{err: errWeakKey}
		}
		return &keyPair{public: key}
	}
	encoded, ok := strings.CutPrefix(text, privatePrefix)
	key, err := base64.StdEncoding.DecodeString(encoded)
	switch {
	case !ok || err != nil || len(key) != ed25519.PrivateKeySize && len(key) != ed25519.SeedSize:
		return &keyPair{err: errPrivateKey}
	case len(bytes.Trim(key[:ed25519.SeedSize], "\x00")) == 0:
		return &keyPair{err: errWeakKey}
	}
	private := ed25519.NewKeyFromSeed(key[:ed25519.SeedSize])
	if len(key) == ed25519.PrivateKeySize && !bytes.Equal(private, key) { //constanttime:public both are the user's own
		return &keyPair{err: errPrivateKey}
	}
	return &keyPair{private: private, public: private.Public().(ed25519.PublicKey)}
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
