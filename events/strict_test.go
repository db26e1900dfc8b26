package events_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/events"
)

// letter is a body that has all that the envelope asks for, with more members in it.
func letter(more string) string { return `{"id":"evt_1","type":"t"` + more + `}` }

// levels is a body that nests so deep, in objects and arrays by turns.
func levels(n int) string {
	var opening, closing strings.Builder
	for i := range n - 1 {
		opening.WriteString([]string{`[`, `{"a":`}[i%2])
		closing.WriteString([]string{`]`, `}`}[(n-i)%2])
	}
	return letter(`,"data":` + opening.String() + "0" + closing.String())
}

func TestOpenRefusesWhatIsNotOneJSONObject(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"nothing":                               "",
		"spaces":                                " \t\r\n",
		"null":                                  "null",
		"true":                                  "true",
		"a number":                              "42",
		"a string":                              `"x"`,
		"an empty array":                        "[]",
		"an object in an array":                 "[" + letter("") + "]",
		"a word":                                "CANARY",
		"a form":                                "id=CANARY&type=t",
		"an object twice":                       letter("") + letter(""),
		"an object and another after a line":    letter("") + "\n" + letter(""),
		"a scalar after the object":             letter("") + " 0",
		"text after the object":                 letter("") + "CANARY",
		"one brace too many":                    letter("") + "}",
		"a comma after the object":              letter("") + ",",
		"a NUL after the object":                letter("") + "\x00",
		"a byte order mark":                     "\ufeff" + letter(""),
		"a byte order mark of UTF-16":           "\xff\xfe" + letter(""),
		"a comment":                             letter("/* CANARY */"),
		"single quotes":                         `{'id':'evt_1','type':'t'}`,
		"a name without quotes":                 `{"id":"evt_1","type":"t",CANARY:1}`,
		"a comma at the end":                    letter(","),
		"two commas":                            letter(`,,"a":1`),
		"a semicolon for a colon":               letter(`,"a";1`),
		"a number with a leading zero":          letter(`,"a":01`),
		"a number with a plus":                  letter(`,"a":+1`),
		"NaN":                                   letter(`,"a":NaN`),
		"a line feed in a string":               letter(",\"a\":\"CANARY\n\""),
		"a NUL in a string":                     letter(",\"a\":\"CANARY\x00\""),
		"a word, below a name of private parts": letter(`,"CANARY":{"CANARY":[tru]}`),
		"an unknown escape":                     letter(`,"a":"CANARY\x41"`),
		"a short escape":                        letter(`,"a":"CANARY\u12"`),
		"invalid UTF-8 in a value":              letter(",\"a\":\"CANARY\xff\""),
		"invalid UTF-8 in a name":               letter(",\"CANARY\xff\":1"),
		"an overlong slash":                     letter(",\"a\":\"CANARY\xc0\xaf\""),
		"a surrogate as UTF-8":                  letter(",\"a\":\"CANARY\xed\xa0\x80\""),
		"invalid UTF-8 in a string, deep":       letter(",\"data\":{\"a\":[0,{\"b\":\"CANARY\xff\"}]}"),
		"invalid UTF-8 in a name, deep":         letter(",\"data\":{\"a\":[0,{\"CANARY\xff\":1}]}"),
		"half an emoji":                         letter(",\"a\":\"CANARY\xf0\x9f\x8d\""),
		"a high surrogate alone":                letter(`,"a":"CANARY\ud83c"`),
		"a low surrogate alone":                 letter(`,"a":"CANARY\udf70"`),
		"surrogates in the wrong order":         letter(`,"a":"CANARY\udf70\ud83c"`),
		"a high surrogate before a letter":      letter(`,"a":"CANARY\ud83cx"`),
		"a lone surrogate in a name":            letter(`,"CANARY\ud83c":1`),
		"a high surrogate alone, deep":          letter(`,"data":{"a":[0,{"b":"CANARY\ud83c"}]}`),
		"a low surrogate alone, in a deep name": letter(`,"data":{"a":[0,{"CANARY\udf70":1}]}`),
		"the id twice":                          letter(`,"id":"CANARY"`),
		"the id twice, the same":                letter(`,"id":"evt_1"`),
		"the type twice":                        letter(`,"type":"CANARY"`),
		"a name twice":                          letter(`,"CANARY":1,"CANARY":2`),
		"a name twice, once escaped":            letter(`,"\u0061":1,"a":"CANARY"`),
		"the id twice, once escaped":            letter(`,"\u0069d":"CANARY"`),
		"an empty name twice":                   letter(`,"":1,"":2`),
		"a name twice, in the data":             letter(`,"data":{"CANARY":1,"CANARY":2}`),
		"a name twice, deep in an array":        letter(`,"x":[0,[{"y":{"CANARY":1,"b":0,"CANARY":1}}]]`),
		"a name twice, deep, once escaped":      letter(`,"x":{"y":{"é":1,"\u00e9":"CANARY"}}`),
		"a name twice, thousands of names off":  letter(`,"data":{` + manyNames(5000) + `,"key0":1}`),
		"513 levels":                            levels(513),
		"10,000 levels":                         levels(10_000),
		"10,000 levels that never end":          `{"id":"evt_1","type":"t","a":` + strings.Repeat("[", 10_000),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, err := cdhosting.Open(nil, []byte(body))
			requireMalformed(t, err)
			require.Equal(t, events.Event{}, e)
		})
	}
}

func TestDepthAloneIsRefused(t *testing.T) {
	t.Parallel()
	for _, n := range []int{513, 1000, 10_000} {
		body := []byte(levels(n))
		require.True(t, json.Valid(body), "%d levels", n)
		_, err := cdhosting.Open(nil, body)
		require.ErrorIs(t, err, events.ErrMalformed)
		require.ErrorContains(t, err, "deeper than 512 levels")
	}
}

func manyNames(n int) string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf(`"key%d":%d`, i, i)
	}
	return strings.Join(names, ",")
}

func TestOpenRefusesEveryCutBody(t *testing.T) {
	t.Parallel()
	body := letter(`,"data":{"a":["\u00e9\ud83c\udf70é🍰",-1.5e3,true,null,{}],"b":"CANARY"}`)
	_, err := cdhosting.Open(nil, []byte(body))
	require.NoError(t, err)
	for n := range len(body) {
		_, err := cdhosting.Open(nil, []byte(body[:n]))
		require.ErrorIs(t, err, events.ErrMalformed, body[:n])
		require.NotContains(t, err.Error(), canary)
	}
}

func TestOpenAcceptsOneJSONObject(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"the least":                       letter(""),
		"a trailing line feed":            letter("") + "\n",
		"spaces, tabs and CRLF all about": "\r\n\t {\r\n\t\"id\" :\t\"evt_1\" ,\r\n\"type\" : \"t\"\r\n} \r\n\t",
		"unknown members of every kind":   letter(`,"a":null,"b":true,"c":-0.5E+3,"d":"","e":[],"f":{}`),
		"512 levels":                      levels(512),
		"many brackets, not nested":       letter(`,"a":[` + strings.Repeat("[],{},", 2000) + `0]`),
		"brackets in strings":             letter(`,"a":"` + strings.Repeat(`[{\"`, 2000) + `"`),
		"backslashes before a quote":      letter(`,"a":"\\","b":"\\\"[","c":"\\\\"`),
		"512 KiB of string":               letter(`,"data":"` + strings.Repeat("é", 256<<10) + `"`),
		"100,000 names":                   letter(`,"data":{` + manyNames(100_000) + `}`),
		"an emoji":                        letter(`,"🍰":"🍰"`),
		"an emoji, escaped":               letter(`,"a":"\ud83c\udf70"`),
		"slashes, escaped":                letter(`,"a":"https:\/\/example.com"`),
		"letters, escaped":                letter(`,"a":"Caf\u00e9 CAF\u00C9"`),
		"line separators, plain":          letter(",\"a\":\"\u2028\u2029\""),
		"line separators, escaped":        letter(`,"a":"\u2028\u2029"`),
		"NUL and DEL, escaped":            letter(`,"a":"\u0000\u007f"`),
		"the replacement character":       letter(",\"a\":\"\ufffd\""),
		"names of JavaScript's own":       letter(`,"__proto__":{"id":"x"},"constructor":{"prototype":{}}`),
		"names that differ in case":       letter(`,"ID":"x","Type":"y","tYPE":"z"`),
		"names that differ in a sign":     letter(`,"é":1,"e\u0301":2`),
		"one name at several depths":      letter(`,"data":{"id":{"id":[{"id":1},{"id":2}]}}`),
		"names that are spelled in part":  letter(`,"\u0064ata":{}`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.True(t, json.Valid([]byte(body)), "the row itself is wrong")
			e, err := cdhosting.Open(nil, []byte(body))
			require.NoError(t, err)
			require.Equal(t, "evt_1", e.ID)
			require.Equal(t, "t", e.Type)
		})
	}
}

func TestNamesAreToldApartByCase(t *testing.T) {
	t.Parallel()
	body := []byte(`{"ID":"x","id":"y","Type":"X","type":"t","iD":"z"}`)
	for range 20 { // a reader that goes by a map's order is wrong now and then only
		e, err := cdhosting.Open(nil, body)
		require.NoError(t, err)
		require.Equal(t, "y", e.ID)
		require.Equal(t, "t", e.Type)

		type ids struct {
			ID    string `json:"id"`
			Title string `json:"Type"`
			Bare  string // without a tag it is "Bare", and "bare" is another
		}
		got, err := events.Decode[ids](events.Event{Data: []byte(`{"ID":"x","id":"y","type":"t","bare":"b"}`)})
		require.NoError(t, err)
		require.Equal(t, ids{ID: "y"}, got)
	}
	_, err := cdhosting.Open(nil, []byte(`{"ID":"x","type":"t"}`))
	requireMalformed(t, err)
}
