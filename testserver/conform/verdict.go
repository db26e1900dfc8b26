package conform

import (
	"fmt"
	"time"
)

// Verdict is what a check says of a receiver.
type Verdict uint8

// Do not reorder.
const (
	OK            Verdict = iota // It does what is wanted.
	NonStrict                    // It does something safe, but not what is wanted.
	Failed                       // It does not do what is wanted.
	Informational                // It does one of several things that are all right.
	Skipped                      // Something is missing that the check needs. It is never counted as passed.
)

// verdicts are their names.
var verdicts = [...]string{"OK", "NON-STRICT", "FAILED", "INFORMATIONAL", "SKIPPED"}

// String implements [fmt.Stringer].
func (v Verdict) String() string {
	if int(v) < len(verdicts) {
		return verdicts[v]
	}
	return fmt.Sprintf("Verdict(%d)", uint8(v))
}

// MarshalText implements [encoding.TextMarshaler].
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// Result is what came of one check.
type Result struct {
	Check   Check
	Verdict Verdict
	Found   string        // what the receiver did, or why the check was skipped; "" for OK
	Sent    string        // the request that decided it, as it was written; "" for OK and SKIPPED
	Came    string        // and the answer
	Took    time.Duration // the check
}

// Report is what all checks say.
type Report struct {
	Seed    uint64 // what was drawn by chance, ids apart
	Results []Result
}

// Count is how many checks have a verdict.
func (r Report) Count(v Verdict) int {
	n := 0
	for _, one := range r.Results {
		if one.Verdict == v {
			n++
		}
	}
	return n
}
