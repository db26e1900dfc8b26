package conform

import (
	"bytes"
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// message is a request, byte for byte as it is to be written. What net/http's client would not send is easy to say.
type message struct {
	id     string // of the event, as a receiver should read it; "" if there is none
	method string
	target string
	proto  string
	lines  []line // of the header, in their order
	body   []byte

	chunk   int           // size of the chunks that the body is sent in; 0: with Content-Length
	piece   int           // how much of the body is written at a time; 0: a chunk, or 64 KiB
	declare int64         // Content-Length that is said; -1: the body's
	bare    bool          // without a header for the body's length
	gap     time.Duration // before each piece
	wait    time.Duration // before the piece that begins after so many bytes of the body, or behind them
	after   int64
}

// line is a field of the header, written as name, colon, space, value.
type line struct{ name, value string }

// get is the value of the first line of that name.
func (m *message) get(name string) string {
	for _, l := range m.lines {
		if strings.EqualFold(l.name, name) {
			return l.value
		}
	}
	return ""
}

// set leaves one line of that name, where the first one was.
func (m *message) set(name, value string) {
	at := slices.IndexFunc(m.lines, func(l line) bool { return strings.EqualFold(l.name, name) })
	m.del(name)
	if at < 0 || at > len(m.lines) {
		at = len(m.lines)
	}
	m.lines = slices.Insert(m.lines, at, line{name, value})
}

// add adds a line.
func (m *message) add(name, value string) { m.lines = append(m.lines, line{name, value}) }

// del removes the lines of that name.
func (m *message) del(name string) {
	m.lines = slices.DeleteFunc(slices.Clone(m.lines), func(l line) bool { return strings.EqualFold(l.name, name) })
}

// clone is a copy of which the original knows nothing.
func (m *message) clone() *message {
	c := *m
	c.lines, c.body = slices.Clone(m.lines), bytes.Clone(m.body)
	return &c
}

// header is the lines as net/http would have them.
func (m *message) header() http.Header {
	h := http.Header{}
	for _, l := range m.lines {
		h.Add(l.name, l.value)
	}
	return h
}

// head is everything before the body.
func (m *message) head() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s %s\r\n", m.method, m.target, m.proto)
	for _, l := range m.lines {
		fmt.Fprintf(&b, "%s: %s\r\n", l.name, l.value)
	}
	switch {
	case m.bare:
	case m.chunk > 0:
		b.WriteString("Transfer-Encoding: chunked\r\n")
	case m.declare >= 0:
		fmt.Fprintf(&b, "Content-Length: %d\r\n", m.declare)
	default:
		fmt.Fprintf(&b, "Content-Length: %d\r\n", len(m.body))
	}
	b.WriteString("\r\n")
	return b.Bytes()
}

// pieces are the body as it is written, one write each.
func (m *message) pieces() [][]byte {
	size := cmp.Or(m.piece, m.chunk, 64<<10)
	var all [][]byte
	for piece := range slices.Chunk(m.body, size) {
		if m.chunk > 0 {
			piece = slices.Concat([]byte(strconv.FormatInt(int64(len(piece)), 16)), []byte("\r\n"), piece, []byte("\r\n"))
		}
		all = append(all, piece)
	}
	if m.chunk > 0 {
		all = append(all, []byte("0\r\n\r\n"))
	}
	return all
}

// maxShown is how much of what was sent, and of what came, is kept to be shown, in bytes.
const maxShown = 2 << 10

// String is the request as it was written, cut short and made printable.
func (m *message) String() string { return printable(slices.Concat(m.head(), m.body)) }

// printable is text in which every byte that is not printable, but a line feed and a tab, is written as \x and two
// digits. Carriage returns before line feeds are left out.
func printable(raw []byte) string {
	more := len(raw) - maxShown
	raw = raw[:min(len(raw), maxShown)]
	var b strings.Builder
	for i, c := range raw {
		switch {
		case c == '\r' && i+1 < len(raw) && raw[i+1] == '\n':
		case c == '\n' || c == '\t' || c >= ' ' && c < 0x7f:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, `\x%02x`, c)
		}
	}
	if more > 0 {
		fmt.Fprintf(&b, "… and %d bytes more", more)
	}
	return b.String()
}
