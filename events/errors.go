package events

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// What a codec, a router or a handler returns, for errors.Is.
var (
	ErrMalformed = errors.New("events: malformed")  // no JSON object, no id, no type: nothing to route or to remember
	ErrInvalid   = errors.New("events: invalid")    // the payload does not decode or does not pass its validate tags
	ErrParked    = errors.New("events: parked")     // invalid, and [Router.Invalid] took it: acknowledged
	ErrUnhandled = errors.New("events: no handler") // no pattern matches the type: acknowledged
	ErrSkipped   = errors.New("events: skipped")    // a handler said [Skip]: acknowledged
)

// Skip makes an error that acknowledges the event, so that it is not sent again, and is recorded all the same.
func Skip(err error) error {
	if err == nil {
		return ErrSkipped
	}
	return fmt.Errorf("%w: %w", ErrSkipped, err)
}

// Retry makes an error that asks the provider to send the event again after some time, as 503 with Retry-After. Most
// providers keep to their own schedule. The time is rounded up to seconds and at least one.
func Retry(after time.Duration, err error) error { return &RetryError{After: after, Err: err} }

// RetryError is what [Retry] makes.
type RetryError struct {
	After time.Duration
	Err   error
}

// Error implements error.
func (e *RetryError) Error() string {
	if e.Err == nil {
		return "events: retry in " + e.After.String()
	}
	return "events: retry in " + e.After.String() + ": " + e.Err.Error()
}

// Unwrap returns the reason.
func (e *RetryError) Unwrap() error { return e.Err }

// InvalidError says which fields of a payload are wrong, and how, for errors.Is an [ErrInvalid].
type InvalidError struct {
	Type   string // of the event
	Fields []FieldError
}

// FieldError is one field and what is wrong with it. It never holds the field's value, which may be private.
type FieldError struct {
	Path    string // as the wire names it: "error.code", "versions[0].body"; "" for the payload as a whole
	Problem string // "is required", "must be an IP address"
}

// Error implements error.
func (e *InvalidError) Error() string {
	var b strings.Builder
	b.WriteString("events: invalid ")
	b.WriteString(e.Type)
	separator := ": "
	for _, f := range e.Fields {
		b.WriteString(separator)
		separator = "; "
		if f.Path != "" {
			b.WriteString(f.Path)
			b.WriteByte(' ')
		}
		b.WriteString(f.Problem)
	}
	return b.String()
}

// Is reports whether target is [ErrInvalid].
func (e *InvalidError) Is(target error) bool { return target == ErrInvalid }

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrMalformed, fmt.Sprintf(format, args...))
}
