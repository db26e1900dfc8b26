package events

import (
	"encoding/json"
	"fmt"
	"time"
)

// PostPublished is the data of post.published, a post that went out. Mixpost documents no payload; the fields are those of its REST API's post,
// as a service of the same kind documents them for webhooks (sebastiendb/purrplan-mcp, docs/partner-api.md). Only the
// uuid, without which the event says nothing, is asked for.
type PostPublished struct {
	ID          int64         `json:"id,omitzero"`
	UUID        string        `json:"uuid"               validate:"required"`
	Status      string        `json:"status,omitzero"` // "published"; draft, scheduled, publishing, failed elsewhere
	Accounts    []PostAccount `json:"accounts,omitzero"  validate:"dive"`
	Versions    []PostVersion `json:"versions,omitzero"  validate:"dive"`
	Tags        []PostTag     `json:"tags,omitzero"      validate:"dive"`
	User        PostUser      `json:"user,omitzero"`
	ScheduledAt DateTime      `json:"scheduled_at,omitzero"`
	PublishedAt DateTime      `json:"published_at,omitzero"`
	CreatedAt   DateTime      `json:"created_at,omitzero"`
	Trashed     bool          `json:"trashed,omitzero"`
}

// EventType implements [Payload].
func (PostPublished) EventType() string { return "post.published" }

// PostAccount is a social-media account that a post goes to.
type PostAccount struct {
	ID       int64  `json:"id,omitzero"`
	UUID     string `json:"uuid,omitzero"`
	Name     string `json:"name,omitzero"`
	Username string `json:"username,omitzero"`
	Provider string `json:"provider,omitzero"`
}

// PostVersion is what a post says on one account; AccountID 0 is the version common to all.
type PostVersion struct {
	AccountID  int64           `json:"account_id"`
	IsOriginal bool            `json:"is_original,omitzero"`
	Content    []PostContent   `json:"content,omitzero"  validate:"dive"`
	Options    json.RawMessage `json:"options,omitzero"` // by network; PHP writes an empty map as [], so it stays raw
}

// PostContent is one message of a version.
type PostContent struct {
	Body  string          `json:"body,omitzero"`
	Media json.RawMessage `json:"media,omitzero"`
	URL   string          `json:"url,omitzero"`
}

// PostTag is a label of the workspace.
type PostTag struct {
	ID       int64  `json:"id,omitzero"`
	UUID     string `json:"uuid,omitzero"`
	Name     string `json:"name,omitzero"`
	HexColor string `json:"hex_color,omitzero"`
}

// PostUser is who wrote a post.
type PostUser struct {
	Name string `json:"name,omitzero"`
}

// dateTimeLayout is how Mixpost writes dates: without a zone. That it means UTC is assumed.
const dateTimeLayout = "2006-01-02 15:04:05"

// DateTime is a time as Mixpost writes it, read as UTC: "2025-01-15 10:30:00", or null, which is the zero time.
// RFC 3339 is read too.
type DateTime struct{ time.Time }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (d *DateTime) UnmarshalText(text []byte) error {
	at, err := time.Parse(dateTimeLayout, string(text))
	if err != nil {
		at, err = time.Parse(time.RFC3339, string(text))
	}
	if err != nil {
		return fmt.Errorf("events: not a date like %q", dateTimeLayout)
	}
	d.Time = at
	return nil
}

// MarshalText implements [encoding.TextMarshaler].
func (d DateTime) MarshalText() ([]byte, error) {
	return d.UTC().AppendFormat(nil, dateTimeLayout), nil
}

// UnmarshalJSON implements json.Unmarshaler, in place of the one that time.Time brings along.
func (d *DateTime) UnmarshalJSON(value []byte) error {
	if string(value) == "null" {
		d.Time = time.Time{}
		return nil
	}
	var text string
	if err := json.Unmarshal(value, &text); err != nil {
		return err
	}
	return d.UnmarshalText([]byte(text))
}

// MarshalJSON implements json.Marshaler, in place of the one that time.Time brings along.
func (d DateTime) MarshalJSON() ([]byte, error) {
	if d.IsZero() {
		return []byte("null"), nil
	}
	text, _ := d.MarshalText()
	return json.Marshal(string(text))
}

// Mixpost lists events that Mixpost sends, with samples.
func Mixpost() Catalog {
	at := DateTime{time.Date(2025, 1, 15, 10, 30, 0, 0, time.UTC)}
	return catalog(PostPublished{
		ID: 1, UUID: "3f0e5b9c-6d1a-4c55-9a59-0b7a3f6f2c11", Status: "published",
		Accounts: []PostAccount{{ID: 1, UUID: "7c2e1f04-2b88-4a39-8f0e-5d8e1d9a6b20", Name: "Acme", Username: "acme", Provider: "mastodon"}},
		Versions: []PostVersion{{IsOriginal: true, Content: []PostContent{{Body: "Café menu: https://example.com/menu", URL: "https://example.com/p/1"}}, Options: json.RawMessage("[]")}},
		User:     PostUser{Name: "Zoë"}, ScheduledAt: at, PublishedAt: at, CreatedAt: at,
	})
}
