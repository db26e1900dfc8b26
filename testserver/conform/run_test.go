package conform_test

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/testserver/conform"
)

// flawed is set in the environment of a process whose TestRun is to have a flaw.
const flawed = "CONFORM_TEST_FLAW"

func TestRun(t *testing.T) { //nolint:paralleltest // its subtests are made one after the other
	made := []string{"SIG-01", "SIG-10", "SIG-17", "BODY-03", "HTTP-01"}
	conform.Run(t, func(t *testing.T) conform.Target {
		if !slices.Contains(made, t.Name()[len("TestRun/"):]) {
			t.Skip("one of each verdict is enough: the clock is the real one here")
		}
		target, _ := newStand(hookmitt.Civo(), os.Getenv(flawed), &manner{})
		return target
	})
}

func TestRunSaysWhatItFinds(t *testing.T) {
	t.Parallel()
	for flaw, want := range map[string][]string{
		"": {
			"--- PASS: TestRun/SIG-01", "--- PASS: TestRun/SIG-10", "INFORMATIONAL SIG-10", "answered 401 Unauthorized",
			"--- SKIP: TestRun/SIG-17", "no room for two signatures", "--- PASS: TestRun (",
		},
		"shows a page":            {"--- PASS: TestRun/HTTP-01", "NON-STRICT    HTTP-01", "--- PASS: TestRun ("},
		"takes unsigned requests": {"--- FAIL: TestRun/SIG-01", "FAILED        SIG-01", "it was accepted", "seed ", "--- FAIL: TestRun ("},
	} {
		t.Run(flaw, func(t *testing.T) {
			t.Parallel()
			run := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestRun$", "-test.v", "-test.count=1")
			run.Env = append(os.Environ(), flawed+"="+flaw)
			out, err := run.CombinedOutput()
			require.Equal(t, strings.Contains(strings.Join(want, ""), "FAIL"), err != nil, "%s", out)
			for _, text := range want {
				require.Contains(t, string(out), text)
			}
		})
	}
}
