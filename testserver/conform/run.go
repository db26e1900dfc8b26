package conform

import (
	"context"
	"testing"
)

// Run makes the checks on a receiver, one subtest each. newTarget makes a receiver that has seen nothing, for each check
// its own.
//
//	func TestReceiver(t *testing.T) {
//		conform.Run(t, func(t *testing.T) conform.Target {
//			return conform.Target{Provider: hookmitt.Civo(), Secret: secret, Handler: newService(t)}
//		})
//	}
//
// FAILED fails the subtest, and SKIPPED skips it; NON-STRICT and INFORMATIONAL are logged.
func Run(t *testing.T, newTarget func(t *testing.T) Target) {
	t.Helper()
	for _, c := range Checks() {
		t.Run(c.ID, func(t *testing.T) { one(t, c.ID, newTarget(t)) })
	}
}

func one(t *testing.T, id string, target Target) {
	t.Helper()
	report, err := Probe(context.WithoutCancel(t.Context()), target, &Options{Only: []string{id}})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range report.Results {
		switch text := Explain(r); r.Verdict {
		case OK:
		case Failed:
			t.Errorf("%s\nseed %d", text, report.Seed)
		case Skipped:
			t.Skip(text)
		case NonStrict, Informational:
			t.Log(text)
		}
	}
}
