package conform_test

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/testserver/conform"
)

// seed is that of all probes here whose choices are not what is tested.
const seed = 7

var providers = map[string]func() hookmitt.Provider{
	"civo": hookmitt.Civo, "mixpost": hookmitt.Mixpost, "cdhosting": hookmitt.CDHosting, "github": hookmitt.GitHub,
	"standardwebhooks": hookmitt.StandardWebhooks,
}

// newStand is a receiver and all that can be known of it, inside a bubble.
func newStand(p hookmitt.Provider, flaw string, m *manner) (conform.Target, *receiver) {
	current, previous := p.SecretText("the current secret"), p.SecretText("the secret before it")
	first := newReceiver(p, flaw, current, previous)
	first.manner, first.memory.now = m, m.now
	types := slices.Sorted(maps.Keys(p.Events))
	first.handled = types[0]
	for _, typ := range types {
		if typ != p.Test {
			first.handled = typ
			break
		}
	}
	var running atomic.Pointer[receiver]
	running.Store(first)
	return conform.Target{
		Provider: p, Secret: p.SecretOf("the current secret"), Previous: p.SecretOf("the secret before it"),
		URL:     "http://receiver.test/hooks",
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { running.Load().ServeHTTP(w, r) }),
		Event:   events.Named(first.handled, p.Events[first.handled]),
		Retire: func(context.Context) error {
			if !first.has("keeps the previous secret") {
				first.secrets.Store(&[]string{current})
			}
			return nil
		},
		MaxBody: first.limit,
		Effects: func(_ context.Context, id string) (int, error) { return running.Load().memory.count(id), nil },
		Fails:   true,
		Restart: func(context.Context) error {
			running.Store(running.Load().restarted())
			return nil
		},
		Pass: func(_ context.Context, d time.Duration) error {
			time.Sleep(d)
			return nil
		},
	}, first
}

// probe is what the checks of those ids say, by id.
func probe(t *testing.T, target conform.Target, strict bool, ids ...string) map[string]conform.Result {
	t.Helper()
	report, err := conform.Probe(t.Context(), target, &conform.Options{Only: ids, Strict: strict, Seed: seed})
	require.NoError(t, err)
	results := map[string]conform.Result{}
	for _, r := range report.Results {
		results[r.Check.ID] = r
	}
	if len(ids) > 0 {
		require.Len(t, results, len(ids))
	} else {
		require.Len(t, results, len(conform.Checks()))
	}
	return results
}
