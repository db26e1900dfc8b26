package events_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/events"
)

func TestOpenReadsTheThreeProviders(t *testing.T) {
	t.Parallel()
	at := time.Date(2025, 1, 15, 10, 30, 0, 0, time.UTC)
	digest := func(body string) string {
		sum := sha256.Sum256([]byte(body))
		return hex.EncodeToString(sum[:])
	}
	post := `{"event":"post.published","data":{"url":"https:\/\/example.com"}}`
	instance := `{"event":"instance.created","resourceID":"84894d17-da88-45bb-8817-9b3b75cf61bf"}`
	for name, test := range map[string]struct {
		codec events.JSON
		body  string
		want  events.Event
	}{
		"Civo": {civo, instance, events.Event{ID: civoID, Type: "instance.created", Data: json.RawMessage(instance)}},
		"Mixpost": {mixpost, post, events.Event{ID: digest(post), Type: "post.published",
			Data: json.RawMessage(`{"url":"https:\/\/example.com"}`)}},
		"Mixpost, without data": {mixpost, `{"event":"post.deleted"}`, events.Event{ID: digest(`{"event":"post.deleted"}`), Type: "post.deleted"}},
		"CDHosting": {cdhosting, `{"id":"evt_abc123","type":"server.started","created_at":"2025-01-15T10:30:00Z","data":{"ip":"::1"}}`,
			events.Event{ID: "evt_abc123", Type: "server.started", Time: at, Data: json.RawMessage(`{"ip":"::1"}`)}},
		"CDHosting, in another order": {cdhosting, `{"data":[],"created_at":"2025-01-15T10:30:00Z","type":"server.started","id":"evt_abc123"}`,
			events.Event{ID: "evt_abc123", Type: "server.started", Time: at, Data: json.RawMessage(`[]`)}},
		"CDHosting, with names escaped": {cdhosting, `{"\u0069d":"evt_abc123","typ\u0065":"server.started","d\u0061ta":null}`,
			events.Event{ID: "evt_abc123", Type: "server.started", Data: json.RawMessage(`null`)}},
		"the blend takes its id from the header alone": {blend, `{"id":"evt_abc123","type":"server.started","data":{}}`,
			events.Event{ID: civoID, Type: "server.started", Data: json.RawMessage(`{}`)}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := civoHeader()
			test.want.Raw, test.want.Header = []byte(test.body), h
			e, err := test.codec.Open(h, []byte(test.body))
			require.NoError(t, err)
			require.Equal(t, test.want, e)
			require.Equal(t, test.codec.ID, test.codec.IDField())
			require.Equal(t, test.codec.Time, test.codec.TimeField())
		})
	}
}

func TestIDsInABody(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		id   string // as JSON; "" leaves the member out
		want string // "" means refused
	}{
		"text":                            {`"evt_1"`, "evt_1"},
		"text with escapes":               {`"a\/\u00e9\ud83c\udf70"`, "a/é🍰"},
		"braces":                          {`"}{"`, "}{"},
		"a quote and a backslash":         {`"\"\\"`, `"\`},
		"spaces":                          {`" a b "`, " a b "},
		"256 bytes":                       {`"` + strings.Repeat("x", 256) + `"`, strings.Repeat("x", 256)},
		"256 bytes in 128 letters":        {`"` + strings.Repeat(`\u00e9`, 128) + `"`, strings.Repeat("é", 128)},
		"257 bytes":                       {`"` + strings.Repeat("x", 257) + `"`, ""},
		"258 bytes in 129 letters":        {`"` + strings.Repeat("é", 129) + `"`, ""},
		"an integer":                      {`42`, "42"},
		"a negative integer":              {`-42`, "-42"},
		"zero":                            {`0`, "0"},
		"an integer of 256 digits":        {strings.Repeat("9", 256), strings.Repeat("9", 256)},
		"an integer of 257 digits":        {strings.Repeat("9", 257), ""},
		"a fraction":                      {`42.5`, ""},
		"a fraction that is an integer":   {`42.0`, ""},
		"an exponent":                     {`1e3`, ""},
		"an exponent in capitals":         {`1E3`, ""},
		"nothing":                         {"", ""},
		"null":                            {`null`, ""},
		"empty":                           {`""`, ""},
		"true":                            {`true`, ""},
		"an object":                       {`{"id":"CANARY"}`, ""},
		"an array":                        {`["CANARY"]`, ""},
		"a line feed":                     {`"CANARY\n"`, ""},
		"a NUL":                           {`"CANARY\u0000"`, ""},
		"DEL":                             {`"CANARY\u007f"`, ""},
		"a control character of Latin-1":  {`"CANARY\u0085"`, ""},
		"a line separator is no control":  {`"\u2028"`, "\u2028"},
		"bytes that are no UTF-8":         {"\"CANARY\xff\"", ""},
		"a replacement character is text": {`"\ufffd"`, "\ufffd"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			member := ""
			if test.id != "" {
				member = `"id":` + test.id + `,`
			}
			e, err := cdhosting.Open(nil, []byte(`{`+member+`"type":"t"}`))
			if test.want == "" {
				requireMalformed(t, err)
				require.Equal(t, events.Event{}, e)
				return
			}
			require.NoError(t, err)
			require.Equal(t, test.want, e.ID)
		})
	}
}

func TestIDsInAHeader(t *testing.T) {
	t.Parallel()
	text := events.JSON{ID: events.InHeader("x-id"), Type: events.InBody("event"), Data: events.WholeBody()}
	for name, test := range map[string]struct {
		codec events.JSON
		h     http.Header
		want  string // "" means refused
	}{
		"a UUID":                          {civo, civoHeader(), civoID},
		"a UUID in capitals":              {civo, http.Header{"X-Civo-Event": {strings.ToUpper(civoID)}}, civoID},
		"text, by another case of a name": {text, http.Header{"X-Id": {"evt_1"}}, "evt_1"},
		"256 bytes":                       {text, http.Header{"X-Id": {strings.Repeat("x", 256)}}, strings.Repeat("x", 256)},
		"257 bytes":                       {text, http.Header{"X-Id": {strings.Repeat("x", 257)}}, ""},
		"no headers at all":               {civo, nil, ""},
		"another header":                  {civo, http.Header{"X-Civo-Events": {civoID}}, ""},
		"a header without values":         {civo, http.Header{"X-Civo-Event": {}}, ""},
		"an empty one":                    {text, http.Header{"X-Id": {""}}, ""},
		"two":                             {text, http.Header{"X-Id": {"a", "CANARY"}}, ""},
		"two that are the same":           {civo, http.Header{"X-Civo-Event": {civoID, civoID}}, ""},
		"two, of which one is empty":      {civo, http.Header{"X-Civo-Event": {civoID, ""}}, ""},
		"two in one line":                 {civo, http.Header{"X-Civo-Event": {civoID + "," + civoID}}, ""},
		"text where a UUID must be":       {civo, http.Header{"X-Civo-Event": {"CANARY"}}, ""},
		"spaces about a UUID":             {civo, http.Header{"X-Civo-Event": {" " + civoID}}, ""},
		"a control character":             {text, http.Header{"X-Id": {"CANARY\r\n"}}, ""},
		"bytes that are no UTF-8":         {text, http.Header{"X-Id": {"CANARY\xe9"}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, err := test.codec.Open(test.h, []byte(`{"event":"t","X-Id":"body"}`))
			if test.want == "" {
				requireMalformed(t, err)
				require.Equal(t, events.Event{}, e)
				return
			}
			require.NoError(t, err)
			require.Equal(t, test.want, e.ID)
		})
	}
}

func TestTypes(t *testing.T) {
	t.Parallel()
	inHeader := events.JSON{ID: events.BodyDigest(), Type: events.InHeader("X-Event"), Data: events.WholeBody()}
	for name, test := range map[string]struct {
		codec events.JSON
		h     http.Header
		body  string
		want  string // "" means refused
	}{
		"in the body":                    {mixpost, nil, `{"event":"post.published"}`, "post.published"},
		"in the body, a number":          {mixpost, nil, `{"event":7}`, "7"},
		"in a header":                    {inHeader, http.Header{"X-Event": {"push"}}, `{}`, "push"},
		"none in the body":               {mixpost, nil, `{"data":{"event":"CANARY"}}`, ""},
		"null":                           {mixpost, nil, `{"event":null}`, ""},
		"empty":                          {mixpost, nil, `{"event":""}`, ""},
		"an object":                      {mixpost, nil, `{"event":{"name":"CANARY"}}`, ""},
		"a control character":            {mixpost, nil, `{"event":"CANARY\u001b"}`, ""},
		"257 bytes":                      {mixpost, nil, `{"event":"` + strings.Repeat("x", 257) + `"}`, ""},
		"none in a header":               {inHeader, nil, `{"X-Event":"CANARY"}`, ""},
		"two headers":                    {inHeader, http.Header{"X-Event": {"push", "CANARY"}}, `{}`, ""},
		"a header is no way around JSON": {inHeader, http.Header{"X-Event": {"push"}}, `[]`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, err := test.codec.Open(test.h, []byte(test.body))
			if test.want == "" {
				requireMalformed(t, err)
				require.Equal(t, events.Event{}, e)
				return
			}
			require.NoError(t, err)
			require.Equal(t, test.want, e.Type)
		})
	}
}

func TestTimes(t *testing.T) {
	t.Parallel()
	at := time.Date(2025, 1, 15, 10, 30, 0, 0, time.UTC)
	inHeader := events.JSON{ID: events.InBody("id"), Type: events.InBody("type"), Time: events.InHeader("X-Time"), Data: events.WholeBody()}
	for name, test := range map[string]struct {
		codec   events.JSON
		at      string // as JSON
		h       http.Header
		want    time.Time
		refused bool
	}{
		"in UTC":                          {codec: cdhosting, at: `"2025-01-15T10:30:00Z"`, want: at},
		"in a zone":                       {codec: cdhosting, at: `"2025-01-15T12:30:00+02:00"`, want: at},
		"with a fraction":                 {codec: cdhosting, at: `"2025-01-15T10:30:00.000000001Z"`, want: at.Add(1)},
		"seconds":                         {codec: cdhosting, at: `1736937000`, want: at},
		"seconds as text":                 {codec: cdhosting, at: `"1736937000"`, want: at},
		"seconds before 1970":             {codec: cdhosting, at: `-1`, want: time.Unix(-1, 0)},
		"the last second of year 9999":    {codec: cdhosting, at: `253402300799`, want: time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)},
		"in a header":                     {codec: inHeader, at: `0`, h: http.Header{"X-Time": {"1736937000"}}, want: at},
		"in a header, RFC 3339":           {codec: inHeader, at: `0`, h: http.Header{"X-Time": {"2025-01-15T10:30:00Z"}}, want: at},
		"none, in a header":               {codec: inHeader, at: `"CANARY"`},
		"null":                            {codec: cdhosting, at: `null`},
		"the provider carries none":       {codec: events.JSON{ID: cdhosting.ID, Type: cdhosting.Type, Data: cdhosting.Data}, at: `"CANARY"`},
		"empty":                           {codec: cdhosting, at: `""`, refused: true},
		"text":                            {codec: cdhosting, at: `"CANARY"`, refused: true},
		"a date":                          {codec: cdhosting, at: `"2025-01-15"`, refused: true},
		"without a zone":                  {codec: cdhosting, at: `"2025-01-15T10:30:00"`, refused: true},
		"a day that is not":               {codec: cdhosting, at: `"2025-02-30T10:30:00Z"`, refused: true},
		"seconds with a fraction":         {codec: cdhosting, at: `1736937000.5`, refused: true},
		"seconds with an exponent":        {codec: cdhosting, at: `1e9`, refused: true},
		"seconds beyond 64 bits":          {codec: cdhosting, at: `99999999999999999999`, refused: true},
		"milliseconds, the year 57012":    {codec: cdhosting, at: `1736937000000`, refused: true},
		"true":                            {codec: cdhosting, at: `true`, refused: true},
		"an object":                       {codec: cdhosting, at: `{"CANARY":1}`, refused: true},
		"two headers":                     {codec: inHeader, at: `0`, h: http.Header{"X-Time": {"1", "1"}}, refused: true},
		"a header that is empty":          {codec: inHeader, at: `0`, h: http.Header{"X-Time": {""}}, refused: true},
		"a header that is no time":        {codec: inHeader, at: `0`, h: http.Header{"X-Time": {"CANARY"}}, refused: true},
		"seconds as text, after a letter": {codec: cdhosting, at: `"x1736937000"`, refused: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, err := test.codec.Open(test.h, []byte(letter(`,"created_at":`+test.at)))
			if test.refused {
				requireMalformed(t, err)
				return
			}
			require.NoError(t, err)
			require.True(t, e.Time.Equal(test.want), "%v", e.Time)
		})
	}

	e, err := cdhosting.Open(nil, []byte(letter("")))
	require.NoError(t, err)
	require.True(t, e.Time.IsZero(), "a time that is left out")
}

// A caller that forgets the error must not find an event that looks whole.
func TestARefusedTimeLeavesNoEvent(t *testing.T) {
	t.Parallel()
	e, err := cdhosting.Open(nil, []byte(letter(`,"created_at":"CANARY"`)))
	requireMalformed(t, err)
	require.Equal(t, events.Event{}, e)
}

func TestValidateRefusesCodecsThatCannotWork(t *testing.T) {
	t.Parallel()
	for _, codec := range []events.JSON{civo, mixpost, cdhosting, blend} {
		require.NoError(t, codec.Validate())
	}
	with := func(change func(*events.JSON)) events.JSON {
		codec := cdhosting
		change(&codec)
		return codec
	}
	for name, codec := range map[string]events.JSON{
		"nothing":                  {},
		"no id":                    with(func(c *events.JSON) { c.ID = events.Field{} }),
		"no type":                  with(func(c *events.JSON) { c.Type = events.Field{} }),
		"no data":                  with(func(c *events.JSON) { c.Data = events.Field{} }),
		"the whole body as id":     with(func(c *events.JSON) { c.ID = events.WholeBody() }),
		"the whole body as type":   with(func(c *events.JSON) { c.Type = events.WholeBody() }),
		"the whole body as time":   with(func(c *events.JSON) { c.Time = events.WholeBody() }),
		"a digest as type":         with(func(c *events.JSON) { c.Type = events.BodyDigest() }),
		"a digest as time":         with(func(c *events.JSON) { c.Time = events.BodyDigest() }),
		"a digest as data":         with(func(c *events.JSON) { c.Data = events.BodyDigest() }),
		"a digest that is a UUID":  with(func(c *events.JSON) { c.ID = events.BodyDigest().UUID() }),
		"a header as data":         with(func(c *events.JSON) { c.Data = events.InHeader("X-Data") }),
		"a header without a name":  with(func(c *events.JSON) { c.ID = events.InHeader("") }),
		"a member without a name":  with(func(c *events.JSON) { c.Type = events.InBody("") }),
		"id and type in one place": with(func(c *events.JSON) { c.ID = c.Type }),
		"time and data in one":     with(func(c *events.JSON) { c.Time = c.Data }),
		"one member twice, around a header of its name": with(func(c *events.JSON) {
			c.Type, c.Time = events.InHeader("id"), events.InBody("id")
		}),
		"id and type in one header": with(func(c *events.JSON) { c.ID, c.Type = events.InHeader("X-Event"), events.InHeader("x-event") }),
		"an unknown style":          with(func(c *events.JSON) { c.Style = events.PHPEscapes + 1 }),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.ErrorContains(t, codec.Validate(), "events: ")
		})
	}
	require.NoError(t, with(func(c *events.JSON) { c.Type = events.InHeader("id") }).Validate(), "a header and a member are two places")
}
