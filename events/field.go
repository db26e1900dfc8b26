package events

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxText is the longest id or type, in bytes. The longest documented one has 36; ids become keys of a store.
const maxText = 256

// Field is a place in a request.
type Field struct {
	kind fieldKind
	name string
	uuid bool
}

type fieldKind uint8

const (
	fieldNone fieldKind = iota
	fieldHeader
	fieldMember
	fieldWhole
	fieldDigest
)

// InHeader is a header.
func InHeader(name string) Field { return Field{kind: fieldHeader, name: name} }

// InBody is a member of the body's object: a string, or an integer, which keeps its digits.
func InBody(name string) Field { return Field{kind: fieldMember, name: name} }

// WholeBody is the body itself: the data of providers without an envelope.
func WholeBody() Field { return Field{kind: fieldWhole} }

// BodyDigest is the SHA-256 of the body, in hex: the id of events of providers that send none. Two events with equal
// bodies are then one.
func BodyDigest() Field { return Field{kind: fieldDigest} }

// UUID is the field with a rule for what stands in it: a UUID in its usual 36 characters, of which the case does not
// matter. Other forms are refused.
func (f Field) UUID() Field {
	f.uuid = true
	return f
}

// Header returns the header's name, and whether the field is one.
func (f Field) Header() (name string, ok bool) { return f.name, f.kind == fieldHeader }

// Derived reports whether the provider sends no such thing, and it is made from the body.
func (f Field) Derived() bool { return f.kind == fieldDigest }

// Canonical returns the form of text in which it is compared, or why it cannot stand in the field.
func (f Field) Canonical(text string) (string, error) {
	switch {
	case text == "":
		return "", malformed("%s is empty", f)
	case len(text) > maxText:
		return "", malformed("%s is over %d bytes", f, maxText)
	case !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl):
		return "", malformed("%s holds control characters or no text", f)
	case f.uuid && !isUUID(text):
		return "", malformed("%s is not a UUID", f)
	case f.uuid:
		return strings.ToLower(text), nil
	}
	return text, nil
}

// String says where the field is, for error texts.
func (f Field) String() string {
	switch f.kind {
	case fieldHeader:
		return "header " + f.name
	case fieldMember:
		return "member " + f.name
	case fieldWhole:
		return "the body"
	case fieldDigest:
		return "the body's digest"
	case fieldNone:
	}
	return "nowhere"
}

// read takes the text out of a request. member is what the body holds under the field's name, nil if nothing.
func (f Field) read(h http.Header, body, member []byte) (string, error) {
	switch f.kind {
	case fieldHeader:
		values := h.Values(f.name)
		if len(values) == 0 {
			return "", malformed("%s is missing", f)
		}
		if len(values) > 1 { // which of them counts would depend on who reads
			return "", malformed("%s is there more than once", f)
		}
		return f.Canonical(values[0])
	case fieldMember:
		if member == nil {
			return "", malformed("%s is missing", f)
		}
		text, ok := textOf(member)
		if !ok {
			return "", malformed("%s is neither a string nor an integer", f)
		}
		return f.Canonical(text)
	case fieldDigest:
		sum := sha256.Sum256(body)
		return hex.EncodeToString(sum[:]), nil
	case fieldNone, fieldWhole:
	}
	return "", nil
}

func isUUID(text string) bool {
	if len(text) != 36 {
		return false
	}
	for i := range len(text) {
		c := text[i]
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if c != '-' {
				return false
			}
		} else if (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'f') {
			return false
		}
	}
	return true
}
