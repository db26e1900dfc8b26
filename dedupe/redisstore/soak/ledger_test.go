package soak_test

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// deed is what somebody wrote into the ledger.
type deed string

const (
	effect deed = "effect" // a handler did its work
	ended  deed = "ended"  // its run was settled, whatever as
	killed deed = "killed" // the test killed the process
)

// entry is a line of the ledger.
type entry struct {
	deed    deed
	id      string
	run     int
	token   uint64
	process int
}

// ledger is a file to which processes append lines, each by one write: a kill leaves a line whole or absent, and the lines
// stand in the order of what they tell.
type ledger struct{ file *os.File }

func openLedger(path string) (*ledger, error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	return &ledger{file}, err
}

func (l *ledger) write(e entry) {
	if _, err := fmt.Fprintf(l.file, "%s %s %d %d %d\n", e.deed, e.id, e.run, e.token, e.process); err != nil {
		panic(err)
	}
}

func readLedger(t *testing.T, path string) []entry {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	var all []entry
	for line := range strings.Lines(string(text)) {
		var e entry
		_, err := fmt.Sscan(line, &e.deed, &e.id, &e.run, &e.token, &e.process)
		require.NoError(t, err, line)
		all = append(all, e)
	}
	return all
}

// verdict is what the ledger says about events.
type verdict struct {
	Effects int      // in all
	Doubled int      // events whose effect happened again because a kill fell between effect and commit
	Lost    []string // events without an effect
	Wrong   []string // and what is wrong with them
}

// judge reads the ledger. That an effect happened again is explained if the process that had it was killed before it
// wrote that the run had ended, which it does when the run is settled.
func judge(entries []entry, ids []string) verdict {
	var v verdict
	effects := map[string][]entry{}
	endings, deaths := map[entry]bool{}, map[int]bool{}
	for _, e := range entries {
		switch e.deed {
		case effect:
			effects[e.id] = append(effects[e.id], e)
			v.Effects++
		case ended:
			endings[entry{id: e.id, run: e.run, process: e.process}] = true
		case killed:
			deaths[e.process] = true
		}
	}
	wrong := func(format string, args ...any) { v.Wrong = append(v.Wrong, fmt.Sprintf(format, args...)) }
	for _, id := range ids {
		runs := slices.SortedFunc(slices.Values(effects[id]), func(a, b entry) int { return cmp.Compare(a.token, b.token) })
		if len(runs) == 0 {
			v.Lost = append(v.Lost, id)
			continue
		}
		for i, earlier := range runs[:len(runs)-1] {
			switch later := runs[i+1]; {
			case earlier.token == later.token || earlier.run >= later.run:
				wrong("%s: run %d has token %d, and run %d has %d", id, earlier.run, earlier.token, later.run, later.token)
			case endings[entry{id: id, run: earlier.run, process: earlier.process}]:
				wrong("%s was done again after run %d had ended", id, earlier.run)
			case !deaths[earlier.process]:
				wrong("%s was done again after run %d, whose process was not killed", id, earlier.run)
			}
		}
		if len(runs) > 1 {
			v.Doubled++
		}
	}
	return v
}

func TestJudge(t *testing.T) {
	t.Parallel()
	const alive, dead = 1, 2
	for name, c := range map[string]struct {
		entries []entry
		want    verdict
	}{
		"done once":    {[]entry{{effect, "e", 1, 10, alive}, {ended, "e", 1, 0, alive}}, verdict{Effects: 1}},
		"never done":   {nil, verdict{Lost: []string{"e"}}},
		"another done": {[]entry{{effect, "f", 1, 10, alive}}, verdict{Effects: 1, Lost: []string{"e"}}},
		"done again after a kill": {
			[]entry{{effect, "e", 1, 10, dead}, {killed, "-", 0, 0, dead}, {effect, "e", 2, 20, alive}, {ended, "e", 2, 0, alive}},
			verdict{Effects: 2, Doubled: 1},
		},
		"done again without a kill": {
			[]entry{{effect, "e", 1, 10, alive}, {effect, "e", 2, 20, alive}},
			verdict{Effects: 2, Doubled: 1, Wrong: []string{"e was done again after run 1, whose process was not killed"}},
		},
		"done again after the run had ended, and a kill later": {
			[]entry{{effect, "e", 1, 10, dead}, {ended, "e", 1, 0, dead}, {killed, "-", 0, 0, dead}, {effect, "e", 2, 20, alive}},
			verdict{Effects: 2, Doubled: 1, Wrong: []string{"e was done again after run 1 had ended"}},
		},
		"done again under the same claim": {
			[]entry{{effect, "e", 1, 10, dead}, {effect, "e", 1, 10, dead}, {killed, "-", 0, 0, dead}},
			verdict{Effects: 2, Doubled: 1, Wrong: []string{"e: run 1 has token 10, and run 1 has 10"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, judge(c.entries, []string{"e"}))
		})
	}
}
