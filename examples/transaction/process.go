package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"
)

// serve is a receiver's process: it says on standard output where it listens, and ends when its standard input does.
func serve(ctx context.Context, path string, marked bool, a accident) error {
	if err := a.lurk(); err != nil {
		return err
	}
	b, err := open(ctx, path)
	if err != nil {
		return err
	}
	defer b.db.Close()
	receiver, err := b.receiver()
	if err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: receiver.Handle(a.behind(b.handlers(marked))), ReadHeaderTimeout: 5 * time.Second}
	go server.Serve(listener) //nolint:errcheck // it ends by Shutdown
	fmt.Println(listener.Addr())
	_, _ = io.Copy(io.Discard, os.Stdin)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return errors.Join(server.Shutdown(ctx), receiver.Shutdown(ctx))
}

// process is a receiver's, seen from outside.
type process struct {
	cmd   *exec.Cmd
	stdin io.Closer
	addr  string
}

// start starts this program as a receiver, and returns when it listens.
func start(ctx context.Context, path string, marked bool, a accident) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, "-receive", path, fmt.Sprintf("-marked=%t", marked), "-killed", string(a)) //nolint:gosec // ourselves
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &process{cmd: cmd, stdin: stdin}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		return nil, fmt.Errorf("the receiver ended before it listened: %w", errors.Join(err, p.end(none)))
	}
	p.addr = strings.TrimSpace(line)
	return p, nil
}

// end ends the process, if it was not killed. One that should have been and was not is an error.
func (p *process) end(a accident) error {
	_ = p.stdin.Close() // of one that is dead it may fail
	err := p.cmd.Wait()
	switch {
	case a == none:
		return err
	case err == nil:
		return fmt.Errorf("the receiver should have been killed, at %q", a)
	}
	return nil
}
