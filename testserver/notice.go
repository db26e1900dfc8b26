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

// maxNotices is how many a server keeps.
const maxNotices = 1000

// notice writes the e-mail about an endpoint. mu is held.
func (ep *Endpoint) notice() *Notice {
	name := ep.sub.Name
	if name == "" {
		name = ep.sub.URL
	}
	s := ep.server
	notice := Notice{
		At: s.time(), Endpoint: ep, Reason: ep.reason,
		To:      "owner@" + s.provider.Name + ".test",
		Subject: "Your webhook " + name + " was disabled",
		Text: fmt.Sprintf("We could not deliver to %s: %s.\nAfter %d failed attempts we disabled the webhook. Save it again to enable it.\n",
			ep.sub.URL, ep.reason, s.provider.DisableAfter),
	}
	s.notices = append(s.notices, notice)
	s.notices = s.notices[max(0, len(s.notices)-maxNotices):]
	s.tell(Change{Kind: NoticeWritten, Endpoint: ep, Notice: &notice})
	return &notice
}
