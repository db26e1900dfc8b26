package events_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/events"
)

// canary stands in bodies where something private would, and must not come back in an error.
const canary = "CANARY"

const civoID = "0b8a7c6d-1e2f-4a3b-8c4d-5e6f7a8b9c0d"

var (
	civo      = events.JSON{ID: events.InHeader("X-Civo-Event").UUID(), Type: events.InBody("event"), Data: events.WholeBody()}
	mixpost   = events.JSON{ID: events.BodyDigest(), Type: events.InBody("event"), Data: events.InBody("data"), Style: events.PHPEscapes}
	cdhosting = events.JSON{ID: events.InBody("id"), Type: events.InBody("type"), Time: events.InBody("created_at"), Data: events.InBody("data")}
	blend     = events.JSON{ID: events.InHeader("X-Civo-Event").UUID(), Type: events.InBody("type"), Time: events.InBody("created_at"), Data: events.InBody("data")}
)

func civoHeader() http.Header { return http.Header{"X-Civo-Event": {civoID}} }

func requireMalformed(t *testing.T, err error) {
	t.Helper()
	require.ErrorIs(t, err, events.ErrMalformed)
	require.NotContains(t, err.Error(), canary)
}

func TestOpenGivesBackWhatSealWasGiven(t *testing.T) {
	t.Parallel()
	at := time.Date(2025, 1, 15, 10, 30, 0, 123456789, time.FixedZone("", 2*60*60))
	data := json.RawMessage(`{"name":"Zoë / 東京 🍰","n":12345678901234567890,"list":[null,{"a":""}]}`)
	for name, test := range map[string]struct {
		codec events.JSON
		id    string
		at    time.Time
	}{
		"Civo, which carries no time":               {codec: civo, id: civoID},
		"Mixpost, which carries no id and no time":  {codec: mixpost},
		"CDHosting, which carries everything":       {codec: cdhosting, id: "evt_1", at: at},
		"CDHosting's envelope under Civo's header":  {codec: blend, id: civoID, at: at},
		"everything in headers but the data":        {codec: events.JSON{ID: events.InHeader("I"), Type: events.InHeader("E"), Time: events.InHeader("T"), Data: events.WholeBody()}, id: "evt_1", at: at},
		"an id that is a number, without envelope":  {codec: events.JSON{ID: events.InBody("id"), Type: events.InBody("type"), Data: events.WholeBody()}, id: "12345678901234567890"},
		"member names that have to be escaped":      {codec: events.JSON{ID: events.InBody(`"i\d"`), Type: events.InBody("ty/pé"), Data: events.InBody("da\nta"), Style: events.PHPEscapes}, id: "evt_1"},
		"a style that changes the bytes of a whole": {codec: events.JSON{ID: events.InBody("id"), Type: events.InBody("type"), Data: events.WholeBody(), Style: events.PHPEscapes}, id: "evt/é"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, given := http.Header{}, bytes.Clone(data)
			body, err := test.codec.Seal(events.Event{ID: test.id, Type: "server/started.é", Time: test.at, Data: given}, h)
			require.NoError(t, err)
			require.Equal(t, string(data), string(given), "Seal changed the data")

			e, err := test.codec.Open(h, body)
			require.NoError(t, err)
			require.Equal(t, "server/started.é", e.Type)
			require.True(t, e.Time.Equal(test.at), "%v", e.Time)
			require.Equal(t, h, e.Header)
			if !test.codec.ID.Derived() {
				require.Equal(t, test.id, e.ID)
			}
			want, got := members(t, data), members(t, e.Data)
			for name, value := range want {
				require.Equal(t, value, got[name], name)
			}
			if _, enveloped := members(t, body)["data"]; enveloped {
				require.Len(t, got, len(want))
			}
		})
	}
}

// members reads an object with the standard library, numbers digit for digit.
func members(t *testing.T, object []byte) map[string]any {
	t.Helper()
	var m map[string]any
	dec := json.NewDecoder(bytes.NewReader(object))
	dec.UseNumber()
	require.NoError(t, dec.Decode(&m))
	return m
}

func TestSealRefusesWhatOpenWouldRefuseOrReadOtherwise(t *testing.T) {
	t.Parallel()
	headers := events.JSON{ID: events.InHeader("X-Id"), Type: events.InHeader("X-Event"), Data: events.WholeBody()}
	with := func(data string) events.Event {
		return events.Event{ID: civoID, Type: "server.started", Data: json.RawMessage(data)}
	}
	for name, test := range map[string]struct {
		codec events.JSON
		e     events.Event
	}{
		"no id, in a header":                    {civo, events.Event{Type: "t"}},
		"no id, in the body":                    {cdhosting, events.Event{Type: "t"}},
		"no type":                               {cdhosting, events.Event{ID: "evt_1"}},
		"no type where there is no id either":   {mixpost, events.Event{Data: json.RawMessage(`{}`)}},
		"an id that is not the UUID it must be": {civo, events.Event{ID: canary, Type: "t"}},
		"an id over 256 bytes":                  {cdhosting, events.Event{ID: strings.Repeat("x", 257), Type: "t"}},
		"an id with a line feed, in a header":   {headers, events.Event{ID: "a\nb", Type: "t"}},
		"an id that is not UTF-8":               {cdhosting, events.Event{ID: "a\xff", Type: "t"}},
		"a type over 256 bytes":                 {cdhosting, events.Event{ID: "evt_1", Type: strings.Repeat("x", 257)}},
		"a type with a line feed, in the body":  {cdhosting, events.Event{ID: "evt_1", Type: "a\nb"}},
		"a type with a line feed, in a header":  {headers, events.Event{ID: "evt_1", Type: "a\nb"}},
		"a type that is not UTF-8":              {cdhosting, events.Event{ID: "evt_1", Type: "a\xff"}},
		"a type that is not UTF-8, in a header": {headers, events.Event{ID: "evt_1", Type: "a\xff"}},
		"a time that RFC 3339 cannot write":     {cdhosting, events.Event{ID: "evt_1", Type: "t", Time: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)}},
		"a time before the year 0":              {cdhosting, events.Event{ID: "evt_1", Type: "t", Time: time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC)}},
		"data that is cut short":                {cdhosting, with(`{"a":"CANARY"`)},
		"data that is no JSON":                  {cdhosting, with(`CANARY`)},
		"data of spaces":                        {cdhosting, with(` `)},
		"data of two values":                    {cdhosting, with(`{} {}`)},
		"data that closes the envelope":         {cdhosting, with(`{}},{`)},
		"data that adds a member":               {cdhosting, with(`{},"x":"CANARY"`)},
		"data that adds another id":             {cdhosting, with(`{},"id":"CANARY"`)},
		"data with a name twice":                {cdhosting, with(`{"CANARY":1,"CANARY":2}`)},
		"data that is not UTF-8":                {mixpost, with("\"CANARY\xff\"")},
		"data as deep as a body may be":         {cdhosting, with(strings.Repeat("[", 512) + strings.Repeat("]", 512))},
		"a whole body that is an array":         {civo, with(`[]`)},
		"a whole body that is text":             {civo, with(`"CANARY"`)},
		"a whole body that is null":             {civo, with(`null`)},
		"a whole body of spaces":                {civo, with(` `)},
		"a whole body with something after it":  {civo, with(`{"a":1} CANARY`)},
		"a whole body with a name twice":        {civo, with(`{"a":1,"a":2}`)},
		"a whole body of another type":          {civo, with(`{"event":"CANARY"}`)},
		"a whole body of another type, escaped": {civo, with(`{"\u0065vent":"CANARY"}`)},
		"a whole body whose type is null":       {civo, with(`{"event":null}`)},
		"a whole body whose type is an object":  {civo, with(`{"event":{"server.started":1}}`)},
		"an empty whole body that is cut":       {civo, with(`{`)},
		"data that is no object, without an id": {events.JSON{ID: events.BodyDigest(), Type: events.InBody("t"), Data: events.WholeBody()}, with(`7`)},
		"data of another id, without an envelope": {events.JSON{ID: events.InBody("id"), Type: events.InBody("t"), Data: events.WholeBody()},
			with(`{"id":"CANARY"}`)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body, err := test.codec.Seal(test.e, http.Header{})
			require.Empty(t, string(body))
			requireMalformed(t, err)
		})
	}
}

// What was opened must seal again without Raw, in whichever of its spellings the provider wrote it.
func TestSealTakesWholeDataThatSpellsTheEventOtherwise(t *testing.T) {
	t.Parallel()
	codec := events.JSON{ID: events.InBody("id").UUID(), Type: events.InBody("type"), Time: events.InBody("at"), Data: events.WholeBody()}
	for name, body := range map[string]string{
		"as it is":            `{"id":"` + civoID + `","type":"t","at":"2025-01-15T10:30:00Z"}`,
		"an escaped type":     `{"id":"` + civoID + `","type":"\u0074","at":"2025-01-15T10:30:00Z"}`,
		"a UUID in capitals":  `{"id":"` + strings.ToUpper(civoID) + `","type":"t"}`,
		"a time in a zone":    `{"id":"` + civoID + `","type":"t","at":"2025-01-15T12:30:00+02:00"}`,
		"a time with zeros":   `{"id":"` + civoID + `","type":"t","at":"2025-01-15T10:30:00.000Z"}`,
		"a time as a number":  `{"id":"` + civoID + `","type":"t","at":1736937000}`,
		"a time that is null": `{"id":"` + civoID + `","type":"t","at":null}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, err := codec.Open(nil, []byte(body))
			require.NoError(t, err)
			e.Raw = nil
			sealed, err := codec.Seal(e, http.Header{})
			require.NoError(t, err)
			require.JSONEq(t, body, string(sealed))
		})
	}
}

func TestSealWritesTheEnvelopeInOrder(t *testing.T) {
	t.Parallel()
	e := events.Event{ID: civoID, Type: "t", Time: time.Unix(0, 0).In(time.FixedZone("", 60*60)), Data: json.RawMessage(` {"a": 1} `)}
	bare := events.Event{ID: civoID, Type: "t"}
	for name, test := range map[string]struct {
		codec events.JSON
		e     events.Event
		want  string
	}{
		"an envelope":                        {cdhosting, e, `{"id":"` + civoID + `","type":"t","created_at":"1970-01-01T00:00:00Z","data": {"a": 1} }`},
		"an envelope without time and data":  {cdhosting, bare, `{"id":"` + civoID + `","type":"t"}`},
		"a type before the members of data":  {civo, e, `{"event":"t","a": 1} `},
		"a type that the data already holds": {civo, events.Event{ID: civoID, Type: "t", Data: json.RawMessage(`{"a":1,"event":"t"}`)}, `{"a":1,"event":"t"}`},
		"a type alone":                       {civo, bare, `{"event":"t"}`},
		"a type beside an empty object":      {civo, events.Event{ID: civoID, Type: "t", Data: json.RawMessage(" { } ")}, `{"event":"t"}`},
		"nothing, as all stands in headers":  {events.JSON{ID: events.InHeader("I"), Type: events.InHeader("T"), Data: events.WholeBody()}, bare, `{}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body, err := test.codec.Seal(test.e, http.Header{})
			require.NoError(t, err)
			require.Equal(t, test.want, string(body))
		})
	}
}

func TestRawIsSentByteForByte(t *testing.T) {
	t.Parallel()
	for name, raw := range map[string]string{
		"spaces and escapes": " {\"a\" : \"\\/é\"}\r\n",
		"not even JSON":      "{\"a\"\xff",
		"nothing":            "",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, codec := range []events.JSON{civo, mixpost, cdhosting, blend} {
				h := http.Header{"X-Civo-Event": {"stale"}, "Accept": {"*/*"}}
				body, err := codec.Seal(events.Event{ID: civoID, Type: "t", Data: json.RawMessage(`{"other":1}`), Raw: []byte(raw)}, h)
				require.NoError(t, err)
				require.NotNil(t, body)
				require.Equal(t, raw, string(body))
				require.Equal(t, []string{"*/*"}, h["Accept"])
				if name, ok := codec.ID.Header(); ok {
					require.Equal(t, []string{civoID}, h.Values(name))
				}

				_, err = codec.Seal(events.Event{Raw: []byte(raw)}, http.Header{}) // so that a sender can leave things out
				require.NoError(t, err)
			}
		})
	}
}

func TestDataSharesTheBody(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		codec events.JSON
		body  string
		data  string
	}{
		"in an envelope":       {cdhosting, `{"id":"1","data":{"a":1},"type":"t"}`, `{"a":1}`},
		"under a header's id":  {blend, ` {"type":"t","data" : [1] }`, `[1]`},
		"without an envelope":  {civo, `{"event":"t","a":1}`, `{"event":"t","a":1}`},
		"with spaces about it": {civo, "\n{\"event\":\"t\"}\n", "\n{\"event\":\"t\"}\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const behind = "the next request"
			memory := []byte(test.body + behind)
			body := memory[:len(test.body)]
			e, err := test.codec.Open(civoHeader(), body)
			require.NoError(t, err)
			require.Equal(t, test.data, string(e.Data))
			require.Equal(t, test.body+behind, string(memory), "Open changed the body")
			require.Same(t, &body[0], &e.Raw[0])
			require.Len(t, e.Raw, len(body))
			require.Same(t, &body[strings.Index(test.body, test.data)], &e.Data[0])

			_ = append(e.Data, "overwritten?"...)
			require.Equal(t, test.body+behind, string(memory), "appending to Data wrote over its neighbours")
		})
	}
}
