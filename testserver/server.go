package testserver

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/events"
)

// Options are what a server can be told besides its provider. The zero value sends over the network, to this machine,
// in real time.
type Options struct {
	Transport http.RoundTripper // Default: http.DefaultTransport. [InProcess] needs no network.
	Clock     Clock             // Default: [Real].
	Seed      uint64            // of everything that [Chance] decides: the same seed, the same course.
	Allow     []string          // hosts besides this machine's that may be called, by name.
	Keep      int               // deliveries to keep, settled ones the first to go. Default: 10,000.
	Notify    func(Notice)      // is told of the e-mails that the provider writes. It must not move the clock, reset or close. Optional.
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

	// Guarded by the engine's mu.
	ctx        context.Context // of the attempts; ends at Close and at Reset
	cancel     context.CancelFunc
	endpoints  []*Endpoint
	deliveries []*Delivery // in the order of their numbers
	sent       uint64      // deliveries ever
	settled    int         // of those that are kept
	forgotten  int
	armed      []*armed
	armings    int // ever
	notices    []Notice
	effects    map[string]int // by the event's id
	changes    changes
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
	ep := &Endpoint{server: s, id: newWebhookID(s.provider.Codec.IDField()), created: s.time(), sub: sub}
	ep.setMade(made)
	s.endpoints = append(s.endpoints, ep)
	s.tell(Change{Kind: EndpointChanged, Endpoint: ep})
	return ep, nil
}

// Remove takes an endpoint away. What it still had to deliver is Dropped, but for the attempts that are being made.
func (s *Server) Remove(ep *Endpoint) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := slices.Index(s.endpoints, ep)
	if at < 0 {
		return
	}
	s.endpoints = slices.Delete(s.endpoints, at, at+1)
	ep.removed = true
	ep.drop(ErrRemoved)
	s.tell(Change{Kind: EndpointRemoved, Endpoint: ep})
}

// Send delivers an event to every endpoint that is subscribed to it, under one id. The deliveries are in the order of
// the endpoints' registration; those of disabled endpoints are Dropped. See [Endpoint.Send].
func (s *Server) Send(ctx context.Context, e events.Event, faults ...Fault) []*Delivery {
	e = s.stamp(e)
	var sent []*Delivery
	for _, ep := range s.Endpoints() {
		if ep.Subscription().wants(e.Type) {
			sent = append(sent, ep.send(ctx, e, faults, false))
		}
	}
	return sent
}

// stamp gives an event what the provider sends and it does not have: an id, and the present as its time.
func (s *Server) stamp(e events.Event) events.Event {
	codec := s.provider.Codec
	if _, inHeader := codec.IDField().Header(); e.ID == "" && (e.Raw == nil || inHeader) {
		e.ID = newID(codec.IDField())
	}
	if e.Time.IsZero() && codec.TimeField() != (events.Field{}) {
		e.Time = time.Now().UTC().Truncate(time.Second)
	}
	return e
}

// Closed reports whether the server was closed.
func (s *Server) Closed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

// Endpoints are the registered webhooks, in the order of their registration.
func (s *Server) Endpoints() []*Endpoint {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.endpoints)
}

// Endpoint is the registered webhook of an id.
func (s *Server) Endpoint(id string) (*Endpoint, bool) {
	for _, ep := range s.Endpoints() {
		if ep.id == id {
			return ep, true
		}
	}
	return nil, false
}

// Deliveries are those that the server still keeps, oldest first, and how many it has forgotten to make room.
func (s *Server) Deliveries() (kept []*Delivery, forgotten int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.deliveries), s.forgotten
}

// Delivery is the delivery of a number, if the server still keeps it.
func (s *Server) Delivery(number uint64) (*Delivery, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, found := slices.BinarySearchFunc(s.deliveries, number, func(d *Delivery, n uint64) int { return cmp.Compare(d.number, n) })
	if !found {
		return nil, false
	}
	return s.deliveries[at], true
}

// Notices are the e-mails that the provider has written, oldest first: the latest 1,000.
func (s *Server) Notices() []Notice {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.notices)
}

// remember keeps a delivery. mu is held.
func (s *Server) remember(d *Delivery) {
	s.sent++
	d.number, d.created = s.sent, s.time()
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

// Close drops what is still to be delivered, breaks off the attempts that are being made and waits for their end. An
// in-process handler that does not heed its context goes on.
func (s *Server) Close() error {
	s.mu.Lock()
	s.close()
	for _, ep := range s.endpoints {
		ep.drop(ErrClosed)
	}
	s.cancel()
	s.mu.Unlock()
	_ = s.rest(context.Background()) // always nil
	if s.own {
		s.client.CloseIdleConnections()
	}
	return nil
}

// CanSend reports why the provider cannot send an event: data that is no JSON object, an id that does not fit its field.
// What Send would fill in, an id and a time, may be missing.
func (s *Server) CanSend(e events.Event) error {
	_, err := s.provider.Codec.Seal(s.stamp(e), http.Header{})
	return err
}
