package sqlstore_test

import "syscall"

// dieWithUs ends a server with the process that started it, be that killed: a test that is out of time cleans nothing up.
func dieWithUs() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGQUIT} }
