package conform

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

const refusedAsMalformed = "400, no effect, and it goes on"

// bodies is what a signed body may be that is no event.
var bodies = []Check{
	{
		ID: "BODY-01", Level: Must, Sent: "JSON that is cut off", Want: refusedAsMalformed,
		Why: "as a 5xx it would be sent again for hours, without hope",
		run: func(t *trial) {
			t.unreadable(t.altered(func(body []byte) []byte { return body[:len(body)/2] }))
		},
	},
	{
		ID: "BODY-02", Level: Must, Sent: "nothing", Want: refusedAsMalformed,
		Why: "parsers throw on it",
		run: func(t *trial) { t.unreadable(t.raw("")) },
	},
	{
		ID: "BODY-03", Level: Must, Sent: `JSON that is no object: null, [], "x", 42, true`, Want: refusedAsMalformed,
		Why: "it parses, and then has no members",
		run: func(t *trial) {
			for _, body := range []string{"null", "[]", `"x"`, "42", "true"} {
				t.unreadable(t.raw(body))
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
			for _, deep := range []bool{false, true} {
				m := t.valid()
				t.either(t.send(t.resealed(m, t.mistyped(m, deep))), http.StatusBadRequest, http.StatusUnprocessableEntity)
			}
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

// unreadable sends what is no event, signed. A receiver that puts all that is signed into a queue accepts it; that does
// no harm as long as nothing comes of it.
func (t *trial) unreadable(m *message) {
	a := t.send(m)
	if a.Err != nil || a.Status > 299 {
		t.rejected(a, http.StatusBadRequest)
		t.quiet(m)
		return
	}
	t.negative = true
	t.quiet(m)
	t.lenient("answered %v: it was accepted, and nobody will ever know what it meant", a)
}

// mistyped is a request's body with members of other types, as many as leave it an event of the same type: those of the
// outermost object or, deep, all that are in them.
func (t *trial) mistyped(m *message, deep bool) []byte {
	codec := t.target.Provider.Codec
	was, err := codec.Open(m.header(), m.body)
	var members map[string]any
	if t.must(err); json.Unmarshal(m.body, &members) != nil {
		t.skip("the body is no JSON object")
	}
	body, changed := m.body, false
	for _, name := range slices.Sorted(maps.Keys(members)) {
		own := members[name]
		members[name] = otherwise(own, deep)
		other, err := json.Marshal(members)
		t.must(err)
		if e, err := codec.Open(m.header(), other); err != nil || e.Type != was.Type {
			members[name] = own
			continue
		}
		body, changed = other, true
	}
	if !changed {
		t.skip("the body has no members besides those that make it an event")
	}
	return body
}

// otherwise is a JSON value of another type or, deep, one of which all parts are of another type.
func otherwise(value any, deep bool) any {
	switch value := value.(type) {
	case string:
		return 7
	case map[string]any:
		if !deep {
			return "text"
		}
		for name, part := range value {
			value[name] = otherwise(part, deep)
		}
		return value
	case []any:
		if !deep {
			return "text"
		}
		for i, part := range value {
			value[i] = otherwise(part, deep)
		}
		return value
	}
	return "text" // a number, true, false, null
}
