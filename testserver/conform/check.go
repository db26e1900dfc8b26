package conform

import (
	"fmt"
	"slices"
	"strings"
)

// Level is how much a check counts.
type Level uint8

// Do not reorder.
const (
	Must   Level = iota // Failing it is FAILED.
	Should              // Failing it is NON-STRICT, and FAILED if it is to be strict.
	Shown               // What the receiver does is a choice of its own, which is shown: INFORMATIONAL.
)

// String implements [fmt.Stringer].
func (l Level) String() string {
	if names := [...]string{"must", "should", "shown"}; int(l) < len(names) {
		return names[l]
	}
	return fmt.Sprintf("Level(%d)", uint8(l))
}

// Check is one of the catalogue: something that is sent, and what a correct receiver makes of it.
type Check struct {
	ID    string // "SIG-04": its group, and its number in it
	Level Level
	Sent  string // what is sent
	Want  string // what a correct receiver answers and does
	Why   string // it matters

	needs need
	slow  bool // it waits: it is made beside the others
	run   func(t *trial)
}

// Group is the first part of the id: "SIG".
func (c Check) Group() string {
	group, _, _ := strings.Cut(c.ID, "-")
	return group
}

// alone reports whether nothing may run beside the check: it stops the receiver, or moves its clock.
func (c Check) alone() bool { return c.needs&(needRestart|needPass) != 0 }

// Needs are what has to be known of a receiver for the check to be made, in words. Nil if nothing has.
func (c Check) Needs() []string {
	var words []string
	for _, n := range needs {
		if c.needs&n.need != 0 {
			words = append(words, n.missing)
		}
	}
	return words
}

// Group is some checks about one thing.
type Group struct {
	Name  string // "SIG"
	Title string // "signature"
}

// Groups are all groups, in the order in which their checks are made.
func Groups() []Group {
	return []Group{
		{"BASE", "what every receiver does"},
		{"SIG", "signatures"},
		{"ENC", "encodings, and that every byte counts"},
		{"BODY", "malformed bodies, signed"},
		{"SIZE", "sizes"},
		{"HTTP", "methods, content types, framing"},
		{"HDR", "headers"},
		{"IDEM", "replays and duplicates"},
		{"ORD", "order"},
		{"TIME", "slowness, on both sides"},
		{"RETRY", "attempts after the first"},
		{"CONC", "many at once"},
		{"ROT", "rotation of secrets"},
	}
}

// Checks are all checks, in the order in which they are made.
func Checks() []Check {
	return slices.Concat(base, signatures, encodings, bodies, sizes, framing, headers, replays, order, slowness, retries, crowds, rotations)
}
