package browsertest_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// buildBinary builds cmd/hookmitt.
func buildBinary(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "hookmitt")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "./cmd/hookmitt")
	build.Dir = filepath.Join("..", "..", "..")
	build.Env = append(os.Environ(), "GOWORK=") // its own go.work, whatever these tests run by
	said, err := build.CombinedOutput()
	require.NoError(t, err, "%s", said)
	return binary
}

// process is a command that runs until it is stopped, and what it has said.
type process struct {
	t    *testing.T
	cmd  *exec.Cmd
	stop func()

	mu   sync.Mutex
	said bytes.Buffer
	more chan struct{} // has a token when there is more
}

// start starts a command.
func start(t *testing.T, binary string, args ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command(binary, args...), more: make(chan struct{}, 1)}
	p.cmd.Env = append(os.Environ(), "S="+secret)
	p.cmd.Stdout, p.cmd.Stderr = p, p
	require.NoError(t, p.cmd.Start())
	p.stop = sync.OnceFunc(func() {
		_ = p.cmd.Process.Signal(syscall.SIGTERM)
		kill := time.AfterFunc(patience, func() { _ = p.cmd.Process.Kill() })
		_ = p.cmd.Wait()
		kill.Stop()
	})
	t.Cleanup(p.stop)
	return p
}

// Write implements [io.Writer].
func (p *process) Write(text []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case p.more <- struct{}{}:
	default:
	}
	return p.said.Write(text)
}

// says waits until the output matches, and returns the first group.
func (p *process) says(pattern string) string {
	p.t.Helper()
	deadline := time.After(patience)
	for {
		p.mu.Lock()
		said := p.said.String()
		p.mu.Unlock()
		if match := regexp.MustCompile(pattern).FindStringSubmatch(said); match != nil {
			return match[len(match)-1]
		}
		select {
		case <-p.more:
		case <-deadline:
			require.FailNow(p.t, "it did not say "+pattern, "%s", said)
		}
	}
}
