package verify

import (
	"bytes"
	"crypto"
	"crypto/fips140"
	"crypto/hmac"
	"encoding/base64"
	"hash"
	"strings"
	"sync"
)

// KeyForm is how a secret's text becomes the key of the HMAC.
type KeyForm string

// RawKey takes the text's bytes as they are.
const RawKey KeyForm = ""

// Base64Key decodes the text as standard base64, after taking off the prefix if it is there: Base64Key("whsec_").
func Base64Key(prefix string) KeyForm { return base64Key + KeyForm(prefix) }

const base64Key KeyForm = "base64:"

// fipsKeyBytes is the shortest HMAC key in FIPS 140-only mode, 112 bits (NIST SP 800-131A); crypto/hmac panics below it.
const fipsKeyBytes = 14

func (f KeyForm) decode(text []byte) ([]byte, error) {
	if looksPublic(text) { // anybody may have it, and could make MACs under it
		return nil, errPublicAsSecret
	}
	prefix, ok := strings.CutPrefix(string(f), string(base64Key))
	if !ok {
		return text, nil
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(string(text), prefix))
	if err != nil {
		return nil, errBase64Secret // not err: it would quote the secret's bytes
	}
	return key, nil
}

// looksPublic reports whether a text is, or was meant to be, a public key.
func looksPublic(text []byte) bool {
	text = bytes.TrimLeft(text, " \t\r\n\"'")
	return len(text) >= len(publicPrefix) && bytes.EqualFold(text[:len(publicPrefix)], []byte(publicPrefix)) //constanttime:public if it does, it is
}

// prepared is a secret as a key for one hash. The hash of the padded key is done once, and the state is pooled.
type prepared struct {
	hash crypto.Hash
	form KeyForm
	err  error // instead of a key
	pool sync.Pool
}

func newPrepared(text []byte, h crypto.Hash, form KeyForm) *prepared {
	p := &prepared{hash: h, form: form}
	key, err := form.decode(text)
	switch {
	case err != nil:
		p.err = err
	case len(bytes.Trim(key, "\x00")) == 0: // "whsec_" and nothing after it; HMAC fills up with zeros: zeros alone are the empty key
		p.err = ErrEmptySecret
	case fips140.Enforced() && h == crypto.SHA1:
		p.err = errFIPSHash
	case fips140.Enforced() && len(key) < fipsKeyBytes:
		p.err = errFIPSKey
	}
	p.pool.New = func() any { return &mac{hash: hmac.New(h.New, key)} }
	return p
}

func (p *prepared) get() *mac { return p.pool.Get().(*mac) }

func (p *prepared) put(m *mac) {
	m.hash.Reset()
	p.pool.Put(m)
}

// mac is one HMAC under way, with the memory it needs.
type mac struct {
	hash hash.Hash
	text []byte
	out  [maxDigest]byte
}

func (m *mac) write(b []byte) { _, _ = m.hash.Write(b) }

func (m *mac) writeString(s string) {
	m.text = append(m.text[:0], s...)
	m.write(m.text)
}

func (m *mac) sum() []byte { return m.hash.Sum(m.out[:0]) }
