package conformtest_test

import (
	"flag"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/testserver/conform"
)

var update = flag.Bool("update", false, "write the tables anew")

// configuration is a receiver in one of the ways in which people have it.
type configuration struct {
	provider      hookmitt.Provider
	router, store string
}

func (c configuration) String() string { return c.provider.Name + "-" + c.router + "-" + c.store }

// configurations are every router with every store, of Civo; every provider in memory; and, since ids travel otherwise in
// them, two more with a store that others share.
func configurations() (all []configuration) {
	for _, p := range []hookmitt.Provider{hookmitt.Civo(), hookmitt.Mixpost(), hookmitt.CDHosting(), hookmitt.StandardWebhooks(), hookmitt.GitHub()} {
		for router := range routers {
			for store := range stores {
				c := configuration{p, router, store}
				switch {
				case p.Name == hookmitt.Civo().Name, router == "servemux" && store == "memory",
					c.String() == "cdhosting-servemux-tx", c.String() == "github-servemux-redis":
					all = append(all, c)
				}
			}
		}
	}
	return all
}

// underRace are the configurations that the race detector sees. It makes the checks take fifteen times as long, SQLite
// most of all, and all configurations run the same code of ours but for its stores.
var underRace = []string{"civo-servemux-memory", "civo-servemux-redis"}

// TestMatrix makes all checks on all configurations, strictly. What they say is compared with testdata.
func TestMatrix(t *testing.T) {
	t.Parallel()
	for _, c := range configurations() {
		if race && !slices.Contains(underRace, c.String()) {
			continue
		}
		t.Run(c.String(), func(t *testing.T) {
			t.Parallel()
			report, stalls := probe(t, c, conform.Options{})
			for range 3 { // a store that does not answer within a second costs attempts, which is right, and is not what is asked
				again := failed(report)
				if stalls == 0 || len(again) == 0 {
					break
				}
				t.Logf("the store stalled %d times, so these are made again: %s", stalls, strings.Join(again, " "))
				var second conform.Report
				second, stalls = probe(t, c, conform.Options{Only: again})
				report = replaced(report, second)
			}
			for _, fault := range faults(c, report) {
				t.Errorf("%s\nseed %d", fault, report.Seed)
			}
			file, got := "testdata/"+c.String()+".txt", table(c, report)
			if *update && !t.Failed() {
				require.NoError(t, os.WriteFile(file, []byte(got), 0o600))
			}
			want, err := os.ReadFile(file)
			require.NoError(t, err)
			require.Empty(t, missing(string(want), got), "lines of %s that are no longer so", file)
			require.Empty(t, missing(got, string(want)), "lines that are not in %s", file)
		})
	}
}

// probe makes the checks: in a bubble, where time costs nothing, if the store lives by the process's own clock, and else
// on a port. stalls is how often the store did not answer in time.
func probe(t *testing.T, c configuration, options conform.Options) (report conform.Report, stalls int) {
	t.Helper()
	options.Strict, options.Seed = true, 1
	if c.store == "memory" {
		synctest.Test(t, func(t *testing.T) {
			s := newStand(t, c)
			target := s.target()
			target.Handler, target.URL = s, "http://receiver.test"+path
			var err error
			report, err = conform.Probe(t.Context(), target, &options)
			require.NoError(t, err)
			require.NoError(t, s.receiver.Shutdown(t.Context()))
		})
		return report, 0
	}
	places <- struct{}{}
	defer func() { <-places }()
	c.provider.Deadline = min(c.provider.Deadline, patience)
	s := newStand(t, c)
	target := s.target()
	target.URL, target.Restart = s.listen(), s.restart
	report, err := conform.Probe(t.Context(), target, &options)
	require.NoError(t, err)
	require.NoError(t, s.receiver.Shutdown(t.Context()))
	return report, int(s.stalls.Load())
}

// places are for configurations on ports, whose stores have a second for each call: with all of them at once a small
// machine has not got it.
var places = make(chan struct{}, 4)

// patience is how long a provider waits for an answer where the seconds are real: TIME-02 takes four times that, and
// there are providers that wait for a quarter of a minute. It is Civo's own.
const patience = 5 * time.Second

// failed are the checks that did.
func failed(report conform.Report) (ids []string) {
	for _, r := range report.Results {
		if r.Verdict == conform.Failed {
			ids = append(ids, r.Check.ID)
		}
	}
	if slices.Contains(ids, "BASE-01") { // nothing else was made
		return []string{"*"}
	}
	return ids
}

// replaced is a report with the results of another in the place of its own.
func replaced(report, by conform.Report) conform.Report {
	results := slices.Clone(report.Results)
	for i, r := range results {
		if at := slices.IndexFunc(by.Results, func(b conform.Result) bool { return b.Check.ID == r.Check.ID }); at >= 0 {
			results[i] = by.Results[at]
		}
	}
	return conform.Report{Seed: report.Seed, Results: results}
}
