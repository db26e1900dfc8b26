package soaktest

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestJudge(t *testing.T) {
	t.Parallel()
	const alive, dead = 1, 2
	first, second := Run{"e", 1, 10, dead}, Run{"e", 2, 20, alive}
	death := entry{killed, Run{"-", 0, 0, dead}}
	end := func(r Run) entry {
		r.Token = 0
		return entry{ended, r}
	}
	done := func(r Run) []entry { return []entry{{Begun, r}, {Wrote, r}, end(r)} }
	after := func(r Run, more ...entry) []entry { return append(more, done(r)...) }
	for name, c := range map[string]struct {
		entries []entry
		effects []Run // nil: as the ledger says
		want    Verdict
	}{
		"done once":    {done(second), nil, Verdict{Effects: 1}},
		"never done":   {nil, nil, Verdict{Lost: []string{"e"}}},
		"another done": {done(Run{"f", 1, 10, alive}), nil, Verdict{Effects: 1, Lost: []string{"e"}}},
		"done again after a kill": {
			after(second, entry{Begun, first}, entry{Wrote, first}, death), nil,
			Verdict{Effects: 2, Doubled: twice, Cut: map[Deed]int{Wrote: 1}},
		},
		"done again without a kill": {
			after(second, entry{Wrote, first}), nil,
			Verdict{Effects: 2, Doubled: twice, Wrong: []string{"e was done again after run 1, whose process was not killed"}},
		},
		"done again after the run had ended, and a kill later": {
			after(second, append(done(first), death)...), nil,
			Verdict{Effects: 2, Doubled: twice, Wrong: []string{"e was done again after run 1 had ended"}},
		},
		"done again under the same claim": {
			[]entry{{Wrote, first}, {Wrote, first}, death}, nil,
			Verdict{
				Effects: 2, Doubled: []string{"[{Event:e Number:1 Token:10 Process:2} {Event:e Number:1 Token:10 Process:2}]"},
				Wrong: []string{"e: run 1 has token 10, and run 1 has 10"}, Cut: map[Deed]int{Wrote: 1},
			},
		},
		"done again by a later run with a smaller token": {
			[]entry{{Wrote, second}, {Wrote, Run{"e", 3, 15, dead}}, death}, nil,
			Verdict{
				Effects: 2, Doubled: []string{"[{Event:e Number:3 Token:15 Process:2} {Event:e Number:2 Token:20 Process:1}]"},
				Wrong: []string{"e: run 3 has token 15, and run 2 has 20"}, Cut: map[Deed]int{Wrote: 1},
			},
		},
		"killed before the commit, and done by the next run": {
			after(second, entry{Opened, first}, entry{Wrote, first}, entry{asked, first}, death), []Run{second},
			Verdict{Effects: 1, Cut: map[Deed]int{Wrote: 1}},
		},
		"killed in the commit, which came about": {
			[]entry{{Opened, first}, {Wrote, first}, death}, []Run{first},
			Verdict{Effects: 1, Cut: map[Deed]int{Wrote: 1}},
		},
		"killed at each place of which there is no effect": {
			[]entry{
				{Begun, first}, {Begun, Run{"f", 1, 11, dead}}, {Opened, Run{"f", 1, 11, dead}}, {Begun, Run{"g", 1, 12, dead}},
				{Begun, Run{"h", 1, 13, alive}}, death,
			}, []Run{},
			Verdict{Lost: []string{"e"}, Cut: map[Deed]int{Begun: 2, Opened: 1}},
		},
		"committed, and not there": {
			[]entry{{Wrote, first}, {Committed, first}, death}, []Run{},
			Verdict{
				Lost: []string{"e"}, Wrong: []string{"e: run 1 of process 2 had committed, and its effect is not there"},
				Cut: map[Deed]int{Committed: 1},
			},
		},
		"committed, and another run's is there": {
			[]entry{{Wrote, first}, {Committed, first}, {Wrote, second}}, []Run{second},
			Verdict{Effects: 1, Wrong: []string{"e: run 1 of process 2 had committed, and its effect is not there"}},
		},
		"written by nobody": {
			[]entry{{Begun, first}, {Opened, first}}, []Run{first},
			Verdict{Effects: 1, Wrong: []string{"e: nobody says that run 1 of process 2 wrote its effect"}},
		},
		"there twice of the same run": {
			done(second), []Run{second, second},
			Verdict{
				Effects: 2, Doubled: []string{"[{Event:e Number:2 Token:20 Process:1} {Event:e Number:2 Token:20 Process:1}]"},
				Wrong: []string{"e: run 2 has token 20, and run 2 has 20"},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c.want.Cut == nil {
				c.want.Cut = map[Deed]int{}
			}
			require.Equal(t, c.want, judge(c.entries, c.effects, []string{"e"}))
		})
	}
}

var twice = []string{"[{Event:e Number:1 Token:10 Process:2} {Event:e Number:2 Token:20 Process:1}]"}
