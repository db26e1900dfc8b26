package testserver

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/verify"
)

// Options are what a server can be told besides its provider. The zero value sends over the network.
type Options struct {
	Transport http.RoundTripper // Default: http.DefaultTransport. [InProcess] needs no network.
	Observe   func(Attempt)     // is told of every attempt that has ended, before the provider draws its conclusions. Optional.
}

// Server plays one provider. It is safe for concurrent use.
type Server struct {
	provider hookmitt.Provider
	client   *http.Client
	observe  func(Attempt)

	ctx    context.Context // ends at Close
	cancel context.CancelFunc

	mu        sync.Mutex // guards endpoints and deliveries too; never held while a request is made
	closed    bool
	endpoints []*Endpoint
	attempts  sync.WaitGroup // that are being made
}

// New makes a server for a provider. opts may be nil.
func New(p hookmitt.Provider, opts *Options) (*Server, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	if opts == nil {
		opts = &Options{}
	}
	transport := opts.Transport
	if transport == nil {
		transport = http.DefaultTransport.(*http.Transport).Clone() // ours, so that Close leaves others' connections alone
	}
	s := &Server{provider: p, observe: opts.Observe}
	s.client = &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // a redirect is an answer, and a failure
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s, nil
}

// Subscription is what a user registers with the provider.
type Subscription struct {
	URL    string        // where to deliver. Required.
	Secret verify.Secret // signs the deliveries. Required.
}

func (sub Subscription) validate() error {
	u, err := url.Parse(sub.URL)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return fmt.Errorf("testserver: Subscription.URL %q is not an http or https URL", sub.URL)
	case sub.Secret.IsZero():
		return errors.New("testserver: Subscription.Secret is empty")
	}
	return nil
}

// Subscribe registers an endpoint.
func (s *Server) Subscribe(sub Subscription) (*Endpoint, error) {
	if err := sub.validate(); err != nil {
		return nil, err
	}
	ep := &Endpoint{server: s, sub: sub}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.endpoints = append(s.endpoints, ep)
	return ep, nil
}

// Close drops what is still to be delivered, breaks off the attempts that are being made and waits for their end.
func (s *Server) Close() error {
	s.mu.Lock()
	s.closed = true
	for _, ep := range s.endpoints {
		ep.drop(ErrClosed)
	}
	s.mu.Unlock()
	s.cancel()
	s.attempts.Wait()
	s.client.CloseIdleConnections()
	return nil
}
