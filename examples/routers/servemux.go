package routers

import (
	"net/http"

	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/middleware"
)

// ServeMux has a receiver on a route. "/webhooks/" alone would redirect what comes to "/webhooks"; "/webhooks/{$}" is
// the one path, and not all below it.
//
// The mux answers other verbs than POST before the receiver sees them: 405 with Allow, like the receiver, but for its
// record, which an operator might miss. Leave the verb out, as [ServeMuxWrap] does, to have it.
func ServeMux(rc *middleware.Receiver, h events.Handler) http.Handler {
	mux, webhooks := http.NewServeMux(), rc.Handle(h)
	mux.Handle("POST /webhooks", webhooks)
	mux.Handle("POST /webhooks/{$}", webhooks)
	return mux
}

// ServeMuxWrap has a receiver in front of an http.Handler. The receiver answers all verbs.
func ServeMuxWrap(rc *middleware.Receiver, next http.Handler) http.Handler {
	mux, webhooks := http.NewServeMux(), rc.Wrap(next)
	mux.Handle("/webhooks", webhooks)
	mux.Handle("/webhooks/{$}", webhooks)
	return mux
}
