package middleware_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/middleware"
	"github.com/hookmitt/hookmitt/testserver"
	"github.com/hookmitt/hookmitt/verify"
)

func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.DiscardHandler)) // New speaks of ids and stores
	os.Exit(m.Run())
}

var secret = verify.NewSecret("test-secret")

// stand is a receiver on a test stand: requests go in as over the network, answers and records come out.
type stand struct {
	t        *testing.T
	provider hookmitt.Provider
	store    dedupe.Store
	receiver *middleware.Receiver
	client   http.Client

	mu       sync.Mutex
	records  []middleware.Record
	requests int
	returned map[string]chan struct{} // by the number that do gives a request
}

// number tells the stand's requests apart.
const number = "Stand-Request"

// newStand makes a receiver of p around do. Of opts the store and the observer are the stand's, unless they are given.
func newStand(t *testing.T, p hookmitt.Provider, do events.HandlerFunc, opts middleware.Options) *stand {
	t.Helper()
	return newStandFor(t, p, opts, func(rc *middleware.Receiver) http.Handler { return rc.Handle(do) })
}

// newStandFor is newStand for what is not a plain handler: a router, or something under Wrap.
func newStandFor(t *testing.T, p hookmitt.Provider, opts middleware.Options, handler func(*middleware.Receiver) http.Handler) *stand {
	t.Helper()
	s := &stand{t: t, provider: p, returned: map[string]chan struct{}{}}
	if opts.Store == nil {
		opts.Store = dedupe.NewMemory(0)
	}
	s.store = opts.Store
	observe := opts.Observe
	opts.Observe = func(ctx context.Context, r middleware.Record) {
		s.mu.Lock()
		s.records = append(s.records, r)
		s.mu.Unlock()
		if observe != nil {
			observe(ctx, r)
		}
	}
	var err error
	s.receiver, err = middleware.New(p, verify.NewKeyring(secret), &opts)
	require.NoError(t, err)
	h := handler(s.receiver)
	s.client.Transport = testserver.InProcess(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(s.returns(r.Header.Get(number)))
		h.ServeHTTP(w, r)
	}))
	return s
}

// returns is closed when the receiver is done with a request, and has recorded it.
func (s *stand) returns(n string) chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.returned[n] == nil {
		s.returned[n] = make(chan struct{})
	}
	return s.returned[n]
}

// request seals e into a request.
func (s *stand) request(e events.Event) *http.Request {
	s.t.Helper()
	h, body, err := s.provider.Seal(secret, e, time.Now())
	require.NoError(s.t, err)
	return s.raw(h, body)
}

// raw is a request of these headers and bytes.
func (s *stand) raw(h http.Header, body []byte) *http.Request {
	s.t.Helper()
	r, err := http.NewRequest(s.provider.Verb(), "http://receiver.test/webhooks", bytes.NewReader(body))
	require.NoError(s.t, err)
	r.Header = h
	return r
}

// answer is what came back, with its body read.
type answer struct {
	Status  int
	Outcome string
	Header  http.Header
	Body    string
}

// do sends a request and waits until the receiver is done with it. An aborted connection, and a client that went away
// by its context, are status 0.
func (s *stand) do(r *http.Request) answer {
	s.t.Helper()
	s.mu.Lock()
	s.requests++
	r.Header.Set(number, strconv.Itoa(s.requests))
	s.mu.Unlock()
	response, err := s.client.Do(r)
	if r.Context().Err() == nil {
		<-s.returns(r.Header.Get(number))
	}
	if err != nil {
		return answer{}
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(s.t, err)
	return answer{response.StatusCode, response.Header.Get("Hookmitt-Outcome"), response.Header, string(body)}
}

// send seals e and sends it.
func (s *stand) send(e events.Event) answer {
	s.t.Helper()
	return s.do(s.request(e))
}

// all is the records so far.
func (s *stand) all() []middleware.Record {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]middleware.Record(nil), s.records...)
}

// last is the latest record.
func (s *stand) last() middleware.Record {
	s.t.Helper()
	all := s.all()
	require.NotEmpty(s.t, all, "no record")
	return all[len(all)-1]
}

// claim tells what the store knows of an id: none, failed, pending or done. It looks by claiming, so look last.
func (s *stand) claim(id string) string {
	s.t.Helper()
	c, err := s.store.Claim(context.Background(), dedupe.Key{Scope: s.provider.Name, ID: id}, "the test",
		dedupe.Hold{Lease: time.Second, Remember: time.Second})
	require.NoError(s.t, err)
	switch {
	case c.State == dedupe.Claimed && c.Run == 1:
		return "none"
	case c.State == dedupe.Claimed:
		return "failed"
	}
	return c.State.String()
}

// started is a valid event of CDHosting's.
func started(id string) events.Event {
	e, _ := events.CDHosting().Sample("server.started")
	e.ID = id
	return e
}

// nothing is a handler that does nothing, well.
func nothing(context.Context, events.Event) error { return nil }
