// Package redistest starts real Redis servers for tests, moves their clock, kills and stalls them, and cuts them off.
//
// A test that needs a server skips, with a sentence, where it is not installed; where CI is set in the environment it
// fails.
package redistest

import (
	"os"
	"os/exec"
	"testing"
	"time"
)

// Start starts a redis-server for as long as a test lasts.
func Start(t testing.TB, args ...string) *Server {
	t.Helper()
	return startBy(t, newClock(t), args...)
}

func startBy(t testing.TB, c *clock, args ...string) *Server {
	t.Helper()
	need(t, "redis-server", "redis-cli")
	s, err := openRedis(t.TempDir(), c, args)
	return started(t, s, err)
}

func started(t testing.TB, s *Server, err error) *Server {
	t.Helper()
	fatal(t, err)
	t.Cleanup(s.Kill)
	return s
}

func need(t testing.TB, commands ...string) {
	t.Helper()
	for _, command := range commands {
		if _, err := exec.LookPath(command); err == nil {
			continue
		}
		if os.Getenv("CI") != "" {
			t.Fatalf("%s is not installed, and this is CI: tools/setup.sh should have installed it", command)
		}
		t.Skipf("%s is not installed: `make setup` installs it on Debian and Ubuntu", command)
	}
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
