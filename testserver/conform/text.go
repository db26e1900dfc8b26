package conform

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Explain is a result in words, on several lines: what was sent, what came, what was wanted, and why it matters. Of an OK
// it is one line.
func Explain(r Result) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-13s %-8s %s", r.Verdict, r.Check.ID, r.Check.Sent)
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

// faults are what a receiver does that fails checks of a group, in the words of one who has never heard of webhooks.
var faults = map[string]string{
	"BASE": "It does not do what every receiver must: take what the provider sends and say so by a 2xx, do the work of " +
		"events that it knows, and nothing for those that it does not.",
	"SIG": "It believes strangers. Anybody who knows the URL can send it events, and it does what they say: it has to " +
		"compute the signature over the bytes of the body with the secret, compare it in constant time with the " +
		"one in the header, and answer 401 if they differ.",
	"ENC": "It does not verify the bytes that were sent, or trips over bytes that are unusual and right.",
	"BODY": "It does not say that a body is none it can read. It should answer 400 once the signature was right: what " +
		"it answers 2xx is taken for done, and a 5xx is sent again for hours.",
	"SIZE": "It has no bound on what it reads, or a wrong one. Whoever sends without end can fill its memory: it " +
		"should stop at a limit and answer 413.",
	"HTTP": "It takes requests that no provider sends, or not all that one may send.",
	"HDR":  "It does not read headers as they are: what is missing, doubled or strange in them.",
	"IDEM": "It does the same event again when it comes again. A provider that has not heard an answer sends again; " +
		"the event's id has to be kept, and a repeat answered 2xx without doing it.",
	"ORD":  "One event that fails holds up others.",
	"TIME": "It is too slow for its provider, or waits too long for senders that are slow themselves.",
	"RETRY": "It does not get failures right: an event whose handler failed must be answered 5xx and be done when it " +
		"comes again.",
	"CONC": "It gets things wrong when many requests come at once.",
	"ROT":  "It cannot have its secret changed without losing events, or goes on to take the old one.",
}

// otherFaults are the groups whose words fit a check better that failed by its effects.
var otherFaults = map[string]string{"TIME-03": "IDEM", "TIME-04": "IDEM", "TIME-08": "IDEM", "CONC-02": "IDEM", "ROT-03": "IDEM"}

// fault is the group by whose words a failure is told.
func fault(r Result) string {
	if group := otherFaults[r.Check.ID]; group != "" && strings.Contains(r.Found, "effect happened") {
		return group
	}
	return r.Check.Group()
}

// Summary is what a report comes to, in words: how many checks have which verdict, what is wrong by groups, and what was
// missing for those that were skipped.
func (r Report) Summary() string {
	var b strings.Builder
	var counts []string
	for v := range verdicts {
		if n := r.Count(Verdict(v)); n > 0 { //nolint:gosec // there are five
			counts = append(counts, fmt.Sprintf("%d %s", n, verdicts[v]))
		}
	}
	noun := "checks"
	if len(r.Results) == 1 {
		noun = "check"
	}
	fmt.Fprintf(&b, "%d %s: %s", len(r.Results), noun, strings.Join(counts, ", "))
	if r.Count(Failed) > 0 {
		b.WriteString("\n\nWhat is wrong:")
	}
	for _, group := range Groups() {
		var ids []string
		for _, one := range r.Results {
			if one.Verdict == Failed && fault(one) == group.Name {
				ids = append(ids, one.Check.ID)
			}
		}
		if len(ids) > 0 {
			fmt.Fprintf(&b, "\n- %s\n  %s", wrapped(faults[group.Name]), wrapped(strings.Join(ids, ", ")))
		}
	}
	var loose []string
	for _, one := range r.Results {
		if one.Verdict == NonStrict {
			loose = append(loose, one.Check.ID)
		}
	}
	if len(loose) > 0 {
		fmt.Fprintf(&b, "\n\nSafe, and not what is wanted:\n- %s", wrapped(strings.Join(loose, ", ")))
	}
	missing := map[string]int{}
	for _, one := range r.Results {
		if one.Verdict == Skipped {
			missing[one.Found]++
		}
	}
	if len(missing) > 0 {
		b.WriteString("\n\nSkipped, and so not known:")
	}
	for _, why := range slices.SortedFunc(maps.Keys(missing), func(a, b string) int {
		return cmp.Or(missing[b]-missing[a], strings.Compare(a, b))
	}) {
		fmt.Fprintf(&b, "\n- %d: %s", missing[why], why)
	}
	return b.String()
}

// wrapped is a text in lines of a hundred characters, all but the first indented.
func wrapped(text string) string {
	var b strings.Builder
	width := 0
	for word := range strings.FieldsSeq(text) {
		switch {
		case width == 0:
		case width+1+len(word) > 100:
			b.WriteString("\n  ")
			width = 0
		default:
			b.WriteByte(' ')
			width++
		}
		b.WriteString(word)
		width += len(word)
	}
	return b.String()
}
