//go:build unix

package main

import (
	"os/exec"
	"syscall"
)

// apart gives a command a process group of its own: a Ctrl-C at the terminal is for us, and lets the command end.
func apart(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) } // and all that it has started
}
