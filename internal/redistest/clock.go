package redistest

import (
	"bytes"
	"context"
	"crypto/sha256"
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

	"github.com/hookmitt/hookmitt/internal/needtest"
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
	needtest.Programs(t, "cc")
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

// clockLibrary compiles clock.c, unless that was done before.
var clockLibrary = sync.OnceValues(func() (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir = filepath.Join(dir, "hookmitt")
	library := filepath.Join(dir, fmt.Sprintf("clock-%x.so", sha256.Sum256(clockC)))
	if _, err := os.Stat(library); err == nil {
		return library, nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	made, err := os.CreateTemp(dir, "clock-*.tmp") // renamed when it is whole: others may be at it, too
	if err != nil {
		return "", err
	}
	_ = made.Close()
	cc := exec.CommandContext(context.Background(), "cc", "-shared", "-fPIC", "-O1", "-o", made.Name(), "-x", "c", "-")
	cc.Stdin = bytes.NewReader(clockC)
	if out, err := cc.CombinedOutput(); err != nil {
		return "", fmt.Errorf("compile clock.c: %w: %s", err, out)
	}
	return library, os.Rename(made.Name(), library)
})
