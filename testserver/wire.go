package testserver

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/hookmitt/hookmitt/internal/pipe"
)

// outgoing is a request that was signed.
type outgoing struct {
	method string
	header http.Header
	body   []byte
	wire   wire

	verifyErr error // why it does not verify under the webhook's own secret
}

// wire is what happens to a request on its way, and to the answer on its way back.
type wire struct {
	folded string        // the header that is written over two lines
	cut    bool          // the body ends half-way
	over   time.Duration // in which the body trickles in
	hangUp bool          // when the request is sent
	lost   bool          // the answer

	framing bool // the headers say how the request is framed
}

// raw reports whether Go's client cannot send this.
func (w wire) raw() bool { return w.folded != "" || w.cut || w.over > 0 || w.hangUp || w.framing }

// sendRaw writes a request to the connection by ourselves, for what Go's client cannot send.
func (s *Server) sendRaw(req *http.Request, out *outgoing) (*http.Response, error) {
	ctx := req.Context()
	conn, err := s.dial(ctx, req)
	if err != nil {
		return nil, err
	}
	closed := context.AfterFunc(ctx, func() { _ = conn.Close() })
	answer, err := talk(conn, req, out)
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		closed()
		_ = conn.Close()
		return nil, err
	}
	answer.Body = &connBody{answer.Body, conn, closed}
	return answer, nil
}

// dial connects to the receiver: over the network, or in process by a pipe that net/http's own server reads.
func (s *Server) dial(ctx context.Context, req *http.Request) (net.Conn, error) {
	if t, ok := s.client.Transport.(inProcess); ok {
		return pipe.Dial(t.handler), nil
	}
	t, ok := s.client.Transport.(*http.Transport)
	if !ok || req.URL.Scheme != "http" {
		return nil, errors.New("testserver: this fault is written to the socket, and needs an http URL and no Transport but InProcess or an *http.Transport")
	}
	host := req.URL.Host
	if req.URL.Port() == "" {
		host = net.JoinHostPort(req.URL.Hostname(), "80")
	}
	if t.DialContext != nil {
		return t.DialContext(ctx, "tcp", host)
	}
	return new(net.Dialer).DialContext(ctx, "tcp", host)
}

// talk writes the request and reads the answer's head.
func talk(conn net.Conn, req *http.Request, out *outgoing) (*http.Response, error) {
	var head bytes.Buffer
	fmt.Fprintf(&head, "%s %s HTTP/1.1\r\n", out.method, req.URL.RequestURI())
	header := http.Header{"Host": {req.URL.Host}, "Content-Length": {strconv.Itoa(len(out.body))}, "Connection": {"close"}}
	maps.Copy(header, out.header)
	for _, name := range slices.Sorted(maps.Keys(header)) {
		for _, value := range header[name] {
			if name == out.wire.folded {
				value = value[:len(value)/2] + "\r\n " + value[len(value)/2:]
			}
			fmt.Fprintf(&head, "%s: %s\r\n", name, value)
		}
	}
	head.WriteString("\r\n")
	type read struct {
		answer *http.Response
		err    error
	}
	reads := make(chan read, 1)
	go func() { // at once: a receiver may answer before it has read everything
		from := bufio.NewReader(conn)
		answer, err := http.ReadResponse(from, req) //nolint:bodyclose // whoever gets the answer does
		for err == nil && answer.StatusCode < 200 { // hints before the answer
			answer, err = http.ReadResponse(from, req) //nolint:bodyclose // whoever gets the answer does
		}
		reads <- read{answer, err}
	}()
	body := out.body
	if out.wire.cut {
		body = body[:len(body)/2]
	}
	_, err := conn.Write(head.Bytes())
	if err == nil {
		err = trickle(req.Context(), conn, body, out.wire.over)
	}
	if out.wire.cut || out.wire.hangUp {
		_ = conn.Close()
		<-reads
		return nil, errHungUp
	}
	r := <-reads
	if r.err != nil {
		return nil, errors.Join(err, r.err)
	}
	return r.answer, nil
}

// pieces is in how many a body trickles.
const pieces = 20

// trickle writes the body, in pieces with pauses if it is to take some time.
func trickle(ctx context.Context, conn net.Conn, body []byte, over time.Duration) error {
	if over <= 0 {
		_, err := conn.Write(body)
		return err
	}
	for i := range pieces {
		select {
		case <-time.After(over / pieces):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		if _, err := conn.Write(body[i*len(body)/pieces : (i+1)*len(body)/pieces]); err != nil {
			return err // the receiver has had enough
		}
	}
	return nil
}

// connBody closes the connection with the answer's body.
type connBody struct {
	io.ReadCloser
	conn  net.Conn
	watch func() bool // of the context
}

// Close implements [io.Closer].
func (b *connBody) Close() error {
	b.watch()
	return errors.Join(b.ReadCloser.Close(), b.conn.Close())
}
