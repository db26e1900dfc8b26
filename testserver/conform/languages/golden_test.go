package languages_test

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/testserver/conform"
)

var update = flag.Bool("update", false, "write the verdicts anew")

// golden is the file with the verdicts about a receiver, one check a line.
func golden(name string) string { return filepath.Join("testdata", name+".txt") }

// compare wants the verdicts that are in the file, or writes it. chance is of which checks there are several.
func compare(t *testing.T, name string, report conform.Report, chance map[string]string) {
	t.Helper()
	var table strings.Builder
	for _, r := range report.Results {
		fmt.Fprintf(&table, "%-8s %s\n", r.Check.ID, cmp.Or(chance[r.Check.ID], r.Verdict.String()))
		if r.Verdict != conform.OK && r.Verdict != conform.Skipped {
			t.Logf("%-8s %s after %v: %s", r.Check.ID, r.Verdict, r.Took, r.Found)
		}
	}
	counts := ""
	for _, v := range []conform.Verdict{conform.OK, conform.NonStrict, conform.Failed, conform.Informational, conform.Skipped} {
		counts += fmt.Sprintf("%d %s  ", report.Count(v), v)
	}
	t.Log(counts)
	if *update {
		require.NoError(t, os.WriteFile(golden(name), []byte(table.String()), 0o644)) //nolint:gosec // it is for all to read
		return
	}
	want := verdicts(t, name)
	for _, r := range report.Results {
		if !among(want[r.Check.ID], r.Verdict) {
			t.Errorf("%s is to be %s: %s", r.Check.ID, want[r.Check.ID], conform.Explain(r))
		}
		delete(want, r.Check.ID)
	}
	require.Empty(t, want, "checks that were not made")
}

// among reports whether a verdict is one of those in a line of the file.
func among(line string, v conform.Verdict) bool {
	return slices.Contains(strings.Split(line, " or "), v.String())
}

// verdicts are those that are in the file.
func verdicts(t *testing.T, name string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(golden(name))
	require.NoError(t, err)
	all := map[string]string{}
	for line := range strings.Lines(string(text)) {
		id, verdict, _ := strings.Cut(strings.TrimSpace(line), " ")
		all[id] = strings.TrimSpace(verdict)
	}
	return all
}
