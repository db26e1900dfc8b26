// Package needtest says what a test needs that Go does not bring along.
package needtest

import (
	"os"
	"os/exec"
)

// Test is the part of testing.TB that is used, which other frameworks' tests have as well.
type Test interface {
	Helper()
	Fatalf(format string, args ...any)
	Skipf(format string, args ...any)
}

// Programs skips a test where one of the programs is not on the PATH, as on a laptop. Where CI is set in the environment
// it fails it: there `make setup` has installed them.
func Programs(t Test, programs ...string) {
	t.Helper()
	for _, program := range programs {
		if _, err := exec.LookPath(program); err == nil {
			continue
		}
		if os.Getenv("CI") != "" {
			t.Fatalf("%s is missing, and this is CI: `make setup` should have installed it", program)
			return
		}
		t.Skipf("%s is missing: `make setup` installs it", program)
		return
	}
}
