package events

import (
	"unicode/utf16"
	"unicode/utf8"
)

// Style is how a codec's Seal writes JSON. A receiver that decodes and encodes a body before it verifies it fails on
// every style but its own, and should fail in its tests.
type Style uint8

const (
	Plain      Style = iota // As Go writes it.
	PHPEscapes              // As PHP's json_encode writes it by default: \/ for a slash, \u00e9 for all that is not ASCII.
)

// apply rewrites a valid body.
func (s Style) apply(body []byte) []byte {
	if s == Plain {
		return body
	}
	out := make([]byte, 0, len(body)+len(body)/8)
	for i := 0; i < len(body); { // slashes and non-ASCII stand nowhere but in strings
		switch c := body[i]; {
		case c == '\\': // an escape stays what it is
			out = append(out, c, body[i+1])
			i += 2
		case c == '/':
			out = append(out, '\\', '/')
			i++
		case c < utf8.RuneSelf:
			out = append(out, c)
			i++
		default:
			r, size := utf8.DecodeRune(body[i:])
			if r1, r2 := utf16.EncodeRune(r); r > 0xFFFF {
				out = appendEscape(appendEscape(out, r1), r2)
			} else {
				out = appendEscape(out, r)
			}
			i += size
		}
	}
	return out
}

func appendEscape(out []byte, r rune) []byte {
	const digits = "0123456789abcdef"
	return append(out, '\\', 'u', digits[r>>12&15], digits[r>>8&15], digits[r>>4&15], digits[r&15])
}
