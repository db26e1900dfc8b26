package events_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/events"
)

func TestPostPublishedAsksForItsUUIDAlone(t *testing.T) {
	t.Parallel()
	for name, data := range map[string]string{
		"a uuid alone":           `{"uuid":"a"}`,
		"lists that are empty":   `{"uuid":"a","accounts":[],"versions":[],"tags":[]}`,
		"nulls":                  `{"uuid":"a","id":null,"status":null,"accounts":null,"versions":null,"tags":null,"user":null,"trashed":null,"created_at":null}`,
		"empty maps of PHP":      `{"uuid":"a","versions":[{"account_id":0,"options":[],"content":[]}]}`,
		"maps":                   `{"uuid":"a","versions":[{"account_id":0,"options":{"x":{}}}]}`,
		"an account without":     `{"uuid":"a","accounts":[{"id":1}]}`,
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
		"an account's name":     {`{"uuid":"a","accounts":[{},{"name":["CANARY"]}]}`, field("accounts[1].name", "has an array where a string is wanted")},
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

func TestEveryPostEventAsksForTheUUID(t *testing.T) {
	t.Parallel()
	missing := field("uuid", "is required")
	requireFields[events.PostCreated](t, `{}`, missing)
	requireFields[events.PostUpdated](t, `{}`, missing)
	requireFields[events.PostScheduled](t, `{}`, missing)
	requireFields[events.PostPublishingFailed](t, `{"failures":[]}`, missing)
	requireFields[events.AccountAdded](t, `{}`, missing)
	requireFields[events.AccountUpdated](t, `{"uuid":null}`, missing)
	requireFields[events.AccountDeleted](t, `{"uuid":""}`, missing)
}

func TestPostsAndAccountsHaveTheirFieldsAtHand(t *testing.T) {
	t.Parallel()
	post := decodes[events.PostScheduled](t, `{"uuid":"a","status":"scheduled","user":{"name":"Zoë"}}`)
	require.Equal(t, []string{"a", "scheduled", "Zoë"}, []string{post.UUID, post.Status, post.User.Name})
	account := decodes[events.AccountAdded](t, `{"uuid":"a","provider":"mastodon","authorized":true,"created_at":"2 months ago"}`)
	require.Equal(t, []string{"a", "mastodon", "2 months ago"}, []string{account.UUID, account.Provider, account.CreatedAt})
	require.True(t, account.Authorized)
}

func TestWhyPublishingFailedIsKeptRaw(t *testing.T) {
	t.Parallel()
	for name, failures := range map[string]string{"a list": `[{"account_id":1,"error":"gone"}]`, "a map": `{"1":"gone"}`, "an empty list": `[]`, "text": `"gone"`, "null": `null`} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := events.Event{Type: "post.publishing_failed", Data: json.RawMessage(`{"uuid":"a","failures":` + failures + `,"reason":"expired"}`)}
			got, err := events.Decode[events.PostPublishingFailed](e)
			require.NoError(t, err)
			require.Equal(t, failures, string(got.Failures))
			require.Equal(t, "expired", members(t, e.Data)["reason"])
		})
	}
}

func TestPostDeletedSaysWhetherTheyMayComeBack(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		data string
		want events.PostDeleted
	}{
		"for good":                 {`{"uuids":["a"],"deleted":true}`, events.PostDeleted{UUIDs: []string{"a"}, Deleted: true}},
		"to the trash":             {`{"uuids":["a","b"],"to_trash":true}`, events.PostDeleted{UUIDs: []string{"a", "b"}, ToTrash: true}},
		"the other one is false":   {`{"uuids":["a"],"deleted":true,"to_trash":false}`, events.PostDeleted{UUIDs: []string{"a"}, Deleted: true}},
		"the other one is null":    {`{"uuids":["a"],"deleted":null,"to_trash":true}`, events.PostDeleted{UUIDs: []string{"a"}, ToTrash: true}},
		"none of them":             {`{"uuids":[],"deleted":true}`, events.PostDeleted{UUIDs: []string{}, Deleted: true}},
		"and something that's new": {`{"uuids":["a"],"deleted":true,"by":{"name":"Zoë"}}`, events.PostDeleted{UUIDs: []string{"a"}, Deleted: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, test.want, decodes[events.PostDeleted](t, test.data))
		})
	}
	either := field("deleted", "must be true, or to_trash must, but not both")
	for name, test := range map[string]struct {
		data string
		want []events.FieldError
	}{
		"neither":                {`{"uuids":["a"]}`, []events.FieldError{either}},
		"both":                   {`{"uuids":["a"],"deleted":true,"to_trash":true}`, []events.FieldError{either}},
		"both, and both false":   {`{"uuids":["a"],"deleted":false,"to_trash":false}`, []events.FieldError{either}},
		"both, and both null":    {`{"uuids":["a"],"deleted":null,"to_trash":null}`, []events.FieldError{either}},
		"the name in capitals":   {`{"uuids":["a"],"Deleted":true}`, []events.FieldError{either}},
		"no uuids":               {`{"deleted":true}`, []events.FieldError{field("uuids", "is required")}},
		"uuids of null":          {`{"uuids":null,"deleted":true}`, []events.FieldError{field("uuids", "is required")}},
		"a uuid that is empty":   {`{"uuids":["a",""],"deleted":true}`, []events.FieldError{field("uuids[1]", "is required")}},
		"a uuid that is null":    {`{"uuids":[null],"deleted":true}`, []events.FieldError{field("uuids[0]", "is required")}},
		"a uuid that is no list": {`{"uuids":"CANARY","deleted":true}`, []events.FieldError{field("uuids", "has a string where an array is wanted")}},
		"a post":                 {`{"id":1,"uuid":"CANARY","trashed":true}`, []events.FieldError{field("uuids", "is required"), either}},
		"deleted as a number":    {`{"uuids":["a"],"deleted":1}`, []events.FieldError{field("deleted", "has a number where a boolean is wanted")}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			requireFields[events.PostDeleted](t, test.data, test.want...)
		})
	}
	type trail struct {
		Steps []events.PostDeleted `json:"steps" validate:"dive"`
	}
	requireFields[trail](t, `{"steps":[{"uuids":["a"],"deleted":true},{"uuids":["a"]}]}`,
		field("steps[1].deleted", "must be true, or to_trash must, but not both"))
}

// What PHP and its databases write where there is nothing.
func TestEmptyAsPHPWritesIt(t *testing.T) {
	t.Parallel()
	const body = `{"uuid":"post-1","user":[],"scheduled_at":"","published_at":"0000-00-00 00:00:00","created_at":null}`
	post, err := events.Decode[events.PostPublished](events.Event{Type: "post.published", Data: []byte(body)})
	require.NoError(t, err)
	require.Equal(t, events.PostPublished{Post: events.Post{UUID: "post-1"}}, post)
	_, err = events.Decode[events.PostPublished](events.Event{Type: "post.published", Data: []byte(`{"uuid":"post-1","user":["Zoe"]}`)})
	require.ErrorContains(t, err, "user")
}

func TestANumberCanBeAKey(t *testing.T) {
	t.Parallel()
	e := events.Named("test.type", map[string]any{"counts": map[json.Number]int{"12": 1}})
	require.JSONEq(t, `{"counts":{"12":1}}`, string(e.Data))
}
