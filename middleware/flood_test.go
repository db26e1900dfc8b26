package middleware_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/dedupe/dedupetest"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/middleware"
	"github.com/hookmitt/hookmitt/testserver"
	"github.com/hookmitt/hookmitt/verify"
)

// fronts are the ways into a receiver: its URL, and a client that reaches it.
var fronts = map[string]func(t *testing.T, h http.Handler) (string, *http.Client){
	"in process": func(_ *testing.T, h http.Handler) (string, *http.Client) {
		return "http://receiver.test/webhooks", &http.Client{Transport: testserver.InProcess(h)}
	},
	"over the network": func(t *testing.T, h http.Handler) (string, *http.Client) {
		t.Helper()
		server := httptest.NewServer(h)
		t.Cleanup(server.Close)
		return server.URL, server.Client()
	},
}

// flood runs a test over every front and store, on real goroutines. post sends an event and returns status and outcome.
func flood(t *testing.T, test func(t *testing.T, handle func(events.HandlerFunc) (post func(events.Event) (string, error)))) {
	t.Helper()
	for front, open := range fronts {
		for kind, store := range map[string]func() dedupe.Store{
			"memory":  func() dedupe.Store { return dedupe.NewMemory(0) },
			"watched": func() dedupe.Store { return &dedupetest.Flaky{Store: dedupe.NewMemory(0)} },
		} {
			t.Run(front+", "+kind, func(t *testing.T) {
				t.Parallel()
				test(t, func(do events.HandlerFunc) func(events.Event) (string, error) {
					p := hookmitt.CDHosting()
					p.Deadline = time.Minute // a machine may be slow: what is counted here is runs
					receiver, err := middleware.New(p, verify.NewKeyring(secret), &middleware.Options{
						Store: store(), Observe: func(context.Context, middleware.Record) {},
					})
					require.NoError(t, err)
					url, client := open(t, receiver.Handle(do))
					return func(e events.Event) (string, error) {
						h, body, err := p.Seal(secret, e, time.Now())
						if err != nil {
							return "", err
						}
						r, err := http.NewRequest(p.Verb(), url, bytes.NewReader(body))
						if err != nil {
							return "", err
						}
						r.Header = h
						response, err := client.Do(r)
						if err != nil {
							return "", err
						}
						defer response.Body.Close()
						_, err = io.Copy(io.Discard, response.Body)
						return fmt.Sprint(response.StatusCode, " ", response.Header.Get("Hookmitt-Outcome")), err
					}
				})
			})
		}
	}
}

func TestFloodOfOneEvent(t *testing.T) {
	t.Parallel()
	const copies = 50
	flood(t, func(t *testing.T, handle func(events.HandlerFunc) func(events.Event) (string, error)) {
		var runs, answered atomic.Int64
		all := make(chan struct{}) // closed when every copy but the one that runs has its answer
		post := handle(func(context.Context, events.Event) error {
			runs.Add(1)
			<-all
			return nil
		})
		answers, errs := make([]string, copies), make([]error, copies)
		var wg sync.WaitGroup
		for i := range copies {
			wg.Go(func() {
				answers[i], errs[i] = post(started("evt_1"))
				if answered.Add(1) == copies-1 {
					close(all)
				}
			})
		}
		wg.Wait()
		accepted := 0
		for i := range copies {
			require.NoError(t, errs[i])
			if answers[i] == "200 accepted" {
				accepted++
			} else {
				require.Contains(t, answers[i], "503 ") // busy, or on a slow machine unavailable
			}
		}
		require.Equal(t, 1, accepted)
		last, err := post(started("evt_1"))
		require.NoError(t, err)
		require.Equal(t, "200 duplicate", last)
		require.EqualValues(t, 1, runs.Load())
	})
}

func TestFloodOfManyEvents(t *testing.T) {
	t.Parallel()
	const ids, copies, senders = 200, 5, 8
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	flood(t, func(t *testing.T, handle func(events.HandlerFunc) func(events.Event) (string, error)) {
		random := rand.New(rand.NewPCG(seed, 0))
		poor := map[string]bool{} // whose first run fails
		var deliveries []string
		for i := range ids {
			id := fmt.Sprintf("evt_%d", i)
			poor[id] = random.IntN(4) == 0
			for range copies {
				deliveries = append(deliveries, id)
			}
		}
		random.Shuffle(len(deliveries), func(i, j int) { deliveries[i], deliveries[j] = deliveries[j], deliveries[i] })

		var mu sync.Mutex
		effects, failures := map[string]int{}, map[string]int{}
		post := handle(func(_ context.Context, e events.Event) error {
			mu.Lock()
			defer mu.Unlock()
			if poor[e.ID] && failures[e.ID] == 0 {
				failures[e.ID]++
				return errDeed
			}
			effects[e.ID]++
			return nil
		})
		left := make(chan string, len(deliveries)) // a copy that is not done goes back to the end
		var undone sync.WaitGroup
		for _, id := range deliveries {
			undone.Add(1)
			left <- id
		}
		errs := make(chan error, len(deliveries))
		var wg sync.WaitGroup
		for range senders {
			wg.Go(func() {
				for id := range left {
					switch answer, err := post(started(id)); {
					case err != nil:
						errs <- fmt.Errorf("%s: %w", id, err)
						undone.Done()
					case answer == "200 accepted" || answer == "200 duplicate":
						undone.Done()
					case answer == "500 failed" || strings.HasPrefix(answer, "503 "): // busy, or on a slow machine out of time
						left <- id // there is room: this one's place is free
					default:
						errs <- fmt.Errorf("%s: %s", id, answer)
						undone.Done()
					}
				}
			})
		}
		undone.Wait()
		close(left)
		wg.Wait()
		close(errs)
		for err := range errs {
			require.NoError(t, err, "seed %d", seed)
		}
		require.Len(t, effects, ids, "seed %d: none is lost", seed)
		for id, n := range effects {
			require.Equal(t, 1, n, "seed %d: %s", seed, id)
			require.Equal(t, poor[id], failures[id] == 1, "seed %d: %s", seed, id)
		}
	})
}
