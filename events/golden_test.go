package events_test

import (
	"encoding/json"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/events"
)

var update = flag.Bool("update", false, "write the bodies of testdata anew")

// providers are the three, as their own packages would put them together.
var providers = map[string]struct {
	catalog func() events.Catalog
	codec   events.JSON
	dir     string
}{
	"Civo":      {events.Civo, civo, "civo"},
	"Mixpost":   {events.Mixpost, mixpost, "mixpost"},
	"CDHosting": {events.CDHosting, cdhosting, "cdhosting"},
}

// asPHPWrites fails for what json_encode would have escaped.
func asPHPWrites(t *testing.T, body []byte) {
	t.Helper()
	for i, c := range body {
		require.Less(t, c, byte(0x80))
		if c == '/' {
			require.Equal(t, byte('\\'), body[i-1])
		}
	}
}

// A sample's body is what a simulator sends, so a change of it is one that receivers see.
func TestSamplesSealToTheirGoldenBodies(t *testing.T) {
	t.Parallel()
	for name, p := range providers {
		files, err := filepath.Glob("testdata/" + p.dir + "/*.json")
		require.NoError(t, err)
		if !*update {
			require.Len(t, files, len(p.catalog()), "a body of a type that is gone")
		}
		for _, typ := range p.catalog().Types() {
			t.Run(name+" "+typ, func(t *testing.T) {
				t.Parallel()
				path := filepath.Join("testdata", p.dir, typ+".json")
				e, _ := p.catalog().Sample(typ)
				e.ID, e.Time = "evt_abc123", time.Date(2025, 1, 15, 10, 30, 0, 0, time.UTC)
				if p.dir == "civo" {
					e.ID = civoID
				}
				body, err := p.codec.Seal(e, http.Header{})
				require.NoError(t, err)
				if *update {
					require.NoError(t, os.WriteFile(path, body, 0o644))
				}
				want, err := os.ReadFile(path)
				require.NoError(t, err)
				require.Equal(t, string(want), string(body))
				if p.dir == "mixpost" {
					asPHPWrites(t, want)
				}

				opened, err := p.codec.Open(civoHeader(), want)
				require.NoError(t, err)
				require.Equal(t, typ, opened.Type)
				got, err := redecode(t, p.catalog()[typ], opened)
				require.NoError(t, err)
				require.Equal(t, p.catalog()[typ], got)
			})
		}
	}
}

// The bodies of testdata/awkward are written by hand: what the documents allow, and programs trip over.
func TestAwkwardBodies(t *testing.T) {
	t.Parallel()
	day := func(hour, minute, second int) events.DateTime {
		return events.DateTime{Time: time.Date(2026, 9, 20, hour, minute, second, 0, time.UTC)}
	}
	raw := func(text string) json.RawMessage { return json.RawMessage(text) }
	invalid := &events.InvalidError{Type: "post.deleted", Fields: []events.FieldError{field("deleted", "must be true, or to_trash must, but not both")}}
	for file, test := range map[string]struct {
		sample any // of the type to read it into
		want   any // or the error
	}{
		"mixpost.post.published.full.json": {events.PostPublished{}, fullPost},
		"mixpost.post.published.added.json": {events.PostPublished{}, events.PostPublished{
			Post: events.Post{
				ID: 9007199254740993, UUID: "post-uuid", Status: "published",
				Accounts: []events.Account{{ID: 1, UUID: "account-uuid", Name: "Acme", Username: "acme", Provider: "bluesky", Data: raw(`{"server":"https:\/\/bsky.example.com"}`), Authorized: true, CreatedAt: "2 months ago"}},
				Versions: []events.PostVersion{{AccountID: 9007199254740993, IsOriginal: true, Options: raw(`{"instagram":{"type":"post"}}`), Content: []events.PostContent{{Media: raw(`[{"id":88,"url":"https:\/\/mixpost.example.com\/storage\/88.jpg"}]`)}}}},
				Tags:     []events.PostTag{}, User: events.PostUser{Name: "Atelier Nord"}, ScheduledAt: day(8, 0, 0), PublishedAt: day(8, 0, 4),
			},
			Published: []events.Publication{{URL: "https://bsky.example.com/p/1"}, {}},
		}},
		"mixpost.post.publishing_failed.json": {events.PostPublishingFailed{}, events.PostPublishingFailed{
			Post:     events.Post{UUID: "post-uuid", Status: "failed", Versions: []events.PostVersion{{Options: raw(`[]`)}}, ScheduledAt: day(8, 0, 0)},
			Failures: raw(`[{"provider":"mastodon","code":12345678901234567890}]`),
		}},
		"mixpost.post.deleted.json":         {events.PostDeleted{}, events.PostDeleted{UUIDs: []string{"post-uuid", "another-uuid"}, Deleted: true}},
		"mixpost.post.deleted.trashed.json": {events.PostDeleted{}, events.PostDeleted{UUIDs: []string{"post-uuid"}, ToTrash: true}},
		"mixpost.post.deleted.neither.json": {events.PostDeleted{}, invalid},
		"mixpost.post.deleted.both.json":    {events.PostDeleted{}, invalid},
		"mixpost.account.added.json": {events.AccountAdded{}, events.AccountAdded{Account: events.Account{
			ID: 4, UUID: "account-uuid", Name: "Café Acme", Image: "https://mixpost.example.com/storage/4.png", Provider: "facebook_page", Data: raw(`[]`), Authorized: true, CreatedAt: "3 seconds ago",
		}}},
		"mixpost.account.updated.json": {events.AccountUpdated{}, events.AccountUpdated{Account: events.Account{
			ID: 4, UUID: "account-uuid", Name: "Acme", Username: "acme", Provider: "mastodon", Data: raw(`{"server":"mastodon.example.com","followers":9007199254740993}`), CreatedAt: "2024-11-02 08:15:30",
		}}},
		"civo.payload.json": {events.Resource{}, events.Resource{
			Event:   events.InstanceActive,
			Payload: raw(`{"id":"84894d17-da88-45bb-8817-9b3b75cf61bf","hostname":"web-01.example.com","cost":9007199254740993.10,"ips":[{"public":"192.0.2.1","private":null}],"payload":{"event":"instance.created"}}`),
		}},
		"cdhosting.server.error.json": {events.ServerError{}, events.ServerError{
			ServerID: "srv_1", Status: "error", Error: events.ServerProblem{Code: "E7", Message: "Zoë's disk /dev/sda"},
		}},
		"cdhosting.billing.payment.succeeded.json": {events.PaymentSucceeded{}, events.PaymentSucceeded{Amount: 9007199254740993, Currency: "JPY"}},
	} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			body, err := os.ReadFile("testdata/awkward/" + file)
			require.NoError(t, err)
			codec := map[string]events.JSON{"civo": civo, "mixpost": mixpost, "cdhosting": cdhosting}[file[:strings.IndexByte(file, '.')]]
			if codec == mixpost {
				asPHPWrites(t, body)
			}
			e, err := codec.Open(civoHeader(), body)
			require.NoError(t, err)
			if p, ok := test.sample.(events.Payload); ok {
				require.Equal(t, p.EventType(), e.Type)
			}
			got, err := redecode(t, test.sample, e)
			if test.want == any(invalid) {
				require.Equal(t, invalid, err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, test.want, got)

			// And the codec sends the data on as it came.
			sealed, err := codec.Seal(events.Event{ID: e.ID, Type: e.Type, Data: e.Data}, http.Header{})
			require.NoError(t, err)
			require.Contains(t, string(sealed), string(e.Data))
		})
	}
	files, err := filepath.Glob("testdata/awkward/*.json")
	require.NoError(t, err)
	require.Len(t, files, 12, "a body that nobody reads")
}

// fullPost is what mixpost.post.published.full.json says.
var fullPost = events.PostPublished{Post: events.Post{
	ID: 17, UUID: "3f0e5b9c-6d1a-4c55-9a59-0b7a3f6f2c11", Status: "published",
	Accounts: []events.Account{{
		ID: 1, UUID: "7c2e1f04-2b88-4a39-8f0e-5d8e1d9a6b20", Name: "Acme", Username: "acme", Image: "https://mixpost.example.com/storage/acme.png",
		Provider: "mastodon", Data: json.RawMessage(`[]`), Authorized: true, CreatedAt: "2024-11-02 08:15:30",
	}},
	Versions: []events.PostVersion{
		{IsOriginal: true, Content: []events.PostContent{{Body: "Café menu 🍰: https://example.com/menu", Media: json.RawMessage(`[]`), URL: "https://example.com/p/1"}}, Options: json.RawMessage(`[]`)},
		{AccountID: 1, Content: []events.PostContent{{Body: "Nur heute\u2028für euch", Media: json.RawMessage(`[41]`)}}, Options: json.RawMessage(`{"mastodon":{"sensitive":false}}`)},
	},
	Tags:        []events.PostTag{{ID: 3, UUID: "0d9a4f5e-7b61-4f0a-8d53-2c8f6f1f9e77", Name: "Menü", HexColor: "#facc15"}},
	User:        events.PostUser{Name: "Zoë"},
	PublishedAt: events.DateTime{Time: time.Date(2025, 1, 15, 10, 30, 0, 0, time.UTC)},
	CreatedAt:   events.DateTime{Time: time.Date(2025, 1, 14, 16, 5, 9, 0, time.UTC)},
}}
