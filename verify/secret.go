package verify

import (
	"bytes"
	"crypto"
	"crypto/hmac"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
)

// Secret is what both sides hold. It never shows itself: every format verb, JSON, text encoding and slog print
// "[secret]". The zero Secret, and one made of nothing, neither signs nor verifies.
//
// A Secret is small, may be copied, and carries its prepared keys with it, so make it once and keep it.
type Secret struct {
	key *key // a pointer, which fmt prints as an address wherever it cannot call our methods
}

type key struct {
	text     func() []byte               // no bytes: fmt with an unfit verb, and all that prints by reflection, show what they can reach
	mu       sync.Mutex                  // for writers of prepared
	prepared atomic.Pointer[[]*prepared] // one for each hash and form that this secret met; in practice one
	pair     atomic.Pointer[keyPair]     // if an Ed25519 met it
}

// NewSecret makes a secret of text, taken as it is: nothing is trimmed, and decoding it is the scheme's business
// ([HMAC].Key). Take care of a file's trailing newline. Empty text gives the zero Secret.
func NewSecret[T ~string | ~[]byte](text T) Secret {
	if len(text) == 0 {
		return Secret{}
	}
	own := bytes.Clone([]byte(text))
	return Secret{&key{text: func() []byte { return own }}}
}

// IsZero reports whether the secret is empty.
func (s Secret) IsZero() bool { return s.key == nil }

// same reports whether two secrets are one text.
func (s Secret) same(other Secret) bool {
	return s.key != nil && other.key != nil && hmac.Equal(s.key.text(), other.key.text())
}

const redacted = "[secret]"

// Format implements [fmt.Formatter], for every verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// String implements [fmt.Stringer].
func (s Secret) String() string { return redacted }

// MarshalText implements [encoding.TextMarshaler], and with it JSON's and XML's marshalers.
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LogValue implements [slog.LogValuer].
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// prepare returns the secret's key for a hash and a form, which is made on first use.
func (s Secret) prepare(hash crypto.Hash, form KeyForm) (*prepared, error) {
	if s.key == nil {
		return nil, ErrEmptySecret
	}
	if p := s.key.find(hash, form); p != nil {
		return p, p.err
	}
	s.key.mu.Lock()
	defer s.key.mu.Unlock()
	p := s.key.find(hash, form)
	if p == nil {
		p = newPrepared(s.key.text(), hash, form)
		all := []*prepared{p}
		if old := s.key.prepared.Load(); old != nil {
			all = append(all, *old...)
		}
		s.key.prepared.Store(&all)
	}
	return p, p.err
}

func (k *key) find(hash crypto.Hash, form KeyForm) *prepared {
	all := k.prepared.Load()
	if all == nil {
		return nil
	}
	for _, p := range *all {
		if p.hash == hash && p.form == form { //constanttime:public the name of a form
			return p
		}
	}
	return nil
}
