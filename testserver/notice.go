package testserver

import (
	"fmt"
	"time"
)

// Notice is the e-mail that a provider writes when it has switched an endpoint off.
type Notice struct {
	At       time.Time // on the server's clock
	Endpoint *Endpoint
	To       string
	Subject  string
	Text     string
	Reason   string // the last failure
}

// notice writes the e-mail about an endpoint. mu is held.
func (ep *Endpoint) notice() Notice {
	name := ep.sub.Name
	if name == "" {
		name = ep.sub.URL
	}
	return Notice{
		At: ep.server.time(), Endpoint: ep, Reason: ep.reason,
		To:      "owner@" + ep.server.provider.Name + ".test",
		Subject: "Your webhook " + name + " was disabled",
		Text: fmt.Sprintf("We could not deliver to %s: %s.\nAfter %d failed attempts we disabled the webhook. Save it again to enable it.\n",
			ep.sub.URL, ep.reason, ep.server.provider.DisableAfter),
	}
}
