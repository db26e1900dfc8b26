package routers

import (
	"net/http"

	"github.com/gorilla/mux"

	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/middleware"
)

// Gorilla has a receiver on a route of gorilla/mux, which redirects neither path as long as StrictSlash is off, as it
// is by default. With it on, one of them is redirected, whichever is registered.
//
// No Methods("POST"): mux answers 405 without Allow then. The receiver answers all verbs.
func Gorilla(rc *middleware.Receiver, h events.Handler) http.Handler {
	router, webhooks := mux.NewRouter(), rc.Handle(h)
	router.Handle("/webhooks", webhooks)
	router.Handle("/webhooks/", webhooks)
	return router
}

// GorillaUse has a receiver as the middleware of a subrouter. Only what matches one of its routes comes to the
// receiver; anything else is mux's 404.
func GorillaUse(rc *middleware.Receiver, next http.Handler) http.Handler {
	router := mux.NewRouter()
	webhooks := router.PathPrefix("/webhooks").Subrouter()
	webhooks.Use(rc.Wrap)
	webhooks.Handle("", next)
	webhooks.Handle("/", next)
	return router
}
