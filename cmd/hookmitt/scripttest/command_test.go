package scripttest

import (
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// exits runs a program and wants an exit code.
func exits(ts *testscript.TestScript, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	if got := exitCode(ts, ts.Exec(args[1], args[2:]...)); got != want {
		ts.Fatalf("it exits with %d, and not with %d", got, want)
	}
}

func exitCode(ts *testscript.TestScript, err error) int {
	if failed, ok := errors.AsType[*exec.ExitError](err); ok {
		return failed.ExitCode()
	}
	ts.Check(err)
	return 0
}

// refuses runs a program that is used in a wrong way.
func refuses(ts *testscript.TestScript, args []string) {
	exits(ts, append([]string{"2"}, args[1:]...))
	if out := ts.ReadFile("stdout"); out != "" {
		ts.Fatalf("it prints %q", out)
	}
	said := ts.ReadFile("stderr")
	if !saying(args[0]).MatchString(said) {
		ts.Fatalf("it says %q, and not %q", said, "hookmitt: "+args[0])
	}
}

// saying matches the one line of a refusal.
func saying(text string) *regexp.Regexp {
	return regexp.MustCompile("^hookmitt: " + strings.ReplaceAll(regexp.QuoteMeta(text), "…", ".*") + "\n$")
}

// mask replaces what differs from run to run in the last output.
func mask(ts *testscript.TestScript, _ []string) {
	m := masker{}
	out := m.mask(ts.ReadFile("stdout"))
	said := m.mask(ts.ReadFile("stderr"))
	fmt.Fprint(ts.Stdout(), out)
	fmt.Fprint(ts.Stderr(), said)
}

// masks are what differs from run to run, and what is written for it.
var masks = []struct {
	pattern *regexp.Regexp
	written string
}{
	{regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)`), "TIME"},
	{regexp.MustCompile(`(?m)^(\d{4}/\d\d/\d\d )?\d\d:\d\d:\d\d `), "HH:MM:SS "},
	{regexp.MustCompile(`127\.0\.0\.1:\d+`), "127.0.0.1:PORT"},
	{regexp.MustCompile(`("took_ms": ?)\d+`), "${1}N"},
	{regexp.MustCompile(`\bgo1\.\d+\S*\b`), "GOVERSION"},
}

// anID is a UUID, or its beginning as the streams have it.
var anID = regexp.MustCompile(`\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b|\[[0-9a-f]{8}\]`)

// masker numbers ids in the order in which they come: what was the same stays the same.
type masker map[string]int

func (m masker) mask(text string) string {
	for _, one := range masks {
		text = one.pattern.ReplaceAllString(text, one.written)
	}
	return anID.ReplaceAllStringFunc(text, func(id string) string {
		short, bracketed := strings.CutPrefix(id, "[")
		short = short[:8]
		if m[short] == 0 {
			m[short] = len(m) + 1
		}
		if bracketed {
			return fmt.Sprintf("[ID%d]", m[short])
		}
		return fmt.Sprintf("ID%d", m[short])
	})
}

func TestMask(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"10:32:46  --> x [3f2a6c1e] #1":                            "HH:MM:SS  --> x [ID1] #1",
		"2026/11/22 10:32:46 WARN x":                               "HH:MM:SS WARN x",
		`"at":"2026-11-22T10:34:04.88Z","took_ms":12`:              `"at":"TIME","took_ms":N`,
		`"took_ms": 0, "status": 200`:                              `"took_ms": N, "status": 200`,
		"at http://127.0.0.1:8080/":                                "at http://127.0.0.1:PORT/",
		"hookmitt (devel) go1.26.8":                                "hookmitt (devel) GOVERSION",
		"[3f2a6c1e] 3f2a6c1e-9d4b-4e0a-8f7c-1b2d3e4f5a6b":          "[ID1] ID1",
		"[00000001] [00000002] [00000001]":                         "[ID1] [ID2] [ID1]",
		"[200 accepted] next +5m 8106e92cd225d4e5cc53eb389604edd9": "[200 accepted] next +5m 8106e92cd225d4e5cc53eb389604edd9",
	} {
		if got := (masker{}).mask(text); got != want {
			t.Errorf("%q is masked as %q, and not as %q", text, got, want)
		}
	}
}

func TestSaying(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]bool{
		"hookmitt: no (file) x\n":            true,
		"hookmitt: no (file) x":              false,
		"hookmitt: no (file)\n":              false,
		"no (file) x\n":                      false,
		"WARN\nhookmitt: no (file) x\n":      false,
		"hookmitt: no (file) x\nand so on\n": false,
	} {
		if got := saying("no (file) …").MatchString(said); got != want {
			t.Errorf("%q matches: %v", said, got)
		}
	}
}
