package main_test

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/internal/needtest"
)

// The transcript without -serve is the README's, and tested there.
func TestServeTakesWhatItTellsToSend(t *testing.T) {
	t.Parallel()
	needtest.Programs(t, "sh", "openssl", "curl")
	path := filepath.Join(t.TempDir(), "quickstart")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", path, ".").CombinedOutput()
	require.NoError(t, err, string(out))

	quickstart := exec.CommandContext(t.Context(), path, "-serve")
	printed, err := quickstart.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, quickstart.Start())
	t.Cleanup(func() { _ = quickstart.Process.Kill() })

	lines, script := bufio.NewScanner(printed), ""
	for lines.Scan() {
		if command, ok := strings.CutPrefix(lines.Text(), "  "); ok {
			script += command + "\n"
			if strings.HasPrefix(command, "curl") {
				break
			}
		}
	}
	send := func() string {
		answer, err := exec.CommandContext(t.Context(), "sh", "-eu", "-c", script).Output()
		require.NoError(t, err)
		return string(answer)
	}
	first := send()
	require.Contains(t, first, "200 OK")
	require.Contains(t, first, "Hookmitt-Outcome: accepted")
	require.Contains(t, send(), "Hookmitt-Outcome: duplicate")
	script = strings.Replace(script, "192.0.2.1", "192.0.2.2", 1)
	require.Contains(t, send(), "Hookmitt-Outcome: duplicate", "the same id")
	script = strings.Replace(script, "quickstart-secret", "another-secret", 1)
	require.Contains(t, send(), "401 Unauthorized")

	seen := ""
	for strings.Count(seen, "by hand") < 4 && lines.Scan() {
		seen += lines.Text() + "\n"
	}
	require.Contains(t, seen, "ran: web is running at 192.0.2.1")
	require.Contains(t, seen, "signature does not match", "the operator is told why")

	require.NoError(t, quickstart.Process.Signal(os.Interrupt))
	require.NoError(t, quickstart.Wait(), "it ends well")
}
