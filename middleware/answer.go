package middleware

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/events"
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

// answerFor is what a settled result is answered with.
func (q *request) answerFor(result dedupe.Result, made *runResult) *answer {
	switch {
	case result.Claim.State == 0 && errors.Is(result.StoreErr, dedupe.ErrKey):
		return refuse(Malformed, result.StoreErr)
	case result.Claim.State == 0:
		return refuse(Unavailable, result.StoreErr)
	case result.Claim.State == dedupe.Done: // found so, or found so when the commit had lost its claim
		return refuse(Duplicate, twice(result.StoreErr))
	case result.Claim.State == dedupe.Pending:
		return busy(result.Claim.Wait, twice(result.StoreErr))
	case result.Panic != nil:
		return panicked(result, made)
	case made.outcome == 0: // runtime.Goexit
		return refuse(Failed, both(result.Err, result.StoreErr))
	case made.outcome == Busy:
		return busy(made.wait, made.err)
	}
	storeErr := both(result.StoreErr, made.storeErr)
	a := refuse(made.outcome, both(made.err, storeErr))
	a.unsettled = storeErr != nil
	var retry *events.RetryError
	switch {
	case made.outcome == Failed && errors.As(made.err, &retry):
		a.status, a.retryAfter = http.StatusServiceUnavailable, max(retry.After, time.Second)
	case made.outcome == Failed || made.outcome == Accepted:
		a.held = made.held
	}
	return a
}

func busy(wait time.Duration, err error) *answer {
	a := refuse(Busy, err)
	a.retryAfter = max(wait, time.Second)
	return a
}

// panicked is the answer to a run that panicked: 500, after which the panic goes on where net/http expects it. A panic
// that nobody waits for any more is only recorded.
func panicked(result dedupe.Result, made *runResult) *answer {
	stack := cmp.Or(made.stack, string(result.Stack))
	a := refuse(Failed, both(&PanicError{Value: result.Panic, Stack: stack}, result.StoreErr))
	a.panicked = result.Panic
	if err, ok := result.Panic.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		a.status = 0
	}
	return a
}

// twice is the error of a run that succeeded when its claim was lost.
func twice(lost error) error {
	if lost == nil {
		return nil
	}
	return fmt.Errorf("middleware: another run took the event over, and it may be done twice: %w", lost)
}

// both is the run's error and the store's, or the one there is.
func both(run, store error) error {
	switch {
	case store == nil:
		return run
	case run == nil:
		return store
	}
	return errors.Join(run, store)
}
