package middleware

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/events"
)

// Outcome is what became of a request.
type Outcome uint8

// Append only: they are stored in other people's dashboards.
const (
	Accepted    Outcome = iota + 1 // The handler did it.
	Duplicate                      // It was done earlier.
	Ignored                        // No handler wanted it, or one skipped it.
	Parked                         // It was invalid, and [events.Router].Invalid took it.
	Dead                           // It failed MaxRuns times, and Options.Dead took it.
	Busy                           // The same event is being handled now.
	Failed                         // The handler returned an error, or panicked.
	TimedOut                       // The handler is still at it; the answer could not wait.
	Invalid                        // Its data does not decode or is not valid.
	Malformed                      // It is no event: no JSON, no type, no id, or a body cut short.
	Unsigned                       // It is not from the provider, or cannot be shown to be.
	TooLarge                       // Its body is over Options.MaxBody.
	WrongMethod                    // Its verb is not in Options.Methods.
	SlowBody                       // Its body took longer than Options.ReadTimeout.
	Encoded                        // Its body is compressed, so it is not known which bytes were signed.
	Unavailable                    // The secrets or the store could not be asked, or there is no room: come again.
)

// outcomes is the table: what each is called, and what it is answered with. Success is 200 and nothing else, since
// Mixpost counts no 204; nothing is ever a redirect, since Civo counts it as a failure.
var outcomes = [...]struct {
	name   string
	status int
}{
	Accepted:    {"accepted", http.StatusOK},
	Duplicate:   {"duplicate", http.StatusOK}, // a 4xx would be retried, and in the end switch the endpoint off
	Ignored:     {"ignored", http.StatusOK},
	Parked:      {"parked", http.StatusOK},
	Dead:        {"dead", http.StatusOK},
	Busy:        {"busy", http.StatusServiceUnavailable}, // a 2xx would lose the event if the first run fails
	Failed:      {"failed", http.StatusInternalServerError},
	TimedOut:    {"timed-out", http.StatusServiceUnavailable},
	Invalid:     {"invalid", http.StatusUnprocessableEntity},
	Malformed:   {"malformed", http.StatusBadRequest},
	Unsigned:    {"unsigned", http.StatusUnauthorized},
	TooLarge:    {"too-large", http.StatusRequestEntityTooLarge},
	WrongMethod: {"wrong-method", http.StatusMethodNotAllowed},
	SlowBody:    {"slow-body", http.StatusRequestTimeout},
	Encoded:     {"encoded", http.StatusUnsupportedMediaType},
	Unavailable: {"unavailable", http.StatusServiceUnavailable},
}

// String is the outcome's name, as the Hookmitt-Outcome header carries it.
func (o Outcome) String() string {
	if o == 0 || int(o) >= len(outcomes) {
		return fmt.Sprintf("Outcome(%d)", uint8(o))
	}
	return outcomes[o].name
}

// Status is the HTTP status that answers the outcome. A failed handler that asks for a retry is answered 503 instead,
// and a handler under [Receiver.Wrap] may answer a failure by a 4xx or 5xx of its own.
func (o Outcome) Status() int {
	if o == 0 || int(o) >= len(outcomes) {
		return http.StatusInternalServerError
	}
	return outcomes[o].status
}

// Acknowledged reports whether the provider is told that the event is done with.
func (o Outcome) Acknowledged() bool { return o.Status() == http.StatusOK }

// outcomeOf is what a handler's error means.
func outcomeOf(err error) Outcome {
	switch {
	case err == nil:
		return Accepted
	case errors.Is(err, events.ErrParked): // before ErrInvalid, which it wraps
		return Parked
	case errors.Is(err, events.ErrUnhandled), errors.Is(err, events.ErrSkipped):
		return Ignored
	case errors.As(err, new(*events.RetryError)): // whatever it is that is to be tried again
		return Failed
	case errors.Is(err, events.ErrInvalid):
		return Invalid
	case errors.Is(err, dedupe.ErrNotBegun):
		return Unavailable
	}
	return Failed
}
