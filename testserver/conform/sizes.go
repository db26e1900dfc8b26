package conform

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// slack is how much more than its limit a receiver may take of a body before it stops, in bytes: what is in buffers, and
// what servers read to throw it away before they answer, which is 256 KiB in net/http.
const slack = 512 << 10

// sizes is how much a receiver takes.
var sizes = []Check{
	{
		ID: "SIZE-01", Level: Must, Sent: "a body exactly as long as the limit", Want: "2xx, and one effect",
		Why: "limits are off by one", needs: needLimit,
		run: func(t *trial) { t.taken(t.padded(t.target.MaxBody)) },
	},
	{
		ID: "SIZE-02", Level: Must, Sent: "a body one byte longer than the limit, with Content-Length", Want: "413, and it goes on",
		Why: "memory must have a bound", needs: needLimit,
		run: func(t *trial) { t.refused(t.padded(t.target.MaxBody+1), http.StatusRequestEntityTooLarge) },
	},
	{
		ID: "SIZE-03", Level: Must, Sent: "a body one byte longer than the limit, then a MiB longer, in chunks without a length",
		Want: "413, when at most 512 KiB more than the limit were taken", Why: "a limit on Content-Length alone is none", needs: needLimit,
		run: func(t *trial) {
			for _, over := range []int64{1, 1 << 20} {
				m := t.padded(t.target.MaxBody + over)
				m.chunk = 16 << 10
				t.rejected(t.pour(m, t.target.MaxBody), http.StatusRequestEntityTooLarge)
			}
		},
	},
	{
		ID: "SIZE-04", Level: Must, Sent: "no signature, a Content-Length of 1 GiB, and bytes without end",
		Want: "4xx or the connection's end, when at most 512 KiB more than the limit were taken",
		Why:  "a stranger must not be able to fill the memory", needs: needLimit,
		run: func(t *trial) {
			m := t.valid()
			m.del(t.signatureHeader())
			m.body = bytes.Repeat([]byte(" "), int(t.target.MaxBody)+1<<20)
			m.declare = 1 << 30
			a := t.pour(m, t.target.MaxBody)
			if a.Err == nil {
				t.rejected(a, unauthorized, http.StatusRequestEntityTooLarge)
			}
			t.negative = true
		},
	},
	{
		ID: "SIZE-05", Level: Should, Sent: "2 MiB of headers, then 5,000 small ones", Want: "431, another 4xx or 2xx, and it goes on",
		Why: "headers are read before anything is verified",
		run: func(t *trial) {
			m := t.valid()
			m.add("X-Long", strings.Repeat("x", 2<<20))
			if a := t.send(m); !errors.Is(a.Err, errClosed) { // the connection's end will do: its answer is lost with what was not read
				t.unharmed(a)
			}
			m = t.valid()
			for i := range 5000 {
				m.add(fmt.Sprintf("X-Small-%d", i), "x")
			}
			if a := t.send(m); !errors.Is(a.Err, errClosed) {
				t.unharmed(a)
			}
			t.negative = true
		},
	},
}

// padded is a new delivery whose body has that many bytes.
func (t *trial) padded(size int64) *message {
	return t.altered(func(body []byte) []byte {
		const frame = len(`,"sim_note":""`)
		room := int(size) - len(body) - frame
		if room < 0 {
			t.skip("the longest body, %d bytes, has no room for an event", size)
		}
		return withMember(body, `"sim_note":"`+strings.Repeat("x", room)+`"`)
	})
}

// reaction is how long a receiver may take to stop whoever sends more than it takes.
const reaction = 2 * time.Second

// pour sends a request whose body is longer than the limit. Of what is over the limit it sends what may be in buffers, and
// waits: an answer, or the connection's end, must come without the rest.
func (t *trial) pour(m *message, limit int64) answer {
	conn, err := t.wire.connect(t.ctx)
	t.must(err)
	defer conn.Close()
	m.piece, m.wait, m.after = 16<<10, reaction, limit+slack-16<<10
	a := t.wire.talk(t.ctx, conn, m, t.target.Provider.Deadline)
	t.keep(m, a)
	if a.taken > limit+slack {
		t.failed("%d bytes were taken, of a limit of %d: %v", a.taken, limit, a)
	}
	return a
}
