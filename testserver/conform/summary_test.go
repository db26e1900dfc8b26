package conform_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/testserver/conform"
)

func TestSummary(t *testing.T) {
	t.Parallel()
	result := func(id string, v conform.Verdict, found string) conform.Result {
		return conform.Result{Check: conform.Check{ID: id}, Verdict: v, Found: found}
	}
	require.Equal(t, "1 check: 1 OK", conform.Report{Results: []conform.Result{result("SIG-01", conform.OK, "")}}.Summary())
	require.Equal(t, `7 checks: 1 OK, 1 NON-STRICT, 3 FAILED, 2 SKIPPED

What is wrong:
- It does the same event again when it comes again. A provider that has not heard an answer sends
  again; the event's id has to be kept, and a repeat answered 2xx without doing it.
  IDEM-01, TIME-04
- It is too slow for its provider, or waits too long for senders that are slow themselves.
  TIME-05

Safe, and not what is wanted:
- SIG-19

Skipped, and so not known:
- 2: nobody says how long`, conform.Report{Results: []conform.Result{
		result("BASE-01", conform.OK, ""), result("SIG-19", conform.NonStrict, "answered 403"),
		result("IDEM-01", conform.Failed, "the event's effect happened twice, not once"),
		result("TIME-04", conform.Failed, "the event's effect happened twice, not once"),
		result("TIME-05", conform.Failed, "it was still waiting after 1m0s"),
		result("SIZE-01", conform.Skipped, "nobody says how long"), result("SIZE-02", conform.Skipped, "nobody says how long"),
	}}.Summary())
}
