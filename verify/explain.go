package verify

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Report says why a capture does not verify.
type Report struct {
	Matched  int       // the secret that verifies it as it is; -1: none
	Err      error     // what Verify says of it
	Findings []Finding // what is wrong, all of it together. None: it verifies, or nothing that was tried makes it.
}

// Finding is one thing that is wrong with a capture.
type Finding struct {
	Cause Cause
	Text  string // for the operator. It holds no secret and no digest.
}

// Cause is a kind of mistake.
type Cause uint8

// Do not reorder.
const (
	OlderSecret     Cause = iota + 1 // Signed with one of the secrets that is not the current one. It verifies.
	Stale                            // Signed too long ago, or in the future.
	Milliseconds                     // The timestamp is in milliseconds.
	HeaderDoubled                    // There are several signature headers, of which one is right.
	HeaderSpace                      // White space or quotes stand around the signature.
	PrefixTwice                      // The prefix stands before the signature twice.
	PrefixMissing                    // The prefix that the scheme asks for is not there.
	PrefixExtra                      // A prefix that the scheme does not know is there.
	OtherHash                        // Another hash was used.
	OtherEncoding                    // Base64 for hex, or hex for base64.
	BodyAlone                        // The body alone was signed, and not the other parts.
	BodyReencoded                    // The body was decoded and encoded again.
	BodyNewline                      // A newline at the body's end was added or lost.
	BodyLineEnds                     // CRLF became LF, or LF CRLF.
	BodyBOM                          // A byte order mark at the body's start was added or lost.
	SecretSpace                      // White space or quotes stand around the secret, here or there.
	SecretUndecoded                  // The sender uses the secret's text, and the scheme decodes it.
	SecretDecoded                    // The sender decodes the secret, and the scheme uses its text.
)

// String is the report in a few lines.
func (r Report) String() string {
	var b strings.Builder
	if r.Err == nil {
		fmt.Fprintf(&b, "verified by secret %d", r.Matched)
	} else {
		b.WriteString(r.Err.Error())
	}
	for _, f := range r.Findings {
		b.WriteString("\n  " + f.Text)
	}
	if errors.Is(r.Err, ErrMismatch) && len(r.Findings) == 0 {
		b.WriteString("\n  nothing that was tried explains it: another secret, or another body")
	}
	return b.String()
}

// Explain finds out why a captured request does not verify. It undoes common mistakes, one and then two at a time, and
// a finding is one with which the signature does match: proven by computing it again, never guessed. It is for
// operators and their tools, not for receivers: it takes hundreds of MACs, and its findings must not reach the sender.
//
// Schemes of other packages are tried with other bodies and secrets alone.
func Explain(s Scheme, secrets []Secret, h http.Header, body []byte) Report {
	if several, ok := s.(anyOf); ok {
		return several.explain(secrets, h, body)
	}
	matched, err := s.Verify(secrets, h, body)
	r := Report{Matched: matched, Err: err}
	switch {
	case err == nil && matched > 0:
		r.Findings = older(matched)
	case err == nil, errors.Is(err, ErrNoSecrets), errors.Is(err, ErrEmptySecret):
	case errors.Is(err, ErrStale):
		if text := staleness(s, h); text != "" {
			r.Findings = []Finding{{Stale, text}}
		}
	default:
		r.Findings = search(s, secrets, h, body)
	}
	return r
}

// explain asks the scheme that knows most.
func (a anyOf) explain(secrets []Secret, h http.Header, body []byte) Report {
	matched, err := a.Verify(secrets, h, body)
	whole := Report{Matched: matched, Err: err}
	if err == nil && matched > 0 {
		whole.Findings = older(matched)
	}
	if err == nil {
		return whole
	}
	for _, s := range a {
		var own []Secret
		for _, secret := range secrets {
			if fits(s, secret) == nil {
				own = append(own, secret)
			}
		}
		if len(own) == 0 {
			continue
		}
		if whole.Findings = Explain(s, own, h, body).Findings; len(whole.Findings) > 0 {
			break
		}
	}
	return whole
}

func older(matched int) []Finding {
	return []Finding{{OlderSecret, fmt.Sprintf("it is signed with the secret of index %d, not with the current one", matched)}}
}

// search tries one change, then two of different kinds.
func search(s Scheme, secrets []Secret, h http.Header, body []byte) []Finding {
	requests, keys := requestChanges(s, h), secretChanges(s, secrets)
	most := 2
	if len(body) > maxPairs {
		most = 1
	}
	for changes := 1; changes <= most; changes++ {
		for b := range bodyChanges(body, most > 1) {
			for _, r := range requests {
				for _, k := range keys {
					if len(r.findings)+len(b.findings)+len(k.findings) != changes {
						continue
					}
					if found := try(s, r, b, k); found != nil {
						return found
					}
				}
			}
		}
	}
	return nil
}

// try verifies with the changes, and returns what they undid if that succeeds.
func try(s Scheme, r requestChange, b bodyChange, k secretChange) []Finding {
	scheme := lenient(s)
	if r.scheme != nil {
		scheme = lenient(r.scheme)
	}
	if k.form != nil {
		scheme = k.form(scheme)
	}
	matched, err := scheme.Verify(k.secrets, r.header, b.body)
	if err != nil {
		return nil
	}
	found := append(append(append([]Finding{}, r.findings...), b.findings...), k.findings...)
	if matched > 0 {
		found = append(found, older(matched)...)
	}
	if stale := staleness(s, r.header); stale != "" {
		found = append(found, Finding{Stale, stale})
	}
	return found
}

// maxPairs is the size of a body, in bytes, above which only single changes are tried: two are a thousand MACs.
const maxPairs = 64 << 10

// lenient is the scheme without a judgment of time.
func lenient(s Scheme) Scheme {
	const forever = time.Duration(1<<63 - 1)
	switch s := s.(type) {
	case HMAC:
		s.Tolerance = forever
		return s
	case Ed25519:
		s.Tolerance = forever
		return s
	}
	return s
}

// frameOf is how a scheme of ours reads and writes headers.
func frameOf(s Scheme) (frame HMAC, ok bool) {
	switch s := s.(type) {
	case HMAC:
		return s, true
	case Ed25519:
		return s.frame(), true
	}
	return HMAC{}, false
}

// staleness says how far the timestamp is from now, if that is too far.
func staleness(s Scheme, h http.Header) string {
	frame, ok := frameOf(s)
	var c claim
	if !ok || frame.read(h, &c) != nil || frame.Timestamp == (Source{}) || within(c.timestamp, frame.Tolerance) {
		return ""
	}
	at, _ := seconds(c.timestamp)
	if age := time.Since(at).Round(time.Second); age > 0 {
		return fmt.Sprintf("it was signed %v ago, and %v are tolerated: a replay, or a clock that is slow", age, frame.Tolerance)
	}
	return fmt.Sprintf("it was signed %v in the future, and %v are tolerated: a clock is wrong", time.Until(at).Round(time.Second), frame.Tolerance)
}
