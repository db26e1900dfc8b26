package redistest_test

import (
	"bufio"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/internal/redistest"
)

// echo is a server that says every line again, and remembers it.
type echo struct {
	addr string

	mu    sync.Mutex
	lines []string
}

func newEcho(t *testing.T) *echo {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	e := &echo{addr: l.Addr().String()}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go e.serve(conn)
		}
	}()
	return e
}

func (e *echo) serve(conn net.Conn) {
	defer conn.Close()
	lines := bufio.NewScanner(conn)
	for lines.Scan() {
		e.mu.Lock()
		e.lines = append(e.lines, lines.Text())
		e.mu.Unlock()
		if _, err := conn.Write([]byte(lines.Text() + "\n")); err != nil {
			return
		}
	}
}

// heard is what arrived.
func (e *echo) heard() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return strings.Join(e.lines, " ")
}

// caller is a connection through the proxy.
type caller struct {
	t    *testing.T
	conn net.Conn
}

func call(t *testing.T, p *redistest.Proxy) caller {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", p.Addr)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return caller{t, conn}
}

func (c caller) say(line string) {
	c.t.Helper()
	_, err := c.conn.Write([]byte(line + "\n"))
	require.NoError(c.t, err)
}

// hears waits for a line, a minute at most.
func (c caller) hears(line string) {
	c.t.Helper()
	require.NoError(c.t, c.conn.SetReadDeadline(time.Now().Add(time.Minute)))
	got := make([]byte, len(line)+1)
	_, err := io.ReadFull(c.conn, got)
	require.NoError(c.t, err)
	require.Equal(c.t, line+"\n", string(got))
}

// hearsNothing gives an answer some time to come.
func (c caller) hearsNothing() {
	c.t.Helper()
	require.NoError(c.t, c.conn.SetReadDeadline(time.Now().Add(50*time.Millisecond)))
	n, err := c.conn.Read(make([]byte, 1))
	require.Zero(c.t, n)
	require.ErrorIs(c.t, err, os.ErrDeadlineExceeded)
}

// isCut waits for the end of the connection, with nothing before it.
func (c caller) isCut() {
	c.t.Helper()
	require.NoError(c.t, c.conn.SetReadDeadline(time.Now().Add(time.Minute)))
	n, err := c.conn.Read(make([]byte, 1))
	require.Zero(c.t, n)
	require.Error(c.t, err)
	require.False(c.t, errors.Is(err, os.ErrDeadlineExceeded), "it is still there")
}

func TestProxy(t *testing.T) {
	t.Parallel()
	for name, check := range map[string]func(t *testing.T, server *echo, p *redistest.Proxy){
		"without a fault it is not there": func(t *testing.T, _ *echo, p *redistest.Proxy) {
			first, second := call(t, p), call(t, p)
			first.say("a")
			second.say("b")
			first.hears("a")
			second.hears("b")
			large := strings.Repeat("x", 60<<10)
			first.say(large)
			first.hears(large)
		},
		"a lost reply: it has arrived, and the connection is cut": func(t *testing.T, server *echo, p *redistest.Proxy) {
			c := call(t, p)
			c.say("a")
			c.hears("a")
			p.LoseReplies(1)
			c.say("b")
			c.isCut()
			require.Equal(t, "a b", server.heard())
			again := call(t, p)
			again.say("c")
			again.hears("c")
		},
		"two lost replies are of two connections": func(t *testing.T, server *echo, p *redistest.Proxy) {
			p.LoseReplies(2)
			for _, line := range []string{"a", "b"} {
				c := call(t, p)
				c.say(line)
				c.isCut()
			}
			c := call(t, p)
			c.say("c")
			c.hears("c")
			require.Equal(t, "a b c", server.heard())
		},
		"a lost reply leaves other connections alone": func(t *testing.T, _ *echo, p *redistest.Proxy) {
			first, second := call(t, p), call(t, p)
			second.say("a")
			second.hears("a")
			p.LoseReplies(1)
			first.say("b")
			first.isCut()
			second.say("c")
			second.hears("c")
		},
		"a stall holds what is sent, until it is resumed": func(t *testing.T, server *echo, p *redistest.Proxy) {
			c := call(t, p)
			c.say("a")
			c.hears("a")
			p.Stall()
			c.say("b")
			c.hearsNothing()
			require.Equal(t, "a", server.heard())
			p.Resume()
			c.hears("b")
		},
		"a stall holds new connections too": func(t *testing.T, server *echo, p *redistest.Proxy) {
			p.Stall()
			c := call(t, p)
			c.say("a")
			c.hearsNothing()
			require.Empty(t, server.heard())
			p.Resume()
			c.hears("a")
		},
		"what was sent before its sender hung up arrives after a stall": func(t *testing.T, server *echo, p *redistest.Proxy) {
			p.Stall()
			c := call(t, p)
			c.say("a")
			require.NoError(t, c.conn.Close())
			p.Resume()
			redistest.Eventually(t, "it arrives", func() bool { return server.heard() == "a" })
		},
		"stalled twice and resumed once, it flows": func(t *testing.T, _ *echo, p *redistest.Proxy) {
			c := call(t, p)
			c.say("a")
			c.hears("a")
			p.Stall()
			c.say("b")
			c.hearsNothing()
			p.Stall()
			p.Resume()
			p.Resume()
			c.hears("b")
		},
		"a cut closes connections, and those to come until it is mended": func(t *testing.T, server *echo, p *redistest.Proxy) {
			c := call(t, p)
			c.say("a")
			c.hears("a")
			p.Cut()
			c.isCut()
			late := call(t, p)
			late.isCut()
			require.Equal(t, "a", server.heard())
			p.Mend()
			again := call(t, p)
			again.say("b")
			again.hears("b")
		},
		"a cut of what is stalled": func(t *testing.T, _ *echo, p *redistest.Proxy) {
			c := call(t, p)
			c.say("a")
			c.hears("a")
			p.Stall()
			c.say("b")
			c.hearsNothing()
			p.Cut()
			c.isCut()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := newEcho(t)
			check(t, server, redistest.Through(t, server.addr))
		})
	}
	t.Run("a server that is not there", func(t *testing.T) {
		t.Parallel()
		l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
		require.NoError(t, err)
		require.NoError(t, l.Close())
		call(t, redistest.Through(t, l.Addr().String())).isCut()
	})
}
