package hookmitt

import (
	"crypto"
	"time"

	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/verify"
)

// Civo is the cloud at civo.com. Not checked against the live service.
//
// Documented (civo.com/api/webhooks, civo.com/learn/using-webhooks-to-receive-important-change-callbacks): the
// X-Civo-Signature header with the hex HMAC-SHA1 of the raw body under the secret's text; the X-Civo-Event header
// with a UUID that stays the same across retries; event and resourceID in the body; 5 s for an answer, of which every
// 2xx counts and a redirect does not; retries after 5 m, 30 m, 1 h, 2 h and 6 h; the webhook disabled when the last
// one fails.
//
// From its public clients: a secret of 32 letters and digits is made up where none is given (civo/civogo, webhook.go);
// the names of 57 events (Lazarus404/civo, lib/civo/webhooks.ex), to which the page adds one. All of them have one
// payload, [events.Resource].
//
// Assumed: a payload in the body of some events, which is kept raw; POST as application/json; gaps counted from the end
// of the failed attempt. If the last is wrong, retries come some seconds earlier, which changes nothing here.
//
// The signature does not cover X-Civo-Event, and the body has nothing unique in it: see [UnsignedID].
func Civo() Provider {
	return Provider{
		Name:   "civo",
		Scheme: verify.HMAC{Header: "X-Civo-Signature", Hash: crypto.SHA1},
		Codec: events.JSON{
			ID:   events.InHeader("X-Civo-Event").UUID(),
			Type: events.InBody("event"),
			Data: events.WholeBody(),
		},
		Events:       events.Civo(),
		Test:         events.InstanceCreated,
		Retry:        Fixed(5*time.Minute, 30*time.Minute, time.Hour, 2*time.Hour, 6*time.Hour),
		DisableAfter: 6,
		Secretless:   SecretMade,
		Deadline:     5 * time.Second,
	}
}
