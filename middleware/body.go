package middleware

import (
	"errors"
	"io"
	"net/http"
	"os"
	"time"
)

// bodyHint is how much memory a declared length alone is given. The rest is given to what really arrives, or a liar
// could make us allocate without sending anything.
const bodyHint = 64 << 10

var (
	errTooLarge = errors.New("middleware: the body is over the limit")
	errSlowBody = errors.New("middleware: the body took too long")
	errCutShort = errors.New("middleware: the body ended early")
)

// readBody reads the whole body, once, bounded in size and in time.
//
// The deadline was set when the request arrived ([setReadDeadline]) and is lifted when the body is there; until then
// it also bounds what net/http reads to be rid of the body of a refused request.
func readBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	if r.ContentLength > limit {
		return nil, errTooLarge
	}
	body := http.MaxBytesReader(w, r.Body, limit)
	buf := make([]byte, 0, min(max(r.ContentLength, 0), bodyHint)+1) // one more, so that the end is seen without growing
	for {
		n, err := body.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		var tooLarge *http.MaxBytesError
		switch {
		case err == io.EOF:
			setReadDeadline(w, time.Time{})
			return buf, nil
		case errors.As(err, &tooLarge):
			return nil, errTooLarge
		case errors.Is(err, os.ErrDeadlineExceeded):
			return nil, errSlowBody
		case err != nil:
			return nil, errors.Join(errCutShort, err)
		case len(buf) == cap(buf):
			buf = append(buf, 0)[:len(buf)]
		}
	}
}

// setReadDeadline bounds the reading of the body. A ResponseWriter that has no such thing belongs to a test or to
// other middleware; there the server's own timeouts must do.
func setReadDeadline(w http.ResponseWriter, at time.Time) {
	_ = http.NewResponseController(w).SetReadDeadline(at)
}
