package soaktest

import (
	"cmp"
	"fmt"
	"slices"
)

// Verdict is what became of events.
type Verdict struct {
	Effects int          // in all
	Lost    []string     // events without an effect
	Doubled []string     // events with more than one, and whose
	Wrong   []string     // what no kill explains
	Cut     map[Deed]int // runs that ended with their process, by how far they were
}

// judge reads the ledger, and who has written an effect; nil means those of whom the ledger says it.
//
// That an effect happened again is explained if the process that had it was killed before it wrote that the run had
// ended, which it does when the run is settled. That is what there can be without a transaction; with one nothing
// explains it.
func judge(entries []entry, effects []Run, ids []string) Verdict {
	v := Verdict{Cut: map[Deed]int{}}
	wrong := func(format string, args ...any) { v.Wrong = append(v.Wrong, fmt.Sprintf(format, args...)) }
	place, endings, deaths := map[Run]Deed{}, map[Run]bool{}, map[int]bool{}
	var wrote []Run
	for _, e := range entries {
		switch e.deed {
		case Wrote:
			wrote = append(wrote, e.run)
			place[e.run] = e.deed
		case ended:
			endings[e.run] = true
		case killed:
			deaths[e.run.Process] = true
		case asked:
		default:
			place[e.run] = e.deed
		}
	}
	hasEnded := func(r Run) bool { // of which the ledger has no token
		r.Token = 0
		return endings[r]
	}
	for r, p := range place {
		if deaths[r.Process] && !hasEnded(r) {
			v.Cut[p]++
		}
	}
	if effects == nil {
		effects = wrote
	}
	v.Effects = len(effects)
	of := map[string][]Run{}
	for _, r := range effects {
		of[r.Event] = append(of[r.Event], r)
		if place[r] != Wrote && place[r] != Committed {
			wrong("%s: nobody says that run %d of process %d wrote its effect", r.Event, r.Number, r.Process)
		}
	}
	for _, e := range entries {
		if e.deed == Committed && !slices.Contains(of[e.run.Event], e.run) {
			wrong("%s: run %d of process %d had committed, and its effect is not there", e.run.Event, e.run.Number, e.run.Process)
		}
	}
	for _, id := range ids {
		runs := slices.SortedFunc(slices.Values(of[id]), func(a, b Run) int { return cmp.Compare(a.Token, b.Token) })
		switch len(runs) {
		case 0:
			v.Lost = append(v.Lost, id)
			continue
		case 1:
			continue
		}
		v.Doubled = append(v.Doubled, fmt.Sprintf("%+v", runs))
		for i, earlier := range runs[:len(runs)-1] {
			switch later := runs[i+1]; {
			case earlier.Token == later.Token || earlier.Number >= later.Number:
				wrong("%s: run %d has token %d, and run %d has %d", id, earlier.Number, earlier.Token, later.Number, later.Token)
			case hasEnded(earlier):
				wrong("%s was done again after run %d had ended", id, earlier.Number)
			case !deaths[earlier.Process]:
				wrong("%s was done again after run %d, whose process was not killed", id, earlier.Number)
			}
		}
	}
	return v
}
