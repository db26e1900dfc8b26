package testserver_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/middleware"
	"github.com/hookmitt/hookmitt/testserver"
	"github.com/hookmitt/hookmitt/verify"
)

// effects counts what a receiver did, by the data of the event: an id may be forged.
type effects struct {
	mu    sync.Mutex
	done  map[string]int
	fails int // how many runs are still to fail
}

func (f *effects) HandleEvent(_ context.Context, e events.Event) error { return f.do(string(e.Data)) }

func (f *effects) do(what string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fails > 0 {
		f.fails--
		return errors.New("down")
	}
	if f.done == nil {
		f.done = map[string]int{}
	}
	f.done[what]++
	return nil
}

// said is how often each event was done, none left out.
func (f *effects) said() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var said []string
	for _, n := range f.done {
		said = append(said, fmt.Sprint(n))
	}
	return strings.Join(said, "+")
}

// receiver is ours, around f.
func receiver(t *testing.T, p hookmitt.Provider, f events.Handler, opts middleware.Options) http.Handler {
	t.Helper()
	opts.Store, opts.Observe = dedupe.NewMemory(0), func(context.Context, middleware.Record) {}
	rc, err := middleware.New(p, verify.NewKeyring(secret), &opts)
	require.NoError(t, err)
	return rc.Handle(f)
}

// blend is Civo's scheme and id around CDHosting's envelope.
func blend() hookmitt.Provider {
	p := hookmitt.CDHosting()
	codec := p.Codec.(events.JSON)
	codec.ID = hookmitt.Civo().Codec.IDField()
	p.Name, p.Scheme, p.Codec = "blend", hookmitt.Civo().Scheme, codec
	return p
}

// TestOurReceiverSurvivesEveryFault delivers an event whose first attempt meets a fault, for every fault and provider,
// and counts how often it was done. testdata/faults.txt is the table. Everything is done once but where a captured
// request is sent under a fresh id that nothing covers: documented, and what BodyWindow is for.
func TestOurReceiverSurvivesEveryFault(t *testing.T) {
	var table strings.Builder
	fmt.Fprintf(&table, "%-34s %-10s %-5s %s\n", "FAULT OF THE FIRST ATTEMPT", "PROVIDER", "DONE", "TIMELINE")
	providers := []hookmitt.Provider{hookmitt.Civo(), hookmitt.Mixpost(), hookmitt.CDHosting(), blend()}
	signature := func(p hookmitt.Provider) string { return p.Scheme.(verify.HMAC).Header }
	for _, fault := range []func(p hookmitt.Provider) []testserver.Fault{
		func(hookmitt.Provider) []testserver.Fault { return nil },
		one(testserver.Twice), one(testserver.LostReply), one(testserver.HangUp), one(testserver.Truncated), one(testserver.Reorder),
		one(testserver.Tampered), one(testserver.Reencoded), one(testserver.WrongKey), one(testserver.Unsigned), one(testserver.FreshID),
		func(hookmitt.Provider) []testserver.Fault { return []testserver.Fault{testserver.Together(5)} },
		func(p hookmitt.Provider) []testserver.Fault {
			return []testserver.Fault{testserver.Trickle(2*p.Deadline + p.Deadline/10)}
		},
		func(hookmitt.Provider) []testserver.Fault { return []testserver.Fault{testserver.Stale(time.Hour)} },
		func(hookmitt.Provider) []testserver.Fault { return []testserver.Fault{testserver.Oversize(2 << 20)} },
		func(hookmitt.Provider) []testserver.Fault { return []testserver.Fault{testserver.WithMethod("PUT")} },
		func(p hookmitt.Provider) []testserver.Fault {
			return []testserver.Fault{testserver.Garbled(signature(p))}
		},
		func(p hookmitt.Provider) []testserver.Fault {
			return []testserver.Fault{testserver.Folded(signature(p))}
		},
		func(p hookmitt.Provider) []testserver.Fault {
			return []testserver.Fault{testserver.WithHeader(signature(p))}
		},
		func(hookmitt.Provider) []testserver.Fault {
			return []testserver.Fault{testserver.WithHeader("Content-Length", "5", "6")}
		},
		func(p hookmitt.Provider) []testserver.Fault {
			return []testserver.Fault{testserver.Doubled(signature(p), strings.Repeat("0", 40))}
		},
		func(hookmitt.Provider) []testserver.Fault {
			return []testserver.Fault{testserver.Together(3), testserver.LostReply()}
		},
	} {
		for _, p := range providers {
			synctest.Test(t, func(t *testing.T) {
				f := new(effects)
				server, ep := server(t, p, receiver(t, p, f, middleware.Options{}))
				defer server.Close()
				names, bound := []string{}, []testserver.Fault{}
				for _, fault := range fault(p) {
					name, _, _ := strings.Cut(fault.String(), "="+signature(p)) // which header it is differs
					names = append(names, name)
					bound = append(bound, testserver.OnAttempt(1, fault))
				}
				timeline, err := ep.Send(t.Context(), sample(p), bound...).Wait(t.Context())
				require.NoError(t, err, "%v, %s: lost", names, p.Name)
				require.Equal(t, "1", f.said(), "%v, %s", names, p.Name)
				told, all := timeline.String(), strings.Join(names, ", ")
				if strings.Contains(all, "together") {
					told = "which copy comes first is chance"
				}
				fmt.Fprintf(&table, "%-34s %-10s %-5s %s\n", cmp.Or(all, "none"), p.Name, f.said(), told)
			})
		}
	}
	for _, c := range []struct {
		what   string
		window time.Duration
	}{{"answer lost, then a fresh id", 0}, {"the same, with BodyWindow", 48 * time.Hour}} {
		for _, p := range providers {
			if p.Identity() == hookmitt.DerivedID {
				continue
			}
			synctest.Test(t, func(t *testing.T) {
				f := new(effects)
				server, ep := server(t, p, receiver(t, p, f, middleware.Options{BodyWindow: c.window}))
				defer server.Close()
				timeline, err := ep.Send(t.Context(), sample(p), testserver.OnAttempt(1, testserver.LostReply()),
					testserver.OnAttempt(2, testserver.FreshID())).Wait(t.Context())
				require.NoError(t, err)
				fmt.Fprintf(&table, "%-34s %-10s %-5s %s\n", c.what, p.Name, f.said(), timeline)
			})
		}
	}
	if *update {
		require.NoError(t, os.WriteFile("testdata/faults.txt", []byte(table.String()), 0o600))
	}
	want, err := os.ReadFile("testdata/faults.txt")
	require.NoError(t, err)
	require.Equal(t, string(want), table.String())
}

func one(f func() testserver.Fault) func(hookmitt.Provider) []testserver.Fault {
	return func(hookmitt.Provider) []testserver.Fault { return []testserver.Fault{f()} }
}

func server(t *testing.T, p hookmitt.Provider, h http.Handler) (*testserver.Server, *testserver.Endpoint) {
	t.Helper()
	s, err := testserver.New(p, &testserver.Options{Transport: testserver.InProcess(h)})
	require.NoError(t, err)
	ep, err := s.Subscribe(testserver.Subscription{URL: receiverURL, Secret: secret})
	require.NoError(t, err)
	return s, ep
}

func sample(p hookmitt.Provider) events.Event {
	e, _ := p.Events.Sample(p.Events.Types()[0])
	return e
}
