package testserver_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/testserver"
	"github.com/hookmitt/hookmitt/verify"
)

// arrival is a request as a receiver sees it.
type arrival struct {
	method  string
	header  http.Header
	length  int64 // announced
	body    []byte
	err     error // of reading it
	took    time.Duration
	refused error // of verifying it
}

// capturing answers 200 to what the provider signed and 401 to anything else, and keeps it. It must hold 100 requests at most.
func capturing(p hookmitt.Provider) (http.Handler, <-chan arrival) {
	arrivals := make(chan arrival, 100)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		a := arrival{method: r.Method, header: r.Header.Clone(), length: r.ContentLength}
		a.body, a.err = io.ReadAll(r.Body)
		a.took = time.Since(start)
		if a.refused = a.err; a.err == nil {
			_, a.refused = p.Scheme.Verify([]verify.Secret{secret}, r.Header, a.body)
		}
		if a.refused != nil {
			w.WriteHeader(http.StatusUnauthorized)
		}
		arrivals <- a
	}), arrivals
}

// onBothRoads sends an event in a bubble and over the network, on a clock that is moved by hand until nothing is due,
// and shows what was recorded and the first so many requests that arrived.
func onBothRoads(t *testing.T, p hookmitt.Provider, arrive int, faults []testserver.Fault, test func(*testing.T, testserver.Timeline, []arrival)) {
	t.Helper()
	run := func(t *testing.T, transport func(http.Handler) (string, http.RoundTripper)) {
		h, arrivals := capturing(p)
		url, tr := transport(h)
		s := with(t, p, nil, testserver.Options{Clock: testserver.Manual(), Transport: tr})
		d := subscribeTo(t, s, url).Send(t.Context(), of(t, p), faults...)
		_, err := s.Drain(t.Context())
		require.NoError(t, err)
		got := make([]arrival, arrive)
		for i := range got {
			got[i] = <-arrivals // a provider that hung up does not wait for it
		}
		test(t, d.Timeline(), got)
		require.Empty(t, arrivals)
	}
	t.Run("in a bubble", func(t *testing.T) {
		t.Parallel()
		inBubble(t, func(t *testing.T) {
			run(t, func(h http.Handler) (string, http.RoundTripper) { return receiverURL, testserver.InProcess(h) })
		})
	})
	t.Run("on the network", func(t *testing.T) {
		t.Parallel()
		run(t, func(h http.Handler) (string, http.RoundTripper) {
			receiver := httptest.NewServer(h)
			t.Cleanup(receiver.Close)
			return receiver.URL, receiver.Client().Transport
		})
	})
}

// What Go's client cannot send, of the first attempt; the second goes well.
func TestFaultsOfTheWire(t *testing.T) {
	t.Parallel()
	p := hookmitt.CDHosting()
	const header = "X-CDHosting-Signature"
	for name, c := range map[string]struct {
		fault    testserver.Fault
		recorded string
		timeline string
		arrived  func(t *testing.T, first, second arrival)
	}{
		"hang up: all arrives, and nobody hears the answer": {
			testserver.HangUp(), "hang-up", "0s error, 1m0s 200",
			func(t *testing.T, first, second arrival) {
				require.NoError(t, first.refused)
				require.Equal(t, second.body, first.body)
			},
		},
		"truncated: half of the body, and the connection ends": {
			testserver.Truncated(), "truncated", "0s error, 1m0s 200",
			func(t *testing.T, first, second arrival) {
				require.ErrorIs(t, first.err, io.ErrUnexpectedEOF)
				require.Equal(t, second.body[:len(second.body)/2], first.body)
				require.Equal(t, second.length, first.length)
			},
		},
		"trickle: all arrives, over a time": {
			testserver.Trickle(40 * time.Millisecond), "trickle=40ms", "0s 200",
			func(t *testing.T, first, _ arrival) {
				require.NoError(t, first.refused)
				require.GreaterOrEqual(t, first.took, 20*time.Millisecond)
			},
		},
		"folded: a space within the signature": {
			testserver.Folded(header), "folded=" + header, "0s 401, 1m0s 200",
			func(t *testing.T, first, second arrival) {
				whole := second.header.Get(header)
				require.Equal(t, whole[:len(whole)/2]+" "+whole[len(whole)/2:], first.header.Get(header))
				require.Error(t, first.refused)
			},
		},
		"folded, a header that a receiver does not verify": {
			testserver.Folded("content-type"), "folded=content-type", "0s 200",
			func(t *testing.T, first, _ arrival) {
				require.Equal(t, "applicat ion/json", first.header.Get("Content-Type"))
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			arrive := 2
			if c.timeline == "0s 200" {
				arrive = 1
			}
			onBothRoads(t, p, arrive, []testserver.Fault{testserver.OnAttempt(1, c.fault)}, func(t *testing.T, timeline testserver.Timeline, got []arrival) {
				require.Equal(t, c.timeline, timeline.String())
				require.Equal(t, []string{c.recorded}, timeline[0].Faults)
				require.NotEmpty(t, timeline[0].Body, "what was meant to be sent")
				// Two that hang up may overtake each other on the way to the channel.
				if i := slices.IndexFunc(got, func(a arrival) bool { return a.err != nil }); i == 1 {
					slices.Reverse(got)
				}
				c.arrived(t, got[0], got[len(got)-1])
			})
		})
	}
}

func TestTrickleEndsAtTheDeadline(t *testing.T) {
	t.Parallel()
	for name, over := range map[string]time.Duration{"in time": 4 * time.Second, "just too slow": 8 * time.Second, "much too slow": time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T) {
				h, _ := capturing(hookmitt.Civo())
				timeline, _ := deliver(t, hookmitt.Civo(), h, testserver.OnAttempt(1, testserver.Trickle(over)))
				require.Equal(t, min(over, 5*time.Second), timeline[0].Took)
				if over > 5*time.Second {
					require.Equal(t, "0s timeout, 5m5s 200", timeline.String())
				}
			})
		})
	}
}

func TestWireAnswers(t *testing.T) {
	t.Parallel()
	raw := testserver.Folded("X-None") // written by ourselves, and nothing wrong with it
	inBubbles(t, map[string]func(t *testing.T){
		"the answer is recorded": func(t *testing.T) {
			timeline, _ := deliver(t, hookmitt.Civo(), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Hookmitt-Outcome", "accepted")
				w.WriteHeader(http.StatusCreated)
				_, _ = io.WriteString(w, "thanks")
			}), raw)
			require.Equal(t, 201, timeline[0].Status)
			require.Equal(t, "accepted", timeline[0].Outcome())
			require.Equal(t, "thanks", string(timeline[0].AnswerBody))
		},
		"a receiver that does not read": func(t *testing.T) {
			timeline, _ := deliver(t, hookmitt.Civo(), statuses(413, 200), testserver.Oversize(100<<10), testserver.OnAttempt(1, raw))
			require.Equal(t, "0s 413, 5m0s 200", timeline.String())
		},
		"no answer in time": func(t *testing.T) {
			timeline, _ := deliver(t, hookmitt.Civo(), inTurn(taking(time.Minute, 200), statuses(200)), raw)
			require.Equal(t, "0s timeout, 5m5s 200", timeline.String())
			require.Equal(t, 5*time.Second, timeline[0].Took)
		},
		"an answer that does not end in time": func(t *testing.T) {
			timeline, _ := deliver(t, hookmitt.Civo(), inTurn(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				w.WriteHeader(http.StatusOK)
				_ = http.NewResponseController(w).Flush()
				time.Sleep(time.Minute)
			}), statuses(200)), testserver.OnAttempt(1, raw))
			require.Equal(t, "0s timeout, 5m5s 200", timeline.String())
			require.ErrorIs(t, timeline[0].Err, context.DeadlineExceeded)
		},
		"hints before the answer are none": func(t *testing.T) {
			timeline, _ := deliver(t, hookmitt.Civo(), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(http.StatusEarlyHints)
				w.WriteHeader(http.StatusOK)
			}), testserver.OnAttempt(1, raw))
			require.Equal(t, "0s 200", timeline.String())
		},
		"a panic": func(t *testing.T) {
			timeline, _ := deliver(t, hookmitt.Civo(), inTurn(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("boom") }), statuses(200)), raw)
			require.Equal(t, "0s error, 5m0s 200", timeline.String())
		},
		"a redirect is not followed": func(t *testing.T) {
			paths := map[string]int{}
			timeline, _ := deliver(t, hookmitt.Mixpost(), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				paths[r.URL.Path]++
				http.Redirect(w, r, "/elsewhere", http.StatusFound)
			}), raw)
			require.Equal(t, "0s 302, 10s 302, 1m10s 302", timeline.String())
			require.Equal(t, map[string]int{"/webhooks": 3}, paths)
		},
		"https needs a client that Go has": func(t *testing.T) {
			s := with(t, hookmitt.Civo(), nil, testserver.Options{Transport: nowhere{}})
			d := subscribeTo(t, s, "https://localhost/").Send(t.Context(), of(t, hookmitt.Civo()), testserver.OnAttempt(1, testserver.HangUp()))
			timeline, err := d.Wait(t.Context())
			require.NoError(t, err)
			require.ErrorContains(t, timeline[0].Err, "needs an http URL")
		},
	})
}
