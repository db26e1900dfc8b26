package conform

import (
	"bytes"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

const refusedAsMalformed = "400, and it goes on"

// bodies is what a signed body may be that is no event.
var bodies = []Check{
	{
		ID: "BODY-01", Level: Must, Sent: "JSON that is cut off", Want: refusedAsMalformed,
		Why: "as a 5xx it would be sent again for hours, without hope",
		run: func(t *trial) {
			t.refused(t.altered(func(body []byte) []byte { return body[:len(body)/2] }), http.StatusBadRequest)
		},
	},
	{
		ID: "BODY-02", Level: Must, Sent: "nothing", Want: refusedAsMalformed,
		Why: "parsers throw on it",
		run: func(t *trial) { t.rejected(t.send(t.raw("")), http.StatusBadRequest) },
	},
	{
		ID: "BODY-03", Level: Must, Sent: `JSON that is no object: null, [], "x", 42, true`, Want: refusedAsMalformed,
		Why: "it parses, and then has no members",
		run: func(t *trial) {
			for _, body := range []string{"null", "[]", `"x"`, "42", "true"} {
				t.rejected(t.send(t.raw(body)), http.StatusBadRequest)
			}
		},
	},
	{
		ID: "BODY-04", Level: Must, Sent: "an object without a type", Want: "400, or 2xx without an effect",
		Why: "nobody can say which handler it is for",
		run: func(t *trial) {
			m := t.raw(`{"sim_note":"` + newID() + `"}`)
			if _, err := t.target.Provider.Codec.Open(m.header(), m.body); err == nil {
				t.skip("the provider sends the type in a header")
			}
			t.either(t.send(m), http.StatusBadRequest)
			t.quiet(m)
		},
	},
	{
		ID: "BODY-05", Level: Must, Sent: "known members of other types: numbers for text, text for objects", Want: "400, 422 or 2xx, and it goes on",
		Why: "the first use of such a member throws, long after the parser was content",
		run: func(t *trial) {
			t.either(t.send(t.altered(mistyped)), http.StatusBadRequest, http.StatusUnprocessableEntity)
		},
	},
	{
		ID: "BODY-06", Level: Must, Sent: "10,000 arrays in each other", Want: "400 or 2xx, and it goes on",
		Why: "a parser that calls itself runs out of stack",
		run: func(t *trial) {
			t.either(t.send(t.altered(func(body []byte) []byte {
				return withMember(body, `"sim_note":`+strings.Repeat("[", 10_000)+strings.Repeat("]", 10_000))
			})), http.StatusBadRequest)
		},
	},
	{
		ID: "BODY-07", Level: Should, Sent: "many members, and one of much text, within the limit", Want: "2xx or 4xx, in time",
		Why: "parsers whose time grows with the square",
		run: func(t *trial) {
			room := 512 << 10
			if t.target.MaxBody > 0 {
				room = min(room, int(t.target.MaxBody)/2)
			}
			var many strings.Builder
			for i := 0; many.Len() < room; i++ {
				fmt.Fprintf(&many, `,"k%d":0`, i)
			}
			t.unharmed(t.send(t.altered(func(body []byte) []byte { return withMember(body, many.String()[1:]) })))
			t.unharmed(t.send(t.noted(strings.Repeat("x", room))))
		},
	},
	{
		ID: "BODY-08", Level: Should, Sent: "members called __proto__ and constructor", Want: "2xx or 4xx, and it goes on",
		Why: "in JavaScript they reach into all other objects",
		run: func(t *trial) {
			t.unharmed(t.send(t.altered(func(body []byte) []byte {
				return withMember(body, `"__proto__":{"sim":true,"toString":1},"constructor":{"prototype":{"sim":true}}`)
			})))
			t.taken(t.valid())
		},
	},
	{
		ID: "BODY-09", Level: Should, Sent: "two JSON values in one body", Want: "400",
		Why: "a parser of streams reads the first and leaves the rest, which another one reads",
		run: func(t *trial) {
			m := t.altered(func(body []byte) []byte { return slices.Concat(body, body) })
			t.refused(m, http.StatusBadRequest)
		},
	},
}

// mistyped is an event with text where its data was an object.
func mistyped(body []byte) []byte {
	start := bytes.IndexByte(body[1:], '{')
	if start < 0 { // flat: a number for each UUID
		return regexp.MustCompile(`"`+aUUID.String()+`"`).ReplaceAll(body, []byte("7"))
	}
	start++
	end := bytes.LastIndexByte(body[:len(body)-1], '}')
	if end < start {
		return body
	}
	return slices.Concat(body[:start], []byte(`"text"`), body[end+1:])
}
