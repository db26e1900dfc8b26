package testserver

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/hookmitt/hookmitt"
)

// Options are what a server can be told besides its provider. The zero value sends over the network, to this machine,
// in real time.
type Options struct {
	Transport http.RoundTripper // Default: http.DefaultTransport. [InProcess] needs no network.
	Clock     Clock             // Default: [Real].
	Seed      uint64            // of everything that [Chance] decides: the same seed, the same course.
	Allow     []string          // hosts besides this machine's that may be called, by name.
	Keep      int               // deliveries to keep, settled ones the first to go. Default: 10,000.
	Notify    func(Notice)      // is told of the e-mails that the provider writes. It must not move the clock or close. Optional.
	Observe   func(Attempt)     // is told of every attempt that has ended, before the provider draws its conclusions. Likewise. Optional.
}

const defaultKeep = 10_000

// Server plays one provider. It is safe for concurrent use.
type Server struct {
	*engine
	provider  hookmitt.Provider
	client    *http.Client
	inProcess bool
	own       bool // the transport is
	seed      uint64
	allow     []string
	keep      int
	notify    func(Notice)
	observe   func(Attempt)

	ctx    context.Context // ends at Close
	cancel context.CancelFunc

	// Guarded by the engine's mu.
	endpoints  []*Endpoint
	deliveries []*Delivery
	sent       uint64 // deliveries ever
	settled    int    // of those that are kept
	forgotten  int
}

// New makes a server for a provider. opts may be nil.
func New(p hookmitt.Provider, opts *Options) (*Server, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	if opts == nil {
		opts = &Options{}
	}
	if err := opts.Clock.validate(); err != nil {
		return nil, err
	}
	if opts.Keep < 0 {
		return nil, fmt.Errorf("testserver: Options.Keep is %d", opts.Keep)
	}
	transport := opts.Transport
	if transport == nil {
		transport = http.DefaultTransport.(*http.Transport).Clone() // ours, so that Close leaves others' connections alone
	}
	s := &Server{
		engine: newEngine(opts.Clock), provider: p, seed: opts.Seed, allow: slices.Clone(opts.Allow), keep: opts.Keep,
		notify: opts.Notify, observe: opts.Observe,
	}
	if s.keep == 0 {
		s.keep = defaultKeep
	}
	s.own = opts.Transport == nil
	_, s.inProcess = transport.(inProcess)
	s.client = &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // a redirect is an answer, and a failure
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s, nil
}

// Provider is whom the server plays.
func (s *Server) Provider() hookmitt.Provider { return s.provider }

// Subscribe registers an endpoint.
func (s *Server) Subscribe(sub Subscription) (*Endpoint, error) {
	sub, made, err := s.complete(sub)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, ErrClosed
	}
	ep := &Endpoint{server: s, sub: sub}
	ep.setMade(made)
	s.endpoints = append(s.endpoints, ep)
	return ep, nil
}

// Endpoints are the registered webhooks, in the order of their registration.
func (s *Server) Endpoints() []*Endpoint {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.endpoints)
}

// Deliveries are those that the server still keeps, oldest first, and how many it has forgotten to make room.
func (s *Server) Deliveries() (kept []*Delivery, forgotten int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.deliveries), s.forgotten
}

// remember keeps a delivery. mu is held.
func (s *Server) remember(d *Delivery) {
	s.sent++
	d.number = s.sent
	s.deliveries = append(s.deliveries, d)
	s.trim()
}

// trim forgets the oldest settled deliveries if there are too many. What is pending is not lost, however many there
// are. mu is held.
func (s *Server) trim() {
	excess := min(len(s.deliveries)-s.keep, s.settled)
	if excess <= 0 {
		return
	}
	s.settled -= excess
	s.forgotten += excess
	s.deliveries = slices.DeleteFunc(s.deliveries, func(d *Delivery) bool {
		gone := excess > 0 && d.state != Pending
		if gone {
			excess--
		}
		return gone
	})
}

// Now is the time on the server's clock.
func (s *Server) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.time()
}

// Next is when the next attempt is due, and whether one is.
func (s *Server) Next() (time.Time, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.queue) == 0 {
		return time.Time{}, false
	}
	return s.queue[0].at, true
}

// Advance moves a [Manual] clock by d, and returns after the last answer to an attempt that was due by then. Attempts
// are made one after the other.
func (s *Server) Advance(ctx context.Context, d time.Duration) error {
	if d < 0 {
		return fmt.Errorf("testserver: Advance(%v): time does not go back", d)
	}
	return s.move(ctx, func() time.Time { return s.now.Add(d) })
}

// AdvanceNext moves a [Manual] clock to the next due attempt, makes all that are due at that time, and returns the time
// after the last answer. If nothing is due the clock stays where it is.
func (s *Server) AdvanceNext(ctx context.Context) (time.Time, error) {
	err := s.move(ctx, func() time.Time {
		if len(s.queue) == 0 {
			return s.now
		}
		return s.queue[0].at
	})
	return s.Now(), err
}

// Drain moves a [Manual] clock until nothing is due any more, and returns how far, after the last answer.
func (s *Server) Drain(ctx context.Context) (time.Duration, error) {
	start := s.Now()
	err := s.move(ctx, func() time.Time { return time.Time{} })
	return s.Now().Sub(start), err
}

// Close drops what is still to be delivered, breaks off the attempts that are being made and waits for their end. An
// in-process handler that does not heed its context goes on.
func (s *Server) Close() error {
	s.mu.Lock()
	s.close()
	for _, ep := range s.endpoints {
		ep.drop(ErrClosed)
	}
	s.mu.Unlock()
	s.cancel()
	_ = s.rest(context.Background()) // always nil
	if s.own {
		s.client.CloseIdleConnections()
	}
	return nil
}
