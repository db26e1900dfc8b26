package conform

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/hookmitt/hookmitt/internal/pipe"
)

// maxAnswer is how much of an answer's body is read, in bytes.
const maxAnswer = 128 << 10

// answer is what came of a request.
type answer struct {
	Status int // 0 if none came
	Header http.Header
	Body   []byte
	Err    error         // why none came
	Took   time.Duration // from the last byte that was sent, or from the first if not all were
	taken  int64         // bytes of the body that could be written
}

// Why no answer came.
var (
	errSilent = errors.New("no answer came in time")
	errClosed = errors.New("the connection was closed without an answer")
	errGone   = errors.New("nobody waited for it")
)

// String is the answer in a few words.
func (a answer) String() string {
	if a.Err != nil {
		return a.Err.Error()
	}
	return fmt.Sprintf("%d %s", a.Status, http.StatusText(a.Status))
}

// succeeded reports whether the answer is a 2xx.
func (a answer) succeeded() bool { return a.Err == nil && a.Status <= 299 }

// busy reports whether the answer says that the request should come again soon.
func (a answer) busy() bool {
	switch a.Status {
	case http.StatusConflict, http.StatusTooEarly, http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return a.Err == nil
	}
	return false
}

// connection is one to the receiver that can take several requests.
type connection struct {
	net.Conn
	from   *bufio.Reader
	broken bool // after this answer no other can be read
}

// wire is how the receiver is reached.
type wire struct {
	url      *url.URL
	dial     func(ctx context.Context) (net.Conn, error)
	deadline time.Duration // for an answer
}

// newWire is one to a URL, or to a handler with net/http's server before it.
func newWire(target *url.URL, h http.Handler, deadline time.Duration) *wire {
	w := &wire{url: target, deadline: deadline}
	address := target.Host
	if target.Port() == "" {
		address = net.JoinHostPort(target.Hostname(), map[string]string{"http": "80", "https": "443"}[target.Scheme])
	}
	switch {
	case h != nil:
		w.dial = func(context.Context) (net.Conn, error) { return pipe.Dial(h), nil }
	case target.Scheme == "https":
		w.dial = func(ctx context.Context) (net.Conn, error) { return new(tls.Dialer).DialContext(ctx, "tcp", address) }
	default:
		w.dial = func(ctx context.Context) (net.Conn, error) { return new(net.Dialer).DialContext(ctx, "tcp", address) }
	}
	return w
}

// connect makes a connection.
func (w *wire) connect(ctx context.Context) (*connection, error) {
	ctx, cancel := context.WithTimeout(ctx, w.deadline)
	defer cancel()
	conn, err := w.dial(ctx)
	if err != nil {
		return nil, fmt.Errorf("no connection: %w", err)
	}
	return &connection{Conn: conn, from: bufio.NewReader(conn)}, nil
}

// send sends a request on a connection of its own and waits for the answer.
func (w *wire) send(ctx context.Context, m *message) answer {
	conn, err := w.connect(ctx)
	if err != nil {
		return answer{Err: err}
	}
	defer conn.Close()
	return w.talk(ctx, conn, m, w.deadline)
}

// talk sends a request on a connection and waits for the answer, patience long after the last byte.
func (w *wire) talk(ctx context.Context, conn *connection, m *message, patience time.Duration) answer {
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	answers := make(chan answer, 1)
	go func() { answers <- conn.read(m.method) }() // at once: a receiver may answer before it has read everything
	began := time.Now()
	taken, early := conn.write(m, answers, patience)
	if early == nil {
		began = time.Now()
		select {
		case a := <-answers:
			early = &a
		case <-time.After(patience):
			_ = conn.Close()
			a := <-answers
			if a.Err != nil {
				a.Err = fmt.Errorf("%w: %v", errSilent, patience)
			}
			early = &a
		}
	}
	early.Took, early.taken = time.Since(began), taken
	if ctx.Err() != nil {
		early.Err = context.Cause(ctx)
	}
	return *early
}

// write writes a request until it is written, an answer comes or the connection breaks, which it does if nobody reads for
// as long as patience. It says how much of the body it wrote, and the answer if it came before the end.
func (c *connection) write(m *message, answers <-chan answer, patience time.Duration) (taken int64, early *answer) {
	put := func(piece []byte) (int, error) {
		_ = c.SetWriteDeadline(time.Now().Add(patience))
		return c.Write(piece)
	}
	pieces, head := m.pieces(), m.head()
	size := len(head)
	if len(pieces) > 0 && m.gap == 0 && m.wait == 0 { // in one packet, as clients do
		head, pieces = append(head, pieces[0]...), pieces[1:]
	}
	n, err := put(head)
	if taken = int64(max(n-size, 0)); err != nil {
		return taken, nil // what came is read all the same
	}
	wait := m.wait
	for _, piece := range pieces {
		pause := m.gap
		if wait > 0 && taken >= m.after {
			pause, wait = wait, 0
		}
		select {
		case a := <-answers:
			return taken, &a
		case <-time.After(pause):
		}
		n, err := put(piece)
		taken += int64(n)
		if err != nil {
			return taken, nil
		}
	}
	return taken, nil
}

// read reads an answer. It closes a connection that takes no other request.
func (c *connection) read(method string) answer {
	for {
		response, err := http.ReadResponse(c.from, &http.Request{Method: method}) //nolint:bodyclose // the connection is what is closed
		if err != nil {
			c.broken = true
			return answer{Err: fmt.Errorf("%w: %w", errClosed, err)}
		}
		if response.StatusCode < 200 && response.StatusCode != http.StatusSwitchingProtocols {
			continue // a hint before the answer
		}
		body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
		c.broken = c.broken || err != nil || response.Close || len(body) > maxAnswer
		a := answer{Status: response.StatusCode, Header: response.Header, Body: body}
		if err != nil && len(body) <= maxAnswer && response.StatusCode <= 399 { // a refusal is one without its end, too
			a = answer{Err: fmt.Errorf("the answer, %d, broke off: %w", response.StatusCode, err)}
		}
		return a
	}
}

// raw is the answer as it came, cut short and made printable.
func (a answer) raw() string {
	if a.Err != nil {
		return a.Err.Error()
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%d %s\r\n", a.Status, http.StatusText(a.Status))
	_ = a.Header.Write(&b)
	b.WriteString("\r\n")
	b.Write(a.Body)
	return printable(b.Bytes())
}

// text is all that came, for looking into it.
func (a answer) text() string {
	var b strings.Builder
	_ = a.Header.Write(&b)
	return b.String() + "\r\n" + string(a.Body)
}
