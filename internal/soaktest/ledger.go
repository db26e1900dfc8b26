package soaktest

import (
	"fmt"
	"os"
	"strings"
)

// Deed is what somebody writes into the ledger.
type Deed string

// How far a run is. What a handler does not come by is not written.
const (
	Begun     Deed = "begun"     // it has done nothing
	Opened    Deed = "opened"    // its transaction has begun
	Wrote     Deed = "wrote"     // its effect is written, and neither it nor the mark is committed
	Committed Deed = "committed" // both are, and nobody was answered
)

// places are where a receiver can be killed, in the order of a run.
var places = []Deed{Begun, Opened, Wrote, Committed}

const (
	asked  Deed = "asked"  // the run waits to be killed
	ended  Deed = "ended"  // it was settled, whatever as
	killed Deed = "killed" // the test killed the process
)

// Run is a run of an event.
type Run struct {
	Event   string
	Number  int // of the event's runs; 1 for the first
	Token   uint64
	Process int
}

// entry is a line of the ledger.
type entry struct {
	deed Deed
	run  Run
}

// ledger is a file to which processes append lines, each by one write: a kill leaves a line whole or absent, and the lines
// stand in the order of what they tell.
type ledger struct{ file *os.File }

// lineSize is that of every line, so that none lies on two pages of memory: between them a kill can cut a write short.
const lineSize = 128

func openLedger(path string) (*ledger, error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	return &ledger{file}, err
}

func (l *ledger) write(d Deed, r Run) {
	line := fmt.Sprintf("%s %s %d %d %d", d, r.Event, r.Number, r.Token, r.Process)
	if len(line) >= lineSize {
		panic("too long for the ledger: " + line)
	}
	if _, err := fmt.Fprintf(l.file, "%-*s\n", lineSize-1, line); err != nil {
		panic(err)
	}
}

// writeKilled tells of a process that is no more.
func (l *ledger) writeKilled(process int) { l.write(killed, Run{Event: "-", Process: process}) }

func readLedger(path string) ([]entry, error) {
	text, err := os.ReadFile(path)
	var all []entry
	for line := range strings.Lines(string(text)) {
		var e entry
		if _, err := fmt.Sscan(line, &e.deed, &e.run.Event, &e.run.Number, &e.run.Token, &e.run.Process); err != nil {
			return nil, fmt.Errorf("the ledger's line %q: %w", line, err)
		}
		all = append(all, e)
	}
	return all, err
}
