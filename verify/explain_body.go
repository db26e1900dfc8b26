package verify

import (
	"bytes"
	"encoding/json"
	"fmt"
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

// bodyChanges are the body as it is, and with one mistake undone, or two.
func bodyChanges(body []byte) []bodyChange {
	all := []bodyChange{{body: body}}
	add := func(changed []byte, cause Cause, text string, before ...Finding) {
		if !bytes.Equal(changed, body) { //constanttime:public the request's own
			all = append(all, bodyChange{changed, append(before, Finding{cause, text})})
		}
	}
	ends := func(body []byte, before ...Finding) {
		if bare := bytes.TrimRight(body, "\r\n"); len(bare) < len(body) {
			add(bare, BodyNewline, "the body ends in a newline that was not signed", before...)
		}
		for _, end := range []string{"\n", "\r\n"} {
			if !bytes.HasSuffix(body, []byte("\n")) { //constanttime:public the request's own
				add(append(bytes.Clone(body), end...), BodyNewline, "the body has lost the newline at its end, which was signed", before...)
			}
		}
	}
	ends(body)
	if rest, ok := bytes.CutPrefix(body, []byte(bom)); ok {
		add(rest, BodyBOM, "the body begins with a byte order mark that was not signed")
	} else {
		add(append([]byte(bom), body...), BodyBOM, "the body has lost the byte order mark at its start, which was signed")
	}
	unix := bytes.ReplaceAll(body, []byte("\r\n"), []byte("\n"))
	add(unix, BodyLineEnds, "the body's lines end in CRLF, and in LF when they were signed")
	add(bytes.ReplaceAll(unix, []byte("\n"), []byte("\r\n")), BodyLineEnds, "the body's lines end in LF, and in CRLF when they were signed")
	for _, e := range encodingsOf(body) {
		text := "the body was decoded and encoded again: what was signed is " + e.text
		add(e.body, BodyReencoded, text)
		ends(e.body, Finding{BodyReencoded, text})
	}
	return all
}

type encodedBody struct {
	body []byte
	text string
}

// encodingsOf writes a JSON body in the ways of common encoders. A name's doubles and their order stay as they are,
// except where the encoder sorts.
func encodingsOf(body []byte) []encodedBody {
	var compact bytes.Buffer
	if json.Compact(&compact, body) != nil {
		return nil
	}
	inOrder := unescape(compact.Bytes())
	layouts := []encodedBody{{inOrder, "compact JSON"}}
	var value any
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	if dec.Decode(&value) == nil {
		var sorted bytes.Buffer
		enc := json.NewEncoder(&sorted)
		enc.SetEscapeHTML(false)
		if enc.Encode(value) == nil {
			layouts = append(layouts, encodedBody{unescape(bytes.TrimRight(sorted.Bytes(), "\n")), "compact JSON with sorted names"})
		}
	}
	for _, l := range slices.Clone(layouts) {
		for _, indent := range []string{"  ", "    ", "\t"} {
			var b bytes.Buffer
			if json.Indent(&b, l.body, "", indent) == nil {
				layouts = append(layouts, encodedBody{b.Bytes(), strings.Replace(l.text, "compact", "indented", 1)})
			}
		}
		layouts = append(layouts, encodedBody{spaced(l.body), strings.Replace(l.text, "compact JSON", "JSON with a space after each comma and colon", 1)})
	}
	all := slices.Clone(layouts)
	for _, l := range layouts {
		for _, style := range []struct {
			text   string
			escape func(r rune) bool
		}{
			{`with \/ for slashes and \u for what is not ASCII`, func(r rune) bool { return r == '/' || r >= utf8.RuneSelf }},
			{`with \/ for slashes`, func(r rune) bool { return r == '/' }},
			{`with \u for what is not ASCII`, func(r rune) bool { return r >= utf8.RuneSelf }},
			{`with \u for <, > and &`, func(r rune) bool { return r == '<' || r == '>' || r == '&' }},
		} {
			if escaped := escape(l.body, style.escape); !bytes.Equal(escaped, l.body) { //constanttime:public the request's own
				all = append(all, encodedBody{escaped, l.text + ", " + style.text})
			}
		}
	}
	return all
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
			if i+12 <= len(body) && bytes.HasPrefix(bytes.ToLower(body[i:]), []byte(`\ud`)) && body[i+6] == '\\' { //constanttime:public the request's own
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
