// Package routers shows a receiver behind the routers that people have: net/http's ServeMux, gorilla/mux and chi, each
// as a route and as middleware. It is a module of its own, so that hookmitt does not require chi:
//
//	cd examples/routers && go test ./...
//
// Two things go wrong with routers. One is a redirect to the same path with or without its last slash: providers do
// not follow it, count it as a failure and in the end switch the endpoint off. So each function here registers both
// paths, and redirects neither. The other is who answers a GET. The receiver says 405 with Allow; where a router
// answers before it, the function says so.
package routers
