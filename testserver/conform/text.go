package conform

import (
	"fmt"
	"strings"
)

// Explain is a result in words, on several lines: what was sent, what came, what was wanted, and why it matters. Of an OK
// it is one line.
func Explain(r Result) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-13s %s  %s", r.Verdict, r.Check.ID, r.Check.Sent)
	if r.Verdict == OK {
		return b.String()
	}
	fmt.Fprintf(&b, "\n    %s", r.Found)
	if r.Verdict == Skipped || r.Verdict == Informational {
		return b.String()
	}
	fmt.Fprintf(&b, "\n    wanted  %s\n    why     %s", r.Check.Want, r.Check.Why)
	if r.Verdict == Failed && r.Sent != "" {
		fmt.Fprintf(&b, "\n    sent    %s\n    came    %s", indented(r.Sent), indented(r.Came))
	}
	return b.String()
}

func indented(text string) string {
	return strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n            ")
}
