package conform

import "time"

// Printable, WithMember and NewID are parts of requests.
var (
	Printable  = printable
	WithMember = withMember
	NewID      = newID
)

// MaxShown is how much of a request is shown.
const MaxShown = maxShown

// Message is a request.
type Message = message

// NewMessage makes a request with a body, written in chunks or pieces of those sizes.
func NewMessage(body string, chunk, piece int) *Message {
	return &Message{method: "POST", target: "/", proto: "HTTP/1.1", body: []byte(body), declare: -1, chunk: chunk, piece: piece}
}

// Get, Set, Add and Del read and change its header.
func (m *Message) Get(name string) string { return m.get(name) }
func (m *Message) Set(name, value string) { m.set(name, value) }
func (m *Message) Add(name, value string) { m.add(name, value) }
func (m *Message) Del(name string)        { m.del(name) }

// Clone is a copy.
func (m *Message) Clone() *Message { return m.clone() }

// Declare says another length than the body's, and Bare none.
func (m *Message) Declare(n int64) { m.declare = n }
func (m *Message) Bare()           { m.bare = true }

// Wait is before the piece at some byte, and the gap before each of the others.
func (m *Message) Wait(d time.Duration, at int64, gap time.Duration) {
	m.wait, m.after, m.gap = d, at, gap
}

// Head and Pieces are what is written.
func (m *Message) Head() string { return string(m.head()) }

// Pieces is the body as it is written.
func (m *Message) Pieces() []string {
	var all []string
	for _, p := range m.pieces() {
		all = append(all, string(p))
	}
	return all
}
