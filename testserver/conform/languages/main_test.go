package languages_test

import (
	"flag"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/hookmitt/hookmitt/internal/needtest"
)

// TestMain lets all tests run at once, however few processors there are: most of them wait.
func TestMain(m *testing.M) {
	_ = flag.Set("test.parallel", "64")            // the command line may say otherwise
	slog.SetDefault(slog.New(slog.DiscardHandler)) // what receivers of ours say of providers
	os.Exit(m.Run())
}

// root is the repository's.
var root = filepath.Join("..", "..", "..")

// fetched is where make puts what npm fetches.
func fetched(t *testing.T) string {
	t.Helper()
	modules, err := filepath.Abs(filepath.Join(root, ".bin", "languages", "node_modules"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(modules, "express")); err != nil {
		missing(t, "there is no .bin/languages: make test fetches it")
	}
	return modules
}

// flask is a Python that has Flask: Debian's, which has the package, or whichever is on the PATH.
func flask(t *testing.T) string {
	t.Helper()
	needtest.Programs(t, "python3")
	for _, python := range []string{"/usr/bin/python3", "python3"} {
		if exec.CommandContext(t.Context(), python, "-c", "import flask").Run() == nil {
			return python
		}
	}
	missing(t, "no python3 has Flask: make setup installs it")
	return ""
}

// memory is a directory for what receivers remember, without a disk where there is such a one: disks of machines that have
// much else to do are slow enough to sync that what a receiver fails at is not its own fault.
func memory(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "hookmitt-languages-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// missing skips a test that needs what is not here, and fails it in CI.
func missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatalf("%s, and this is CI", what)
	}
	t.Skip(what)
}
