// Package redistest starts real Redis servers for tests, moves their clock, kills and stalls them, and cuts them off.
//
// A test that needs a server skips, with a sentence, where it is not installed; where CI is set in the environment it
// fails.
package redistest

import (
	"testing"
	"time"

	"github.com/hookmitt/hookmitt/internal/needtest"
)

// Start starts a redis-server for as long as a test lasts.
func Start(t testing.TB, args ...string) *Server {
	t.Helper()
	return startBy(t, newClock(t), args...)
}

func startBy(t testing.TB, c *clock, args ...string) *Server {
	t.Helper()
	needtest.Programs(t, "redis-server", "redis-cli")
	s, err := openRedis(t.TempDir(), c, args)
	return started(t, s, err)
}

func started(t testing.TB, s *Server, err error) *Server {
	t.Helper()
	fatal(t, err)
	t.Cleanup(s.Kill)
	return s
}

func fatal(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Eventually waits for what another process does in its own time, a minute at most.
func Eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for until := time.Now().Add(time.Minute); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatalf("within a minute it did not come about that %s", what)
		}
	}
}
