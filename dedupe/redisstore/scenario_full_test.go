package redisstore_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/dedupe/redisstore"
	"github.com/hookmitt/hookmitt/internal/redistest"
)

// limit leaves a server so much memory beside what it uses.
func limit(t *testing.T, server *redistest.Server, room int) {
	t.Helper()
	say(t, server, "config", "set", "maxmemory", strconv.Itoa(number(t, server, "used_memory")+room))
}

// fill leaves a server no memory.
func fill(t *testing.T, server *redistest.Server) { limit(t, server, -300_000) }

// long is an event whose id is long, so that few of them take much memory.
func long(n int) dedupe.Key {
	return dedupe.Key{Scope: "test", ID: fmt.Sprintf("%06d", n) + strings.Repeat("x", 250)}
}

func TestScenarioFull(t *testing.T) {
	t.Parallel()
	t.Run("scenario 20 a server that evicts forgets events, and the check says so", func(t *testing.T) {
		t.Parallel()
		server := redistest.Start(t, "--maxmemory-policy", "allkeys-lru", "--appendonly", "yes")
		store := open(t, client(t, server.Addr), nil)
		warnings := store.Check(t.Context())
		require.Len(t, warnings, 1)
		require.Contains(t, warnings[0], `maxmemory-policy is "allkeys-lru"`)

		done(t, store, event)
		require.Equal(t, dedupe.Done, claim(t, store, event, "another").State)
		server.Pass(time.Hour) // since it was used last
		limit(t, server, 1<<18)
		for n := 0; say(t, server, "exists", name(event)) == "1"; n += 100 {
			require.Less(t, n, 100_000, "it is not evicted")
			for i := range 100 {
				done(t, store, long(n+i))
			}
		}
		wins(t, store, event, "another", 1)
	})

	for name, scenario := range map[string]func(t *testing.T, server *redistest.Server, store *redisstore.Store){
		"a new event is refused, and done when there is room": func(t *testing.T, server *redistest.Server, store *redisstore.Store) {
			a := act(nothing)
			s := newStand(t, brisk(), store, a.HandleEvent)
			limit(t, server, 1<<18)
			n := 0
			for ; n < 20_000; n++ {
				c, err := store.Claim(t.Context(), long(n), "owner", hold)
				if err != nil {
					require.ErrorIs(t, err, dedupe.ErrFull)
					break
				}
				require.NoError(t, store.Commit(t.Context(), c, 200))
			}
			require.Less(t, n, 20_000, "it is not full")
			fill(t, server) // for a short id, too
			full := s.send(started("evt_1"))
			require.Equal(t, "503 unavailable", brief(full))
			require.GreaterOrEqual(t, retryAfter(full), 1)
			require.ErrorIs(t, s.last().Err, dedupe.ErrFull)
			a.requireRuns(t)
			limit(t, server, 1<<20)
			require.Equal(t, "200 accepted", brief(s.send(started("evt_1"))))
			a.requireRuns(t, 1)
			for i := range n {
				require.Equal(t, dedupe.Done, claim(t, store, long(i), "another").State)
			}
		},
		"every known event is still a duplicate": func(t *testing.T, server *redistest.Server, store *redisstore.Store) {
			a := act(nothing)
			s := newStand(t, brisk(), store, a.HandleEvent)
			for n := range 5 {
				require.Equal(t, "200 accepted", brief(s.send(started(fmt.Sprint("evt_", n)))))
			}
			fill(t, server)
			for n := range 5 {
				require.Equal(t, "200 duplicate", brief(s.send(started(fmt.Sprint("evt_", n)))))
			}
		},
		"an event that runs is still busy": func(t *testing.T, server *redistest.Server, store *redisstore.Store) {
			c := wins(t, store, event, "owner", 1)
			fill(t, server)
			require.Equal(t, dedupe.Pending, claim(t, store, event, "another").State)
			require.Equal(t, c.Token, wins(t, store, event, "owner", 1).Token)
		},
		"a claim that was won before is committed": func(t *testing.T, server *redistest.Server, store *redisstore.Store) {
			a := act(after(func() { fill(t, server) }, nil))
			s := newStand(t, brisk(), store, a.HandleEvent)
			require.Equal(t, "200 accepted", brief(s.send(started("evt_1"))))
			require.NoError(t, s.last().Err)
			say(t, server, "config", "set", "maxmemory", "0")
			require.Equal(t, "200 duplicate", brief(s.send(started("evt_1"))))
			a.requireRuns(t, 1)
		},
		"a claim that was won before is released": func(t *testing.T, server *redistest.Server, store *redisstore.Store) {
			a := act(after(func() { fill(t, server) }, errDeed), nothing)
			s := newStand(t, brisk(), store, a.HandleEvent)
			require.Equal(t, "500 failed", brief(s.send(started("evt_1"))))
			require.Equal(t, errDeed, s.last().Err)
			require.Equal(t, "503 unavailable", brief(s.send(started("evt_2"))))
			require.ErrorIs(t, s.last().Err, dedupe.ErrFull)
			require.Equal(t, "200 accepted", brief(s.send(started("evt_1"))), "what is known may run")
			a.requireRuns(t, 1, 2)
		},
		"a claim that was won before is extended": func(t *testing.T, server *redistest.Server, store *redisstore.Store) {
			c := wins(t, store, event, "owner", 1)
			fill(t, server)
			require.NoError(t, store.Extend(t.Context(), c))
			require.NoError(t, store.Commit(t.Context(), c, 200))
		},
	} {
		t.Run("scenario 20 a server that is full and does not evict: "+name, func(t *testing.T) {
			t.Parallel()
			server := redistest.Start(t)
			scenario(t, server, open(t, client(t, server.Addr), nil))
		})
	}
}
