// Mutants breaks the code in the ways that mutants.txt lists, one at a time, and fails if the tests let one live.
//
//	go run ./mutants -C ..          # from tools/: all of them
//	go run ./mutants -C .. -check   # only whether each still fits the code
//	go run ./mutants -C .. -only 7  # one of them, by its number
//
// Nothing in the tree is changed: each mutant is an overlay of the go command.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// patience is how long the tests may take over one mutant. One that makes them hang is killed too.
const patience = 3 * time.Minute

func main() {
	root := flag.String("C", ".", "the module to break")
	list := flag.String("list", "mutants/mutants.txt", "the list of mutants")
	check := flag.Bool("check", false, "only check that every mutant fits the code")
	only := flag.Int("only", 0, "the number of the only mutant to make")
	flag.Parse()
	if err := run(*root, *list, *check, *only); err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(1)
	}
}

func run(root, list string, check bool, only int) error {
	text, err := os.ReadFile(list)
	if err != nil {
		return err
	}
	mutants, err := parse(string(text))
	if err != nil {
		return err
	}
	root, err = filepath.Abs(root)
	if err != nil {
		return err
	}
	tried := mutants
	if only > 0 && only <= len(mutants) {
		tried = mutants[only-1 : only]
	}
	if !check {
		if err := baseline(root, tried); err != nil {
			return err
		}
	}
	alive := 0
	for i, m := range mutants {
		if only != 0 && only != i+1 {
			continue
		}
		mutated, err := m.apply(root)
		if err != nil {
			return fmt.Errorf("%d, %s: %w", i+1, m.title, err)
		}
		if check {
			continue
		}
		start := time.Now()
		killed, err := m.test(root, mutated)
		if err != nil {
			return fmt.Errorf("%d, %s: %w", i+1, m.title, err)
		}
		verdict := "killed"
		if !killed {
			verdict = "LIVES "
			alive++
		}
		fmt.Printf("%s  %2d  %-72s %s\n", verdict, i+1, m.title, time.Since(start).Round(100*time.Millisecond))
	}
	if alive > 0 {
		return fmt.Errorf("%d of %d live", alive, len(mutants))
	}
	if check {
		fmt.Printf("%d mutants fit the code\n", len(mutants))
	}
	return nil
}

// baseline runs the tests on the code as it is: where they fail, or fail now and then, no mutant is killed by them.
func baseline(root string, mutants []mutant) error {
	var packages []string
	for _, m := range mutants {
		packages = append(packages, m.packages...)
	}
	slices.Sort(packages)
	out, err := command(root, append([]string{"test", "-count=2"}, slices.Compact(packages)...)...)
	if err != nil {
		return fmt.Errorf("the tests fail on the code as it is:\n%s", out)
	}
	return nil
}

// mutant is one way to break the code.
type mutant struct {
	title, file string
	before      string // stands in the file exactly once
	after       string
	packages    []string // whose tests must notice
}

// parse reads a list: blocks with an empty line between them, of a title, a file, lines to take out, lines to put in,
// and the packages whose tests must fail.
func parse(text string) ([]mutant, error) {
	var mutants []mutant
	for block := range strings.SplitSeq(strings.TrimSpace(text), "\n\n") {
		var m mutant
		for line := range strings.SplitSeq(block, "\n") {
			kind, rest, _ := strings.Cut(line, " ")
			switch kind {
			case "#":
				m.title = rest
			case "in":
				m.file = rest
			case "-":
				m.before += rest + "\n"
			case "+":
				m.after += rest + "\n"
			case "test":
				m.packages = strings.Fields(rest)
			default:
				return nil, fmt.Errorf("not a line of a mutant: %q", line)
			}
		}
		if m.title == "" || m.file == "" || m.before == "" || len(m.packages) == 0 {
			return nil, fmt.Errorf("a mutant lacks something: %q", block)
		}
		mutants = append(mutants, m)
	}
	return mutants, nil
}

// apply returns the mutated file.
func (m mutant) apply(root string) ([]byte, error) {
	text, err := os.ReadFile(filepath.Join(root, m.file))
	if err != nil {
		return nil, err
	}
	if n := bytes.Count(text, []byte(m.before)); n != 1 {
		return nil, fmt.Errorf("what it takes out stands in %s %d times, not once", m.file, n)
	}
	return bytes.Replace(text, []byte(m.before), []byte(m.after), 1), nil
}

// test reports whether a test notices the mutant. One that does not compile is an error: it proves nothing.
func (m mutant) test(root string, mutated []byte) (killed bool, err error) {
	dir, err := os.MkdirTemp("", "mutant")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(dir)
	file, overlay := filepath.Join(dir, "mutant.go"), filepath.Join(dir, "overlay.json")
	replace, err := json.Marshal(map[string]map[string]string{"Replace": {filepath.Join(root, m.file): file}})
	if err := errors.Join(err, os.WriteFile(file, mutated, 0o600), os.WriteFile(overlay, replace, 0o600)); err != nil {
		return false, err
	}
	if out, err := command(root, "build", "-overlay", overlay, "./..."); err != nil {
		return false, fmt.Errorf("it does not compile:\n%s", out)
	}
	out, err := command(root, append([]string{"test", "-overlay", overlay, "-count=1", "-failfast"}, m.packages...)...)
	if err == nil {
		return false, nil
	}
	if bytes.Contains(out, []byte("[build failed]")) || bytes.Contains(out, []byte("[setup failed]")) {
		return false, fmt.Errorf("its tests do not compile:\n%s", out)
	}
	return true, nil
}

func command(dir string, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=") // the workspace of the code, which has stores that are modules
	return cmd.CombinedOutput()
}
