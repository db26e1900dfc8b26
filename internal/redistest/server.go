package redistest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// Server is a redis-server on a free port of the loopback, and can be treated badly. Its methods are for one goroutine.
type Server struct {
	Addr string

	program string
	args    []string
	dir     string
	clock   *clock // nil for the machine's
	process *exec.Cmd
	done    chan struct{} // closed when the process is gone
}

// Open starts a redis-server that keeps its files in dir, with arguments as on its command line. By default it writes
// nothing to disk.
func Open(dir string, args ...string) (*Server, error) { return openRedis(dir, nil, args) }

func openRedis(dir string, c *clock, args []string) (*Server, error) {
	return open("redis-server", dir, c, append([]string{"--save", ""}, args...))
}

// attempts to find a port: one that is free may be taken before the server has it.
const attempts = 5

func open(program, dir string, c *clock, args []string) (*Server, error) {
	var err error
	for range attempts {
		var port string
		if port, err = freePort(); err != nil {
			return nil, err
		}
		s := &Server{Addr: net.JoinHostPort("127.0.0.1", port), program: program, dir: dir, clock: c}
		s.args = append(append([]string{}, args...), "--bind", "127.0.0.1", "--port", port, "--dir", dir)
		if err = s.Start(); err == nil {
			return s, nil
		}
	}
	return nil, err
}

// freePort is one of the loopback's, and leaves room for a cluster's second port, ten thousand above it.
func freePort() (string, error) {
	for {
		l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
		if err != nil {
			return "", err
		}
		_ = l.Close()
		if a := l.Addr().(*net.TCPAddr); a.Port < 55_000 {
			_, port, err := net.SplitHostPort(a.String())
			return port, err
		}
	}
}

// Start starts a server that was killed, on the same port and with the same files, and returns when it is ready.
func (s *Server) Start() error {
	s.process = exec.CommandContext(context.Background(), s.program, s.args...)
	s.process.SysProcAttr = dieWithUs()
	if s.clock != nil {
		environment, err := s.clock.environment()
		if err != nil {
			return err
		}
		s.process.Env = append(os.Environ(), environment...)
	}
	out, err := s.process.StdoutPipe()
	if err != nil {
		return err
	}
	s.process.Stderr = s.process.Stdout
	if err := s.process.Start(); err != nil {
		return err
	}
	ready, done := make(chan bool, 1), make(chan struct{})
	s.done = done
	var said strings.Builder // until it is ready
	go func() {
		defer close(done)
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if strings.Contains(lines.Text(), "Ready to accept connections") || strings.Contains(lines.Text(), "+monitor master") {
				ready <- true
				break
			}
			said.WriteString(lines.Text() + "\n")
		}
		for lines.Scan() { //nolint:revive // or its pipe would fill up
		}
		_ = s.process.Wait()
	}()
	select {
	case <-ready:
		return nil
	case <-done:
		return fmt.Errorf("%s ended at once:\n%s", s.program, said.String())
	case <-time.After(time.Minute):
		s.Kill()
		return errors.New(s.program + " was not ready within a minute")
	}
}

// Kill ends the server as a crash does, and returns when it is gone.
func (s *Server) Kill() { s.end(syscall.SIGKILL) }

// Stop asks the server to end, and returns when it is gone.
func (s *Server) Stop() { s.end(syscall.SIGTERM) }

func (s *Server) end(signal syscall.Signal) {
	_ = s.process.Process.Signal(signal)
	_ = s.process.Process.Signal(syscall.SIGCONT) // or one that is paused would never end
	<-s.done
}

// Pause stops the server from doing anything, though it still takes connections.
func (s *Server) Pause() { _ = s.process.Process.Signal(syscall.SIGSTOP) }

// Resume lets it go on after a pause.
func (s *Server) Resume() { _ = s.process.Process.Signal(syscall.SIGCONT) }

// Do runs a command by redis-cli and returns what it prints.
func (s *Server) Do(args ...string) (string, error) {
	host, port, _ := net.SplitHostPort(s.Addr)
	out, err := exec.CommandContext(context.Background(), "redis-cli", append([]string{"-h", host, "-p", port}, args...)...).CombinedOutput()
	return strings.TrimSpace(string(out)), err
}
