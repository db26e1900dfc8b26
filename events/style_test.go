package events_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/events"
)

// asPHP is PHP's json_encode of a string, written down from its manual.
func asPHP(text string) string {
	short := map[uint16]string{'"': `\"`, '\\': `\\`, '/': `\/`, '\b': `\b`, '\f': `\f`, '\n': `\n`, '\r': `\r`, '\t': `\t`}
	var b strings.Builder
	for _, unit := range utf16.Encode([]rune(text)) {
		switch escape, ok := short[unit]; {
		case ok:
			b.WriteString(escape)
		case unit < 0x20 || unit > 0x7f:
			fmt.Fprintf(&b, `\u%04x`, unit)
		default:
			b.WriteByte(byte(unit))
		}
	}
	return `"` + b.String() + `"`
}

func sealPHP(t *testing.T, e events.Event) string {
	t.Helper()
	body, err := mixpost.Seal(e, http.Header{})
	require.NoError(t, err)
	return string(body)
}

func TestPHPEscapes(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ data, want string }{
		"a slash":                        {`"https://example.com/a"`, `"https:\/\/example.com\/a"`},
		"a slash that is escaped":        {`"https:\/\/example.com/a"`, `"https:\/\/example.com\/a"`},
		"a backslash before a slash":     {`"a\\/b"`, `"a\\\/b"`},
		"backslashes and a quote":        {`"\\\\\"/"`, `"\\\\\"\/"`},
		"é":                              {`"Café"`, `"Caf\u00e9"`},
		"é that is escaped":              {`"Caf\u00e9"`, `"Caf\u00e9"`},
		"the last of two bytes":          {"\"\u07ff\"", `"\u07ff"`},
		"the last before the surrogates": {"\"\ud7ff\"", `"\ud7ff"`},
		"the last of the plane":          {"\"\uffff\"", `"\uffff"`},
		"the first beyond the plane":     {"\"\U00010000\"", `"\ud800\udc00"`},
		"an emoji":                       {`"🍰"`, `"\ud83c\udf70"`},
		"an emoji that is escaped":       {`"\ud83c\udf70"`, `"\ud83c\udf70"`},
		"the last of all":                {"\"\U0010ffff\"", `"\udbff\udfff"`},
		"line separators":                {"\"\u2028\u2029\"", `"\u2028\u2029"`},
		"the replacement character":      {"\"\ufffd\"", `"\ufffd"`},
		"control characters":             {`"\u0000\b\f\n\r\t\u001f"`, `"\u0000\b\f\n\r\t\u001f"`},
		"DEL":                            {"\"\x7f\"", "\"\x7f\""},
		"what HTML would have escaped":   {`"<a href='x'>&</a>"`, `"<a href='x'>&<\/a>"`},
		"names":                          {`{"a/é":{"/":1}}`, `{"a\/\u00e9":{"\/":1}}`},
		"what is no text":                {`[1.50,-2e3,true,false,null,{},[]]`, `[1.50,-2e3,true,false,null,{},[]]`},
		"spaces":                         {"{ \"a\":\t1 }", "{ \"a\":\t1 }"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := sealPHP(t, events.Event{Type: "post/é", Data: json.RawMessage(test.data)})
			require.Equal(t, `{"event":"post\/\u00e9","data":`+test.want+`}`, body)
			e, err := mixpost.Open(nil, []byte(body))
			require.NoError(t, err)
			require.Equal(t, "post/é", e.Type)
			require.JSONEq(t, test.data, string(e.Data))
		})
	}
}

func TestPlainLeavesTextAsItIs(t *testing.T) {
	t.Parallel()
	data := "{\"a/é\":\"🍰<>&\u2028\x7f\\/\\u00e9\"}"
	body, err := cdhosting.Seal(events.Event{ID: "1", Type: "a/é", Data: json.RawMessage(data)}, http.Header{})
	require.NoError(t, err)
	require.Equal(t, `{"id":"1","type":"a/é","data":`+data+`}`, string(body))
}

func TestPHPEscapesAnyText(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	for range 2000 {
		text := randomText(rng)
		e := events.Named("post.published", text)
		body := sealPHP(t, e)
		require.Equal(t, `{"event":"post.published","data":`+asPHP(text)+`}`, body)

		opened, err := mixpost.Open(nil, []byte(body))
		require.NoError(t, err)
		got, err := events.Decode[string](opened)
		require.NoError(t, err)
		require.Equal(t, text, got)
	}
}

// randomText has much of what is escaped, and something of every length of UTF-8.
func randomText(rng *rand.Rand) string {
	var b strings.Builder
	for range rng.IntN(40) {
		switch rng.IntN(4) {
		case 0:
			b.WriteByte("\"\\/\b\f\n\r\t\x00\x1f\x7f<>&u"[rng.IntN(15)])
		case 1:
			b.WriteByte(byte(rng.IntN(128)))
		case 2:
			if r := rune(rng.IntN(0x10000)); utf8.ValidRune(r) {
				b.WriteRune(r)
			}
		default:
			b.WriteRune(0x10000 + rune(rng.IntN(0x100000)))
		}
	}
	return b.String()
}
