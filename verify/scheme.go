package verify

import (
	"net/http"
	"time"
)

// Scheme says which bytes of a request are signed, how, and in which header. Its laws, which verify's own tests and
// testserver/providertest check:
//
//   - Sign and Verify MUST be inverse: what Sign wrote, Verify accepts under the same secret.
//   - Verify MUST do the same work whichever secret matched, and compare digests in constant time.
//   - Verify MUST NOT rely on Precheck having been called.
//   - No method may change body, or keep h or body after it returned.
//   - All methods MUST be safe for concurrent use.
type Scheme interface {
	// Sign sets the headers that carry the signature of body made at the given time. Headers that are themselves
	// signed must be set before.
	Sign(secret Secret, h http.Header, body []byte, at time.Time) error

	// Precheck refuses what the headers alone show to be wrong: a signature that is missing, doubled, over-long or
	// malformed. A receiver calls it before it reads the body.
	Precheck(h http.Header) error

	// Verify reports the index of the secret that signed the request, or -1 and why it is refused. It tries every
	// secret, always. An empty secret anywhere among them is [ErrEmptySecret], and nothing verifies.
	Verify(secrets []Secret, h http.Header, body []byte) (matched int, err error)

	// Covers reports whether the signature protects the named header from being changed.
	Covers(header string) bool
}
