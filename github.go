package hookmitt

import (
	"crypto"
	"time"

	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/verify"
)

// GitHub is github.com. Not checked against the live service.
//
// Documented (docs.github.com/en/webhooks): X-Hub-Signature-256 with sha256= and the hex HMAC-SHA256 of the raw body,
// where a secret is set; the event's type in X-GitHub-Event and its id in X-GitHub-Delivery; a 2xx within 10 s; no
// automatic retries. Somebody may ask for a redelivery for three days, and it has the id of the original delivery: if
// that one failed, the event runs; if it was done, this is a duplicate, and middleware.Receiver.Forget makes it run
// again. Ids are remembered for 48 h unless told otherwise: with middleware.Options.Remember of 96 h every redelivery is
// recognised.
//
// The webhook must be set to send application/json. The signature covers neither header: see [UnsignedID]; whoever
// holds a captured request can also give it another type. Bodies may have up to 25 MB, so middleware.Options.MaxBody may have
// to be raised. The older X-Hub-Signature with SHA-1 is not read.
func GitHub() Provider {
	return Provider{
		Name:   "github",
		Scheme: verify.HMAC{Header: "X-Hub-Signature-256", Hash: crypto.SHA256, Form: verify.Bare("sha256=")},
		Codec: events.JSON{
			ID:   events.InHeader("X-GitHub-Delivery").UUID(),
			Type: events.InHeader("X-GitHub-Event"),
			Data: events.WholeBody(),
		},
		Events: events.Catalog{
			"ping": map[string]any{"zen": "Keep it logically awesome.", "hook_id": 1},
			"push": map[string]any{"ref": "refs/heads/main", "repository": map[string]any{"full_name": "octocat/hello-world"}},
		},
		Test:       "ping",
		Secretless: SecretAbsent,
		Deadline:   10 * time.Second,
	}
}
