package simulator

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/mux"

	"github.com/hookmitt/hookmitt/testserver"
)

// maxBody is how long the body of a request to the simulator may be, in bytes: enough for an event that is too large for
// a receiver.
const maxBody = 4 << 20

// control is where the control API begins.
const control = "/_sim/v1"

// simulator is the state behind the handlers: what the server does not keep itself.
type simulator struct {
	server *testserver.Server
	hosts  []string // names that it answers to
	epoch  string   // tells the ids of this stream from those of a simulator before it

	managing sync.Mutex // makes one of reading webhooks and changing one by what was read

	mu     sync.Mutex
	given  map[*testserver.Endpoint]given // secrets that the provider's API reads back
	made   map[string]func() string       // secrets that the page is to show, once, by the webhook's id
	faults []*armedFault                  // in the order in which they were armed
	armed  int                            // ever
}

// New is the simulator of a server: its provider's own API, the control API and /healthz. It may be mounted under a
// prefix by [http.StripPrefix], and is safe for concurrent use. It does not close the server.
//
// A request that came over a network connection must call it by an address, by localhost, or by one of hosts: a page
// whose name was made to lead here (DNS rebinding) is of the same origin to its browser.
func New(server *testserver.Server, hosts ...string) http.Handler {
	s := &simulator{
		server: server, hosts: hosts, epoch: strconv.FormatInt(time.Now().UnixNano(), 36),
		given: map[*testserver.Endpoint]given{}, made: map[string]func() string{},
	}
	router := mux.NewRouter().SkipClean(true).UseEncodedPath() // a redirect would lead out of the prefix
	router.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = fmt.Fprintln(w, "ok")
	}).Methods(http.MethodGet, http.MethodHead)
	trees := []tree{s.controlTree(), s.pageTree()}
	if manage, ok := map[string]func(*simulator) tree{"civo": civo, "cdhosting": cdhosting, "mixpost": mixpost}[server.Provider().Name]; ok {
		trees = append(trees, manage(s))
	}
	for _, t := range trees {
		for _, route := range t.routes {
			methods := []string{route.method}
			if route.method == http.MethodGet {
				methods = append(methods, http.MethodHead)
			}
			router.Handle(t.prefix+route.path, s.handler(t, route.handle)).Methods(methods...)
		}
	}
	router.NotFoundHandler = refuse(trees, func(http.Header, *http.Request) *refusal {
		return &refusal{status: http.StatusNotFound, detail: "there is nothing at this path"}
	})
	router.MethodNotAllowedHandler = refuse(trees, func(h http.Header, r *http.Request) *refusal {
		allowed := allowed(router, r)
		h.Set("Allow", allowed)
		return &refusal{status: http.StatusMethodNotAllowed, detail: "this path takes " + allowed}
	})
	return router
}

// tree is an API: routes below a prefix, and how it says no.
type tree struct {
	prefix string
	routes []route
	enter  func(*http.Request) error // Optional: who may not come in.
	refuse func(http.ResponseWriter, *refusal)
}

// route is one operation. An error of its handler is written as the tree writes it.
type route struct {
	method, path string
	handle       func(http.ResponseWriter, *http.Request) error
}

// crossOrigin keeps other sites' pages out, whose visitors' browsers can reach this machine.
var crossOrigin = http.NewCrossOriginProtection()

// handler is an operation of a tree behind what all of them have in common.
func (s *simulator) handler(t tree, handle func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name, value := range mux.Vars(r) {
			value, _ := url.PathUnescape(value) // an EscapedPath can always be unescaped
			r.SetPathValue(name, value)
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		err := s.may(r)
		if err == nil && t.enter != nil {
			err = t.enter(r)
		}
		if err == nil {
			err = handle(w, r)
		}
		if err != nil {
			refused := refusalOf(err)
			if refused.status == http.StatusUnauthorized {
				w.Header().Set("WWW-Authenticate", "Bearer") // RFC 9110 section 11.6.1
			}
			t.refuse(w, refused)
		}
	})
}

// may reports why a request is not let in, whatever it is about.
func (s *simulator) may(r *http.Request) error {
	if crossOrigin.Check(r) != nil {
		return &refusal{status: http.StatusForbidden, detail: "pages of other origins may not use the simulator"}
	}
	if !s.answersTo(r) {
		return &refusal{status: http.StatusMisdirectedRequest, detail: "the simulator answers to addresses, to localhost and to names that it was told, and " + r.Host + " is none of them"}
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead && s.server.Closed() {
		return testserver.ErrClosed
	}
	return nil
}

// answersTo reports whether a request calls the simulator by what it answers to. An address cannot be made to lead
// elsewhere, as a name can.
func (s *simulator) answersTo(r *http.Request) bool {
	if _, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr); !ok {
		return true // over no network
	}
	host := strings.ToLower((&url.URL{Host: r.Host}).Hostname())
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || net.ParseIP(host) != nil ||
		slices.ContainsFunc(s.hosts, func(name string) bool { return strings.EqualFold(name, host) })
}

// refuse answers what no route takes, as the tree would in which it was looked for.
func refuse(trees []tree, why func(http.Header, *http.Request) *refusal) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		write := trees[0].refuse
		for _, t := range trees {
			if top, _, _ := strings.Cut(t.prefix[1:], "/"); strings.HasPrefix(r.URL.Path, "/"+top+"/") {
				write = t.refuse
			}
		}
		write(w, why(w.Header(), r))
	})
}

// allowed are the methods that the request's path takes.
func allowed(router *mux.Router, r *http.Request) string {
	var methods []string
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		other := r.Clone(r.Context())
		other.Method = method
		if match := (mux.RouteMatch{}); router.Match(other, &match) && match.MatchErr == nil {
			methods = append(methods, method)
		}
	}
	return strings.Join(methods, ", ")
}

// refusal is why a request to the simulator is not done.
type refusal struct {
	status int
	field  string // of the request's body, or a parameter; "" if it is about none
	detail string
}

// Error implements error.
func (r *refusal) Error() string { return r.detail }

// refusalOf says in HTTP what an error means.
func refusalOf(err error) *refusal {
	if r, ok := errors.AsType[*refusal](err); ok {
		return r
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return &refusal{status: http.StatusRequestEntityTooLarge, detail: fmt.Sprintf("the body is over %d bytes", maxBody)}
	}
	status := http.StatusInternalServerError
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return &refusal{status: http.StatusBadRequest, detail: "the body ends before its length"}
	case errors.Is(err, testserver.ErrClosed):
		status = http.StatusServiceUnavailable
	case errors.Is(err, testserver.ErrRemoved):
		status = http.StatusNotFound
	case errors.Is(err, testserver.ErrClock):
		status = http.StatusConflict
	case errors.Is(err, testserver.ErrFull):
		status = http.StatusInsufficientStorage
	}
	return &refusal{status: status, detail: strings.TrimPrefix(err.Error(), "testserver: ")}
}

func invalid(field, format string, args ...any) error {
	return &refusal{status: http.StatusUnprocessableEntity, field: field, detail: fmt.Sprintf(format, args...)}
}
