package conformtest_test

import (
	"net/http"

	"github.com/go-chi/chi/v5"
	"github.com/gorilla/mux"
)

// path is where the receiver is, behind each router.
const path = "/webhooks"

// routers have a receiver on a route, with and without the last slash: see examples/routers. ServeMux answers other verbs
// than POST before the receiver does, the others leave all to it.
var routers = map[string]func(receiver http.Handler) http.Handler{
	"servemux": func(receiver http.Handler) http.Handler {
		router := http.NewServeMux()
		router.Handle("POST "+path, receiver)
		router.Handle("POST "+path+"/{$}", receiver)
		return router
	},
	"gorilla": func(receiver http.Handler) http.Handler {
		router := mux.NewRouter()
		router.Handle(path, receiver)
		router.Handle(path+"/", receiver)
		return router
	},
	"chi": func(receiver http.Handler) http.Handler {
		router := chi.NewRouter()
		router.Handle(path, receiver)
		router.Handle(path+"/", receiver)
		return router
	},
}
