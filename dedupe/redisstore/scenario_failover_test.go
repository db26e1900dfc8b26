package redisstore_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/dedupe/redisstore"
	"github.com/hookmitt/hookmitt/internal/redistest"
)

// promoted kills the master, and returns when the replica has taken its place.
func promoted(t *testing.T, sentinel *redistest.Sentinel) {
	t.Helper()
	sentinel.Master.Kill()
	redistest.Eventually(t, "the replica is promoted", func() bool {
		role, err := sentinel.Replica.Do("role")
		return err == nil && strings.HasPrefix(role, "master")
	})
}

// answered claims until the server that was promoted has an answer.
func answered(t *testing.T, s dedupe.Store, k dedupe.Key, owner string) (c dedupe.Claim) {
	t.Helper()
	redistest.Eventually(t, "the client finds the new master", func() bool {
		var err error
		c, err = s.Claim(t.Context(), k, owner, hold)
		return err == nil
	})
	return c
}

func TestScenarioFailover(t *testing.T) {
	t.Parallel()
	for name, scenario := range map[string]func(t *testing.T, sentinel *redistest.Sentinel, store *redisstore.Store){
		"scenario 19 the replica that is promoted had not heard of the claim": func(t *testing.T, sentinel *redistest.Sentinel, store *redisstore.Store) {
			g := newGate(t)
			a := act(g.deed, nothing)
			s := newStand(t, hookmitt.CDHosting(), store, a.HandleEvent)
			sentinel.Link.Stall()
			answers := s.sent(started("evt_1"))
			g.begins(t)
			require.Equal(t, "503 busy", brief(s.send(started("evt_1"))))
			promoted(t, sentinel)
			s.comesTo(started("evt_1"), "200 accepted", "503 unavailable") // documented
			a.requireRuns(t, 1, 1)
			g.end <- nil
			require.Equal(t, "200 duplicate", brief(<-answers), "and it is told so")
			require.ErrorIs(t, s.last().Err, dedupe.ErrLeaseLost)
		},
		"scenario 19 the replica that is promoted had not heard that it was done": func(t *testing.T, sentinel *redistest.Sentinel, store *redisstore.Store) {
			sentinel.Link.Stall()
			done(t, store, event)
			promoted(t, sentinel)
			require.Equal(t, dedupe.Claimed, answered(t, store, event, "another").State, "documented")
		},
		"scenario 19 with a replica wanted the claim is refused instead": func(t *testing.T, sentinel *redistest.Sentinel, _ *redisstore.Store) {
			store := open(t, failover(t, sentinel), &redisstore.Options{Replicas: 1, Call: 400 * time.Millisecond})
			a := act(nothing)
			s := newStand(t, hookmitt.CDHosting(), store, a.HandleEvent)
			require.Equal(t, "200 accepted", brief(s.send(started("evt_0"))))
			sentinel.Link.Stall()
			refused := s.send(started("evt_1"))
			require.Equal(t, "503 unavailable", brief(refused))
			require.ErrorIs(t, s.last().Err, redisstore.ErrReplicas)
			a.requireRuns(t, 1)
			promoted(t, sentinel)
			unwatched := open(t, failover(t, sentinel), nil) // there is no replica any more to hear of it
			again := newStand(t, hookmitt.CDHosting(), unwatched, a.HandleEvent)
			again.comesTo(started("evt_1"), "200 accepted", "503 unavailable")
			require.Equal(t, "200 duplicate", brief(again.send(started("evt_0"))))
			a.requireRuns(t, 1, 1)
		},
		"scenario 37 the replica that is promoted had heard of everything": func(t *testing.T, sentinel *redistest.Sentinel, _ *redisstore.Store) {
			store := open(t, failover(t, sentinel), &redisstore.Options{Replicas: 1})
			failed := dedupe.Key{Scope: "test", ID: "evt_failed"}
			running := dedupe.Key{Scope: "test", ID: "evt_running"}
			require.NoError(t, store.Release(t.Context(), wins(t, store, failed, "owner", 1)))
			done(t, store, event)
			held := wins(t, store, running, "owner", 1) // and with it all that was before
			promoted(t, sentinel)
			after := open(t, failover(t, sentinel), nil)
			c := answered(t, after, event, "another")
			require.Equal(t, dedupe.Done, c.State)
			require.Equal(t, 200, c.Status)
			wins(t, after, failed, "another", 2)
			require.Equal(t, dedupe.Pending, claim(t, after, running, "another").State)
			require.NoError(t, after.Commit(t.Context(), held, 200))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sentinel := redistest.StartSentinel(t)
			scenario(t, sentinel, open(t, failover(t, sentinel), nil))
		})
	}
}
