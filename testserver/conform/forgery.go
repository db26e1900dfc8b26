package conform

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/hookmitt/hookmitt/verify"
)

// signatureHeader is the name of the header that carries signatures.
func (t *trial) signatureHeader() string {
	if t.sigName == "" {
		t.skip("the signature's header is not known")
	}
	return t.sigName
}

// flip changes one bit of a request's body, at a place or behind it, in such a way that it still is an event of the same
// type: a receiver that does not look at the signature is to find nothing else to complain of.
func (t *trial) flip(m *message, at int) {
	codec := t.target.Provider.Codec
	was, err := codec.Open(m.header(), m.body)
	t.must(err)
	for i := range m.body {
		other := bytes.Clone(m.body)
		other[(at+i)%len(other)] ^= 1
		if at == len(other)-1 { // and before it, of the last one
			other = bytes.Clone(m.body)
			other[at-i] ^= 1
		}
		if e, err := codec.Open(m.header(), other); err == nil && e.Type == was.Type {
			m.body, m.id = other, e.ID
			return
		}
	}
	t.skip("no bit can be changed of which the body remains an event")
}

// stranger is a secret that the receiver does not know.
func (t *trial) stranger() verify.Secret {
	return t.target.Provider.SecretOf(fmt.Sprintf("a stranger's %032x", t.chance.Uint64()))
}

// withQuery is a request's target with more query.
func withQuery(target, query string) string {
	if strings.Contains(target, "?") {
		return target + "&" + query
	}
	return target + "?" + query
}
