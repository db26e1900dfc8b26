package sqlstore_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// server is a PostgreSQL of one's own, on a socket in a directory of its own, and can be treated badly.
type server struct {
	dir     string
	port    string // of the loopback, for proxies
	process *exec.Cmd
	done    chan struct{} // closed when the process is gone
}

// startPostgres starts one for as long as a test lasts. It is durable as far as a crash of the server goes, which its
// machine survives.
func startPostgres(t testing.TB) *server {
	t.Helper()
	s := startShared(t)
	t.Cleanup(func() {
		s.kill()
		_ = os.RemoveAll(s.dir)
	})
	return s
}

// startShared starts one that TestMain ends.
func startShared(t testing.TB) *server {
	t.Helper()
	files, err := cluster()
	if files == "" && err == nil {
		if os.Getenv("CI") != "" {
			t.Fatal("PostgreSQL is not installed, and this is CI: tools/setup.sh should have installed it")
		}
		t.Skip("PostgreSQL is not installed: `make setup` installs it on Debian and Ubuntu")
	}
	require.NoError(t, err)
	dir, err := privateDir()
	require.NoError(t, err)
	out, err := asServer("cp", "-a", filepath.Join(files, "data"), dir).CombinedOutput()
	require.NoError(t, err, string(out))
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	_, port, err := net.SplitHostPort(l.Addr().String())
	require.NoError(t, err)
	require.NoError(t, l.Close())
	s := &server{dir: dir, port: port}
	require.NoError(t, s.start())
	return s
}

// start starts a server, again with the same files, and returns when it is ready.
func (s *server) start() error {
	s.process = asServer(program("postgres"), "-D", filepath.Join(s.dir, "data"), "-k", s.dir, "-h", "127.0.0.1", "-p", s.port,
		"-c", "fsync=off", "-c", "max_connections=300", "-c", "shared_buffers=16MB")
	out, err := s.process.StderrPipe()
	if err != nil {
		return err
	}
	if err := s.process.Start(); err != nil {
		return err
	}
	ready, done := make(chan struct{}), make(chan struct{})
	s.done = done
	var said strings.Builder // until it is ready
	go func() {
		defer close(done)
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			said.WriteString(lines.Text() + "\n")
			if strings.Contains(lines.Text(), "ready to accept connections") {
				close(ready)
				break
			}
		}
		_, _ = io.Copy(io.Discard, out) // or its pipe would fill up
		_ = s.process.Wait()
	}()
	select {
	case <-ready:
		return nil
	case <-done:
		return fmt.Errorf("postgres ended at once:\n%s", said.String())
	case <-time.After(time.Minute):
		s.kill()
		return errors.New("postgres was not ready within a minute")
	}
}

// kill ends the server at once, as a crash does: it writes nothing, and recovers when it is started.
func (s *server) kill() {
	_ = s.process.Process.Signal(syscall.SIGQUIT)
	<-s.done
}

// dsn is where a database is: by the socket.
func (s *server) dsn(database string) string {
	return fmt.Sprintf("host=%s port=%s user=postgres dbname=%s", s.dir, s.port, database)
}

// dsnAt is where it is by the network.
func dsnAt(addr, database string) string {
	return (&url.URL{Scheme: "postgres", User: url.User("postgres"), Host: addr, Path: database, RawQuery: "sslmode=disable"}).String()
}

// shared is a server for all tests that do it no harm, each of which has a database of its own.
var shared struct {
	sync.Mutex
	server *server
}

// TestMain ends it.
func endShared() {
	shared.Lock()
	defer shared.Unlock()
	if shared.server != nil {
		shared.server.kill()
		_ = os.RemoveAll(shared.server.dir)
	}
	if template != "" {
		_ = os.RemoveAll(template)
	}
}

// program is where Debian or others put a command of PostgreSQL's: not on the PATH. "" if nowhere.
func program(command string) string {
	if path, err := exec.LookPath(command); err == nil {
		return path
	}
	paths, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + command)
	if len(paths) == 0 {
		return ""
	}
	slices.SortFunc(paths, func(a, b string) int { return version(b) - version(a) })
	return paths[0]
}

func version(path string) int {
	n, _ := strconv.Atoi(strings.Split(path, "/")[4])
	return n
}

// template is what cluster made, for TestMain to remove.
var template string

// cluster is a directory with fresh files of a server, to be copied. "" if PostgreSQL is not installed.
var cluster = sync.OnceValues(func() (string, error) {
	if program("initdb") == "" || program("postgres") == "" {
		return "", nil
	}
	dir, err := privateDir()
	if err != nil {
		return "", err
	}
	template = dir
	out, err := asServer(program("initdb"), "-D", filepath.Join(dir, "data"), "-A", "trust", "-U", "postgres", "-E", "UTF8",
		"--locale=C", "--no-sync").CombinedOutput()
	if err != nil {
		return dir, fmt.Errorf("initdb: %w: %s", err, out)
	}
	return dir, nil
})

// privateDir is the server's. Its name is short, since that of a socket must be.
func privateDir() (string, error) {
	dir, err := os.MkdirTemp("", "sqlstore")
	if who := serverUser(); err == nil && who != nil {
		err = os.Chown(dir, int(who.Uid), int(who.Gid))
	}
	return dir, err
}

// asServer runs a command of PostgreSQL's, which refuses to be run by root.
func asServer(command string, args ...string) *exec.Cmd {
	c := exec.CommandContext(context.Background(), command, args...)
	c.Dir = "/"
	c.SysProcAttr = dieWithUs()
	if who := serverUser(); who != nil {
		c.SysProcAttr.Credential = who
	}
	return c
}

// serverUser is who runs the server; nil for whoever runs the tests.
func serverUser() *syscall.Credential {
	if os.Getuid() != 0 {
		return nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		if who, err := user.Lookup(name); err == nil {
			uid, _ := strconv.ParseUint(who.Uid, 10, 32)
			gid, _ := strconv.ParseUint(who.Gid, 10, 32)
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		}
	}
	return nil
}
