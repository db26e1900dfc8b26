package verify

import (
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// bodyChange undoes a mistake of the body.
type bodyChange struct {
	body     []byte
	findings []Finding
}

const bom = "\xef\xbb\xbf"

// bodyChanges are the body as it is, and with a mistake undone; with two where pairs says so. They are made one by one,
// since a body that is indented may be many times as long.
func bodyChanges(body []byte, pairs bool) iter.Seq[bodyChange] {
	return func(yield func(bodyChange) bool) {
		more := yield(bodyChange{body: body})
		try := func(changed []byte, cause Cause, text string, before ...Finding) {
			if more && !bytes.Equal(changed, body) { //constanttime:public the request's own
				more = yield(bodyChange{changed, append(before, Finding{cause, text})})
			}
		}
		ends := func(body []byte, before ...Finding) {
			bare := bytes.TrimRight(body, "\r\n")
			for _, end := range []string{"", "\n", "\r\n"} {
				changed := append(bytes.Clone(bare), end...)
				switch {
				case len(changed) < len(body):
					try(changed, BodyNewline, "the body ends in a newline that was not signed", before...)
				case len(changed) > len(body):
					try(changed, BodyNewline, "the body has lost the newline at its end, which was signed", before...)
				}
			}
		}
		ends(body)
		if rest, ok := bytes.CutPrefix(body, []byte(bom)); ok {
			try(rest, BodyBOM, "the body begins with a byte order mark that was not signed")
		} else {
			try(append([]byte(bom), body...), BodyBOM, "the body has lost the byte order mark at its start, which was signed")
		}
		unix := bytes.ReplaceAll(body, []byte("\r\n"), []byte("\n"))
		try(unix, BodyLineEnds, "the body's lines end in CRLF, and in LF when they were signed")
		try(bytes.ReplaceAll(unix, []byte("\n"), []byte("\r\n")), BodyLineEnds, "the body's lines end in LF, and in CRLF when they were signed")
		for e := range encodingsOf(body) {
			text := "the body was decoded and encoded again: what was signed is " + e.text
			try(e.body, BodyReencoded, text)
			if pairs {
				ends(e.body, Finding{BodyReencoded, text})
			}
			if !more {
				return
			}
		}
	}
}

type encodedBody struct {
	body []byte
	text string
}

// maxDepth is the depth of a body, by its brackets, above which it is not encoded again: indented, it would be its own
// length times its depth.
const maxDepth = 64

// encodingsOf writes a JSON body in the ways of common encoders. A name's doubles and their order stay as they are,
// except where the encoder sorts.
func encodingsOf(body []byte) iter.Seq[encodedBody] {
	return func(yield func(encodedBody) bool) {
		var compact bytes.Buffer
		if depth(body) > maxDepth || json.Compact(&compact, body) != nil {
			return
		}
		orders := []encodedBody{{unescape(compact.Bytes()), ""}}
		var value any
		dec := json.NewDecoder(bytes.NewReader(body))
		dec.UseNumber()
		if dec.Decode(&value) == nil {
			var sorted bytes.Buffer
			enc := json.NewEncoder(&sorted)
			enc.SetEscapeHTML(false)
			if enc.Encode(value) == nil {
				orders = append(orders, encodedBody{unescape(bytes.TrimRight(sorted.Bytes(), "\n")), " with sorted names"})
			}
		}
		for _, order := range orders {
			for _, layout := range layouts {
				laid := encodedBody{layout.write(order.body), layout.text + order.text}
				if !yield(laid) {
					return
				}
				var seen [][]byte
				for _, style := range styles {
					escaped := escape(laid.body, style.escape)
					if bytes.Equal(escaped, laid.body) || slices.ContainsFunc(seen, func(b []byte) bool { return bytes.Equal(b, escaped) }) { //constanttime:public the request's own
						continue
					}
					seen = append(seen, escaped)
					if !yield(encodedBody{escaped, laid.text + ", " + style.text}) {
						return
					}
				}
			}
		}
	}
}

var layouts = []struct {
	text  string
	write func(body []byte) []byte
}{
	{"compact JSON", func(body []byte) []byte { return body }},
	{"JSON indented by two spaces", indentedBy("  ")},
	{"JSON indented by four spaces", indentedBy("    ")},
	{"JSON indented by tabs", indentedBy("\t")},
	{"JSON with a space after each comma and colon", spaced},
}

func indentedBy(indent string) func([]byte) []byte {
	return func(body []byte) []byte {
		var b bytes.Buffer
		_ = json.Indent(&b, body, "", indent) // it is JSON
		return b.Bytes()
	}
}

// styles are in the order in which they are believed: the last escapes what the others do, and more.
var styles = []struct {
	text   string
	escape func(r rune) bool
}{
	{`with \/ for slashes`, func(r rune) bool { return r == '/' }},
	{`with \u for what is not ASCII`, func(r rune) bool { return r >= utf8.RuneSelf }},
	{`with \u for <, > and &`, func(r rune) bool { return r == '<' || r == '>' || r == '&' || r == '\u2028' || r == '\u2029' }},
	{`with \/ for slashes and \u for what is not ASCII`, func(r rune) bool { return r == '/' || r >= utf8.RuneSelf }},
}

// depth counts brackets, in strings too: it is at least the depth.
func depth(body []byte) (deepest int) {
	open := 0
	for _, c := range body {
		switch c {
		case '{', '[':
			open++
			deepest = max(deepest, open)
		case '}', ']':
			open--
		}
	}
	return deepest
}

// unescape writes the characters of strings as themselves where JSON allows it.
func unescape(body []byte) []byte {
	out := make([]byte, 0, len(body))
	for i := 0; i < len(body); {
		if body[i] != '\\' {
			out = append(out, body[i])
			i++
			continue
		}
		size := 2
		if body[i+1] == 'u' {
			size = 6
			if i+12 <= len(body) && body[i+2]|0x20 == 'd' && body[i+6] == '\\' && body[i+7] == 'u' { // half of a pair
				size = 12
			}
		}
		escaped := body[i : i+size]
		i += size
		var text string
		if json.Unmarshal([]byte(`"`+string(escaped)+`"`), &text) == nil && strings.IndexFunc(text, mustEscape) < 0 && !strings.ContainsRune(text, utf8.RuneError) {
			out = append(out, text...)
		} else {
			out = append(out, escaped...)
		}
	}
	return out
}

func mustEscape(r rune) bool { return r < ' ' || r == '"' || r == '\\' }

// escape writes the characters of strings that which picks as escapes.
func escape(body []byte, which func(rune) bool) []byte {
	var out []byte
	for i := 0; i < len(body); {
		r, size := utf8.DecodeRune(body[i:])
		switch {
		case body[i] == '\\':
			size = 2
			out = append(out, body[i:i+size]...)
		case r == '/' && which(r):
			out = append(out, `\/`...)
		case which(r):
			for _, unit := range utf16.Encode([]rune{r}) {
				out = fmt.Appendf(out, `\u%04x`, unit)
			}
		default:
			out = append(out, body[i:i+size]...)
		}
		i += size
	}
	return out
}

// spaced puts a space after each comma and colon between values.
func spaced(body []byte) []byte {
	out, quoted := make([]byte, 0, len(body)+len(body)/8), false
	for i := 0; i < len(body); i++ {
		out = append(out, body[i])
		switch c := body[i]; {
		case c == '\\' && i+1 < len(body):
			i++
			out = append(out, body[i])
		case c == '"':
			quoted = !quoted
		case !quoted && (c == ',' || c == ':'):
			out = append(out, ' ')
		}
	}
	return out
}
