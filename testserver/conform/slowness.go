package conform

import (
	"errors"
	"net"
	"net/http"
	"slices"
	"time"
)

// cutOff is how long a receiver may wait for a request that does not come to its end. Servers whose limit is that minute
// have a little more to act on it.
const (
	cutOff = time.Minute
	grace  = 5 * time.Second
)

// slowness is what becomes of who is slow, and of who does not wait.
var slowness = []Check{
	{
		ID: "TIME-01", Level: Must, Sent: "20 deliveries, one after the other", Want: "2xx, each in the time that the provider waits",
		Why: "an answer that comes late is none",
		run: func(t *trial) {
			var took []time.Duration
			for range 20 {
				a := t.send(t.valid())
				t.accepted(a)
				took = append(took, a.Took)
			}
			if slowest := slices.Max(took); slowest > t.target.Provider.Deadline*8/10 {
				t.lenient("the slowest took %v of %v", slowest, t.target.Provider.Deadline)
			}
		},
	},
	{
		ID: "TIME-02", Level: Should, Sent: "an event whose handler takes twice as long as the provider waits", Want: "2xx or 5xx in time, one effect, and 2xx when it is sent again",
		Why: "work that takes long belongs behind the answer, or the answer before the work's end", needs: needFail | needEffects, slow: true,
		run: func(t *trial) {
			m := t.fails(Failure{Times: 1, How: "slow"})
			switch a := t.send(m); {
			case a.Err != nil:
				t.failed("%v: the provider counts a failure though the work goes on", a.Err)
			case !a.succeeded():
				t.broke(a)
			}
			t.sleep(3 * t.target.Provider.Deadline)
			t.again(m)
			t.effects(m.id, 1)
		},
	},
	{
		ID: "TIME-03", Level: Must, Sent: "a delivery whose sender leaves at once, and its retry", Want: "2xx for the retry, and one effect",
		Why: "work that ends with the connection is left half done", needs: needEffects,
		run: func(t *trial) {
			m := t.valid()
			t.leave(m, false)
			t.again(m)
			t.effects(m.id, 1)
		},
	},
	{
		ID: "TIME-04", Level: Must, Sent: "a delivery whose answer is lost, and its retry", Want: "2xx, and one effect",
		Why: "the commonest cause of duplicates", needs: needEffects,
		run: func(t *trial) {
			m := t.valid()
			_ = t.send(m) // and nobody hears it
			t.again(m)
			t.effects(m.id, 1)
		},
	},
	{
		ID: "TIME-05", Level: Must, Sent: "a body at one byte a second", Want: "408, another 4xx or the connection's end within a minute; others are served meanwhile",
		Why: "who sends slowly holds a worker, and costs himself nothing", slow: true,
		run: func(t *trial) {
			t.negative = true
			m := t.valid()
			m.body = append(m.body, make([]byte, 120)...)
			m.piece, m.gap = 1, time.Second
			began := time.Now()
			conn, err := t.wire.connect(t.ctx)
			t.must(err)
			defer conn.Close()
			done := make(chan answer, 1)
			go func() { done <- t.wire.talk(t.ctx, conn, m, time.Second) }()
			t.sleep(2 * time.Second)
			t.accepted(t.send(t.valid()))
			var a answer
			select {
			case a = <-done:
			case <-time.After(time.Until(began.Add(cutOff + grace))):
				_ = conn.Close()
				t.keep(m, answer{Err: errSilent})
				t.failed("it was still waiting after %v", cutOff)
			}
			t.keep(m, a)
			if a.Err == nil {
				t.rejected(a, http.StatusRequestTimeout, http.StatusBadRequest, unauthorized)
			}
		},
	},
	{
		ID: "TIME-06", Level: Must, Sent: "a body that is ten bytes shorter than its length says, and then silence", Want: "408, another 4xx or the connection's end within a minute; no effect",
		Why: "servers wait until the client gives up unless they are told not to", slow: true,
		run: func(t *trial) {
			t.negative = true
			m := t.valid()
			m.declare = int64(len(m.body)) + 10
			conn, err := t.wire.connect(t.ctx)
			t.must(err)
			defer conn.Close()
			a := t.wire.talk(t.ctx, conn, m, cutOff+grace)
			t.keep(m, a)
			switch {
			case errors.Is(a.Err, errSilent):
				t.failed("it was still waiting after %v", cutOff)
			case a.Err == nil:
				t.rejected(a, http.StatusRequestTimeout, http.StatusBadRequest, unauthorized)
			}
			t.quiet(m)
		},
	},
	{
		ID: "TIME-07", Level: Should, Sent: "200 connections on which half a header comes", Want: "2xx for a valid delivery beside them",
		Why: "they cost a stranger nothing",
		run: func(t *trial) {
			for range 200 {
				conn, err := t.wire.connect(t.ctx)
				if err != nil {
					break // it takes no more: what matters is what comes of the delivery
				}
				defer conn.Close()
				_ = conn.SetWriteDeadline(time.Now().Add(time.Second))
				_, _ = conn.Write([]byte("POST " + t.wire.url.RequestURI() + " HTTP/1.1\r\nHost: "))
			}
			t.taken(t.valid())
		},
	},
	{
		ID: "TIME-08", Level: Must, Sent: "a delivery, and a reset right after its last byte", Want: "one effect at most, and it goes on",
		Why: "the answer is written to nobody", needs: needEffects,
		run: func(t *trial) {
			m := t.valid()
			t.leave(m, true)
			t.negative = true
			if n := t.effectsOf(m.id, 0); n > 1 {
				t.failed("the effect happened %s", times(n))
			}
		},
	},
}

// leave sends a request and does not wait for the answer: it ends the connection or, if it is to be a reset, breaks it.
func (t *trial) leave(m *message, reset bool) {
	conn, err := t.wire.connect(t.ctx)
	t.must(err)
	defer conn.Close()
	t.keep(m, answer{Err: errGone})
	_ = conn.SetWriteDeadline(time.Now().Add(t.target.Provider.Deadline))
	_, err = conn.Write(append(m.head(), m.body...))
	below := conn.Conn
	if secure, ok := below.(interface{ NetConn() net.Conn }); ok {
		below = secure.NetConn()
	}
	if tcp, ok := below.(*net.TCPConn); ok && reset {
		_ = tcp.SetLinger(0)
	}
	t.must(err)
}
