package redistest

import (
	"context"
	_ "embed" // the clock
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"
)

//go:embed clock/clock.c
var clockC []byte

// clock is the wall clock of servers: the machine's, and some time ahead. They read it from a file that they have mapped
// into memory, so it moves at once and for all of them.
type clock struct {
	path  string
	ahead time.Duration
}

func newClock(t testing.TB) *clock {
	t.Helper()
	need(t, "cc")
	if runtime.GOOS != "linux" {
		t.Skip("the servers' clock can be moved on Linux alone")
	}
	c := &clock{path: filepath.Join(t.TempDir(), "clock")}
	fatal(t, c.pass(0))
	return c
}

// Pass moves the server's clock ahead, and that of all servers that were started together with it.
func (s *Server) Pass(d time.Duration) {
	if err := s.clock.pass(d); err != nil {
		panic(err)
	}
}

func (c *clock) pass(d time.Duration) error {
	c.ahead += d
	var b [8]byte
	binary.NativeEndian.PutUint64(b[:], uint64(c.ahead)) //nolint:gosec // as C reads it
	file, err := os.OpenFile(c.path, os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	if _, err := file.WriteAt(b[:], 0); err != nil {
		return err
	}
	return file.Close()
}

// environment makes a program live by the clock.
func (c *clock) environment() ([]string, error) {
	library, err := clockLibrary()
	return []string{"CLOCK_FILE=" + c.path, "LD_PRELOAD=" + library}, err
}

// clockLibrary compiles clock.c, once a process.
var clockLibrary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "hookmitt-clock-")
	if err != nil {
		return "", err
	}
	source, library := filepath.Join(dir, "clock.c"), filepath.Join(dir, "clock.so")
	if err := os.WriteFile(source, clockC, 0o600); err != nil {
		return "", err
	}
	out, err := exec.CommandContext(context.Background(), "cc", "-shared", "-fPIC", "-O1", "-o", library, source).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("compile clock.c: %w: %s", err, out)
	}
	return library, nil
})
