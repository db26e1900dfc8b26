package middleware_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/middleware"
)

// greedy is a body that looks at how much room it is given, and is then cut short.
type greedy struct {
	text string
	room int
}

func (g *greedy) Read(p []byte) (int, error) {
	g.room = max(g.room, len(p))
	n := copy(p, g.text)
	g.text = g.text[n:]
	if n == 0 {
		return 0, io.ErrUnexpectedEOF
	}
	return n, nil
}

func (*greedy) Close() error { return nil }

func TestALengthThatIsALieGetsNoMemory(t *testing.T) {
	t.Parallel()
	s := newStand(t, hookmitt.CDHosting(), nothing, middleware.Options{MaxBody: 2 << 30})
	r := s.request(started("evt_1"))
	body := &greedy{text: `{"id":`}
	r.Body, r.ContentLength = body, 1<<30
	w := httptest.NewRecorder()
	s.receiver.Handle(events.HandlerFunc(nothing)).ServeHTTP(w, r)
	require.Equal(t, 400, w.Code)
	require.Empty(t, w.Header().Get("Hookmitt-Outcome"))
	require.Equal(t, "middleware: the body ended early; unexpected EOF", s.last().Reason)
	require.Positive(t, body.room)
	require.LessOrEqual(t, body.room, 64<<10+1)
}

// deadlines is a ResponseWriter that keeps the read deadlines that are set.
type deadlines struct {
	*httptest.ResponseRecorder
	in []time.Duration // from now; 0 for none
}

func (d *deadlines) SetReadDeadline(at time.Time) error {
	if at.IsZero() {
		d.in = append(d.in, 0)
	} else {
		d.in = append(d.in, time.Until(at))
	}
	return nil
}

// A deadline that stays would end the request's context, and with it whatever else is read for the handler.
func TestTheReadDeadlineIsForTheBodyAlone(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		opts middleware.Options
		want time.Duration
	}{
		"as long as the budget": {middleware.Options{}, 8 * time.Second},
		"as long as it is told": {middleware.Options{ReadTimeout: time.Second}, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newStand(t, hookmitt.CDHosting(), nothing, c.opts)
				w := &deadlines{ResponseRecorder: httptest.NewRecorder()}
				s.receiver.Handle(events.HandlerFunc(nothing)).ServeHTTP(w, s.request(started("evt_1")))
				require.Equal(t, 200, w.Code)
				require.Equal(t, []time.Duration{c.want, 0}, w.in)
			})
		})
	}
}

func TestBodiesOfEverySize(t *testing.T) {
	t.Parallel()
	const limit = 300 << 10
	for name, c := range map[string]struct {
		size   int
		says   int64                     // -1: nothing, it is in chunks; 0: the truth
		reader func(io.Reader) io.Reader // Default: as it is.
		status int
	}{
		"small":                            {size: 200, status: 200},
		"small, in chunks":                 {size: 200, says: -1, status: 200},
		"small, byte by byte":              {size: 200, reader: iotest.OneByteReader, status: 200},
		"small, and the end comes with it": {size: 200, reader: iotest.DataErrReader, status: 200},
		"just under the first buffer":      {size: 64<<10 - 1, status: 200},
		"the first buffer":                 {size: 64 << 10, status: 200},
		"just over the first buffer":       {size: 64<<10 + 1, status: 200},
		"just over it, in chunks":          {size: 64<<10 + 1, says: -1, reader: iotest.HalfReader, status: 200},
		"the limit":                        {size: limit, status: 200},
		"the limit, in chunks":             {size: limit, says: -1, status: 200},
		"a byte over the limit":            {size: limit + 1, status: 413},
		"a byte over it, in chunks":        {size: limit + 1, says: -1, status: 413},
		"a byte over it, as it denies":     {size: limit + 1, says: 200, status: 413},
		"far over it, and the end as well": {size: 4 * limit, says: -1, reader: iotest.DataErrReader, status: 413},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []byte
			s := newStand(t, hookmitt.CDHosting(), func(_ context.Context, e events.Event) error {
				got = e.Raw
				return nil
			}, middleware.Options{MaxBody: limit})
			envelope := `{"id":"evt_1","type":"server.started","data":"%s"}`
			raw := fmt.Appendf(nil, envelope, strings.Repeat("x", c.size-len(envelope)+2))
			require.Len(t, raw, c.size)
			r := s.request(events.Event{Raw: raw})
			if c.says != 0 {
				r.ContentLength = c.says
			}
			if c.reader != nil {
				r.Body = io.NopCloser(c.reader(r.Body))
			}
			require.Equal(t, c.status, s.do(r).Status)
			if c.status == 200 {
				require.Equal(t, string(raw), string(got))
				require.Equal(t, c.size, s.last().Size)
			} else {
				require.Zero(t, s.last().Size)
			}
		})
	}
}

func TestTheDefaultLimitIsAMebibyte(t *testing.T) {
	t.Parallel()
	s := newStand(t, hookmitt.CDHosting(), nothing, middleware.Options{})
	require.Equal(t, 401, s.do(s.raw(s.request(started("e")).Header, make([]byte, 1<<20))).Status)
	require.Equal(t, 413, s.do(s.raw(s.request(started("e")).Header, make([]byte, 1<<20+1))).Status)
}

// wire is a connection to a receiver behind a real server.
type wire struct {
	*testing.T
	*stand
	address string
	conn    net.Conn
	in      *bufio.Reader
}

// newWire starts a server with a receiver of CDHosting's events, and connects.
func newWire(t *testing.T, opts middleware.Options) *wire {
	t.Helper()
	s := newStand(t, hookmitt.CDHosting(), nothing, opts)
	server := httptest.NewServer(s.receiver.Handle(events.HandlerFunc(nothing)))
	t.Cleanup(server.Close)
	w := &wire{T: t, stand: s, address: server.Listener.Addr().String()}
	return w.again()
}

// again is another connection to the same server.
func (w wire) again() *wire {
	w.Helper()
	conn, err := net.Dial("tcp", w.address)
	require.NoError(w, err)
	require.NoError(w, conn.SetDeadline(time.Now().Add(30*time.Second))) // so that a server that is silent fails the test
	w.Cleanup(func() { _ = conn.Close() })
	w.conn, w.in = conn, bufio.NewReader(conn)
	return &w
}

// head is the text of a signed request's head, and its body.
func (w *wire) head(id string, more ...string) (head, body string) {
	w.Helper()
	h, raw, err := w.provider.Seal(secret, started(id), time.Now())
	require.NoError(w, err)
	lines := append([]string{
		"POST /webhooks HTTP/1.1", "Host: receiver.test", sigHeader + ": " + h.Get(sigHeader), fmt.Sprintf("Content-Length: %d", len(raw)),
	}, more...)
	return strings.Join(lines, "\r\n") + "\r\n\r\n", string(raw)
}

func (w *wire) write(parts ...string) {
	w.Helper()
	_, err := io.WriteString(w.conn, strings.Join(parts, ""))
	require.NoError(w, err)
}

// read reads an answer.
func (w *wire) read() *http.Response {
	w.Helper()
	response, err := http.ReadResponse(w.in, nil)
	require.NoError(w, err)
	body, err := io.ReadAll(response.Body)
	require.NoError(w, err)
	require.NoError(w, response.Body.Close())
	if response.StatusCode >= 200 {
		require.Equal(w, http.StatusText(response.StatusCode)+"\n", string(body))
	}
	return response
}

func TestOnTheWireABodyThatDoesNotComeIsGivenUp(t *testing.T) {
	t.Parallel()
	w := newWire(t, middleware.Options{ReadTimeout: 50 * time.Millisecond})
	head, body := w.head("evt_1")
	w.write(head, body[:len(body)-1])
	got := w.read()
	require.Equal(t, 408, got.StatusCode)
	require.True(t, got.Close, "the rest of the body cannot be told from the next request")
	_, err := w.in.ReadByte()
	require.ErrorIs(t, err, io.EOF)
	require.Equal(t, middleware.SlowBody, w.last().Outcome)
	require.Equal(t, "none", w.claim("evt_1"))
}

func TestOnTheWireABodyIsCutShort(t *testing.T) {
	t.Parallel()
	w := newWire(t, middleware.Options{})
	head, body := w.head("evt_1")
	w.write(head, body[:len(body)-1])
	require.NoError(t, w.conn.(*net.TCPConn).CloseWrite())
	require.Equal(t, 400, w.read().StatusCode)
	require.Equal(t, "none", w.claim("evt_1"))
}

func TestOnTheWireARefusedRequestLeavesTheConnectionUsable(t *testing.T) {
	t.Parallel()
	w := newWire(t, middleware.Options{})
	head, body := w.head("evt_1")
	w.write(strings.Replace(head, sigHeader, "X-Other", 1), body)
	got := w.read()
	require.Equal(t, 401, got.StatusCode)
	require.False(t, got.Close)
	w.write(head, body)
	require.Equal(t, 200, w.read().StatusCode)
	w.write(head, body)
	require.Equal(t, "duplicate", w.read().Header.Get("Hookmitt-Outcome"))
}

// A deadline that was set for one request and never lifted would end the next one, or the idle connection.
func TestOnTheWireTheReadDeadlineEndsWithTheRequest(t *testing.T) {
	t.Parallel()
	w := newWire(t, middleware.Options{ReadTimeout: 50 * time.Millisecond})
	head, body := w.head("evt_1")
	refused, accepted, clock := w.again(), w.again(), w.again()
	refused.write(strings.Replace(head, sigHeader, "X-Other", 1), body)
	require.Equal(t, 401, refused.read().StatusCode)
	accepted.write(head, body)
	require.Equal(t, 200, accepted.read().StatusCode)

	clock.write(head, body[:1]) // its time-out says that theirs has passed
	require.Equal(t, 408, clock.read().StatusCode)
	for _, conn := range []*wire{refused, accepted} {
		conn.write(head, body)
		require.Equal(t, "duplicate", conn.read().Header.Get("Hookmitt-Outcome"))
	}
}

func TestOnTheWireABodyIsAskedForOnlyWhenItIsWanted(t *testing.T) {
	t.Parallel()
	w := newWire(t, middleware.Options{})
	head, body := w.head("evt_1", "Expect: 100-continue")
	w.write(head)
	require.Equal(t, 100, w.read().StatusCode)
	w.write(body)
	require.Equal(t, 200, w.read().StatusCode)

	w = w.again()
	w.write(strings.Replace(head, sigHeader, "X-Other", 1))
	got := w.read()
	require.Equal(t, 401, got.StatusCode, "at once, and without asking for the body")
	require.True(t, got.Close)

	w = w.again()
	w.write(strings.Replace(head, "Content-Length: ", "Content-Length: 9999999", 1))
	require.Equal(t, 413, w.read().StatusCode)
}
