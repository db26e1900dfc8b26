package routers_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/go-chi/chi/v5"
	chimiddleware "github.com/go-chi/chi/v5/middleware"
	"github.com/gorilla/mux"
	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/examples/routers"
	"github.com/hookmitt/hookmitt/middleware"
	"github.com/hookmitt/hookmitt/testserver"
	"github.com/hookmitt/hookmitt/verify"
)

// Wrap fits wherever a router takes middleware.
var _ func(http.Handler) http.Handler = new(middleware.Receiver).Wrap

var secret = verify.NewSecret("a secret of the test's")

// service is what stands behind a router, in both shapes, and what it was given.
type service struct {
	mu      sync.Mutex
	records int
	got     []events.Event
	bodies  []string // as read from the request, under Wrap
	found   []bool   // whether EventFrom had the event
}

// HandleEvent implements [events.Handler].
func (s *service) HandleEvent(ctx context.Context, e events.Event) error {
	s.take(ctx, e, string(e.Raw))
	return nil
}

// ServeHTTP implements [http.Handler].
func (s *service) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	e, _ := middleware.EventFrom(r.Context())
	s.take(r.Context(), e, string(body))
}

func (s *service) take(ctx context.Context, e events.Event, body string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, found := middleware.EventFrom(ctx)
	s.got, s.bodies, s.found = append(s.got, e), append(s.bodies, body), append(s.found, found)
}

// all are the registrations that this module shows.
var all = map[string]struct {
	build func(rc *middleware.Receiver, s *service) http.Handler
	first bool // whether the router answers a wrong verb before the receiver
}{
	"ServeMux":     {build: func(rc *middleware.Receiver, s *service) http.Handler { return routers.ServeMux(rc, s) }, first: true},
	"ServeMuxWrap": {build: func(rc *middleware.Receiver, s *service) http.Handler { return routers.ServeMuxWrap(rc, s) }},
	"Gorilla":      {build: func(rc *middleware.Receiver, s *service) http.Handler { return routers.Gorilla(rc, s) }},
	"GorillaUse":   {build: func(rc *middleware.Receiver, s *service) http.Handler { return routers.GorillaUse(rc, s) }},
	"Chi":          {build: func(rc *middleware.Receiver, s *service) http.Handler { return routers.Chi(rc, s) }},
	"ChiUse":       {build: func(rc *middleware.Receiver, s *service) http.Handler { return routers.ChiUse(rc, s) }},
}

// start makes a router with a receiver.
func start(t *testing.T, build func(*middleware.Receiver, *service) http.Handler) (*service, http.Handler) {
	t.Helper()
	s := new(service)
	rc, err := middleware.New(hookmitt.CDHosting(), verify.NewKeyring(secret), &middleware.Options{
		Observe: func(context.Context, middleware.Record) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.records++
		},
	})
	require.NoError(t, err)
	return s, build(rc, s)
}

// send lets CDHosting deliver one event to a path, and returns the attempts. None may be answered by a redirect.
func send(t *testing.T, h http.Handler, path string, faults ...testserver.Fault) testserver.Timeline {
	t.Helper()
	server := httptest.NewServer(h)
	defer server.Close()
	provider, err := testserver.New(hookmitt.CDHosting(), &testserver.Options{Clock: testserver.Manual()})
	require.NoError(t, err)
	defer provider.Close()
	endpoint, err := provider.Subscribe(testserver.Subscription{URL: server.URL + path, Secret: secret})
	require.NoError(t, err)
	e, ok := hookmitt.CDHosting().Events.Sample("server.started")
	require.True(t, ok)
	e.ID = "evt_1"
	d := endpoint.Send(t.Context(), e, faults...)
	_, _ = d.Wait(t.Context())
	return d.Timeline()
}

func TestEveryRouter(t *testing.T) {
	t.Parallel()
	for name, router := range all {
		for _, path := range []string{"/webhooks", "/webhooks/", "/webhooks?from=cdhosting"} {
			t.Run(name+" "+path, func(t *testing.T) {
				t.Parallel()
				s, h := start(t, router.build)
				timeline := send(t, h, path, testserver.Tampered())
				require.Equal(t, "0s 401", timeline.String())
				require.Empty(t, s.got)

				timeline = send(t, h, path, testserver.Twice())
				require.Equal(t, 200, timeline[0].Status, "and no redirect")
				require.Equal(t, 200, timeline[1].Status)
				require.Equal(t, "accepted", timeline[0].Outcome())
				require.Equal(t, "duplicate", timeline[1].Outcome())
				require.Equal(t, []string{string(timeline[0].Body)}, s.bodies, "what was read is what was signed")
				require.Equal(t, []bool{true}, s.found, "EventFrom has the event")
				require.Equal(t, "evt_1", s.got[0].ID)
			})
		}
	}
}

func TestBothPathsAreOneEndpoint(t *testing.T) {
	t.Parallel()
	for name, router := range all {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, h := start(t, router.build)
			require.Equal(t, "accepted", send(t, h, "/webhooks")[0].Outcome())
			require.Equal(t, "duplicate", send(t, h, "/webhooks/")[0].Outcome())
			require.Len(t, s.got, 1)
		})
	}
}

func TestAWrongVerbIs405WithAllow(t *testing.T) {
	t.Parallel()
	for name, router := range all {
		for _, verb := range []string{"GET", "PUT", "DELETE"} {
			t.Run(name+" "+verb, func(t *testing.T) {
				t.Parallel()
				s, h := start(t, router.build)
				timeline := send(t, h, "/webhooks", testserver.WithMethod(verb))
				require.Equal(t, 405, timeline[0].Status)
				require.Equal(t, []string{"POST"}, timeline[0].AnswerHeader.Values("Allow"))
				require.Empty(t, s.got)
				require.Equal(t, router.first, s.records == 0, "whether the router was first")
			})
		}
	}
}

func TestPathsBesideItAreNotTheReceivers(t *testing.T) {
	t.Parallel()
	for name, router := range all {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, h := start(t, router.build)
			require.Equal(t, "0s 404", send(t, h, "/webhooks-not").String())
			require.Equal(t, "0s 404", send(t, h, "/webhooks/further").String())
			want := map[bool]int{false: 404, true: 401}[name == "ChiUse"]
			require.Equal(t, want, send(t, h, "/webhooks/further", testserver.Unsigned())[0].Status)
			require.Empty(t, s.got)
		})
	}
}

// Why the functions are as they are: what one would write first redirects a delivery, or says 405 without Allow.
func TestTheTrapsAreReal(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		build func(h http.Handler) http.Handler
		path  string
		verb  string
		want  int
	}{
		"ServeMux with the last slash alone": {func(h http.Handler) http.Handler {
			m := http.NewServeMux()
			m.Handle("POST /webhooks/", h)
			return m
		}, "/webhooks", "POST", 307},
		"gorilla with StrictSlash": {func(h http.Handler) http.Handler {
			m := mux.NewRouter().StrictSlash(true)
			m.Handle("/webhooks", h)
			return m
		}, "/webhooks/", "POST", 301},
		"gorilla with StrictSlash and both": {func(h http.Handler) http.Handler {
			m := mux.NewRouter().StrictSlash(true)
			m.Handle("/webhooks", h)
			m.Handle("/webhooks/", h)
			return m
		}, "/webhooks/", "POST", 301},
		"gorilla with Methods": {func(h http.Handler) http.Handler {
			m := mux.NewRouter()
			m.Handle("/webhooks", h).Methods("POST")
			return m
		}, "/webhooks", "GET", 405},
		"chi with RedirectSlashes": {func(h http.Handler) http.Handler {
			m := chi.NewRouter()
			m.Use(chimiddleware.RedirectSlashes)
			m.Handle("/webhooks", h)
			return m
		}, "/webhooks/", "POST", 301},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, h := start(t, func(rc *middleware.Receiver, s *service) http.Handler { return c.build(rc.Handle(s)) })
			a := send(t, h, c.path, testserver.WithMethod(c.verb))[0]
			require.Equal(t, c.want, a.Status)
			require.Empty(t, a.AnswerHeader.Get("Allow"))
			require.False(t, a.Succeeded)
			require.Empty(t, s.got)
		})
	}
}
