package main

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/testserver"
)

// play is the provider's side: a dozen events, sent once, twice in turn, and three times at once.
func play(ctx context.Context, all receivers, did *journal) error {
	provider, err := testserver.New(hookmitt.CDHosting(), &testserver.Options{
		Transport: &balancer{receivers: all}, Clock: testserver.Scaled(600), // the first retry comes after 0.1 s, not a minute
	})
	if err != nil {
		return err
	}
	defer provider.Close()
	endpoint, err := provider.Subscribe(testserver.Subscription{URL: "http://127.0.0.1/webhooks", Secret: secret})
	if err != nil {
		return err
	}
	courses := []struct {
		name   string
		faults []testserver.Fault
	}{
		{"once", nil},
		{"twice", []testserver.Fault{testserver.OnAttempt(1, testserver.Twice())}},
		{"three at once", []testserver.Fault{testserver.OnAttempt(1, testserver.Together(3))}},
	}
	for i := range 12 {
		course := courses[i%len(courses)]
		e, _ := hookmitt.CDHosting().Events.Sample("server.started")
		e.ID = fmt.Sprintf("evt_%02d", i+1)
		did.sent(e.ID, course.name)
		if _, err := endpoint.Send(ctx, e, course.faults...).Wait(ctx); err != nil {
			return fmt.Errorf("%s: %w", e.ID, err)
		}
	}
	return nil
}

// balancer sends each request to the next receiver.
type balancer struct {
	receivers receivers
	sent      atomic.Uint64
}

// RoundTrip implements [http.RoundTripper].
func (b *balancer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.URL.Host = b.receivers[b.sent.Add(1)%uint64(len(b.receivers))].addr
	return http.DefaultTransport.RoundTrip(r)
}
