package languages_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/internal/needtest"
	"github.com/hookmitt/hookmitt/testserver/conform"
)

// sidecar is "hookmitt listen --forward" before the stock Flask, which is as it is without: it verifies once more what
// was verified, and repeats do not reach it.
func (s subject) sidecar(t *testing.T) (*server, conform.Target) {
	t.Helper()
	binary := build(t)
	app, target := s.start(t)
	store := "sqlite:" + filepath.Join(memory(t), "hooks.db")
	before := supervise(t, false, func(port string) *exec.Cmd {
		return ported([]string{
			binary, "listen", "--addr", "127.0.0.1:PORT", "--path", s.path, "--provider", s.provider.Name, "--secret", "env:SECRET",
			"--store", store, "--forward", app.url + s.path,
		}, []string{"SECRET=" + secret}, port)
	})
	target.URL, target.Restart = before.url+s.path, before.restart
	return before, target
}

// build makes the binary, from the repository's root.
func build(t *testing.T) string {
	t.Helper()
	needtest.Programs(t, "go")
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", dir+string(filepath.Separator), "./cmd/hookmitt") //nolint:gosec // dir is our own
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "GOWORK=") // the root's, by which the binary's module finds the others
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return filepath.Join(dir, "hookmitt")
}

// TestTheSidecarMakesGood reads what TestReceivers has found: behind the sidecar the stock Flask has none of the faults that
// it has alone. None of them is beyond a sidecar, since all are of what comes before the work; that whoever reaches the app
// itself finds it as it was no check can see. Nor has it new ones, but for the one that is by chance.
func TestTheSidecarMakesGood(t *testing.T) {
	t.Parallel()
	alone, behind := verdicts(t, "civo-flask"), verdicts(t, "civo-flask-sidecar")
	require.Len(t, behind, len(alone))
	mended := 0
	for id, verdict := range alone {
		switch {
		case crowded[id] != "":
		case strings.Contains(verdict, conform.Failed.String()) || verdict == conform.NonStrict.String():
			require.Equal(t, conform.OK.String(), behind[id], id)
			mended++
		default:
			require.Equal(t, verdict, behind[id], id)
		}
	}
	require.Greater(t, mended, 20)
}
