package testserver

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
)

// Fault is something that goes wrong between provider and receiver. Faults compose, in their order, and happen to every
// attempt unless [OnAttempt], [OnEvent], [Times] or [Chance] binds them. One that happened is on the attempt's record.
type Fault struct {
	name   string
	change func(*course)
	bounds []func(*course, func() *rand.Rand) bool
}

// String is the fault's name, as [ParseFault] reads it; what it is bound to is not part of it.
func (f Fault) String() string { return f.name }

// happens reports whether every bound lets the fault happen. The last to be asked are the outermost.
func (f Fault) happens(c *course, chance func() *rand.Rand) bool {
	for _, bound := range f.bounds {
		if !bound(c, chance) {
			return false
		}
	}
	return true
}

func (f Fault) bind(bound func(*course, func() *rand.Rand) bool) Fault {
	f.bounds = append(f.bounds[:len(f.bounds):len(f.bounds)], bound)
	return f
}

// OnAttempt binds a fault to one attempt, of which the first is 1.
func OnAttempt(number int, f Fault) Fault {
	return f.bind(func(c *course, _ func() *rand.Rand) bool { return c.number == number })
}

// OnEvent binds a fault to the events of a pattern, as a router has them: a type, "server.*", or "*".
func OnEvent(pattern string, f Fault) Fault {
	prefix, star := strings.CutSuffix(pattern, "*")
	return f.bind(func(c *course, _ func() *rand.Rand) bool {
		return c.event.Type == pattern || star && strings.HasPrefix(c.event.Type, prefix)
	})
}

// OnEndpoint binds a fault to the deliveries to one endpoint: for [Server.Arm].
func OnEndpoint(ep *Endpoint, f Fault) Fault {
	return f.bind(func(c *course, _ func() *rand.Rand) bool { return c.endpoint == ep })
}

// Chance lets a fault happen with a probability, which Options.Seed decides: the same seed, the same course.
func Chance(probability float64, f Fault) Fault {
	return f.bind(func(_ *course, chance func() *rand.Rand) bool { return chance().Float64() < probability })
}

// Times lets a fault happen so many times, whichever attempts it is bound to. Put it outermost.
func Times(n int, f Fault) Fault {
	var happened atomic.Int64
	return f.bind(func(*course, func() *rand.Rand) bool { return happened.Add(1) <= int64(n) })
}

// Twice sends the request a second time after the answer to the first.
func Twice() Fault {
	return Fault{name: "twice", change: func(c *course) { c.copies = 2 }}
}

// Together sends n copies of the request at once. The provider hears the answer to the first of them.
func Together(n int) Fault {
	return Fault{name: fmt.Sprintf("together=%d", n), change: func(c *course) { c.copies, c.together = max(n, 1), true }}
}

// reorderDelay is under every documented first gap, and longer than a test takes to send the next event.
const reorderDelay = 30 * time.Second

// Reorder holds the request up for 30 s on the server's clock, so that what is sent meanwhile arrives first.
func Reorder() Fault {
	return Fault{name: "reorder", change: func(c *course) { c.delay = reorderDelay }}
}

// LostReply lets the receiver answer, and the provider never hear of it.
func LostReply() Fault { return onWire("lost-reply", func(w *wire) { w.lost = true }) }

// HangUp closes the connection when the request is sent, before the answer.
func HangUp() Fault { return onWire("hang-up", func(w *wire) { w.hangUp = true }) }

// Truncated closes the connection when half of the body is sent.
func Truncated() Fault { return onWire("truncated", func(w *wire) { w.cut = true }) }

// Trickle sends the body in small pieces over a time, by the receiver's clock.
func Trickle(over time.Duration) Fault {
	return onWire("trickle="+over.String(), func(w *wire) { w.over = over })
}

// Folded writes a header over two lines, as HTTP once allowed.
func Folded(header string) Fault {
	return onWire("folded="+header, func(w *wire) { w.folded = http.CanonicalHeaderKey(header) })
}

// Tampered changes one bit of the body after it was signed.
func Tampered() Fault {
	return onRequest("tampered", func(out *outgoing) {
		out.body = bytes.Clone(out.body)
		if len(out.body) > 0 {
			out.body[len(out.body)/2] ^= 1
		}
	})
}

// Garbled changes the last character of a header after signing: a signature that is right but for its end.
func Garbled(header string) Fault {
	return onRequest("garbled="+header, func(out *outgoing) {
		value := out.header.Get(header)
		if value == "" {
			return
		}
		last := byte('0')
		if value[len(value)-1] == last {
			last = '1'
		}
		out.header.Set(header, value[:len(value)-1]+string(last))
	})
}

// Reencoded decodes the JSON of the body and writes it in another way, after it was signed.
func Reencoded() Fault {
	return onRequest("reencoded", func(out *outgoing) {
		var value any
		dec := json.NewDecoder(bytes.NewReader(out.body))
		dec.UseNumber()
		if dec.Decode(&value) != nil {
			return
		}
		again, err := json.Marshal(value)
		if err == nil && bytes.Equal(again, out.body) {
			again, err = json.MarshalIndent(value, "", " ")
		}
		if err == nil {
			out.body = again
		}
	})
}

// WithHeader sets a header after signing. Several values are sent as several headers of that name, none takes it away.
func WithHeader(name string, values ...string) Fault {
	title := "header=" + name + ": " + strings.Join(values, ", ")
	if len(values) == 0 {
		title = "no-header=" + name
	}
	return onRequest(title, func(out *outgoing) {
		out.header.Del(name)
		for _, v := range values {
			out.header.Add(name, v)
		}
		switch http.CanonicalHeaderKey(name) {
		case "Host", "Content-Length", "Transfer-Encoding", "Trailer", "Connection": // Go's client has its own
			out.wire.framing = true
		}
	})
}

// Doubled sends a header twice, first with another value and then with its own.
func Doubled(name, other string) Fault {
	return onRequest("doubled="+name+": "+other, func(out *outgoing) {
		out.header[http.CanonicalHeaderKey(name)] = append([]string{other}, out.header.Values(name)...)
	})
}

// WithMethod sends the request by another verb.
func WithMethod(method string) Fault {
	return onRequest("method="+method, func(out *outgoing) { out.method = method })
}

// Oversize pads the body with white space to so many bytes, before it is signed.
func Oversize(size int) Fault {
	return Fault{name: fmt.Sprintf("oversize=%d", size), change: func(c *course) { c.pad = size }}
}

// WrongKey signs with another secret.
func WrongKey() Fault {
	return Fault{name: "wrong-key", change: func(c *course) { c.wrongKey, c.unsigned = true, false }}
}

// Unsigned sends no signature.
func Unsigned() Fault {
	return Fault{name: "unsigned", change: func(c *course) { c.unsigned = true }}
}

// Stale stamps and signs the request as if it were so old. Providers that send no time show no difference.
func Stale(age time.Duration) Fault {
	return Fault{name: "stale=" + age.String(), change: func(c *course) {
		c.age = age
		if !c.event.Time.IsZero() {
			c.event.Time = c.event.Time.Add(-age)
		}
	}}
}

// FreshID sends the event under another id, as somebody does who replays a captured request. Where the signature
// covers the id it is signed again, which only the provider could do; where it does not, this is what it costs.
func FreshID() Fault {
	return Fault{name: "fresh-id", change: func(c *course) { c.freshID = true }}
}

func onRequest(name string, change func(*outgoing)) Fault {
	return Fault{name: name, change: func(c *course) { c.changes = append(c.changes, change) }}
}

func onWire(name string, change func(*wire)) Fault {
	return onRequest(name, func(out *outgoing) { change(&out.wire) })
}
