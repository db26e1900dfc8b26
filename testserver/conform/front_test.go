package conform_test

import (
	"io"
	"net"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/hookmitt/hookmitt/testserver/conform"
)

// front is what stands before a receiver on the network, with flaws that nothing behind net/http can have.
type front struct {
	mend   func(request []byte) []byte // changes what came first on a connection. Optional
	throws func(request []byte) bool   // whether it answers 500 by itself. Optional
	width  int                         // connections that it takes at once. Default: all
}

// before is a receiver behind the front, at a URL.
func (f *front) before(t *testing.T, target conform.Target) conform.Target {
	t.Helper()
	s := httptest.NewUnstartedServer(target.Handler)
	gate := &gate{Listener: s.Listener, front: f, seats: make(chan struct{}, max(f.width, 1<<10))}
	if f.width > 0 {
		gate.seats = make(chan struct{}, f.width)
	}
	s.Listener = gate
	s.Start()
	t.Cleanup(s.Close)
	target.Handler, target.URL = nil, s.URL+"/hooks"
	return target
}

// gate is a listener with a front.
type gate struct {
	net.Listener
	front *front
	seats chan struct{}
}

// Accept implements [net.Listener].
func (g *gate) Accept() (net.Conn, error) {
	conn, err := g.Listener.Accept()
	if err != nil {
		return nil, err
	}
	g.seats <- struct{}{}
	return &gated{Conn: conn, gate: g}, nil
}

// gated is a connection behind a gate.
type gated struct {
	net.Conn
	gate  *gate
	begun bool
	rest  []byte // of what came first
	left  sync.Once
}

// Read implements [net.Conn].
func (c *gated) Read(p []byte) (int, error) {
	if !c.begun {
		first := make([]byte, 16<<10)
		n, err := c.Conn.Read(first)
		if err != nil {
			return 0, err
		}
		c.begun, c.rest = true, first[:n]
		if f := c.gate.front; f.throws != nil && f.throws(c.rest) {
			_, _ = io.WriteString(c.Conn, "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n")
			return 0, io.EOF
		} else if f.mend != nil {
			c.rest = f.mend(c.rest)
		}
	}
	if len(c.rest) > 0 {
		n := copy(p, c.rest)
		c.rest = c.rest[n:]
		return n, nil
	}
	return c.Conn.Read(p)
}

// Close implements [net.Conn].
func (c *gated) Close() error {
	c.left.Do(func() { <-c.gate.seats })
	return c.Conn.Close()
}
