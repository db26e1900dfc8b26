package hookmitt

import (
	"crypto"
	"time"

	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/verify"
)

// CDHosting is the hosting provider at cdhosting.host. Not checked against the live service.
//
// Documented (cdhosting.host/docs/api-webhooks): the hex HMAC-SHA256 of the raw body; an envelope of id, type,
// created_at and data; nine server.* and billing.* events; the data of one of them, server.started; retries after 1 m,
// 5 m, 30 m, 2 h and 24 h; an e-mail when the webhook is disabled.
//
// Assumed: the name of the header, which the page does not give ([Provider.WithSignatureHeader] sets another); 10 s
// for an answer, of which every 2xx counts; a secret required; id and created_at the same across retries; the data of
// the other eight events, of which events therefore takes every field as optional; the webhook disabled when the fifth
// retry fails. The page says "after 5 failed attempts", which may also mean that the fifth attempt is the last:
// set DisableAfter to 5 for that reading. The schedule keeps the 24 h gap either way, so ids are remembered for both.
func CDHosting() Provider {
	return Provider{
		Name:   "cdhosting",
		Scheme: verify.HMAC{Header: "X-CDHosting-Signature", Hash: crypto.SHA256},
		Codec: events.JSON{
			ID:   events.InBody("id"),
			Type: events.InBody("type"),
			Time: events.InBody("created_at"),
			Data: events.InBody("data"),
		},
		Events:       events.CDHosting(),
		Test:         "server.started",
		Retry:        Fixed(time.Minute, 5*time.Minute, 30*time.Minute, 2*time.Hour, 24*time.Hour),
		DisableAfter: 6,
		Mails:        true,
		Deadline:     10 * time.Second,
	}
}
