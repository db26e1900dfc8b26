package redistest

import (
	"context"
	"net"
	"sync"
	"testing"
)

// Proxy stands between clients and a server, and stalls and cuts their connections. It is safe for concurrent use.
type Proxy struct {
	Addr string // where clients connect

	server string
	listen net.Listener

	mu      sync.Mutex
	flows   chan struct{}         // closed while bytes flow
	cut     bool                  // no new connection is served
	loseNow int                   // replies still to be lost
	open    map[net.Conn]struct{} // both ends
}

// Through stands between the clients of a test and a server.
func Through(t testing.TB, server string) *Proxy {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	fatal(t, err)
	p := &Proxy{Addr: listener.Addr().String(), server: server, listen: listener, flows: make(chan struct{}), open: map[net.Conn]struct{}{}}
	close(p.flows)
	go p.serve()
	t.Cleanup(func() {
		_ = listener.Close()
		p.Cut()
		p.Resume()
	})
	return p
}

// LoseReplies forwards what clients send, and when the server answers cuts the connection instead of forwarding the
// answer, n times.
func (p *Proxy) LoseReplies(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.loseNow = n
}

// Stall holds all bytes, in both directions, until Resume.
func (p *Proxy) Stall() {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.flows:
		p.flows = make(chan struct{})
	default: // it holds them already
	}
}

// Resume lets flow what Stall holds.
func (p *Proxy) Resume() {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.flows:
	default:
		close(p.flows)
	}
}

// Cut closes all connections, and those to come, until Mend.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut = true
	for conn := range p.open {
		_ = conn.Close()
	}
}

// Mend lets clients connect again.
func (p *Proxy) Mend() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut = false
}

func (p *Proxy) serve() {
	for {
		client, err := p.listen.Accept()
		if err != nil {
			return
		}
		go p.connect(client)
	}
}

func (p *Proxy) connect(client net.Conn) {
	defer p.drop(client)
	if !p.keep(client) {
		return
	}
	server, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", p.server)
	if err != nil {
		return
	}
	defer p.drop(server)
	if !p.keep(server) {
		return
	}
	go func() {
		defer p.drop(server)
		p.pump(server, client, func() bool { return true })
	}()
	p.pump(client, server, p.forwardReply)
}

// keep takes a connection into the proxy's care, unless it is cut.
func (p *Proxy) keep(conn net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.cut {
		p.open[conn] = struct{}{}
	}
	return !p.cut
}

func (p *Proxy) drop(conn net.Conn) {
	_ = conn.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.open, conn)
}

// pump copies until an end closes or a chunk is not to be forwarded.
func (p *Proxy) pump(to, from net.Conn, forward func() bool) {
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			p.mu.Lock()
			flows := p.flows
			p.mu.Unlock()
			<-flows
			if !forward() {
				return
			}
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// forwardReply reports whether a reply may pass.
func (p *Proxy) forwardReply() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.loseNow == 0 {
		return true
	}
	p.loseNow--
	return false
}
