package redisstore_test

import (
	"crypto/fips140"
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/dedupe/redisstore"
	"github.com/hookmitt/hookmitt/internal/redistest"
)

// In FIPS 140-only mode crypto/sha1, by which go-redis names scripts, gives no hash. The mode is a process's, so the
// test binary runs itself once more.
func TestInFIPSMode(t *testing.T) {
	t.Parallel()
	if fips140.Enforced() {
		t.Run("in the mode", inFIPSMode)
		return
	}
	require.Empty(t, os.Getenv("HOOKMITT_AGAIN"), "GODEBUG=fips140=only is not honoured")
	self, err := os.Executable()
	require.NoError(t, err)
	again := exec.CommandContext(t.Context(), self, "-test.run=^"+t.Name()+"$", "-test.v")
	again.Env = append(os.Environ(), "GODEBUG=fips140=only", "HOOKMITT_AGAIN=1")
	out, err := again.CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Contains(t, string(out), "--- PASS: "+t.Name()+"/in_the_mode", "it ran, and in the mode")
}

func inFIPSMode(t *testing.T) {
	server := redistest.Start(t)
	_, link := redistest.StartReplica(t, server)
	store := open(t, client(t, server.Addr), nil)
	a := act(nothing, failing, nothing)
	s := newStand(t, hookmitt.CDHosting(), store, a.HandleEvent)
	flush := func() { say(t, server, "script", "flush") }
	require.Equal(t, "200 accepted", brief(s.send(started("evt_1"))))
	require.Equal(t, "200 duplicate", brief(s.send(started("evt_1"))))
	require.Equal(t, "500 failed", brief(s.send(started("evt_2"))))
	flush()
	require.Equal(t, "200 accepted", brief(s.send(started("evt_2"))))
	a.requireRuns(t, 1, 1, 2)
	require.NoError(t, store.Forget(t.Context(), s.keyOf("evt_1")))

	heard := open(t, client(t, server.Addr), &redisstore.Options{Replicas: 1, Call: patience})
	flush()
	done(t, heard, event)
	link.Stall()
	_, err := heard.Claim(t.Context(), dedupe.Key{Scope: "test", ID: "evt_2"}, "owner", hold)
	require.ErrorIs(t, err, redisstore.ErrReplicas)
}
