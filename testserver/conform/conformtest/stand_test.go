package conformtest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/middleware"
	"github.com/hookmitt/hookmitt/testserver/conform"
	"github.com/hookmitt/hookmitt/verify"
)

// stand is a receiver as it is in production, and can be restarted. It is an http.Handler.
type stand struct {
	t        *testing.T
	provider hookmitt.Provider
	router   func(http.Handler) http.Handler
	ground   ground
	ring     *verify.Keyring

	receiver *middleware.Receiver
	current  atomic.Pointer[http.Handler]
	stalls   atomic.Int64 // of the store

	mu     sync.Mutex
	runs   map[string]int // of events that are to go wrong; whoever restarts the receiver does not forget them
	broken map[string]int // how often a request came to which end that was not told
}

func newStand(t *testing.T, c configuration) *stand {
	t.Helper()
	s := &stand{t: t, provider: c.provider, router: routers[c.router], ground: stores[c.store](t), runs: map[string]int{}, broken: map[string]int{}}
	t.Cleanup(s.tell)
	s.ring = verify.NewKeyring(s.secret(), s.previous())
	require.NoError(t, s.start(t.Context()))
	return s
}

func (s *stand) secret() verify.Secret   { return s.provider.SecretOf("the current secret of all") }
func (s *stand) previous() verify.Secret { return s.provider.SecretOf("the previous secret of all") }

// maxBody is the longest body, in bytes. It is not the default, so that it must be obeyed, and what is longer is sent
// soon.
const maxBody = 256 << 10

// start makes a receiver that has seen nothing, and has it receive.
func (s *stand) start(ctx context.Context) error {
	store, work, err := s.ground.open(ctx)
	if err != nil {
		return err
	}
	s.receiver, err = middleware.New(s.provider, s.ring, &middleware.Options{
		Store: store, MaxBody: maxBody, Observe: s.observe,
	})
	if err != nil {
		return err
	}
	router := events.NewRouter()
	router.Handle(s.event(), work)
	events.Match(router, conform.FailEvent, func(ctx context.Context, e events.Event, f conform.Failure) error {
		if err := s.goWrong(e, f); err != nil {
			return err
		}
		return work(ctx, e)
	})
	h := s.router(s.receiver.Handle(router))
	s.current.Store(&h)
	return nil
}

// event is the type of the events that have an effect: the provider's test event, as conform sends it.
func (s *stand) event() string {
	if s.provider.Test != "" {
		return s.provider.Test
	}
	return slices.Min(slices.Collect(maps.Keys(s.provider.Events)))
}

var errTold = errors.New("the handler was told to fail")

// goWrong does so, if the event has not gone wrong as often as it was told to.
func (s *stand) goWrong(e events.Event, f conform.Failure) error {
	s.mu.Lock()
	s.runs[e.ID]++
	run := s.runs[e.ID]
	s.mu.Unlock()
	switch {
	case run > f.Times:
		return nil
	case f.How == "error":
		return errTold
	case f.How == "panic":
		panic("the handler was told to panic")
	case f.How == "slow":
		time.Sleep(2 * s.provider.Deadline)
		return nil
	}
	return errors.New("a way to go wrong that the stand does not know: " + f.How)
}

// observe notes what went wrong that was not told to: it may be why a check failed.
func (s *stand) observe(_ context.Context, r middleware.Record) {
	if errors.Is(r.Err, dedupe.ErrStalled) || errors.Is(r.Err, dedupe.ErrNotBegun) {
		s.stalls.Add(1)
	}
	if r.Status < 500 && !r.Late || errors.Is(r.Err, errTold) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broken[fmt.Sprintf("%v, late %t: %s", r.Outcome, r.Late, r.Reason)]++
}

// tell says it, if the test failed.
func (s *stand) tell() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for what, n := range s.broken {
		if s.t.Failed() {
			s.t.Logf("%d times the receiver recorded %s", n, what)
		}
	}
}

// ServeHTTP implements [http.Handler].
func (s *stand) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	(*s.current.Load()).ServeHTTP(w, r)
}

// target is the stand as conform is to see it, without a way to reach it.
func (s *stand) target() conform.Target {
	return conform.Target{
		Provider: s.provider, Secret: s.secret(), Previous: s.previous(), MaxBody: maxBody, Fails: true,
		Effects: s.ground.effects,
		Retire: func(context.Context) error {
			s.ring.Retire()
			return nil
		},
		Pass: func(_ context.Context, d time.Duration) error { return s.ground.pass(d) },
	}
}

// restart has the process and its store die, and start again.
func (s *stand) restart(ctx context.Context) error {
	return errors.Join(s.ground.crash(), s.start(ctx))
}

// listen has the stand receive on a port of the loopback, for as long as the test lasts.
func (s *stand) listen() string {
	server := httptest.NewUnstartedServer(s)
	server.Config.ReadHeaderTimeout = 5 * time.Second
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // it speaks of panics
	server.Start()
	s.t.Cleanup(server.Close)
	return server.URL + path
}
