package redisstore_test

import (
	"testing"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/internal/redistest"
)

// TestScenarioServerHangs has a server that is stopped, and a network on which nothing moves. In both, what was sent
// arrives in the end.
func TestScenarioServerHangs(t *testing.T) {
	t.Parallel()
	for hang, begin := range map[string]func(*redistest.Server, *redistest.Proxy) (end func()){
		"the server is stopped": func(server *redistest.Server, _ *redistest.Proxy) func() {
			server.Pause()
			return server.Resume
		},
		"the network stands still": func(_ *redistest.Server, proxy *redistest.Proxy) func() {
			proxy.Stall()
			return proxy.Resume
		},
	} {
		t.Run("scenario 15 the store hangs on the claim: "+hang, func(t *testing.T) {
			t.Parallel()
			server, proxy, store := behind(t, client)
			a := act(nothing)
			s := newStand(t, brisk(), store, a.HandleEvent)
			end := begin(server, proxy)
			hung := s.send(started("evt_1"))
			require.Equal(t, "503 unavailable", brief(hung))
			require.Equal(t, 5, retryAfter(hung))
			require.Less(t, hung.took, soon)
			require.ErrorIs(t, s.last().Err, dedupe.ErrStalled)
			a.requireRuns(t)
			end()
			s.comesTo(started("evt_1"), "200 accepted", "503 busy", "503 unavailable") // what was won too late is given back
			a.requireRuns(t, 1)
		})
		t.Run("scenario 15 the store hangs on the claim of a client that heeds its context: "+hang, func(t *testing.T) {
			t.Parallel()
			server, proxy, store := behind(t, heeding)
			a := act(nothing)
			s := newStand(t, brisk(), store, a.HandleEvent)
			end := begin(server, proxy)
			hung := s.send(started("evt_1"))
			require.Equal(t, "503 unavailable", brief(hung))
			require.Less(t, hung.took, soon)
			a.requireRuns(t)
			end()
			redistest.Eventually(t, "what was sent has arrived", func() bool {
				return say(t, server, "exists", name(s.keyOf("evt_1"))) == "1"
			})
			next := brief(s.send(started("evt_1")))
			if next == "200 accepted" { // the answer and the client's hanging up crossed, and the claim was given back
				a.requireRuns(t, 1)
				return
			}
			require.Equal(t, "503 busy", next, "nobody waits any more for what was won")
			server.Pass(lease)
			require.Equal(t, "200 accepted", brief(s.send(started("evt_1"))))
			a.requireRuns(t, 2)
		})
		for client, connect := range map[string]func(testing.TB, string) *redis.Client{
			"a client": client, "a client that heeds its context": heeding,
		} {
			t.Run("scenario 15 the store hangs on the commit of "+client+": "+hang, func(t *testing.T) {
				t.Parallel()
				server, proxy, store := behind(t, connect)
				var end func()
				a := act(after(func() { end = begin(server, proxy) }, nil))
				s := newStand(t, brisk(), store, a.HandleEvent)
				hung := s.send(started("evt_1"))
				require.Equal(t, "200 accepted", brief(hung), "the work is done")
				require.Less(t, hung.took, soon)
				require.Error(t, s.last().Err)
				end()
				s.comesTo(started("evt_1"), "200 duplicate", "503 busy", "503 unavailable") // it goes through in the end
				a.requireRuns(t, 1)
			})
		}
	}
}

// behind is a store that has asked a server something, through a proxy.
func behind(t *testing.T, connect func(testing.TB, string) *redis.Client) (*redistest.Server, *redistest.Proxy, dedupe.Store) {
	t.Helper()
	server := redistest.Start(t)
	proxy := redistest.Through(t, server.Addr)
	return server, proxy, warm(t, open(t, connect(t, proxy.Addr), nil))
}
