package main

import (
	"bufio"
	"context"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// process is one of the service.
type process struct {
	t    *testing.T
	cmd  *exec.Cmd
	url  string
	logs chan string
}

func (s *stand) start(flags ...string) *process {
	s.t.Helper()
	server := httptest.NewServer(s.inventory)
	s.t.Cleanup(server.Close)
	p := &process{t: s.t, logs: make(chan string, 1000)}
	p.cmd = exec.CommandContext(context.Background(), os.Args[0], append([]string{"-addr", "127.0.0.1:0", "-drain", "0", //nolint:gosec // ourselves
		"-redis", s.redis.Addr, "-secrets", s.secrets, "-dead", s.dead, "-inventory", server.URL}, flags...)...)
	p.cmd.Env = append(os.Environ(), "BE_PRODUCTION=1")
	stderr, err := p.cmd.StderrPipe()
	require.NoError(s.t, err)
	require.NoError(s.t, p.cmd.Start())
	s.t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
	})
	go func() {
		defer close(p.logs)
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			p.logs <- lines.Text()
		}
	}()
	_, url, _ := strings.Cut(p.says("receiving at="), "at=")
	p.url, _, _ = strings.Cut(url, " ")
	return p
}

// says waits for a line of the log that holds a text.
func (p *process) says(text string) string {
	p.t.Helper()
	for line := range p.logs {
		if strings.Contains(line, text) {
			return line
		}
	}
	p.t.Fatalf("the service ended without saying %q", text)
	return ""
}

// ends waits until the service has ended.
func (p *process) ends() error {
	for range p.logs { //nolint:revive // Wait would close the pipe before all of it is read
	}
	return p.cmd.Wait()
}
