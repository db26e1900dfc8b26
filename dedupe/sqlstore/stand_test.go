package sqlstore_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/internal/redistest"
	"github.com/hookmitt/hookmitt/middleware"
	"github.com/hookmitt/hookmitt/testserver"
	"github.com/hookmitt/hookmitt/verify"
)

var secret = verify.NewSecret("test-secret of some bytes")

// brisk is a provider that waits for 2 s, so that its tests are fast: the budget is 1.6 s, and the store has 400 ms to
// answer. The lease is 15 s.
func brisk() hookmitt.Provider {
	p := hookmitt.CDHosting()
	p.Deadline = 2 * time.Second
	return p
}

// unhurried waits for 10 s, so that a store has a second to answer.
func unhurried() hookmitt.Provider { return hookmitt.CDHosting() }

// soon is when an answer must have left, on a machine that is busy.
const soon = 4 * time.Second

// stand is a receiver on a test stand: requests go in as over the network, answers and records come out.
type stand struct {
	t        *testing.T
	provider hookmitt.Provider
	receiver *middleware.Receiver
	client   http.Client
	late     chan middleware.Record // of runs that outlived their request

	mu       sync.Mutex
	records  []middleware.Record
	requests int
	returned map[string]chan struct{} // by the number that do gives a request
}

// numbered tells the stand's requests apart.
const numbered = "Stand-Request"

// newStand makes a receiver of p around do, on a store.
func newStand(t *testing.T, p hookmitt.Provider, store dedupe.Store, do events.HandlerFunc) *stand {
	t.Helper()
	return newStandWith(t, p, middleware.Options{Store: store}, do)
}

func newStandWith(t *testing.T, p hookmitt.Provider, opts middleware.Options, do events.HandlerFunc) *stand {
	t.Helper()
	s := &stand{t: t, provider: p, late: make(chan middleware.Record, 100), returned: map[string]chan struct{}{}}
	opts.Observe = func(_ context.Context, r middleware.Record) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.records = append(s.records, r)
		if r.Late {
			s.late <- r
		}
	}
	var err error
	s.receiver, err = middleware.New(p, verify.NewKeyring(secret), &opts)
	require.NoError(t, err)
	h := s.receiver.Handle(do)
	s.client.Transport = testserver.InProcess(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(s.returns(r.Header.Get(numbered)))
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

// answer is what came back.
type answer struct {
	status  int
	outcome string
	header  http.Header
	body    string
	took    time.Duration
}

// send seals e and sends it, and waits until the receiver is done with it. An aborted connection is status 0.
func (s *stand) send(e events.Event) answer {
	s.t.Helper()
	h, body, err := s.provider.Seal(secret, e, time.Now())
	require.NoError(s.t, err)
	r, err := http.NewRequest(s.provider.Verb(), "http://receiver.test/webhooks", bytes.NewReader(body))
	require.NoError(s.t, err)
	s.mu.Lock()
	s.requests++
	h.Set(numbered, strconv.Itoa(s.requests))
	s.mu.Unlock()
	r.Header = h
	start := time.Now()
	response, err := s.client.Do(r)
	took := time.Since(start)
	<-s.returns(h.Get(numbered))
	if err != nil {
		return answer{took: took}
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(s.t, err)
	return answer{response.StatusCode, response.Header.Get("Hookmitt-Outcome"), response.Header, string(text), took}
}

// comesTo sends e until it is answered so. Until then the answers must be of those that are given.
func (s *stand) comesTo(e events.Event, want string, meanwhile ...string) {
	s.t.Helper()
	redistest.Eventually(s.t, "it is answered "+want, func() bool {
		got := brief(s.send(e))
		if got != want {
			require.Contains(s.t, meanwhile, got, "before it is answered %s", want)
		}
		return got == want
	})
}

// awaitLate waits for the end of a run that outlived its request.
func (s *stand) awaitLate() middleware.Record {
	s.t.Helper()
	select {
	case r := <-s.late:
		return r
	case <-time.After(time.Minute):
		s.t.Fatal("no late record")
		return middleware.Record{}
	}
}

// last is the latest record.
func (s *stand) last() middleware.Record {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	require.NotEmpty(s.t, s.records, "no record")
	return s.records[len(s.records)-1]
}

// briefs is the stand's records in a few words each: "accepted run 1", "late failed run 1".
func (s *stand) briefs() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []string
	for _, r := range s.records {
		text := r.Outcome.String()
		if r.Late {
			text = "late " + text
		}
		if r.Run > 0 {
			text += fmt.Sprintf(" run %d", r.Run)
		}
		all = append(all, text)
	}
	return all
}

// brief is an answer in two words: "503 busy".
func brief(a answer) string { return strings.TrimSpace(fmt.Sprintf("%d %s", a.status, a.outcome)) }

// retryAfter is in seconds; -1 for none.
func retryAfter(a answer) int {
	n, err := strconv.Atoi(a.header.Get("Retry-After"))
	if err != nil {
		return -1
	}
	return n
}

// started is a valid event of CDHosting's.
func started(id string) events.Event {
	e, _ := events.CDHosting().Sample("server.started")
	e.ID = id
	return e
}

// keyOf is where the stand's receiver keeps an event.
func (s *stand) keyOf(id string) dedupe.Key { return dedupe.Key{Scope: s.provider.Name, ID: id} }

// actor is a handler that does one deed after the other, the last of them for ever, and remembers its claims.
type actor struct {
	deeds  []events.HandlerFunc
	mu     sync.Mutex
	claims []dedupe.Claim
}

func act(deeds ...events.HandlerFunc) *actor { return &actor{deeds: deeds} }

// HandleEvent implements [events.Handler].
func (a *actor) HandleEvent(ctx context.Context, e events.Event) error {
	c, _ := dedupe.ClaimFrom(ctx)
	a.mu.Lock()
	deed := a.deeds[min(len(a.claims), len(a.deeds)-1)]
	a.claims = append(a.claims, c)
	a.mu.Unlock()
	return deed(ctx, e)
}

// requireRuns checks which runs there were, and that each had a larger token than the one before it of the same event.
func (a *actor) requireRuns(t *testing.T, want ...int) {
	t.Helper()
	a.mu.Lock()
	claims := slices.Clone(a.claims)
	a.mu.Unlock()
	got, last := []int{}, map[dedupe.Key]uint64{}
	for _, c := range claims {
		got = append(got, c.Run)
		require.Greater(t, c.Token, last[c.Key], "the token does not grow")
		last[c.Key] = c.Token
	}
	require.Equal(t, append([]int{}, want...), got, "runs")
}

func nothing(context.Context, events.Event) error { return nil }

func failing(context.Context, events.Event) error { return errDeed }

// gate is a deed that says when it has begun, and ends as it is told to, or at the end of the test. It ignores its
// context.
type gate struct {
	begun chan struct{}
	end   chan error
}

func newGate(t *testing.T) *gate {
	t.Helper()
	g := &gate{begun: make(chan struct{}, 1000), end: make(chan error)}
	t.Cleanup(func() { close(g.end) })
	return g
}

func (g *gate) deed(context.Context, events.Event) error {
	g.begun <- struct{}{}
	return <-g.end
}

// begins waits until it has begun.
func (g *gate) begins(t *testing.T) {
	t.Helper()
	select {
	case <-g.begun:
	case <-time.After(time.Minute):
		t.Fatal("it did not run")
	}
}

// sent sends e without waiting for the answer.
func (s *stand) sent(e events.Event) <-chan answer {
	answers := make(chan answer, 1)
	go func() { answers <- s.send(e) }()
	return answers
}
