package soaktest

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"sync"
)

// process is a receiver as the test sees it.
type process struct {
	settings settings                 // with the address, once it has one
	asked    func(p *process, id int) // is called when the program, which has this process id, asks to be killed

	mu  sync.Mutex // one restart at a time
	cmd *exec.Cmd
}

// startAttempts are made to have a receiver listen: while it was down another program may have got its port for a moment.
const startAttempts = 5

// start starts the program, at the address it had, and returns when it listens.
func (p *process) start() (err error) {
	for range startAttempts {
		if err = p.startOnce(); err == nil {
			return nil
		}
	}
	return err
}

func (p *process) startOnce() error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	text, err := json.Marshal(p.settings)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(context.Background(), self)
	cmd.Env = append(os.Environ(), variable+"="+string(text))
	cmd.Stderr = os.Stderr
	if _, err := cmd.StdinPipe(); err != nil { // which ends when we do
		return err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	p.cmd = cmd
	lines := bufio.NewScanner(out)
	if !lines.Scan() {
		return fmt.Errorf("the receiver ended at once: %w", cmd.Wait())
	}
	if addr := lines.Text(); addr != p.settings.Listen { // the first time
		p.settings.Listen = addr
	}
	go func() {
		for lines.Scan() {
			if lines.Text() == asks {
				p.asked(p, cmd.Process.Pid)
			}
		}
	}()
	return nil
}

// restart ends the program by SIGKILL, tells of it, and starts it again, unless the process that is meant is gone
// already; 0 means whichever there is.
func (p *process) restart(meant int, tell func(process int)) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if meant != 0 && meant != p.cmd.Process.Pid {
		return nil
	}
	p.kill()
	tell(p.cmd.Process.Pid)
	return p.start()
}

// await returns when no restart is under way.
func (p *process) await() {
	p.mu.Lock()
	defer p.mu.Unlock()
}

// end ends the program for good.
func (p *process) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd != nil {
		p.kill()
	}
}

func (p *process) kill() {
	_ = p.cmd.Process.Kill() // fails if it could not be started
	_ = p.cmd.Wait()
}
