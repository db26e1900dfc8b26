package testserver_test

import (
	"net/http"
	"testing"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/testserver"
)

// 10,000 events, each of which fails six times. One that fails so often must not switch the others off.
func BenchmarkAttempts(b *testing.B) {
	const sent, each = 10_000, 6
	p := hookmitt.Civo()
	p.DisableAfter = 0
	failing := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) })
	e, _ := p.Events.Sample(p.Events.Types()[0])
	b.ReportAllocs()
	for b.Loop() {
		attempts := 0
		s, err := testserver.New(p, &testserver.Options{
			Transport: testserver.InProcess(failing), Clock: testserver.Manual(),
		})
		if err != nil {
			b.Fatal(err)
		}
		ep, err := s.Subscribe(testserver.Subscription{URL: receiverURL, Secret: secret})
		if err != nil {
			b.Fatal(err)
		}
		for range sent {
			ep.Send(b.Context(), events.Event{Type: e.Type, Data: e.Data})
		}
		if _, err := s.Drain(b.Context()); err != nil {
			b.Fatal(err)
		}
		kept, _ := s.Deliveries()
		for _, d := range kept {
			attempts += len(d.Timeline())
		}
		if attempts != sent*each {
			b.Fatalf("%d attempts, not %d", attempts, sent*each)
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*sent*each/b.Elapsed().Seconds(), "attempts/s")
}
