package hookmitt

import (
	"crypto"
	"net/http"
	"time"

	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/verify"
)

// Mixpost is the scheduler of social-media posts, in its Pro and Enterprise editions. Not checked against a live one.
//
// Documented (docs.inovector.com/books/webhooks/page/create-a-webhook): the X-Signature header with the hex
// HMAC-SHA256 of the body; no header at all where no secret is set, which a receiver here always refuses.
//
// From third parties (sebastiendb/purrplan-mcp, docs/partner-api.md; Justy6674/NotRealSmartAgency, docs/specs): the
// envelope of event and data; the names of nine events, all of which events has typed, and the data of seven of them;
// JSON as PHP writes it; no id; 200, 201 and 202 as the only statuses of success.
//
// Assumed: the data of post.created and post.updated, a post as in the others; dates in UTC; 10 s for an answer; three
// attempts, 10 s and 60 s apart; never disabled. If an attempt comes later than an hour after the first, it is taken
// for a new event. A webhook may ask for another number of attempts; the last gap is then used again, and the
// receiver's provider needs the same Retry.
//
// The webhook must be set to send application/json by POST. For what a missing id means see [DerivedID].
func Mixpost() Provider {
	return Provider{
		Name:   "mixpost",
		Scheme: verify.HMAC{Header: "X-Signature", Hash: crypto.SHA256},
		Codec: events.JSON{
			ID:    events.BodyDigest(),
			Type:  events.InBody("event"),
			Data:  events.InBody("data"),
			Style: events.PHPEscapes,
		},
		Events:     events.Mixpost(),
		Test:       "post.published",
		Acks:       []int{http.StatusOK, http.StatusCreated, http.StatusAccepted},
		Retry:      Fixed(10*time.Second, time.Minute),
		Secretless: SecretAbsent,
		Deadline:   10 * time.Second,
	}
}
