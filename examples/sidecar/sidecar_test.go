//go:build unix

package main

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/internal/needtest"
)

// The tests run the program in processes of its own.
func TestMain(m *testing.M) {
	if os.Getenv("BE_SIDECAR") != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// stand is a process of the program, in a process group of its own.
type stand struct {
	t      *testing.T
	cmd    *exec.Cmd
	lines  *bufio.Scanner // what it prints
	stderr bytes.Buffer   // complete once it has ended
	temp   string
}

func start(t *testing.T, flags ...string) *stand {
	t.Helper()
	needtest.Programs(t, "python3")
	s := &stand{t: t, temp: t.TempDir()}
	s.cmd = exec.CommandContext(t.Context(), os.Args[0], flags...) //nolint:gosec // ourselves
	s.cmd.Dir = "../.."                                            // the repository's root
	s.cmd.Env = append(os.Environ(), "BE_SIDECAR=1", "TMPDIR="+s.temp)
	s.cmd.Stderr = &s.stderr
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	stdout, err := s.cmd.StdoutPipe()
	require.NoError(t, err)
	s.lines = bufio.NewScanner(stdout)
	require.NoError(t, s.cmd.Start())
	t.Cleanup(func() { _ = s.kill(syscall.SIGKILL) })
	return s
}

// kill signals everything that the process has started and that is still there.
func (s *stand) kill(signal syscall.Signal) error { return syscall.Kill(-s.cmd.Process.Pid, signal) }

// until reads what is printed until a line begins with a text, or to the end.
func (s *stand) until(begins string) string {
	s.t.Helper()
	read := ""
	for s.lines.Scan() {
		read += s.lines.Text() + "\n"
		if begins != "" && strings.HasPrefix(s.lines.Text(), begins) {
			break
		}
	}
	return read
}

// ends waits for the end, and checks that nothing is left.
func (s *stand) ends() error {
	s.t.Helper()
	s.until("")
	err := s.cmd.Wait()
	s.t.Log(s.stderr.String())
	require.ErrorIs(s.t, s.kill(0), syscall.ESRCH, "a child is left")
	left, readErr := os.ReadDir(s.temp)
	require.NoError(s.t, readErr)
	require.Empty(s.t, left)
	return err
}

const table = `
SENT                               ATTEMPT  STATUS  OUTCOME    APP
server.started evt_1               #1       200     accepted   evt_1, run 1: production-web-01 is running at 192.168.1.100
server.started evt_1               #1       200     duplicate  not asked
server.started evt_2 tampered      #1       401     refused    not asked: verify: signature does not match
server.started evt_2               #2       200     accepted   evt_2, run 1: production-web-01 is running at 192.168.1.100
billing.payment.failed evt_3       #1       500     failed     evt_3, run 1: accounts are down
billing.payment.failed evt_3       #2       200     accepted   evt_3, run 2: pay_abc123 failed, card_declined
`

func TestTheTable(t *testing.T) {
	t.Parallel()
	s := start(t)
	printed := s.until("")
	require.NoError(t, s.ends())
	require.Equal(t, table, "\n"+printed)
	require.Empty(t, s.stderr.String())
}

func TestServeTakesWhatItTellsToSend(t *testing.T) {
	t.Parallel()
	needtest.Programs(t, "sh", "openssl", "curl")
	s := start(t, "-serve")
	printed := s.until("The app ")
	table, told, _ := strings.Cut(printed, "\nReceiving.")
	require.Equal(t, 7, strings.Count(table, "\n"), printed)
	script := ""
	for line := range strings.Lines(told) {
		if command, ok := strings.CutPrefix(line, "  "); ok {
			script += command
		}
	}
	shell := func(script string) string {
		answer, err := exec.CommandContext(t.Context(), "sh", "-eu", "-c", script).Output()
		require.NoError(t, err)
		return string(answer)
	}
	require.Contains(t, shell(script), "Hookmitt-Outcome: accepted")
	require.Contains(t, s.until("by hand"), "by hand server.started evt_by_hand          200     accepted   evt_by_hand, run 1: web is running at 192.0.2.1\n")
	require.Contains(t, shell(script), "Hookmitt-Outcome: duplicate")
	require.Contains(t, s.until("by hand"), " 200     duplicate  not asked\n")
	require.Contains(t, shell(strings.Replace(script, "sidecar-secret", "another-secret", 1)), "401 Unauthorized")
	require.Contains(t, s.until("by hand"), " 401     unsigned   not asked: verify: signature does not match\n")

	// What the app cannot make sense of breaks its connection, and is to come again.
	require.Contains(t, shell(strings.Replace(strings.Replace(script, "evt_by_hand", "evt_odd", 1), `"name":"web",`, "", 1)), "502 Bad Gateway")
	require.Contains(t, s.until("by hand"), "502")

	// Without the sidecar's headers the app does nothing.
	_, app, _ := strings.Cut(printed, "The app behind it is at ")
	app, _, _ = strings.Cut(app, " ")
	require.Contains(t, shell("curl -si -d '{}' "+app), "403 Forbidden")

	require.NoError(t, s.cmd.Process.Signal(syscall.SIGTERM)) // to it alone
	require.NoError(t, s.ends())
	require.Contains(t, s.stderr.String(), "KeyError: 'name'", "what the app says on standard error is passed on")
}

// A terminal's Ctrl-C reaches the children, too.
func TestCtrlC(t *testing.T) {
	t.Parallel()
	s := start(t, "-serve")
	s.until("The app ")
	require.NoError(t, s.kill(syscall.SIGINT))
	require.NoError(t, s.ends())
	require.Empty(t, s.stderr.String())
}

func TestAnEarlyEndLeavesNothing(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.until("SENT")
	require.NoError(t, s.cmd.Process.Signal(os.Interrupt))
	_ = s.ends() // it may have been done by then
}

func TestWhatItNeeds(t *testing.T) {
	t.Parallel()
	needtest.Programs(t, "python3")
	for name, c := range map[string]struct{ dir, path, says string }{
		"python3":  {"../..", "", "sidecar: there is no python3 on the PATH: install Python 3"},
		"the root": {".", os.Getenv("PATH"), "sidecar: go build ./cmd/hookmitt, which works from the repository's root: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := exec.CommandContext(t.Context(), os.Args[0])
			cmd.Dir = c.dir
			cmd.Env = append(os.Environ(), "BE_SIDECAR=1", "PATH="+c.path)
			out, err := cmd.CombinedOutput()
			require.Error(t, err)
			require.Contains(t, string(out), c.says)
		})
	}
}
