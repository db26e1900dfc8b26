package conformtest_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/testserver/conform"
)

func TestFaults(t *testing.T) {
	t.Parallel()
	inMemory := configuration{hookmitt.Civo(), "servemux", "memory"}
	say := func(id string, v conform.Verdict) func([]conform.Result) []conform.Result {
		return func(results []conform.Result) []conform.Result {
			results[slices.IndexFunc(results, func(r conform.Result) bool { return r.Check.ID == id })].Verdict = v
			return results
		}
	}
	for name, c := range map[string]struct {
		change func([]conform.Result) []conform.Result
		want   string // a part of the fault; "" for none
	}{
		"all is as it should be":                {func(r []conform.Result) []conform.Result { return r }, ""},
		"a choice is none":                      {say("BASE-01", conform.Informational), ""},
		"a check that failed":                   {say("BASE-01", conform.Failed), "BASE-01"},
		"one that is not strictly right":        {say("BASE-05", conform.NonStrict), "BASE-05"},
		"one that was skipped without excuse":   {say("SIG-01", conform.Skipped), "nothing excuses that"},
		"one that was not skipped, with excuse": {say("IDEM-12", conform.OK), "IDEM-12 has an excuse, and was made"},
		"one that was not made":                 {func(r []conform.Result) []conform.Result { return r[1:] }, "BASE-01 was not made"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var results []conform.Result
			for _, check := range conform.Checks() {
				r := conform.Result{Check: check}
				if because(inMemory, check.ID) != "" {
					r.Verdict = conform.Skipped
				}
				results = append(results, r)
			}
			got := faults(inMemory, conform.Report{Results: c.change(results)})
			if c.want == "" {
				require.Empty(t, got)
				return
			}
			require.Len(t, got, 1)
			require.Contains(t, got[0], c.want)
		})
	}
}

// An excuse for what nobody asks would stay for ever.
func TestEveryExcuseIsOfSomething(t *testing.T) {
	t.Parallel()
	names := func(list []string, all ...string) {
		for _, one := range list {
			require.Contains(t, all, one)
		}
	}
	var checks, providers, grounds []string
	for _, check := range conform.Checks() {
		checks = append(checks, check.ID)
	}
	for _, c := range configurations() {
		providers, grounds = append(providers, c.provider.Name), append(grounds, c.store)
	}
	for _, e := range excuses {
		names(strings.Fields(e.checks), checks...)
		names(strings.Fields(e.providers), providers...)
		names(strings.Fields(e.stores), grounds...)
		require.NotEmpty(t, e.because)
	}
}

func TestMadeAgain(t *testing.T) {
	t.Parallel()
	result := func(id string, v conform.Verdict, found string) conform.Result {
		return conform.Result{Check: conform.Check{ID: id}, Verdict: v, Found: found}
	}
	first := conform.Report{Seed: 1, Results: []conform.Result{
		result("SIG-01", conform.Failed, "answered 503 Service Unavailable: it should be refused, by 401"),
		result("IDEM-01", conform.Failed, "the event's effect happened twice, not once"),
		result("IDEM-02", conform.Skipped, "503 Service Unavailable"),
	}}
	require.Equal(t, []string{"SIG-01", "IDEM-01"}, failed(first))
	second := conform.Report{Seed: 2, Results: []conform.Result{result("SIG-01", conform.OK, "")}}
	got := replaced(first, second)
	require.Equal(t, conform.OK, got.Results[0].Verdict)
	require.Equal(t, first.Results[1:], got.Results[1:])
	require.Equal(t, []string{"*"}, failed(conform.Report{Results: []conform.Result{result("BASE-01", conform.Failed, "503 Service Unavailable")}}), "nothing was made")
}

func TestMissing(t *testing.T) {
	t.Parallel()
	require.Empty(t, missing("a\nb\n", "b\na\n"))
	require.Equal(t, []string{"b"}, missing("a\nb\n", "a\n"))
	require.Equal(t, []string{"a  OK"}, missing("a  OK\n", "a  FAILED\n"))
}
