package verify

import (
	"errors"
	"fmt"
	"net/http"
)

// Part is a piece of what is signed. Parts are signed one after the other with nothing between them; put a [Text]
// where the provider puts a dot.
type Part struct {
	kind partKind
	text string
}

type partKind uint8

const (
	partNone partKind = iota
	partBody
	partHeader
	partText
	partTimestamp
)

// Body is the raw body, byte for byte.
func Body() Part { return Part{kind: partBody} }

// Header is the value of a header, which must be there exactly once.
func Header(name string) Part { return Part{kind: partHeader, text: name} }

// Text is fixed text, such as the dot in id.timestamp.body.
func Text(text string) Part { return Part{kind: partText, text: text} }

// Timestamp is the scheme's timestamp as it was sent, digit for digit.
func Timestamp() Part { return Part{kind: partTimestamp} }

func (s HMAC) validateParts() error {
	if s.Signed == nil {
		return nil
	}
	body := false
	for i, p := range s.Signed {
		switch p.kind {
		case partNone:
			return fmt.Errorf("verify: HMAC.Signed[%d] is empty", i)
		case partBody:
			body = true
		case partHeader:
			if !isToken(p.text) || sameHeader(p.text, s.Header) {
				return fmt.Errorf("verify: HMAC.Signed[%d]: header %q cannot be signed", i, p.text)
			}
		case partTimestamp:
			if s.Timestamp == (Source{}) {
				return fmt.Errorf("verify: HMAC.Signed[%d] is the timestamp, and the scheme has none", i)
			}
		case partText:
		}
	}
	if !body {
		return errors.New("verify: HMAC.Signed lacks Body(): anybody could exchange the body")
	}
	return nil
}

// checkParts refuses a request in which a signed header is not there exactly once.
func (s HMAC) checkParts(h http.Header) error {
	for _, p := range s.Signed {
		if p.kind != partHeader {
			continue
		}
		switch len(values(h, p.text)) {
		case 0:
			return errNoPart
		case 1:
		default:
			return errPartDoubled
		}
	}
	return nil
}

// sum is the MAC of the signed parts. It is good until m is put back.
func (s HMAC) sum(m *mac, h http.Header, timestamp string, body []byte) []byte {
	if s.Signed == nil {
		m.write(body)
		return m.sum()
	}
	for _, p := range s.Signed {
		if p.kind == partBody {
			m.write(body)
		} else {
			m.writeString(p.textIn(h, timestamp))
		}
	}
	return m.sum()
}

// message is the signed parts in one piece.
func (s HMAC) message(h http.Header, timestamp string, body []byte) []byte {
	if s.Signed == nil {
		return body
	}
	var message []byte
	for _, p := range s.Signed {
		if p.kind == partBody {
			message = append(message, body...)
		} else {
			message = append(message, p.textIn(h, timestamp)...)
		}
	}
	return message
}

// textIn is what a part other than the body says in a request.
func (p Part) textIn(h http.Header, timestamp string) string {
	switch p.kind {
	case partHeader:
		return values(h, p.text)[0]
	case partTimestamp:
		return timestamp
	case partText:
		return p.text
	case partNone, partBody:
	}
	return ""
}

// sameHeader reports whether two names are one header's. The empty name is nobody's.
func sameHeader(a, b string) bool {
	return a != "" && http.CanonicalHeaderKey(a) == http.CanonicalHeaderKey(b) //constanttime:public names
}

// values is h.Values(name), which allocates where name is not spelled in its canonical way.
func values(h http.Header, name string) []string {
	var buf [64]byte
	if len(name) > len(buf) {
		return h.Values(name)
	}
	first := true
	for i := range len(name) {
		c := name[i]
		switch {
		case first && 'a' <= c && c <= 'z':
			c -= 'a' - 'A'
		case !first && 'A' <= c && c <= 'Z':
			c += 'a' - 'A'
		}
		buf[i], first = c, c == '-'
	}
	return h[string(buf[:len(name)])] //constanttime:public the name of a header
}

// isToken reports whether name can be the name of a header (RFC 9110, section 5.6.2).
func isToken(name string) bool {
	for i := range len(name) {
		c := name[i]
		letter := 'a' <= c|0x20 && c|0x20 <= 'z'
		if !letter && (c < '0' || c > '9') && c != '-' && c != '_' && c != '.' {
			return false
		}
	}
	return name != ""
}
