package events_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/events"
)

// requireFields decodes data, which is wrong, and holds the error against what it must say, field by field.
func requireFields[T any](t *testing.T, data string, want ...events.FieldError) {
	t.Helper()
	_, err := events.Decode[T](events.Event{Type: "test.type", Data: json.RawMessage(data)})
	require.ErrorIs(t, err, events.ErrInvalid)
	var invalid *events.InvalidError
	require.ErrorAs(t, err, &invalid)
	require.Equal(t, "test.type", invalid.Type)
	require.Equal(t, want, invalid.Fields)
	require.NotContains(t, err.Error(), canary)
}

func field(path, problem string) events.FieldError {
	return events.FieldError{Path: path, Problem: problem}
}

func decodes[T any](t *testing.T, data string) T {
	t.Helper()
	got, err := events.Decode[T](events.Event{Type: "test.type", Data: json.RawMessage(data)})
	require.NoError(t, err)
	return got
}

type parcel struct {
	Name   string            `json:"name"`
	Grams  int8              `json:"grams"`
	Fragil bool              `json:"fragile"`
	Stops  []stop            `json:"stops"`
	Labels map[string]string `json:"labels"`
	Sender *stop             `json:"sender"`
	Extra  any               `json:"extra"`
}

type stop struct {
	City string `json:"city"`
	Code [2]int `json:"code"`
}

func TestDecodeSaysWhichFieldCannotBeRead(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		data string
		want events.FieldError
	}{
		"an object for text":        {`{"name":{"a":"CANARY"}}`, field("name", "has an object where a string is wanted")},
		"an array for text":         {`{"name":["CANARY"]}`, field("name", "has an array where a string is wanted")},
		"true for text":             {`{"name":true}`, field("name", "has a boolean where a string is wanted")},
		"false for a number":        {`{"grams":false}`, field("grams", "has a boolean where a number is wanted")},
		"text for a number":         {`{"grams":"CANARY"}`, field("grams", "has a string where a number is wanted")},
		"text for a boolean":        {`{"fragile":"CANARY"}`, field("fragile", "has a string where a boolean is wanted")},
		"a number that is too big":  {`{"grams":128}`, field("grams", "has a number that cannot be held")},
		"a number with a fraction":  {`{"grams":1.5}`, field("grams", "has a number that cannot be held")},
		"an object for a list":      {`{"stops":{"city":"CANARY"}}`, field("stops", "has an object where an array is wanted")},
		"deep in a list":            {`{"stops":[{},{"city":7}]}`, field("stops[1].city", "has a number where a string is wanted")},
		"deep in a list in a list":  {`{"stops":[{"code":[1,"CANARY"]}]}`, field("stops[0].code[1]", "has a string where a number is wanted")},
		"behind a pointer":          {`{"sender":{"city":[]}}`, field("sender.city", "has an array where a string is wanted")},
		"all of it":                 {`"CANARY"`, field("", "has a string where an object is wanted")},
		"a number for all of it":    {`7`, field("", "has a number where an object is wanted")},
		"an array for all of it":    {`["CANARY"]`, field("", "has an array where an object is wanted")},
		"cut short":                 {`{"name":"CANARY`, field("", "is not valid JSON")},
		"no JSON":                   {`CANARY`, field("", "is not valid JSON")},
		"two values":                {`{} "CANARY"`, field("", "is not valid JSON")},
		"a name twice":              {`{"name":"CANARY","name":"CANARY"}`, field("", "is not valid JSON")},
		"an unknown name twice":     {`{"CANARY":1,"CANARY":2}`, field("", "is not valid JSON")},
		"a name twice, once hidden": {`{"name":"a","n\u0061me":"CANARY"}`, field("", "is not valid JSON")},
		"a name twice, in an any":   {`{"extra":{"CANARY":1,"CANARY":2}}`, field("", "is not valid JSON")},
		"no UTF-8":                  {"{\"name\":\"CANARY\xff\"}", field("", "is not valid JSON")},
		"a lone surrogate":          {`{"name":"CANARY\ud83c"}`, field("", "is not valid JSON")},
		"nothing":                   {``, field("", "has no data")},
		"spaces":                    {` `, field("", "is not valid JSON")},
		"without an end":            {strings.Repeat(`{"extra":`, 20_000), field("", "is not valid JSON")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			requireFields[parcel](t, test.data, test.want)
		})
	}
}

func TestDecodeReadsIntoAnything(t *testing.T) {
	t.Parallel()
	data := `{"name":"Zoë","grams":-128,"stops":[{"city":"Turin","code":[1,2]}],"labels":{"a":"b"},"sender":null,"extra":[1],"new":{"a":1}}`
	want := parcel{Name: "Zoë", Grams: -128, Stops: []stop{{City: "Turin", Code: [2]int{1, 2}}}, Labels: map[string]string{"a": "b"}, Extra: []any{json.Number("1")}}
	require.Equal(t, want, decodes[parcel](t, data))
	require.Equal(t, &want, decodes[*parcel](t, data))
	require.Equal(t, map[string]any{"a": json.Number("1.50")}, decodes[map[string]any](t, `{"a":1.50}`))
	require.Equal(t, json.RawMessage(data), decodes[json.RawMessage](t, data))
	require.Equal(t, "Zoë", decodes[string](t, `"Zo\u00eb"`))
	require.Equal(t, []int{1, 2}, decodes[[]int](t, `[1,2]`))
	require.Nil(t, decodes[any](t, `null`))
	require.Equal(t, parcel{}, decodes[parcel](t, `{}`))
	require.Equal(t, parcel{}, decodes[parcel](t, `{"name":null,"grams":null,"stops":null}`))
}

// A handler may keep and change what it was given: the event that others read must stay as it is.
func TestDecodedDataIsTheHandlersOwn(t *testing.T) {
	t.Parallel()
	e := events.Event{Data: json.RawMessage(`{"a":"b"}`)}
	raw, err := events.Decode[json.RawMessage](e)
	require.NoError(t, err)
	raw[2] = 'x'
	require.Equal(t, `{"a":"b"}`, string(e.Data))
}
