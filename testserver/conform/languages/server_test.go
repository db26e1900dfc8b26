package languages_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"os"
	"os/exec"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// patience is how long a receiver may take to listen, on a machine that has much else to do.
const patience = time.Minute

// server is a receiver in a process of its own, and its supervisor: if the process dies, it is started again.
type server struct {
	t       *testing.T
	command func(port string) *exec.Cmd
	handed  *os.File // the socket at which it is to listen, which outlives the process; nil if it listens by itself
	url     string

	mu      sync.Mutex
	running *process
	stopped bool
	deaths  int // that nobody asked for
}

// process is one life of a server.
type process struct {
	cmd   *exec.Cmd
	ended chan struct{}
}

// supervise starts a receiver and returns when it listens. command is told the port, as text; "0" is any.
func supervise(t *testing.T, handed bool, command func(port string) *exec.Cmd) *server {
	t.Helper()
	s := &server{t: t, command: command}
	if handed {
		listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
		require.NoError(t, err)
		s.handed, err = listener.(*net.TCPListener).File()
		require.NoError(t, err)
		s.url = "http://" + listener.Addr().String()
		t.Cleanup(func() { _, _ = listener.Close(), s.handed.Close() })
	}
	t.Cleanup(s.stop)
	require.NoError(t, s.start("0"))
	return s
}

// address is what receivers print when they listen.
var address = regexp.MustCompile(`http://127\.0\.0\.1:\d+`)

// start starts a process and returns when it listens.
func (s *server) start(port string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return nil
	}
	p := &process{cmd: s.command(port), ended: make(chan struct{})}
	if s.handed != nil {
		p.cmd.ExtraFiles = []*os.File{s.handed}
	}
	said, err := p.cmd.StderrPipe()
	if err != nil {
		return err
	}
	if err := p.cmd.Start(); err != nil {
		return err
	}
	s.running = p
	listens := make(chan string, 1)
	go func() {
		for lines := bufio.NewScanner(said); lines.Scan(); {
			at := address.FindString(lines.Text())
			if at != "" || s.handed != nil && lines.Text() == "Listening" {
				listens <- at
				break
			}
		}
		_, _ = io.Copy(io.Discard, said)
		_ = p.cmd.Wait()
		close(p.ended)
		s.ended(p)
	}()
	select {
	case at := <-listens:
		if s.handed == nil {
			s.url = at
		}
		return nil
	case <-p.ended:
		return &exec.ExitError{ProcessState: p.cmd.ProcessState}
	case <-time.After(patience):
		_ = p.cmd.Process.Kill()
		return context.DeadlineExceeded
	}
}

// ended starts the next process, if one died by itself.
func (s *server) ended(p *process) {
	s.mu.Lock()
	died := s.running == p && !s.stopped
	if died {
		s.running = nil
		s.deaths++
	}
	s.mu.Unlock()
	if died {
		_ = s.start(s.port()) // if that fails, every request from now on shows it
	}
}

// port is where it listened.
func (s *server) port() string {
	_, port, _ := net.SplitHostPort(s.url[len("http://"):])
	return port
}

// kill ends the process, and returns when it has ended.
func (s *server) kill() {
	s.mu.Lock()
	p := s.running
	s.running = nil
	s.mu.Unlock()
	if p != nil {
		_ = p.cmd.Process.Kill()
		<-p.ended
	}
}

// restart kills it, as a crash or a deploy without manners does, and returns when it listens again.
func (s *server) restart(context.Context) error {
	s.kill()
	return s.start(s.port())
}

func (s *server) stop() {
	s.mu.Lock()
	s.stopped = true
	s.mu.Unlock()
	s.kill()
}

// died is how often it ended by itself.
func (s *server) died() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.deaths
}
