package testserver_test

import (
	"io"
	"math/bits"
	"net/http"
	"testing"

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
				"lost 200", [][]string{{"lost reply"}, nil}, 2,
			},
			"both at once": {
				[]testserver.Fault{testserver.OnAttempt(1, testserver.LostReply()), testserver.OnAttempt(1, testserver.Tampered())},
				"lost 200", [][]string{{"lost reply", "tampered"}, nil}, 2,
			},
			"one after the other": {
				[]testserver.Fault{testserver.OnAttempt(2, testserver.Tampered()), testserver.OnAttempt(1, testserver.LostReply())},
				"lost 401 200", [][]string{{"lost reply"}, {"tampered"}, nil}, 3,
			},
			"tampered twice is as it was": {
				[]testserver.Fault{testserver.Tampered(), testserver.Tampered()}, "200", [][]string{{"tampered", "tampered"}}, 1,
			},
			"bound to an attempt that never comes": {
				[]testserver.Fault{testserver.OnAttempt(7, testserver.Tampered())}, "200", [][]string{nil}, 1,
			},
			"bound twice, the last binding counts": {
				[]testserver.Fault{testserver.OnAttempt(1, testserver.OnAttempt(2, testserver.Tampered()))}, "401 200", [][]string{{"tampered"}, nil}, 2,
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
