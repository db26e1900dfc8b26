package redisstore_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/dedupe/redisstore"
	"github.com/hookmitt/hookmitt/internal/redistest"
)

// hasty is a store of a client that is connected, and has so much time for an answer.
func hasty(t *testing.T, proxy *redistest.Proxy, call time.Duration) *redisstore.Store {
	t.Helper()
	connected := client(t, proxy.Addr)
	warm(t, open(t, connected, &redisstore.Options{Call: time.Minute}))
	return open(t, connected, &redisstore.Options{Call: call})
}

func TestCallsEndInTime(t *testing.T) {
	onProxies(t, map[string]func(t *testing.T, server *redistest.Server, proxy *redistest.Proxy){
		"the context ends, and the client is deaf to it": func(t *testing.T, _ *redistest.Server, proxy *redistest.Proxy) {
			store := hasty(t, proxy, time.Minute)
			proxy.Stall()
			requireStalled(t, store, 50*time.Millisecond)
		},
		"the context is cancelled while the client waits": func(t *testing.T, _ *redistest.Server, proxy *redistest.Proxy) {
			store := hasty(t, proxy, time.Minute)
			proxy.Stall()
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(50*time.Millisecond, cancel)
			start := time.Now()
			_, err := store.Claim(ctx, event, "owner", hold)
			require.ErrorIs(t, err, dedupe.ErrStalled)
			require.ErrorIs(t, err, context.Canceled)
			require.Less(t, time.Since(start), soon)
		},
		"Options.Call ends, and the client is deaf to it": func(t *testing.T, _ *redistest.Server, proxy *redistest.Proxy) {
			store := hasty(t, proxy, 50*time.Millisecond)
			proxy.Stall()
			requireStalled(t, store, time.Minute)
		},
		"by default a call ends before a provider gives up": func(t *testing.T, server *redistest.Server, proxy *redistest.Proxy) {
			store := warm(t, open(t, client(t, proxy.Addr), nil))
			server.Pause()
			start := time.Now()
			_, err := store.Claim(t.Context(), event, "owner", hold)
			require.ErrorIs(t, err, dedupe.ErrStalled)
			require.Less(t, time.Since(start), soon)
		},
		"a context that has ended asks nothing": func(t *testing.T, server *redistest.Server, proxy *redistest.Proxy) {
			store := warm(t, open(t, client(t, proxy.Addr), nil))
			c := wins(t, store, event, "owner", 1)
			before := asked(t, server)
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			_, err := store.Claim(ctx, event, "owner", hold)
			for _, err := range []error{err, store.Extend(ctx, c), store.Commit(ctx, c, 200), store.Release(ctx, c), store.Forget(ctx, event)} {
				require.ErrorIs(t, err, context.Canceled)
			}
			require.Equal(t, before, asked(t, server))
		},
	})
}

// requireStalled checks that no call waits for the server, with a context that ends after limit.
func requireStalled(t *testing.T, store *redisstore.Store, limit time.Duration) {
	t.Helper()
	c := dedupe.Claim{Key: event, Hold: hold, State: dedupe.Claimed, Owner: "owner", Token: 1, Run: 1}
	for name, call := range map[string]func(ctx context.Context) error{
		"claim":   func(ctx context.Context) error { _, err := store.Claim(ctx, event, "owner", hold); return err },
		"extend":  func(ctx context.Context) error { return store.Extend(ctx, c) },
		"commit":  func(ctx context.Context) error { return store.Commit(ctx, c, 200) },
		"release": func(ctx context.Context) error { return store.Release(ctx, c) },
		"forget":  func(ctx context.Context) error { return store.Forget(ctx, event) },
	} {
		ctx, cancel := context.WithTimeout(t.Context(), limit)
		start := time.Now()
		err := call(ctx)
		cancel()
		require.ErrorIs(t, err, dedupe.ErrStalled, name)
		require.ErrorIs(t, err, context.DeadlineExceeded, name)
		require.Less(t, time.Since(start), soon, name)
	}
}

func TestClaimsThatNobodyWaitsForAreGivenBack(t *testing.T) {
	onProxies(t, map[string]func(t *testing.T, server *redistest.Server, proxy *redistest.Proxy){
		"a new event": func(t *testing.T, server *redistest.Server, proxy *redistest.Proxy) {
			store := hasty(t, proxy, 50*time.Millisecond)
			before := asked(t, server)
			proxy.Stall()
			_, err := store.Claim(t.Context(), event, "owner", hold)
			require.ErrorIs(t, err, dedupe.ErrStalled)
			require.Equal(t, before, asked(t, server), "it has not arrived")
			proxy.Resume()
			redistest.Eventually(t, "it is won, and given back", func() bool { return asked(t, server) == before+2 })
			require.Equal(t, "1", say(t, server, "exists", name(event)))
			wins(t, open(t, client(t, server.Addr), nil), event, "another", 1)
		},
		"an event that another has won meanwhile": func(t *testing.T, server *redistest.Server, proxy *redistest.Proxy) {
			direct := open(t, client(t, server.Addr), nil)
			store := hasty(t, proxy, 50*time.Millisecond)
			proxy.Stall()
			_, err := store.Claim(t.Context(), event, "owner", hold)
			require.ErrorIs(t, err, dedupe.ErrStalled)
			c := wins(t, direct, event, "another", 1)
			before := asked(t, server)
			proxy.Resume()
			redistest.Eventually(t, "it arrives", func() bool { return asked(t, server) > before })
			require.Equal(t, dedupe.Pending, claim(t, direct, event, "a third").State)
			require.NoError(t, direct.Commit(t.Context(), c, 200))
		},
	})
}

func TestOnlyTheServersClockCounts(t *testing.T) {
	t.Parallel()
	t.Run("scenario 34 a token is a time of the server", func(t *testing.T) {
		t.Parallel()
		server := redistest.Start(t)
		store := open(t, client(t, server.Addr), nil)
		server.Pass(-10 * time.Minute) // behind all receivers
		start := time.Now()
		first := wins(t, store, event, "owner", 1)
		require.Less(t, first.Token, micros(start), "the server's")
		server.Pass(24 * time.Hour)
		second := wins(t, store, event, "another", 2)
		apart := time.Duration(second.Token-first.Token) * time.Microsecond //nolint:gosec // a day
		require.InDelta(t, 24*time.Hour, apart, float64(time.Minute))
	})
	t.Run("scenario 34 a clock that is put back does not make a token smaller, nor end a lease", func(t *testing.T) {
		t.Parallel()
		server := redistest.Start(t)
		store := open(t, client(t, server.Addr), nil)
		first := wins(t, store, event, "owner", 1)
		server.Pass(-time.Hour)
		require.Equal(t, dedupe.Pending, claim(t, store, event, "another").State)
		require.NoError(t, store.Release(t.Context(), first))
		require.Greater(t, wins(t, store, event, "another", 2).Token, first.Token)
	})
	t.Run("scenario 34 a clock that is put back does not make the lease of a dead process longer", func(t *testing.T) {
		t.Parallel()
		server := redistest.Start(t)
		store := open(t, client(t, server.Addr), nil)
		first := wins(t, store, event, "dead", 1)
		server.Pass(-24 * time.Hour)
		require.Equal(t, lease, claim(t, store, event, "another").Wait)
		server.Pass(lease / 3)
		require.LessOrEqual(t, claim(t, store, event, "another").Wait, lease*2/3)
		require.NoError(t, store.Extend(t.Context(), first), "if it should live")
		server.Pass(lease)
		require.Greater(t, wins(t, store, event, "another", 2).Token, first.Token)
	})
}

func micros(at time.Time) uint64 { return uint64(at.UnixMicro()) } //nolint:gosec // after 1970
