package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// patience is how long a program may take to end that was asked to; then it is killed.
const patience = 10 * time.Second

// child is a program that runs beside this one.
type child struct {
	cmd    *exec.Cmd
	cancel context.CancelFunc // asks it to end
	url    string             // where it listens
	ended  chan struct{}      // closed once it has
	err    error              // why it ended, once it has
}

// prepare makes a child that ends when stop says so, which is later than ctx: the children end in an order.
func prepare(ctx context.Context, name string, args ...string) *child {
	own, cancel := context.WithCancel(context.WithoutCancel(ctx))
	cmd := exec.CommandContext(own, name, args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = patience
	return &child{cmd: cmd, cancel: cancel, ended: make(chan struct{})}
}

// start starts a child, and returns when it has said on standard error where it listens. What else it says there is
// passed on.
func (c *child) start(ctx context.Context) error {
	said, err := c.cmd.StderrPipe()
	if err != nil {
		return err
	}
	if err := c.cmd.Start(); err != nil {
		c.cancel()
		return err
	}
	url := make(chan string, 1)
	go func() {
		defer close(c.ended)
		for lines := bufio.NewScanner(said); lines.Scan(); {
			if _, at, ok := strings.Cut(lines.Text(), " at http://"); ok && strings.HasPrefix(lines.Text(), "Listening ") {
				url <- "http://" + at
				continue
			}
			fmt.Fprintln(os.Stderr, lines.Text())
		}
		c.err = c.cmd.Wait()
	}()
	select {
	case c.url = <-url:
		return nil
	case <-c.ended:
		return fmt.Errorf("%s ended before it listened: %v", filepath.Base(c.cmd.Path), c.cmd.ProcessState)
	case <-ctx.Done():
		return errors.Join(context.Cause(ctx), c.stop())
	}
}

// stop ends a child, and waits until it has ended.
func (c *child) stop() error {
	c.cancel()
	<-c.ended
	if c.err == nil || errors.Is(c.err, context.Canceled) { // it ended well, by itself or because it was asked to
		return nil
	}
	if status, ok := c.cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signal() == syscall.SIGTERM {
		return nil // it was asked to while it was still starting
	}
	return fmt.Errorf("%s: %w", filepath.Base(c.cmd.Path), c.err)
}
