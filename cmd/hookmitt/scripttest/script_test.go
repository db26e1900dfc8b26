package scripttest

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/hookmitt/hookmitt/internal/needtest"
)

var update = flag.Bool("update", false, "write what is printed into the scripts")

// race is whether the race detector is on: the binary has it, too.
var race bool

func TestScripts(t *testing.T) {
	t.Parallel()
	bin := build(t)
	testscript.Run(t, testscript.Params{
		Dir:                "testdata",
		UpdateScripts:      *update,
		RequireUniqueNames: true,
		Deadline:           time.Now().Add(4 * patience), // a server that should have refused to start would run for ever
		Setup: func(env *testscript.Env) error {
			env.Setenv("PATH", bin+string(os.PathListSeparator)+env.Getenv("PATH"))
			env.Setenv("NL", "\n")
			env.Setenv("GORACE", "atexit_sleep_ms=0 halt_on_error=1") // it sleeps a second, or ends with 66
			env.Values[stageKey] = &stage{t: env.T(), running: map[string]*process{}}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"need":      plain(1, need),
			"exits":     plain(2, exits),
			"refuses":   plain(2, refuses),
			"mask":      plain(0, mask),
			"start":     plain(2, start),
			"ready":     plain(1, ready),
			"await":     plain(2, await),
			"interrupt": plain(1, interrupt),
			"ended":     plain(1, ended),
			"close":     plain(1, closed),
			"refused":   plain(1, refused),
			"app":       plain(2, app),
			"redis":     plain(1, redis),
		},
	})
}

// stage is what the commands of one script share.
type stage struct {
	t       testscript.T
	running map[string]*process
}

const stageKey = "stage"

func stageOf(ts *testscript.TestScript) *stage { return ts.Value(stageKey).(*stage) }

// build makes the binary, and returns the directory that it is in.
func build(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	args := []string{"build", "-buildvcs=false", "-o", filepath.Join(dir, "hookmitt")}
	if race {
		args = append(args, "-race")
	}
	cmd := exec.CommandContext(t.Context(), "go", append(args, "./cmd/hookmitt")...)
	cmd.Dir = filepath.Join("..", "..", "..")
	cmd.Env = append(os.Environ(), "GOWORK=") // its own go.work, whatever these tests run by
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return dir
}

// plain is a command that cannot be negated and takes so many arguments at least.
func plain(least int, run func(*testscript.TestScript, []string)) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		if neg || len(args) < least {
			ts.Fatalf("the command is negated or lacks arguments: doc.go has how it is used")
		}
		run(ts, args)
	}
}

// scripted is a script as a test.
type scripted struct{ *testscript.TestScript }

// Helper does nothing: a script knows its line.
func (scripted) Helper() {}

// Skipf skips the script.
func (s scripted) Skipf(format string, args ...any) {
	stageOf(s.TestScript).t.Skip(fmt.Sprintf(format, args...))
}

// need skips a script on a laptop that lacks a program, and fails it in CI.
func need(ts *testscript.TestScript, programs []string) {
	needtest.Programs(scripted{ts}, programs...)
}
