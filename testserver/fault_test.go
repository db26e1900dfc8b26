package testserver_test

import (
	"bytes"
	"io"
	"math/bits"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/testserver"
	"github.com/hookmitt/hookmitt/verify"
)

// verifying answers 200 to what the provider signed and 401 to anything else, and counts its requests.
func verifying(p hookmitt.Provider, calls *int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*calls++
		body, err := io.ReadAll(r.Body)
		if err == nil {
			_, err = p.Scheme.Verify([]verify.Secret{secret}, r.Header, body)
		}
		if err != nil {
			w.WriteHeader(http.StatusUnauthorized)
		}
	})
}

func TestFaults(t *testing.T) {
	t.Parallel()
	for _, p := range []hookmitt.Provider{hookmitt.Civo(), hookmitt.CDHosting(), hookmitt.Mixpost()} {
		for name, c := range map[string]struct {
			faults   []testserver.Fault
			timeline string
			names    [][]string // of the faults of each attempt
			calls    int
		}{
			"none": {nil, "200", [][]string{nil}, 1},
			"tampered once": {
				[]testserver.Fault{testserver.OnAttempt(1, testserver.Tampered())},
				"401 200", [][]string{{"tampered"}, nil}, 2,
			},
			"a lost reply, once": {
				[]testserver.Fault{testserver.OnAttempt(1, testserver.LostReply())},
				"lost 200", [][]string{{"lost-reply"}, nil}, 2,
			},
			"both at once": {
				[]testserver.Fault{testserver.OnAttempt(1, testserver.LostReply()), testserver.OnAttempt(1, testserver.Tampered())},
				"lost 200", [][]string{{"lost-reply", "tampered"}, nil}, 2,
			},
			"one after the other": {
				[]testserver.Fault{testserver.OnAttempt(2, testserver.Tampered()), testserver.OnAttempt(1, testserver.LostReply())},
				"lost 401 200", [][]string{{"lost-reply"}, {"tampered"}, nil}, 3,
			},
			"tampered twice is as it was": {
				[]testserver.Fault{testserver.Tampered(), testserver.Tampered()}, "200", [][]string{{"tampered", "tampered"}}, 1,
			},
			"bound to an attempt that never comes": {
				[]testserver.Fault{testserver.OnAttempt(7, testserver.Tampered())}, "200", [][]string{nil}, 1,
			},
			"bound twice, to what cannot be": {
				[]testserver.Fault{testserver.OnAttempt(1, testserver.OnAttempt(2, testserver.Tampered()))}, "200", [][]string{nil}, 1,
			},
		} {
			t.Run(p.Name+", "+name, func(t *testing.T) {
				t.Parallel()
				inBubble(t, func(t *testing.T) {
					calls := 0
					timeline, d := deliver(t, p, verifying(p, &calls), c.faults...)
					require.Equal(t, testserver.Delivered, d.State())
					var marks string
					var names [][]string
					for i := range timeline {
						if i > 0 {
							marks += " "
						}
						marks += timeline[i : i+1].String()[len("0s "):]
						names = append(names, timeline[i].Faults)
					}
					require.Equal(t, c.timeline, marks)
					require.Equal(t, c.names, names)
					require.Equal(t, c.calls, calls)
				})
			})
		}
	}
}

func TestTampered(t *testing.T) {
	t.Parallel()
	inBubbles(t, map[string]func(t *testing.T){
		"it changes one bit, of that attempt alone": func(t *testing.T) {
			p, calls := hookmitt.CDHosting(), 0
			timeline, _ := deliver(t, p, verifying(p, &calls), testserver.OnAttempt(1, testserver.Tampered()))
			sent, meant := timeline[0].Body, timeline[1].Body
			require.Len(t, sent, len(meant))
			flipped := 0
			for i := range sent {
				flipped += bits.OnesCount8(sent[i] ^ meant[i])
			}
			require.Equal(t, 1, flipped)
			require.Equal(t, timeline[0].Header, timeline[1].Header, "signed before it was changed")
		},
		"it leaves the event's own bytes alone": func(t *testing.T) {
			raw := []byte(`{"id":"evt_1","type":"server.started","data":{}}`)
			kept, calls := string(raw), 0
			ep := subscribe(t, hookmitt.CDHosting(), verifying(hookmitt.CDHosting(), &calls))
			_, err := ep.Send(t.Context(), events.Event{Raw: raw}, testserver.Tampered()).Wait(t.Context())
			require.ErrorIs(t, err, testserver.ErrExhausted)
			require.Equal(t, kept, string(raw))
		},
		"of an empty body there is nothing to change": func(t *testing.T) {
			calls := 0
			ep := subscribe(t, hookmitt.CDHosting(), verifying(hookmitt.CDHosting(), &calls))
			_, err := ep.Send(t.Context(), events.Event{Raw: []byte{}}, testserver.Tampered()).Wait(t.Context())
			require.NoError(t, err)
		},
	})
}

func TestLostReplyForEver(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		p, calls := hookmitt.Mixpost(), 0
		timeline, d := deliver(t, p, verifying(p, &calls), testserver.LostReply())
		require.Equal(t, "0s lost, 10s lost, 1m10s lost", timeline.String())
		require.ErrorIs(t, d.Err(), testserver.ErrExhausted)
		require.Equal(t, 3, calls, "the receiver answered each")
		require.Zero(t, timeline[0].Status)
		require.ErrorContains(t, d.Err(), "the connection broke before the answer")
	})
}

// What arrives is what the name says, in a bubble and on the network. Each fault happens to the first attempt alone,
// and the last request to arrive is as it should be.
func TestFaultsThatArrive(t *testing.T) {
	t.Parallel()
	const sign, again = "X-Cdhosting-Signature", "0s 401, 1m0s 200"
	reencoded := func(t *testing.T, first, last arrival) {
		require.NotEqual(t, last.body, first.body)
		require.JSONEq(t, string(last.body), string(first.body))
		require.Equal(t, last.header.Get(sign), first.header.Get(sign))
	}
	for name, c := range map[string]struct {
		fault    testserver.Fault
		recorded string
		timeline string
		arrive   int
		check    func(t *testing.T, first, last arrival)
	}{
		"twice": {testserver.Twice(), "twice", "0s 200, 0s 200", 2, func(t *testing.T, first, last arrival) {
			require.Equal(t, last.body, first.body)
		}},
		"together": {testserver.Together(5), "together=5", "0s 200, 0s 200, 0s 200, 0s 200, 0s 200", 5, func(t *testing.T, first, last arrival) {
			require.Equal(t, last.body, first.body)
		}},
		"together, fewer than one": {testserver.Together(0), "together=0", "0s 200", 1, nil},
		"lost reply": {testserver.LostReply(), "lost-reply", "0s lost, 1m0s 200", 2, func(t *testing.T, first, last arrival) {
			require.NoError(t, first.refused)
			require.Equal(t, last.body, first.body)
		}},
		"re-encoded": {testserver.Reencoded(), "reencoded", again, 2, reencoded},
		"a header set": {testserver.WithHeader("x-custom", "a"), "header=x-custom: a", "0s 200", 1, func(t *testing.T, first, _ arrival) {
			require.Equal(t, []string{"a"}, first.header.Values("X-Custom"))
		}},
		"a header replaced by several": {testserver.WithHeader(sign, "a", "b"), "header=" + sign + ": a, b", again, 2, func(t *testing.T, first, _ arrival) {
			require.Equal(t, []string{"a", "b"}, first.header.Values(sign))
		}},
		"a header taken away": {testserver.WithHeader(sign), "no-header=" + sign, again, 2, func(t *testing.T, first, _ arrival) {
			require.NotContains(t, first.header, sign)
		}},
		"doubled": {testserver.Doubled(sign, "other"), "doubled=" + sign + ": other", again, 2, func(t *testing.T, first, last arrival) {
			require.Equal(t, []string{"other", last.header.Get(sign)}, first.header.Values(sign))
		}},
		"another method": {testserver.WithMethod("PATCH"), "method=PATCH", "0s 200", 1, func(t *testing.T, first, _ arrival) {
			require.Equal(t, "PATCH", first.method)
		}},
		"oversize": {testserver.Oversize(100_000), "oversize=100000", "0s 200", 1, func(t *testing.T, first, _ arrival) {
			require.Len(t, first.body, 100_000)
		}},
		"oversize, and it is larger anyway": {testserver.Oversize(1), "oversize=1", "0s 200", 1, nil},
		"wrong key": {testserver.WrongKey(), "wrong-key", again, 2, func(t *testing.T, first, last arrival) {
			require.ErrorIs(t, first.refused, verify.ErrMismatch)
			require.Equal(t, last.body, first.body)
		}},
		"unsigned": {testserver.Unsigned(), "unsigned", again, 2, func(t *testing.T, first, _ arrival) {
			require.ErrorIs(t, first.refused, verify.ErrMissing)
			require.NotContains(t, first.header, sign)
		}},
		"stale": {testserver.Stale(time.Hour), "stale=1h0m0s", "0s 200", 1, func(t *testing.T, first, _ arrival) {
			e, err := hookmitt.CDHosting().Codec.Open(first.header, first.body)
			require.NoError(t, err)
			require.WithinDuration(t, time.Now().Add(-time.Hour), e.Time, time.Minute)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onBothRoads(t, hookmitt.CDHosting(), c.arrive, []testserver.Fault{testserver.OnAttempt(1, c.fault)}, func(t *testing.T, timeline testserver.Timeline, got []arrival) {
				require.Equal(t, c.timeline, timeline.String())
				require.NoError(t, got[len(got)-1].refused)
				for i, a := range timeline {
					if a.Number == 1 {
						require.Equal(t, []string{c.recorded}, a.Faults)
						require.Equal(t, i, a.Copy)
					} else {
						require.Empty(t, a.Faults)
						require.Zero(t, a.Copy)
					}
				}
				if c.check != nil {
					c.check(t, got[0], got[len(got)-1])
				}
			})
		})
	}
}

// Civo's signature does not cover the id, and CDHosting's does; Mixpost has none.
func TestFreshID(t *testing.T) {
	t.Parallel()
	for _, p := range []hookmitt.Provider{hookmitt.Civo(), hookmitt.CDHosting(), hookmitt.Mixpost()} {
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T) {
				timeline, d := deliver(t, p, statuses(500, 200), testserver.OnAttempt(2, testserver.FreshID()))
				require.Len(t, timeline, 2)
				got := open(t, p, secret, timeline)
				require.Equal(t, []string{"fresh-id"}, timeline[1].Faults)
				require.Equal(t, p.Name == "mixpost", got[0].ID == got[1].ID)
				require.Equal(t, p.Name != "cdhosting", bytes.Equal(timeline[0].Body, timeline[1].Body))
				require.Equal(t, d.Event(), timeline[1].Event, "the record says which event it was made of")
			})
		})
	}
}
