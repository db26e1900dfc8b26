package languages_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/internal/needtest"
	"github.com/hookmitt/hookmitt/testserver/conform"
	"github.com/hookmitt/hookmitt/verify"
)

// secret is what receivers share with the provider.
const secret = "a secret of the tests"

// subject is a receiver in another language.
type subject struct {
	provider hookmitt.Provider
	program  func(t *testing.T) []string // the command, without the port; in place of an argument "PORT" the port
	path     string
	maxBody  int64
	fails    bool              // its handler obeys conform.FailEvent
	restarts bool              // it can be restarted
	dies     bool              // by requests; it is then handed its socket
	correct  bool              // it is to have no fault
	behind   bool              // it stands behind a sidecar
	chance   map[string]string // checks whose verdict is by chance, with those that come
}

// gone: whether a server reads a request whose sender has reset the connection is by chance, and so whether the retry is
// a second run. That it would be others of the checks find.
var gone = map[string]string{"TIME-03": "FAILED or OK"}

// crowded: Flask's own server takes no more than 100 headers, and closes the connection. The sidecar may have seen its
// answer by then, or may not, which is a 502.
var crowded = map[string]string{"SIZE-05": "OK or NON-STRICT"}

const mib = 1 << 20

// subjects are all receivers, by the names of their files in testdata.
var subjects = map[string]subject{
	"cdhosting-node": {provider: hookmitt.CDHosting(), program: command("node", "receivers/cdhosting.mjs"), path: "/", maxBody: mib, dies: true, chance: gone},
	"mixpost-php": {
		provider: hookmitt.Mixpost(), maxBody: mib, path: "/", chance: gone,
		program: command("php", "-n", "-d", "display_errors=stderr", "-S", "127.0.0.1:PORT", "receivers/mixpost.php"),
	},
	"civo-ruby":          {provider: hookmitt.Civo(), program: command("ruby", "receivers/civo.rb", "PORT"), path: "/webhooks", maxBody: mib, chance: gone},
	"civo-express":       {provider: hookmitt.Civo(), program: command("node", "receivers/express_json.cjs", "PORT"), path: "/webhooks", maxBody: 100 << 10, fails: true, restarts: true, chance: gone},
	"civo-flask":         {provider: hookmitt.Civo(), program: stock, path: "/webhooks", maxBody: mib, fails: true, restarts: true, chance: gone},
	"civo-flask-sidecar": {provider: hookmitt.Civo(), program: stock, path: "/webhooks", maxBody: mib, fails: true, behind: true, chance: crowded},
	"example-node":       {provider: hookmitt.Civo(), program: example("node", "receiver.mjs"), path: "/", maxBody: mib, fails: true, restarts: true, correct: true},
	"example-python":     {provider: hookmitt.Civo(), program: example("python3", "receiver.py"), path: "/", maxBody: mib, fails: true, restarts: true, correct: true},
}

func command(words ...string) func(t *testing.T) []string {
	return func(t *testing.T) []string {
		t.Helper()
		needtest.Programs(t, words[0])
		return words
	}
}

func stock(t *testing.T) []string {
	t.Helper()
	return []string{flask(t), "receivers/flask_stock.py", "PORT"}
}

// example is one of examples/other-languages, with a file for what it remembers.
func example(interpreter, file string) func(t *testing.T) []string {
	return func(t *testing.T) []string {
		t.Helper()
		needtest.Programs(t, interpreter)
		return []string{interpreter, filepath.Join(root, "examples", "other-languages", file), "PORT", filepath.Join(memory(t), "done")}
	}
}

// start starts a receiver that has seen nothing, and says what there is to know of it.
func (s subject) start(t *testing.T) (*server, conform.Target) {
	t.Helper()
	words, told := s.program(t), newLedger(t)
	environment := []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "LANG=C.UTF-8", "SECRET=" + secret, "CIVO_WEBHOOK_SECRET=" + secret,
		"EFFECTS_URL=" + told.url,
	}
	if slices.Contains(words, "receivers/express_json.cjs") {
		environment = append(environment, "NODE_PATH="+fetched(t))
	}
	running := supervise(t, s.dies, func(port string) *exec.Cmd { return ported(words, environment, port) })
	target := conform.Target{
		Provider: s.provider, Secret: verify.NewSecret(secret), URL: running.url + s.path, MaxBody: s.maxBody, Effects: told.count, Fails: s.fails,
	}
	if s.restarts {
		target.Restart = running.restart
	}
	return running, target
}

// stand starts a receiver, and what stands before it.
func (s subject) stand(t *testing.T) (*server, conform.Target) {
	t.Helper()
	if s.behind {
		return s.sidecar(t)
	}
	return s.start(t)
}

// slow are the checks that wait for long, beside the others and not after them. What a check does to a receiver that serves
// one at a time, or dies, would decide about them, and they about the others: they have a receiver of their own.
var slow = []string{"TIME-02", "TIME-05", "TIME-06"}

// probe makes all checks, on two receivers at once.
func (s subject) probe(t *testing.T) (all conform.Report, deaths int) {
	t.Helper()
	var reports [2]conform.Report
	var errs [2]error
	var probing sync.WaitGroup
	for i, opts := range []*conform.Options{{Skip: slow}, {Only: slow}} {
		running, target := s.stand(t)
		opts.Seed = 1 // what a bit decides that is wrong should not differ from run to run
		probing.Go(func() {
			reports[i], errs[i] = conform.Probe(t.Context(), target, opts)
		})
		defer func() { deaths += running.died() }()
	}
	probing.Wait()
	require.NoError(t, errs[0])
	require.NoError(t, errs[1])
	all = conform.Report{Seed: 1, Results: slices.Concat(reports[0].Results, reports[1].Results)}
	order := map[string]int{}
	for i, c := range conform.Checks() {
		order[c.ID] = i
	}
	slices.SortFunc(all.Results, func(a, b conform.Result) int { return order[a.Check.ID] - order[b.Check.ID] })
	return all, deaths
}

// TestReceivers finds the faults of receivers that have some, and none of those that have none.
func TestReceivers(t *testing.T) {
	t.Parallel()
	for name, s := range subjects {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			report, deaths := s.probe(t)
			if !*update {
				s.askAgain(t, report, verdicts(t, name))
			}
			compare(t, name, report, s.chance)
			require.Equal(t, s.dies, deaths > 0, "it died %d times", deaths)
			if s.correct {
				for _, r := range report.Results {
					require.Contains(t, []conform.Verdict{conform.OK, conform.Informational, conform.Skipped}, r.Verdict, conform.Explain(r))
				}
			}
		})
	}
}

// askAgain makes checks once more, each by itself, that do not say what they should: where the machine has much else to do
// a receiver may have been late through no fault of its own. A fault is still there the second time.
func (s subject) askAgain(t *testing.T, report conform.Report, want map[string]string) {
	t.Helper()
	const few = 3 // more are no accident
	var odd []int
	for i, r := range report.Results {
		if !among(want[r.Check.ID], r.Verdict) {
			odd = append(odd, i)
		}
	}
	if len(odd) > few {
		return
	}
	for _, i := range odd {
		first := report.Results[i]
		t.Logf("asked again, since it was %s", conform.Explain(first))
		_, target := s.stand(t)
		second, err := conform.Probe(t.Context(), target, &conform.Options{Seed: 1, Only: []string{first.Check.ID}})
		require.NoError(t, err)
		require.Len(t, second.Results, 1)
		report.Results[i] = second.Results[0]
	}
}

// ported is the command with a port in it.
func ported(words, environment []string, port string) *exec.Cmd {
	words = slices.Clone(words)
	for i, word := range words {
		switch word {
		case "PORT":
			words[i] = port
		case "127.0.0.1:PORT":
			words[i] = "127.0.0.1:" + port
		}
	}
	cmd := exec.CommandContext(context.Background(), words[0], words[1:]...) //nolint:gosec // out of the table
	cmd.Env = environment
	return cmd
}
