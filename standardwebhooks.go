package hookmitt

import (
	"crypto"
	"time"

	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/verify"
)

// StandardWebhooks is whoever sends webhooks by the specification of that name, version 1.0.0
// (github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md).
//
// Specified: webhook-id, which stays the same across retries, and webhook-timestamp, in seconds and fresh for each
// attempt; webhook-signature with one or more signatures of "id.timestamp.body", with spaces between them: v1, the
// HMAC-SHA256 in base64 under a key whose text is whsec_ and base64 (for a test: whsec_dGVzdC1zZWNyZXQ=), and v1a, Ed25519 under whsk_ and verified with
// whpk_. Every 2xx is success, a redirect is not.
//
// Recommended there, or given as an example, and so what this provider does: type, timestamp and data in the body; retries
// after 5 s, 5 m, 30 m, 2 h, 5 h, 10 h, 14 h, 20 h and 24 h; 15 to 30 s for an answer, of which it is 15. A sender that does
// otherwise is this value with other fields. Left out, though recommended: jitter, heeding Retry-After, disabling the
// endpoint after days of failures or a 410.
//
// Assumed: 5 minutes of tolerance on either side, as in the specification's own libraries; the text gives no number. A
// secret is required; of any length, where the specification has 24 to 64 bytes. A text without a prefix is an HMAC's
// secret: do not paste a public key without its whpk_.
func StandardWebhooks() Provider {
	const (
		header    = "webhook-signature"
		tolerance = 5 * time.Minute
	)
	signed := []verify.Part{verify.Header("webhook-id"), verify.Text("."), verify.Timestamp(), verify.Text("."), verify.Body()}
	timestamp := verify.TimeHeader("webhook-timestamp")
	return Provider{
		Name: "standardwebhooks",
		Scheme: verify.AnyOf(
			verify.HMAC{
				Header: header, Hash: crypto.SHA256, Encoding: verify.Base64, Form: verify.List(" ", "v1,"),
				Signed: signed, Timestamp: timestamp, Tolerance: tolerance, Key: verify.Base64Key("whsec_"),
			},
			verify.Ed25519{Header: header, Form: verify.List(" ", "v1a,"), Signed: signed, Timestamp: timestamp, Tolerance: tolerance},
		),
		Codec: events.JSON{
			ID:   events.InHeader("webhook-id"),
			Type: events.InBody("type"),
			Time: events.InBody("timestamp"),
			Data: events.InBody("data"),
		},
		Events: events.Catalog{"example.event": map[string]any{"foo": "bar", "fizzbuzz": 2}}, // the specification's sample
		Retry: Fixed(5*time.Second, 5*time.Minute, 30*time.Minute, 2*time.Hour, 5*time.Hour,
			10*time.Hour, 14*time.Hour, 20*time.Hour, 24*time.Hour),
		Deadline: 15 * time.Second,
	}
}
