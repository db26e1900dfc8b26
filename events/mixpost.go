package events

import (
	"encoding/json"
	"time"
)

// PostCreated is the data of post.created: the [Post]. The event's name comes from an operator's notes
// (Justy6674/NotRealSmartAgency, docs/specs/nrs-mixpost-webhooks.md); that its data is a post is assumed.
type PostCreated struct{ Post }

// EventType implements [Payload].
func (PostCreated) EventType() string { return "post.created" }

// PostUpdated is the data of post.updated: the [Post]. What is known of it is what is known of [PostCreated].
type PostUpdated struct{ Post }

// EventType implements [Payload].
func (PostUpdated) EventType() string { return "post.updated" }

// PostScheduled is the data of post.scheduled: the [Post], with ScheduledAt.
type PostScheduled struct{ Post }

// EventType implements [Payload].
func (PostScheduled) EventType() string { return "post.scheduled" }

// PostPublished is the data of post.published: the [Post], which went out.
type PostPublished struct {
	Post
	Published []Publication `json:"published,omitzero"` // an addition of PurrPlan's (sebastiendb/purrplan-mcp, docs/partner-api.md)
}

// EventType implements [Payload].
func (PostPublished) EventType() string { return "post.published" }

// Publication is where a post went out.
type Publication struct {
	URL string `json:"url,omitzero"`
}

// PostPublishingFailed is the data of post.publishing_failed: the [Post], which did not go out. In which member Mixpost
// says why is not documented, so look for it in [Event].Data, which has all of them.
type PostPublishingFailed struct {
	Post
	Failures json.RawMessage `json:"failures,omitzero"` // an addition of PurrPlan's, of which the form is not documented
}

// EventType implements [Payload].
func (PostPublishingFailed) EventType() string { return "post.publishing_failed" }

// PostDeleted is the data of post.deleted, which is no [Post]: several may go at once, and all that is left of them is
// their uuids (sebastiendb/purrplan-mcp, docs/partner-api.md). Exactly one of Deleted and ToTrash is true, or the
// event is invalid: a handler must not guess whether they can still come back.
type PostDeleted struct {
	UUIDs   []string `json:"uuids"             validate:"required,dive,required"`
	Deleted bool     `json:"deleted,omitzero"`  // for good
	ToTrash bool     `json:"to_trash,omitzero"` // and may come back
}

// EventType implements [Payload].
func (PostDeleted) EventType() string { return "post.deleted" }

// AccountAdded is the data of account.added: the [Account].
type AccountAdded struct{ Account }

// EventType implements [Payload].
func (AccountAdded) EventType() string { return "account.added" }

// AccountUpdated is the data of account.updated: the [Account].
type AccountUpdated struct{ Account }

// EventType implements [Payload].
func (AccountUpdated) EventType() string { return "account.updated" }

// AccountDeleted is the data of account.deleted, which is no [Account]: all that is left of it is its uuid
// (sebastiendb/purrplan-mcp, docs/partner-api.md).
type AccountDeleted struct {
	UUID string `json:"uuid" validate:"required"`
}

// EventType implements [Payload].
func (AccountDeleted) EventType() string { return "account.deleted" }

// Mixpost lists the nine events that are known of Mixpost, with samples. Mixpost itself documents no list, and a
// receiver takes others too.
func Mixpost() Catalog {
	at := func(hour int) DateTime { return DateTime{time.Date(2025, 1, 15, hour, 30, 0, 0, time.UTC)} }
	account := Account{
		ID: 1, UUID: "7c2e1f04-2b88-4a39-8f0e-5d8e1d9a6b20", Name: "Café Acme", Username: "acme",
		Image: "https://mixpost.example.com/storage/acme.png", Provider: "mastodon", Data: json.RawMessage("[]"), Authorized: true,
		CreatedAt: "2024-11-02 08:15:30",
	}
	post := func(status string, scheduled, published DateTime) Post {
		return Post{
			ID: 1, UUID: "3f0e5b9c-6d1a-4c55-9a59-0b7a3f6f2c11", Status: status, Accounts: []Account{account},
			Versions: []PostVersion{{
				IsOriginal: true, Options: json.RawMessage("[]"),
				Content: []PostContent{{Body: "Café menu 🍰: https://example.com/menu", Media: json.RawMessage("[]"), URL: "https://example.com/p/1"}},
			}},
			Tags: []PostTag{{ID: 3, UUID: "0d9a4f5e-7b61-4f0a-8d53-2c8f6f1f9e77", Name: "Menü", HexColor: "#facc15"}},
			User: PostUser{Name: "Zoë"}, ScheduledAt: scheduled, PublishedAt: published, CreatedAt: at(8),
		}
	}
	unauthorized := account
	unauthorized.Authorized = false
	return CatalogOf(
		PostCreated{post("draft", DateTime{}, DateTime{})},
		PostUpdated{post("draft", DateTime{}, DateTime{})},
		PostScheduled{post("scheduled", at(10), DateTime{})},
		PostPublished{Post: post("published", at(10), at(10))},
		PostPublishingFailed{Post: post("failed", at(10), DateTime{})},
		PostDeleted{UUIDs: []string{"3f0e5b9c-6d1a-4c55-9a59-0b7a3f6f2c11"}, Deleted: true},
		AccountAdded{account},
		AccountUpdated{unauthorized},
		AccountDeleted{UUID: account.UUID},
	)
}
