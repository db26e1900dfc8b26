package middleware

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"

	"github.com/hookmitt/hookmitt/events"
)

// maxHeld is how much a wrapped handler may answer, in bytes. Providers keep a few KiB of an answer, if that.
const maxHeld = 64 << 10

var errHeldTooLarge = fmt.Errorf("middleware: the wrapped handler answered more than %d bytes", maxHeld)

// Wrap puts the receiver in front of any http.Handler, as plain middleware; with gorilla/mux and chi it goes into Use.
//
// The handler reads the same raw body, and has [EventFrom]. Its answer is held back until the event is settled, so it
// can be neither flushed nor hijacked, and is at most 64 KiB:
//
//   - a status that the provider counts as success commits, and passes;
//   - any other 2xx commits, and leaves as 200;
//   - a 3xx releases, and becomes 500: providers do not follow it;
//   - a 4xx or 5xx releases, and passes.
//
// Which of the handler's statuses is meant for whom is then the handler's business; [Receiver.Handle] knows more.
func (rc *Receiver) Wrap(next http.Handler) http.Handler {
	if next == nil {
		panic("middleware: Wrap: the handler is nil")
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rc.receive(func(ctx context.Context, e events.Event) (*held, error) {
			inner := r.Clone(ctx)
			inner.Body, inner.ContentLength = io.NopCloser(bytes.NewReader(e.Raw)), int64(len(e.Raw))
			inner.TransferEncoding = nil
			response := &held{header: http.Header{}}
			next.ServeHTTP(response, inner)
			return response, response.settle(rc.provider.Acknowledges)
		}).ServeHTTP(w, r)
	})
}

// held is a response that waits for the commit.
type held struct {
	header   http.Header // what the handler writes to
	sent     http.Header // what it was when the status was written
	status   int
	body     bytes.Buffer
	tooLarge bool
}

// Header implements [http.ResponseWriter].
func (w *held) Header() http.Header { return w.header }

// WriteHeader implements [http.ResponseWriter].
func (w *held) WriteHeader(status int) {
	if w.status != 0 {
		return
	}
	if status < 100 || status > 999 {
		panic(fmt.Sprintf("middleware: WriteHeader(%d) is no status", status)) // as net/http does
	}
	if status < 200 { // informational answers have nobody to go to yet
		return
	}
	w.status, w.sent = status, w.header.Clone()
}

// Write implements [http.ResponseWriter].
func (w *held) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	if w.body.Len()+len(b) > maxHeld {
		w.tooLarge = true
		return 0, errHeldTooLarge
	}
	return w.body.Write(b)
}

// settle says whether the answer commits, and makes of it what may leave.
func (w *held) settle(acknowledges func(int) bool) error {
	w.WriteHeader(http.StatusOK)
	switch {
	case w.tooLarge:
		w.replace(http.StatusInternalServerError)
		return errHeldTooLarge
	case acknowledges(w.status):
		return nil
	case w.status < 300:
		w.status = http.StatusOK
		return nil
	case w.status < 400:
		err := fmt.Errorf("middleware: the wrapped handler answered %d, a redirect", w.status)
		w.replace(http.StatusInternalServerError)
		return err
	}
	return fmt.Errorf("middleware: the wrapped handler answered %d", w.status)
}

// replace drops the answer for one of our own.
func (w *held) replace(status int) {
	w.status, w.sent = status, http.Header{"Content-Type": {"text/plain; charset=utf-8"}}
	w.body.Reset()
	w.body.WriteString(http.StatusText(status) + "\n")
}

// passOn copies the held headers to the real ones, less those that are the connection's, and returns the status and
// the body to write.
func (w *held) passOn(h http.Header) (int, string) {
	maps.Copy(h, w.sent)
	for _, hop := range []string{"Connection", "Transfer-Encoding", "Content-Length", "Trailer", "Upgrade"} {
		h.Del(hop)
	}
	return w.status, w.body.String()
}
