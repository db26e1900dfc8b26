package middleware

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// retryUnavailable is when a provider that looks at Retry-After may try again if we could not even ask who it is.
const retryUnavailable = 5 * time.Second

// answer is what a request is answered with.
type answer struct {
	outcome    Outcome
	status     int           // the outcome's, unless the handler had a say; 0 aborts the connection
	retryAfter time.Duration // rounded up to seconds; 0 for none
	held       *held         // the response of a handler under Wrap
	err        error         // for the record
	unsettled  bool          // the store was not told
	panicked   any           // goes on after the answer
}

func refuse(o Outcome, err error) *answer {
	a := &answer{outcome: o, status: o.Status(), err: err}
	if o == Unavailable {
		a.retryAfter = retryUnavailable
	}
	return a
}

// send writes the answer and flushes it, so that neither an observer nor a panic can hold it up or cut it off.
func (q *request) send(a *answer) {
	if a.status == 0 {
		return
	}
	h, body := q.w.Header(), http.StatusText(a.status)+"\n"
	if a.held != nil {
		a.status, body = a.held.passOn(h)
	} else {
		h.Set("Content-Type", "text/plain; charset=utf-8")
		h.Set("X-Content-Type-Options", "nosniff")
	}
	if q.record.SecretIndex >= 0 && a.outcome != Unsigned { // a stranger is told nothing
		h.Set("Hookmitt-Outcome", a.outcome.String())
	}
	if a.retryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int(math.Ceil(a.retryAfter.Seconds()))))
	}
	switch a.outcome {
	case WrongMethod:
		h.Set("Allow", strings.Join(q.opts.Methods, ", "))
	case TooLarge, SlowBody: // the rest of the body is not worth reading
		h.Set("Connection", "close")
	default:
	}
	if a.status != http.StatusNoContent {
		h.Set("Content-Length", strconv.Itoa(len(body)))
	}
	q.w.WriteHeader(a.status)
	if a.status != http.StatusNoContent {
		_, _ = q.w.Write([]byte(body))
	}
	_ = http.NewResponseController(q.w).Flush()
}
