package conform_test

import (
	"context"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/hookmitt/hookmitt"
)

// receiver is a correct receiver of webhooks, written with the standard library alone, but for its flaw.
type receiver struct {
	dialect  dialect
	verb     string
	deadline time.Duration // of the provider for an answer
	handled  string        // the type of events of which it does the work
	test     string        // and of the test event
	limit    int64
	secrets  *atomic.Pointer[[]string]
	memory   *memory
	flaw     string
	manner   *manner

	dead     atomic.Bool // it answers nobody any more
	flying   atomic.Int64
	received atomic.Int64
	turn     chan struct{} // is held by who is refused, where that is done one after the other
}

// manner is what correct receivers do in different ways.
type manner struct {
	queue     bool         // answers 202 when an event is in its queue, and tries again by itself
	forbidden bool         // answers 403 to whom it does not know
	ahead     atomic.Int64 // how much further its clock is, in nanoseconds
}

// now is the time by the receiver's clock.
func (m *manner) now() time.Time { return time.Now().Add(time.Duration(m.ahead.Load())) }

func newReceiver(p hookmitt.Provider, flaw string, secrets ...string) *receiver {
	r := &receiver{
		dialect: dialects[p.Name], verb: p.Verb(), deadline: p.Deadline, test: p.Test, limit: 256 << 10,
		secrets: new(atomic.Pointer[[]string]), memory: newMemory(), flaw: flaw, manner: &manner{}, turn: make(chan struct{}, 1),
	}
	r.secrets.Store(&secrets)
	return r
}

// restarted is the receiver as another process, with what the first one wrote down.
func (r *receiver) restarted() *receiver {
	other := newReceiver(hookmitt.Provider{}, r.flaw)
	other.dialect, other.verb, other.deadline, other.handled, other.test = r.dialect, r.verb, r.deadline, r.handled, r.test
	other.secrets, other.memory, other.manner, other.limit = r.secrets, r.memory, r.manner, r.limit
	if r.has("remembers ids in its process alone") {
		other.memory = r.memory.withoutClaims()
	}
	return other
}

// has reports whether the receiver has a flaw, which must be one of the table.
func (r *receiver) has(flaw string) bool {
	if _, ok := flaws[flaw]; !ok {
		panic("no such flaw: " + flaw)
	}
	return r.flaw == flaw
}

// throws goes wrong in the way in which a program does that nobody has thought through, if the receiver has that flaw.
func (r *receiver) throws(flaw string) {
	if r.has(flaw) {
		panic(flaw)
	}
}

// hungUp is the status of a request whose connection is closed without an answer.
const hungUp = -1

// ServeHTTP implements [http.Handler].
func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.flying.Add(1)
	defer r.flying.Add(-1)
	status := r.guarded(func() int { return r.receive(w, req) })
	if status == http.StatusUnauthorized && r.has("dies of what it refuses") {
		r.dead.Store(true)
	}
	switch {
	case status == hungUp:
		panic(http.ErrAbortHandler)
	case status == http.StatusUnauthorized && r.has("ends a connection with what it refuses, and does not say so"):
		hijack(w, "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n")
		return
	case status == http.StatusUnauthorized && r.manner.forbidden:
		status = http.StatusForbidden
	case status == http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", "1")
	case status <= 299 && r.has("sets a cookie"):
		w.Header().Set("Set-Cookie", "session=1")
	}
	w.WriteHeader(status)
	if status <= 299 && r.has("answers at length") {
		_, _ = io.WriteString(w, strings.Repeat("thanks ", 10_000))
	}
}

// guarded does something, and says 500 if it panics.
func (r *receiver) guarded(do func() int) (status int) {
	defer func() {
		if p := recover(); p != nil {
			status = http.StatusInternalServerError
			if p == any(toldToPanic) && r.has("hangs up when a handler panics") || strings.HasPrefix(fmt.Sprint(p), "hangs up") {
				status = hungUp
			}
		}
	}()
	return do()
}

func hijack(w http.ResponseWriter, answer string) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(err)
	}
	_, _ = io.WriteString(conn, answer)
	_ = conn.Close()
}

// receive is what is done with a request: the status of its answer.
func (r *receiver) receive(w http.ResponseWriter, req *http.Request) int {
	if status := r.look(req); status != 0 {
		return status
	}
	body, status := r.read(w, req)
	if status != 0 {
		return status
	}
	if r.has("parses before it verifies") {
		if _, err := r.parse(body); err != nil {
			return http.StatusBadRequest
		}
	}
	if status := r.verify(w, req, body); status != 0 {
		if r.has("marks the ids of what it refuses") {
			r.memory.claim(req.Header.Get(r.dialect.id), done)
		}
		if r.has("refuses slowly, one after the other") {
			r.turn <- struct{}{}
			time.Sleep(time.Second)
			<-r.turn
		}
		return status
	}
	if r.has("refuses slowly, one after the other") {
		r.turn <- struct{}{}
		<-r.turn
	}
	e, status := r.open(req, body)
	if status != 0 {
		return status
	}
	if r.has("does the work for each of two ids") {
		for _, id := range req.Header.Values(r.dialect.id)[1:] {
			other := e
			other.id = id
			r.do(context.WithoutCancel(req.Context()), other)
		}
	}
	return r.do(req.Context(), e)
}

// look is what can be said of a request before its body comes; 0 if nothing is wrong.
func (r *receiver) look(req *http.Request) int {
	n, flying := r.received.Add(1), r.flying.Load()
	switch h := req.Header; {
	case r.dead.Load():
		return http.StatusInternalServerError
	case len(h) > 1000 && r.has("dies of many headers"):
		r.dead.Store(true)
		return http.StatusOK
	case n%10 == 0 && r.has("sleeps at every tenth delivery"):
		time.Sleep(2 * r.deadline)
	case r.has("takes nine tenths of the time"):
		time.Sleep(r.deadline * 9 / 10)
	case flying > 40 && r.has("takes 40 at once"), flying > 100 && r.has("takes 100 at once"):
		return http.StatusInternalServerError
	case req.Method == http.MethodGet && r.has("shows a page"):
		return http.StatusOK
	case req.ProtoMinor == 0 && r.has("refuses HTTP/1.0"):
		return http.StatusHTTPVersionNotSupported
	case h.Get("Expect") != "" && r.has("refuses to be asked first"):
		return http.StatusExpectationFailed
	case req.URL.Path == "/hooks/" && r.has("throws at another slash"), len(h) > 1000 && r.has("throws on many headers"),
		req.Method == http.MethodGet && r.has("throws on GET"), req.Method == http.MethodOptions && r.has("throws on OPTIONS"):
		panic(r.flaw)
	case req.RequestURI != "/hooks" && r.has("compares the whole target"):
		return http.StatusNotFound
	case h.Get("X-HTTP-Method-Override") != "" && r.has("obeys a header that says another method"):
		return http.StatusMethodNotAllowed
	}
	if req.Method != r.verb && !r.has("takes any method") {
		return http.StatusMethodNotAllowed
	}
	if status := r.lookAtType(req); status != 0 {
		return status
	}
	switch {
	case len(req.Header.Values(r.dialect.signature)) != 1 && !r.unsigned():
		return http.StatusUnauthorized
	case req.Header.Get("Content-Encoding") != "" && !r.inflates():
		return http.StatusUnsupportedMediaType
	case req.ContentLength > r.limit && !r.has("has no limit") && !r.has("reads all that strangers send"):
		return r.tooLong()
	}
	return 0
}

// lookAtType is what a request's content type says, which is nothing: who signed it has sent it.
func (r *receiver) lookAtType(req *http.Request) int {
	full := req.Header.Get("Content-Type")
	kind, _, _ := mime.ParseMediaType(full)
	form := kind == "application/x-www-form-urlencoded" || kind == "multipart/form-data"
	switch {
	case full != "application/json" && r.has("compares the whole content type"):
		return http.StatusUnsupportedMediaType
	case kind != "application/json" && r.has("throws on types that it does not know"), form && r.has("throws on forms"):
		panic(r.flaw)
	case form && r.has("has forms parsed before it verifies"):
		_ = req.ParseMultipartForm(1 << 20) //nolint:gosec // that is the flaw
	}
	return 0
}
