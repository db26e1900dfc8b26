package conformtest_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hookmitt/hookmitt/testserver/conform"
)

// excuse is why checks may be skipped.
type excuse struct {
	checks    string
	providers string // "" for all
	stores    string // "" for all
	because   string
}

// excuses are all there are. A check that is skipped without one is a fault, and so is an excuse that is not needed.
var excuses = []excuse{
	{"SIG-17 SIG-18 ROT-04", "civo mixpost cdhosting github", "", "its requests have one signature each, while a secret is rotated, too"},
	{"IDEM-08 IDEM-09 IDEM-10 IDEM-11", "civo mixpost cdhosting github", "", "its requests do not grow old, and a repeat is known by its id"},
	{"SIG-10", "standardwebhooks", "", "in base64 capitals are another digest"},
	{"HDR-02 HDR-03 HDR-08 IDEM-04", "standardwebhooks cdhosting", "", "nobody else can write an id, and the provider writes one, of its own form"},
	{"HDR-02 HDR-03 HDR-08 IDEM-04", "mixpost", "", "the id is the body's digest, and the body is signed"},
	{"HDR-01", "cdhosting mixpost", "", "there is none to be left out"},
	{"IDEM-05", "cdhosting", "", "the id is in the body, so equal bodies are one event"},
	{"IDEM-05", "mixpost", "", "the id is the body's digest, so equal bodies are one event"},
	{"IDEM-03 IDEM-13", "mixpost", "", "another body is another id"},
	{"BODY-04", "github", "", "a body without a type is all that it sends"},
	{"IDEM-06 RETRY-03 RETRY-04 RETRY-08", "github", "", "there is one attempt, and what is sent again is sent by hand"},
	{"IDEM-12", "", "memory", "memory is lost with the process; who restarts needs Redis or a database"},
}

func (e excuse) covers(c configuration, check string) bool {
	among := func(list, one string) bool { return list == "" || slices.Contains(strings.Fields(list), one) }
	return among(e.checks, check) && among(e.providers, c.provider.Name) && among(e.stores, c.store)
}

// because is why a check may be skipped in a configuration; "" if it may not.
func because(c configuration, check string) string {
	for _, e := range excuses {
		if e.covers(c, check) {
			return e.because
		}
	}
	return ""
}

// faults are what a configuration's report must not say: a check that failed, one that is missing, one that was skipped
// and should not have been, and one that was not and has an excuse.
func faults(c configuration, report conform.Report) (faults []string) {
	made := map[string]bool{}
	for _, r := range report.Results {
		made[r.Check.ID] = true
		excused := because(c, r.Check.ID) != ""
		switch {
		case r.Verdict == conform.Failed || r.Verdict == conform.NonStrict:
			faults = append(faults, conform.Explain(r))
		case r.Verdict == conform.Skipped && !excused:
			faults = append(faults, conform.Explain(r)+"\n    and nothing excuses that")
		case r.Verdict != conform.Skipped && excused:
			faults = append(faults, r.Check.ID+" has an excuse, and was made")
		}
	}
	for _, check := range conform.Checks() {
		if !made[check.ID] {
			faults = append(faults, check.ID+" was not made")
		}
	}
	return faults
}

// table is a report with a line for each check: of one that was skipped with what was missing and why that is so, and of
// one that judges nothing with what it found.
func table(c configuration, report conform.Report) string {
	var b strings.Builder
	for _, r := range report.Results {
		line := fmt.Sprintf("%-9s %s", r.Check.ID, r.Verdict)
		switch {
		case r.Verdict == conform.Skipped:
			line = fmt.Sprintf("%-9s %-14s %s: %s", r.Check.ID, r.Verdict, r.Found, because(c, r.Check.ID))
		case r.Found != "":
			line = fmt.Sprintf("%-9s %-14s %s", r.Check.ID, r.Verdict, r.Found)
		}
		b.WriteString(line + "\n")
	}
	return b.String()
}

// missing are the lines of one text that another has not.
func missing(of, in string) (lines []string) {
	there := slices.Collect(strings.Lines(in))
	for line := range strings.Lines(of) {
		if !slices.Contains(there, line) {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}
