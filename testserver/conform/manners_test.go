package conform_test

import (
	"context"
	"maps"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/testserver/conform"
)

// There is more than one way to be correct: none of them may be FAILED.
func TestCorrectReceiversOfOtherManners(t *testing.T) {
	t.Parallel()
	answersFirst := "the receiver answers before the work is done: it is not the provider who has it done again"
	for name, c := range map[string]struct {
		provider  string
		manner    *manner
		change    func(target *conform.Target, r *receiver)
		nonStrict []string
		skipped   map[string]string // besides what the provider has not got
	}{
		"one with a queue": {
			provider: "civo", manner: &manner{queue: true},
			skipped: map[string]string{"RETRY-03": answersFirst, "RETRY-04": answersFirst, "RETRY-08": answersFirst},
		},
		"one that answers 403 to whom it does not know": {
			provider: "standardwebhooks", manner: &manner{forbidden: true},
			nonStrict: []string{
				"HDR-01", "HDR-05", "HDR-06", "HTTP-14", "IDEM-08", "IDEM-09", "IDEM-10", "ROT-02", "ROT-03", "SIG-01", "SIG-02", "SIG-03", "SIG-04", "SIG-05",
				"SIG-06", "SIG-07", "SIG-08", "SIG-09", "SIG-11", "SIG-12", "SIG-13", "SIG-14", "SIG-15", "SIG-16", "SIG-18", "SIG-19", "SIG-20",
				"SIZE-04",
			},
		},
		"one whose clock is moved": {
			provider: "standardwebhooks", manner: &manner{},
			change: func(target *conform.Target, r *receiver) {
				target.Pass = func(_ context.Context, d time.Duration) error {
					r.manner.ahead.Add(int64(d))
					return nil
				}
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				target, r := newStand(providers[c.provider](), "", c.manner)
				if c.change != nil {
					c.change(&target, r)
				}
				var nonStrict []string
				for id, r := range probe(t, target, false) {
					switch r.Verdict {
					case conform.Failed:
						t.Error(conform.Explain(r))
					case conform.NonStrict:
						nonStrict = append(nonStrict, id)
					case conform.Skipped:
						want := maps.Clone(skipped[c.provider])
						maps.Copy(want, c.skipped)
						require.Equal(t, want[id], r.Found, id)
					case conform.OK, conform.Informational:
						require.Empty(t, c.skipped[id], id)
					}
				}
				slices.Sort(nonStrict)
				require.Equal(t, c.nonStrict, nonStrict)
				time.Sleep(time.Hour) // for what it tries again
			})
		})
	}
}

// A receiver that is stopped, or whose clock jumps, cannot be asked anything else meanwhile.
func TestNothingRunsBesideARestart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		target, r := newStand(providers["civo"](), "", &manner{})
		restart, pass, alone := target.Restart, target.Pass, 0
		target.Restart = func(ctx context.Context) error {
			alone++
			require.Zero(t, r.flying.Load())
			return restart(ctx)
		}
		target.Pass = func(ctx context.Context, d time.Duration) error {
			alone++
			require.Zero(t, r.flying.Load())
			return pass(ctx, d)
		}
		results := probe(t, target, true, "TIME-05", "TIME-06", "IDEM-06", "IDEM-07", "IDEM-12", "ROT-03")
		for id, r := range results {
			require.NotEqual(t, conform.Failed, r.Verdict, id)
		}
		require.Equal(t, 3, alone)
	})
}
