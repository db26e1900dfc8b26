package modeltest_test

import (
	"flag"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/internal/needtest"
)

// bugs are those that are planted, to show that they are found, and that the schedule that shows them is cut down.
var bugs = map[string]struct {
	check func(t *testing.T)
	steps int      // of the schedule at most; 0 for any
	says  []string // one of which it says is wrong
	args  []string
}{
	"a bare SET NX": {func(t *testing.T) {
		checkMemory(t, func(m *dedupe.Memory) dedupe.Store { return setNX{m, map[uint64]bool{}} }, alone)
	}, 4, []string{"law 1 wants: the next run", "law 2 wants: the same claim"}, nil},
	"a commit by who has lost the event": {func(t *testing.T) {
		checkMemory(t, func(m *dedupe.Memory) dedupe.Store { return trusting{m, map[dedupe.Key]dedupe.Claim{}} }, alone)
	}, 8, []string{"law 6 wants: lost", "law 9 wants: lost", "law 12 wants: lost", "law 18 wants: lost"}, nil},
	"a commit that does not start Remember again": {func(t *testing.T) {
		checkMemory(t, func(m *dedupe.Memory) dedupe.Store { return counting{m, map[uint64]time.Time{}} }, alone)
	}, 10, []string{"law 11 wants: done", "law 8 wants: nil, as before"}, nil},
	"tokens that begin again when an event is forgotten": {func(t *testing.T) {
		checkMemory(t, func(m *dedupe.Memory) dedupe.Store {
			return restarting{m, map[dedupe.Key]uint64{}, map[dedupe.Key]uint64{}}
		}, alone)
	}, 8, []string{"with a larger token"}, nil},
	"a claim in two steps": {func(t *testing.T) {
		checkMemory(t, func(m *dedupe.Memory) dedupe.Store { return torn{m, &sync.Mutex{}, map[dedupe.Key]bool{}} }, crowded)
	}, 0, []string{"in no order the laws have that"}, nil},
	"a trigger that keeps the end of Remember, in SQLite": {func(t *testing.T) {
		checkSQLite(t, `CREATE TRIGGER planted AFTER UPDATE ON hookmitt_claims WHEN new.state = 'done' AND old.state = 'pending'
			BEGIN UPDATE hookmitt_claims SET forget_at = old.forget_at WHERE event = new.event; END`, alone)
	}, 0, []string{"law 11 wants: done", "law 8 wants: nil, as before", "law 12 wants: the next run"}, []string{"-rapid.shrinktime=3s"}},
	"a Redis that keeps nothing on its disk": {func(t *testing.T) {
		checkRedis(t, alone)
	}, 0, []string{" wants: "}, []string{"-rapid.shrinktime=2s"}}, // each attempt starts a server
}

// planted names the bug with which a process is to check a store.
const planted = "MODELTEST_PLANTED"

// TestWithABug fails, in the processes of TestPlantedBugsAreFound.
func TestWithABug(t *testing.T) {
	bug, ok := bugs[os.Getenv(planted)]
	if !ok {
		t.Skip("there is no bug: TestPlantedBugsAreFound plants them")
	}
	bug.check(t)
}

var (
	after = regexp.MustCompile(`\[rapid\] failed after (\d+) tests`)
	step  = regexp.MustCompile(`(?m)^ *step (\d+): `)
)

// TestPlantedBugsAreFound has a process of its own check each store with a bug, by as many schedules as the store without
// one has to pass.
func TestPlantedBugsAreFound(t *testing.T) {
	self, err := os.Executable()
	require.NoError(t, err)
	for name, bug := range bugs {
		t.Run(name, func(t *testing.T) {
			switch {
			case strings.Contains(name, "Redis"):
				needtest.Programs(t, "redis-server", "redis-cli", "cc")
			case strings.Contains(name, "SQLite") && race:
				t.Skip("SQLite does too few schedules under the race detector")
			}
			seed := flag.Lookup("rapid.seed").Value.String()
			if seed == "0" { // which is any
				seed = "1"
			}
			args := append([]string{"-test.run=^TestWithABug$", "-rapid.seed=" + seed}, bug.args...)
			process := exec.CommandContext(t.Context(), self, args...)
			process.Env = append(os.Environ(), planted+"="+name)
			out, err := process.CombinedOutput()
			require.Error(t, err, "it was not found:\n%s", out)
			said := string(out)
			t.Log(said)
			require.Condition(t, func() bool {
				return slices.ContainsFunc(bug.says, func(wrong string) bool { return strings.Contains(said, wrong) })
			}, "it is another one that was found")
			if bug.steps == 0 {
				return
			}
			require.Regexp(t, after, said, "not by chance")
			steps := step.FindAllStringSubmatch(said, -1)
			require.NotEmpty(t, steps)
			last, err := strconv.Atoi(steps[len(steps)-1][1])
			require.NoError(t, err)
			require.LessOrEqual(t, last, bug.steps, "steps of the shortest schedule")
		})
	}
}
