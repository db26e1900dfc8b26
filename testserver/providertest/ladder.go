package providertest

import (
	"context"
	"io"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/testserver"
)

// ladder lets every attempt fail, in virtual time.
func ladder(t *testing.T, p subject) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		ids := map[string]bool{}
		timeline, _ := send(t, p, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			e, err := open(p, r.Header, body)
			if err != nil {
				t.Errorf("Open of what the simulator sent: %v", err)
			}
			mu.Lock()
			ids[e.ID] = true
			mu.Unlock()
			w.WriteHeader(http.StatusInternalServerError)
		}))
		want := p.Retry.Retries() + 1
		if p.DisableAfter > 0 {
			want = min(want, p.DisableAfter)
		}
		if len(timeline) != want {
			t.Errorf("%d attempts were made, not %d: %v", len(timeline), want, timeline)
		}
		if len(ids) != 1 {
			t.Errorf("the attempts of one event came under %d ids", len(ids))
		}
		if last := timeline[len(timeline)-1]; last.At.Add(last.Took).Sub(timeline[0].At) > p.Horizon() {
			t.Errorf("the last attempt came after the horizon of %v: %v", p.Horizon(), timeline)
		}
	})
}

// once lets the first answer be lost, and expects a receiver that goes by the id to do the event once.
func once(t *testing.T, p subject) {
	if p.Retry.Retries() == 0 {
		t.Skip("the provider never retries")
	}
	synctest.Test(t, func(t *testing.T) {
		done := map[string]int{}
		timeline, err := send(t, p, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			e, err := open(p, r.Header, body)
			if err != nil {
				t.Errorf("Open of what the simulator sent: %v", err)
			}
			done[e.ID]++
		}), testserver.OnAttempt(1, testserver.LostReply()))
		if err != nil || len(timeline) != 2 || len(done) != 1 {
			t.Errorf("a lost answer leads to %v under %d ids: %v", timeline, len(done), err)
		}
	})
}

// send lets a simulator deliver the provider's first sample to a handler.
func send(t *testing.T, p subject, h http.Handler, faults ...testserver.Fault) (testserver.Timeline, error) {
	t.Helper()
	server, err := testserver.New(p.Provider, &testserver.Options{Transport: testserver.InProcess(h)})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	endpoint, err := server.Subscribe(testserver.Subscription{URL: "http://receiver.test/", Secret: p.secret})
	if err != nil {
		t.Fatal(err)
	}
	e, _ := p.Events.Sample(p.Events.Types()[0])
	if p.Identity() != hookmitt.DerivedID {
		e.ID = id
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*p.Horizon()+time.Hour)
	defer cancel()
	return endpoint.Send(ctx, e, faults...).Wait(ctx)
}
