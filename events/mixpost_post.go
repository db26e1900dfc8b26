package events

import "encoding/json"

// Post is what most of Mixpost's post events are about. Mixpost documents no payload; the fields are those of its REST
// API's post (docs.inovector.com/books/api-reference/page/posts), as a service of the same kind documents them for
// webhooks (sebastiendb/purrplan-mcp, docs/partner-api.md). Only the uuid, without which the event says nothing, is
// asked for.
//
// That service also sends workspace_uuid, which stands beside data and not in it: look for it in [Event].Raw.
type Post struct {
	ID          int64         `json:"id"`
	UUID        string        `json:"uuid"         validate:"required"`
	Status      string        `json:"status"` // draft, scheduled, publishing, published, failed
	Accounts    []Account     `json:"accounts"`
	Versions    []PostVersion `json:"versions"     validate:"dive"`
	Tags        []PostTag     `json:"tags"         validate:"dive"`
	User        PostUser      `json:"user"`
	ScheduledAt DateTime      `json:"scheduled_at"` // null, the zero time, where there is none
	PublishedAt DateTime      `json:"published_at"`
	CreatedAt   DateTime      `json:"created_at"`
	Trashed     bool          `json:"trashed"`
}

// PostVersion is what a post says on one account; AccountID 0 is the version common to all.
type PostVersion struct {
	AccountID  int64           `json:"account_id"`
	IsOriginal bool            `json:"is_original"`
	Content    []PostContent   `json:"content"           validate:"dive"`
	Options    json.RawMessage `json:"options,omitzero"` // by network; PHP writes an empty map as [], so it stays raw
}

// PostContent is one message of a version.
type PostContent struct {
	Body  string          `json:"body"`
	Media json.RawMessage `json:"media,omitzero"`
	URL   string          `json:"url"`
}

// PostTag is a label of the workspace.
type PostTag struct {
	ID       int64  `json:"id"`
	UUID     string `json:"uuid"`
	Name     string `json:"name"`
	HexColor string `json:"hex_color"`
}

// PostUser is who wrote a post. PHP writes one of whom nothing is known as [], which is the zero PostUser.
type PostUser struct {
	Name string `json:"name"`
}

// Account is a social-media account: what account.added and account.updated are about, and where posts go. Its fields
// are documented by a service of the same kind (sebastiendb/purrplan-mcp, docs/partner-api.md) and, but for the
// webhook, by Mixpost's free edition (inovector/mixpost, src/Http/Resources/AccountResource.php). The uuid is asked
// for where the event is about the account, and not in a post's list.
type Account struct {
	ID         int64           `json:"id"`
	UUID       string          `json:"uuid"          validate:"required"`
	Name       string          `json:"name"`
	Username   string          `json:"username"`
	Image      string          `json:"image"`         // URL
	Provider   string          `json:"provider"`      // "mastodon", "facebook_page"
	Data       json.RawMessage `json:"data,omitzero"` // the network's own; PHP writes an empty map as [], so it stays raw
	Authorized bool            `json:"authorized"`    // false: the network has withdrawn it, and posts will fail
	CreatedAt  string          `json:"created_at"`    // no [DateTime]: in the free edition it is text like "2 months ago"
}
