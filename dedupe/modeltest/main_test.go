package modeltest_test

import (
	"flag"
	"os"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) {
	preset("rapid.nofailfile", "RAPID_NOFAILFILE", "true") // or a failure would leave a file in the source tree
	preset("rapid.steps", "RAPID_STEPS", "20")             // of a schedule
	os.Exit(m.Run())
}

// preset sets a flag before the command line is read, unless the environment says otherwise.
func preset(name, variable, value string) {
	if _, ok := os.LookupEnv(variable); !ok {
		_ = flag.Set(name, value)
	}
}

// chosen says that somebody said how many schedules there shall be.
var chosen = sync.OnceValue(func() bool {
	_, ok := os.LookupEnv("RAPID_CHECKS")
	flag.Visit(func(f *flag.Flag) { ok = ok || f.Name == "rapid.checks" })
	return ok
})

// schedulesOf sets how many schedules a test does unless somebody chose. The tests that call it do not run in parallel.
func schedulesOf(t *testing.T, n int) {
	t.Helper()
	if chosen() {
		return
	}
	before := flag.Lookup("rapid.checks").Value.String()
	require.NoError(t, flag.Set("rapid.checks", strconv.Itoa(n)))
	t.Cleanup(func() { require.NoError(t, flag.Set("rapid.checks", before)) })
}
