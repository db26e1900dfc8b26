package scripttest

import (
	"net"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// patience is how long a script waits for what another process does in its own time.
const patience = time.Minute

// process is a command in the background. Its output can be read while it runs, which testscript's cannot.
type process struct {
	name string
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended, err is set and all its output is here
	err  error

	mu     sync.Mutex
	output map[*stream]string
	more   chan struct{} // closed, and replaced, when output comes

	stdout, stderr stream
}

// stream is one of the outputs of a process.
type stream struct{ of *process }

func (s *stream) Write(text []byte) (int, error) {
	s.of.mu.Lock()
	defer s.of.mu.Unlock()
	s.of.output[s] += string(text)
	close(s.of.more)
	s.of.more = make(chan struct{})
	return len(text), nil
}

// text is what came so far, and a channel that is closed when more has come.
func (s *stream) text() (string, <-chan struct{}) {
	s.of.mu.Lock()
	defer s.of.mu.Unlock()
	return s.of.output[s], s.of.more
}

// start runs a command in the background.
func start(ts *testscript.TestScript, args []string) {
	name := args[0]
	if stageOf(ts).running[name] != nil {
		ts.Fatalf("%s runs already", name)
	}
	p := &process{name: name, done: make(chan struct{}), output: map[*stream]string{}, more: make(chan struct{})}
	p.stdout, p.stderr = stream{p}, stream{p}
	p.cmd = exec.Command("env", args[1:]...) // env finds it on the PATH of the script
	p.cmd.Dir = ts.MkAbs(".")
	p.cmd.Env = environment(ts)
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
	ts.Check(p.cmd.Start())
	go func() {
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	stageOf(ts).running[name] = p
	ts.Defer(func() {
		_ = p.cmd.Process.Kill()
		<-p.done
		if stageOf(ts).running[name] == p { // nobody has seen it
			ts.Logf("[%s stdout]\n%s[%s stderr]\n%s", name, p.output[&p.stdout], name, p.output[&p.stderr])
		}
	})
}

// environment is the script's.
func environment(ts *testscript.TestScript) []string {
	ts.Check(ts.Exec("sh", "-c", `env -0 >.environment`))
	return strings.Split(strings.TrimSuffix(ts.ReadFile(".environment"), "\x00"), "\x00")
}

// ready waits until a process says where it listens.
func ready(ts *testscript.TestScript, args []string) {
	p := processOf(ts, args[0])
	at := regexp.MustCompile(` at (http://127\.0\.0\.1:\d+)`)
	p.wait(ts, "it listens", func() bool {
		said, _ := p.stderr.text()
		if found := at.FindStringSubmatch(said); found != nil {
			ts.Setenv(args[0], found[1])
			return true
		}
		return false
	})
}

// await waits until the output of a process matches.
func await(ts *testscript.TestScript, args []string) {
	p, count := processOf(ts, args[0]), 1
	pattern, err := regexp.Compile("(?m)" + args[1])
	ts.Check(err)
	if len(args) > 2 {
		count, err = strconv.Atoi(args[2])
		ts.Check(err)
	}
	p.wait(ts, args[1]+" is printed", func() bool {
		out, _ := p.stdout.text()
		said, _ := p.stderr.text()
		return len(pattern.FindAllString(out, -1))+len(pattern.FindAllString(said, -1)) >= count
	})
}

// wait waits until something holds, and fails if the process ends before.
func (p *process) wait(ts *testscript.TestScript, what string, holds func() bool) {
	late := time.After(patience)
	for {
		_, more := p.stdout.text() // before the look: what comes after it closes more
		if holds() {
			return
		}
		select {
		case <-more:
		case <-p.done:
			if holds() {
				return
			}
			ts.Fatalf("%s has ended before %s: %v", p.name, what, p.err)
		case <-late:
			ts.Fatalf("%s did not come to that %s", p.name, what)
		}
	}
}

// interrupt is Ctrl-C.
func interrupt(ts *testscript.TestScript, args []string) {
	ts.Check(processOf(ts, args[0]).cmd.Process.Signal(syscall.SIGINT))
}

// ended waits for the end of a process.
func ended(ts *testscript.TestScript, args []string) {
	p, want := processOf(ts, args[0]), 0
	if len(args) > 1 {
		var err error
		want, err = strconv.Atoi(args[1])
		ts.Check(err)
	}
	select {
	case <-p.done:
	case <-time.After(patience):
		ts.Fatalf("%s has not ended", args[0])
	}
	delete(stageOf(ts).running, args[0])
	_, _ = ts.Stdout().Write([]byte(p.output[&p.stdout]))
	_, _ = ts.Stderr().Write([]byte(p.output[&p.stderr]))
	if got := exitCode(ts, p.err); got != want {
		ts.Fatalf("%s has ended with %d, and not with %d", args[0], got, want)
	}
}

// closed ends a server as its user does.
func closed(ts *testscript.TestScript, args []string) {
	interrupt(ts, args)
	ended(ts, args[:1])
}

// refused waits until nobody listens at a URL.
func refused(ts *testscript.TestScript, args []string) {
	addr := strings.TrimPrefix(args[0], "http://")
	for late := time.Now().Add(patience); time.Now().Before(late); time.Sleep(time.Millisecond) {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			return
		}
		_ = conn.Close()
	}
	ts.Fatalf("somebody listens at %s", addr)
}

func processOf(ts *testscript.TestScript, name string) *process {
	p := stageOf(ts).running[name]
	if p == nil {
		ts.Fatalf("there is no process %s", name)
	}
	return p
}
