package events_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/events"
)

func TestPostPublishedGolden(t *testing.T) {
	t.Parallel()
	e := golden(t, mixpost, nil, "mixpost/post.published.json")
	require.Len(t, e.ID, 64)
	require.Equal(t, events.PostPublished{}.EventType(), e.Type)
	for i, c := range e.Raw { // or it is not as PHP writes it
		require.Less(t, c, byte(0x80))
		if c == '/' {
			require.Equal(t, byte('\\'), e.Raw[i-1])
		}
	}
	got, err := events.Decode[events.PostPublished](e)
	require.NoError(t, err)
	require.Equal(t, events.PostPublished{
		ID: 17, UUID: "3f0e5b9c-6d1a-4c55-9a59-0b7a3f6f2c11", Status: "published",
		Accounts: []events.PostAccount{{ID: 1, UUID: "7c2e1f04-2b88-4a39-8f0e-5d8e1d9a6b20", Name: "Acme", Username: "acme", Provider: "mastodon"}},
		Versions: []events.PostVersion{
			{IsOriginal: true, Content: []events.PostContent{{Body: "Café menu 🍰: https://example.com/menu", Media: json.RawMessage(`[]`), URL: "https://example.com/p/1"}}, Options: json.RawMessage(`[]`)},
			{AccountID: 1, Content: []events.PostContent{{Body: "Nur heute\u2028für euch", Media: json.RawMessage(`[41]`)}}, Options: json.RawMessage(`{"mastodon":{"sensitive":false}}`)},
		},
		Tags:        []events.PostTag{{ID: 3, UUID: "0d9a4f5e-7b61-4f0a-8d53-2c8f6f1f9e77", Name: "Menü", HexColor: "#facc15"}},
		User:        events.PostUser{Name: "Zoë"},
		PublishedAt: events.DateTime{Time: time.Date(2025, 1, 15, 10, 30, 0, 0, time.UTC)},
		CreatedAt:   events.DateTime{Time: time.Date(2025, 1, 14, 16, 5, 9, 0, time.UTC)},
	}, got)
}

func TestPostPublishedAsksForItsUUIDAlone(t *testing.T) {
	t.Parallel()
	for name, data := range map[string]string{
		"a uuid alone":           `{"uuid":"a"}`,
		"lists that are empty":   `{"uuid":"a","accounts":[],"versions":[],"tags":[]}`,
		"nulls":                  `{"uuid":"a","id":null,"status":null,"accounts":null,"versions":null,"tags":null,"user":null,"trashed":null,"created_at":null}`,
		"empty maps of PHP":      `{"uuid":"a","versions":[{"account_id":0,"options":[],"content":[]}]}`,
		"maps":                   `{"uuid":"a","versions":[{"account_id":0,"options":{"x":{}}}]}`,
		"what another one added": `{"uuid":"a","published":[{"url":"https:\/\/example.com"}],"failures":[],"workspace_uuid":"b"}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, "a", decodes[events.PostPublished](t, data).UUID)
		})
	}
	for name, test := range map[string]struct {
		data string
		want events.FieldError
	}{
		"no uuid":               {`{"id":1,"status":"CANARY"}`, field("uuid", "is required")},
		"a uuid that is empty":  {`{"uuid":""}`, field("uuid", "is required")},
		"a uuid that is null":   {`{"uuid":null}`, field("uuid", "is required")},
		"a uuid of digits":      {`{"uuid":7}`, field("uuid", "has a number where a string is wanted")},
		"an id that is text":    {`{"uuid":"a","id":"CANARY"}`, field("id", "has a string where a number is wanted")},
		"trashed as text":       {`{"uuid":"a","trashed":"CANARY"}`, field("trashed", "has a string where a boolean is wanted")},
		"a version's account":   {`{"uuid":"a","versions":[{"account_id":"CANARY"}]}`, field("versions[0].account_id", "has a string where a number is wanted")},
		"a version's body":      {`{"uuid":"a","versions":[{},{"content":[{},{},{"body":["CANARY"]}]}]}`, field("versions[1].content[2].body", "has an array where a string is wanted")},
		"an account":            {`{"uuid":"a","accounts":["CANARY"]}`, field("accounts[0]", "has a string where an object is wanted")},
		"a tag's name":          {`{"uuid":"a","tags":[{"name":{"a":"CANARY"}}]}`, field("tags[0].name", "has an object where a string is wanted")},
		"the user":              {`{"uuid":"a","user":{"name":["CANARY"]}}`, field("user.name", "has an array where a string is wanted")},
		"a date that is text":   {`{"uuid":"a","published_at":"CANARY"}`, field("published_at", "has a string where events.DateTime is wanted")},
		"a date that is a list": {`{"uuid":"a","created_at":["CANARY"]}`, field("created_at", "has an array where events.DateTime is wanted")},
		"a date in half":        {`{"uuid":"a","scheduled_at":"2025-01-15"}`, field("scheduled_at", "has a string where events.DateTime is wanted")},
		"no data at all":        {``, field("", "has no data")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			requireFields[events.PostPublished](t, test.data, test.want)
		})
	}
}

func TestDateTime(t *testing.T) {
	t.Parallel()
	at := time.Date(2025, 1, 15, 10, 30, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		text string
		want time.Time
	}{
		"as Mixpost writes it":    {`"2025-01-15 10:30:00"`, at},
		"RFC 3339":                {`"2025-01-15T10:30:00Z"`, at},
		"RFC 3339, in a zone":     {`"2025-01-15T12:30:00+02:00"`, at},
		"with escapes":            {`"2025-01-15 10\u003a30:00"`, at},
		"with a fraction":         {`"2025-01-15 10:30:00.000000"`, at},
		"null":                    {`null`, time.Time{}},
		"a leap day":              {`"2024-02-29 00:00:00"`, time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC)},
		"the last second of 9999": {`"9999-12-31 23:59:59"`, time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := events.DateTime{Time: time.Unix(1, 0)}
			require.NoError(t, json.Unmarshal([]byte(test.text), &got))
			require.True(t, got.Equal(test.want), "%v", got)
			require.True(t, decodes[events.DateTime](t, test.text).Equal(test.want))
		})
	}
	for name, text := range map[string]string{
		"text":             `"CANARY"`,
		"empty":            `""`,
		"a number":         `1736937000`,
		"true":             `true`,
		"an object":        `{"date":"CANARY"}`,
		"a month too many": `"2025-13-01 00:00:00"`,
		"no such day":      `"2025-02-29 00:00:00"`,
		"a date alone":     `"2025-01-15"`,
		"a T and no zone":  `"2025-01-15T10:30:00"`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := new(events.DateTime).UnmarshalJSON([]byte(text))
			require.Error(t, err)
			require.NotContains(t, err.Error(), canary)
			require.NotContains(t, err.Error(), "2025")
		})
	}
}

func TestDateTimeIsWrittenAsMixpostWritesIt(t *testing.T) {
	t.Parallel()
	type dates struct {
		At   events.DateTime `json:"at"`
		None events.DateTime `json:"none"`
		Left events.DateTime `json:"left,omitzero"`
	}
	at := time.Date(2025, 1, 15, 12, 30, 0, 0, time.FixedZone("", 2*60*60))
	const want = `{"at":"2025-01-15 10:30:00","none":null}`
	d := dates{At: events.DateTime{Time: at}}
	require.Equal(t, want, string(events.Named("t", d).Data))
	text, err := json.Marshal(d)
	require.NoError(t, err)
	require.Equal(t, want, string(text), "the standard library must write the same")
}
