package hookmitt_test

import (
	"bufio"
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/internal/needtest"
)

// session is what a console block shows: commands, and what each of them prints.
type step struct{ command, output string }

func session(block string) (steps []step) {
	for line := range strings.Lines(block) {
		if command, ok := strings.CutPrefix(line, "$ "); ok {
			steps = append(steps, step{command: strings.TrimSuffix(command, "\n")})
		} else {
			steps[len(steps)-1].output += line
		}
	}
	return steps
}

// same replaces what differs from run to run.
func same(output string) string {
	output = regexp.MustCompile(`\d\d:\d\d:\d\d`).ReplaceAllString(output, "15:04:05")
	return regexp.MustCompile(`\[[0-9a-f]{8}\]`).ReplaceAllString(output, "[3f2a6c1e]")
}

// freePort is a port that nobody listens at.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	require.NoError(t, err)
	return port
}

// TestReadmeTourOfTheBinary runs the README's commands as they stand there, at other ports.
func TestReadmeTourOfTheBinary(t *testing.T) {
	t.Parallel()
	needtest.Programs(t, "sh", "curl", "grep")
	dir := t.TempDir()
	goCommand(t, "build", "-o", filepath.Join(dir, "hookmitt"), "./cmd/hookmitt")
	empty := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})) // 200 OK
	t.Cleanup(empty.Close)
	ports := strings.NewReplacer("127.0.0.1:8080", "127.0.0.1:"+freePort(t), "127.0.0.1:8484", "127.0.0.1:"+freePort(t),
		"127.0.0.1:3000", empty.Listener.Addr().String())
	back := strings.NewReplacer(ports.Replace("127.0.0.1:8080"), "127.0.0.1:8080", ports.Replace("127.0.0.1:8484"), "127.0.0.1:8484")
	sh := func(command string) *exec.Cmd {
		cmd := exec.CommandContext(context.WithoutCancel(t.Context()), "sh", "-c", command) // a test's context ends before its clean-up
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"))
		return cmd
	}
	start := func(command, addr string) {
		t.Helper()
		// exec, so that the interrupt is the binary's; a shell takes no assignment before it
		command = regexp.MustCompile(`^((?:\w+=\S+ )*)hookmitt `).ReplaceAllString(command, "export $1 PATH; exec hookmitt ")
		cmd := sh(command + " --addr " + ports.Replace(addr))
		says, err := cmd.StderrPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		t.Cleanup(func() {
			_ = cmd.Process.Signal(os.Interrupt)
			if err := cmd.Wait(); err != nil {
				t.Errorf("an interrupt ends %s with %v", command, err)
			}
		})
		lines := bufio.NewScanner(says)
		for lines.Scan() {
			if strings.Contains(lines.Text(), " at http://") {
				return
			}
		}
		t.Fatalf("%s ended before it listened", command)
	}
	start(session(block(t, "console", "hookmitt listen --secret env:SECRET\n"))[0].command, "127.0.0.1:8080")
	start(session(block(t, "console", "$ hookmitt serve --clock manual\n"))[0].command, "127.0.0.1:8484")
	said := "export SECRET=test-secret URL=" + ports.Replace("http://127.0.0.1:8080/")
	for _, holds := range []string{"hookmitt sign", "/_sim/v1/events", "check $URL", "check http://127.0.0.1:3000/"} {
		for _, step := range session(block(t, "console", holds)) {
			if strings.HasPrefix(step.command, "export ") {
				require.Equal(t, said, ports.Replace(step.command))
				continue
			}
			got, err := sh(said + "; " + ports.Replace(step.command)).Output()
			require.NoError(t, err, step.command)
			require.Equal(t, step.output, back.Replace(same(string(got))), step.command)
		}
	}
}
