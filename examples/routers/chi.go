package routers

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/middleware"
)

// Chi has a receiver on a route of chi, which never redirects by itself. Leave its middleware RedirectSlashes out.
//
// The receiver answers all verbs. With Post in place of Handle chi would: 405 with Allow, but for the record.
func Chi(rc *middleware.Receiver, h events.Handler) http.Handler {
	router, webhooks := chi.NewRouter(), rc.Handle(h)
	router.Handle("/webhooks", webhooks)
	router.Handle("/webhooks/", webhooks)
	return router
}

// ChiUse has a receiver as the middleware of a subrouter, whose "/" is both paths. chi runs middleware before it looks
// for a route, so the receiver comes first for all below /webhooks: a stranger gets 401 for a path that is not there.
func ChiUse(rc *middleware.Receiver, next http.Handler) http.Handler {
	router := chi.NewRouter()
	router.Route("/webhooks", func(webhooks chi.Router) {
		webhooks.Use(rc.Wrap)
		webhooks.Handle("/", next)
	})
	return router
}
