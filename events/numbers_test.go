package events_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/events"
)

func TestNumbersKeepTheirDigits(t *testing.T) {
	t.Parallel()
	const big, long = "9007199254740993", "123456789012345678901234567890.10"
	e, err := cdhosting.Open(nil, []byte(`{"id":`+big+`,"type":"t","data":{"n":`+big+`,"list":[`+long+`,{"n":`+big+`}]}}`))
	require.NoError(t, err)
	require.Equal(t, big, e.ID)

	whole := map[string]any{"n": json.Number(big), "list": []any{json.Number(long), map[string]any{"n": json.Number(big)}}}
	t.Run("in an integer", func(t *testing.T) {
		t.Parallel()
		got, err := events.Decode[struct {
			N int64 `json:"n"`
		}](e)
		require.NoError(t, err)
		require.EqualValues(t, 9007199254740993, got.N)
	})
	t.Run("in a map", func(t *testing.T) {
		t.Parallel()
		got, err := events.Decode[map[string]any](e)
		require.NoError(t, err)
		require.Equal(t, whole, got)
	})
	t.Run("in an any", func(t *testing.T) {
		t.Parallel()
		got, err := events.Decode[any](e)
		require.NoError(t, err)
		require.Equal(t, any(whole), got)
	})
	t.Run("in a field that is an any", func(t *testing.T) {
		t.Parallel()
		got, err := events.Decode[struct {
			N    any   `json:"n"`
			List []any `json:"list"`
		}](e)
		require.NoError(t, err)
		require.Equal(t, whole["n"], got.N)
		require.Equal(t, whole["list"], got.List)
	})
	t.Run("in a json.Number", func(t *testing.T) {
		t.Parallel()
		got, err := events.Decode[struct {
			N    json.Number  `json:"n"`
			P    *json.Number `json:"p"`
			List []any        `json:"list"`
		}](e)
		require.NoError(t, err)
		require.Equal(t, json.Number(big), got.N)
		require.Nil(t, got.P)
	})
	t.Run("in raw JSON", func(t *testing.T) {
		t.Parallel()
		got, err := events.Decode[map[string]json.RawMessage](e)
		require.NoError(t, err)
		require.Equal(t, big, string(got["n"]))
		all, err := events.Decode[json.RawMessage](e)
		require.NoError(t, err)
		require.Equal(t, string(e.Data), string(all))
	})
	t.Run("decoded and sent on", func(t *testing.T) {
		t.Parallel()
		got, err := events.Decode[any](e)
		require.NoError(t, err)
		require.Equal(t, `{"list":[`+long+`,{"n":`+big+`}],"n":`+big+`}`, string(events.Named("t", got).Data))
	})
	t.Run("through Seal", func(t *testing.T) {
		t.Parallel()
		body, err := cdhosting.Seal(events.Event{ID: big, Type: "t", Data: e.Data}, http.Header{})
		require.NoError(t, err)
		require.True(t, bytes.Contains(body, e.Data))
	})
}

// A json.Number is a string to the compiler, and was one to the parser: it refused numbers, and sent them on in quotes.
func TestJSONNumbersAreNumbers(t *testing.T) {
	t.Parallel()
	type bill struct {
		N    json.Number            `json:"n"`
		P    *json.Number           `json:"p,omitempty"`
		List []json.Number          `json:"list,omitempty"`
		By   map[string]json.Number `json:"by,omitempty"`
	}
	p := json.Number("-0.50e+3")
	for data, want := range map[string]bill{
		`{"n":1.50}`:                            {N: "1.50"},
		`{"n":0,"p":-0.50e+3}`:                  {N: "0", P: &p},
		`{"n":3,"list":[1,2],"by":{"a":1e400}}`: {N: "3", List: []json.Number{"1", "2"}, By: map[string]json.Number{"a": "1e400"}},
	} {
		got := decodes[bill](t, data)
		require.Equal(t, want, got)
		require.Equal(t, data, string(events.Named("t", got).Data))
		var standard bill
		require.NoError(t, json.Unmarshal([]byte(data), &standard))
		require.Equal(t, standard, got)
	}
	require.Equal(t, bill{N: "12"}, decodes[bill](t, `{"n":"12"}`), "as the standard library does")
	require.Equal(t, bill{}, decodes[bill](t, `{"n":null,"p":null}`))
	require.Equal(t, `{"n":0}`, string(events.Named("t", bill{}).Data), "as the standard library does")
	requirePanics(t, "cannot be written", func() { events.Named("t", json.Number(`1,"x":2`)) })
	requirePanics(t, "cannot be written", func() { events.Named("t", json.Number(`1 `)) })

	for name, test := range map[string]struct {
		data string
		want events.FieldError
	}{
		"text":               {`{"n":"CANARY"}`, field("n", "has a string where a number is wanted")},
		"empty text":         {`{"n":""}`, field("n", "has a string where a number is wanted")},
		"a number and space": {`{"n":"1 "}`, field("n", "has a string where a number is wanted")},
		"an object":          {`{"n":{"a":"CANARY"}}`, field("n", "has an object where a number is wanted")},
		"true":               {`{"n":true}`, field("n", "has a boolean where a number is wanted")},
		"in a list":          {`{"list":[1,"CANARY"]}`, field("list[1]", "has a string where a number is wanted")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			requireFields[bill](t, test.data, test.want)
		})
	}
}
