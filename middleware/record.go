package middleware

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/hookmitt/hookmitt/dedupe"
)

// Record is what there is to know of a request, for logs, metrics and traces. It never holds a secret, a signature or
// the event's data.
type Record struct {
	Provider    string
	Tenant      string // as Options.Tenant has it; unless verified, a stranger's choice
	EventID     string // "" unless verified
	EventType   string // "" unless verified
	Reason      string // why it was not simply done, for the operator: "verify: signature does not match"
	Outcome     Outcome
	Status      int           // 0 if the connection was aborted instead, and if Late
	Run         int           // which run of the event this was; 0 if the handler did not run
	SecretIndex int           // of the secret that verified it, 0 the current one; -1 unless verified
	Size        int           // bytes of the body; 0 if it was not read to its end
	Late        bool          // this is the end of a run whose request was answered TimedOut before
	Verify      time.Duration // spent on verifying and reading the envelope
	Claim       time.Duration // spent on claiming
	Handler     time.Duration // spent in the handler
	Took        time.Duration // since the request's arrival
	Err         error         // behind Reason; may be set on success too, when the store could not be told

	unsettled bool // the store could not be told
}

// PanicError is the Err of a [Record] whose handler panicked.
type PanicError struct {
	Value any
	Stack string // where it panicked
}

// Error implements error.
func (e *PanicError) Error() string {
	return fmt.Sprintf("middleware: the handler panicked: %v", e.Value)
}

// Unwrap returns the value if it is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// Log makes an Observe that writes a line for every record: at Info what went as it should, at Warn what was refused,
// at Error what somebody has to look at.
func Log(l *slog.Logger) func(context.Context, Record) {
	return func(ctx context.Context, r Record) {
		level := r.level()
		if !l.Enabled(ctx, level) {
			return
		}
		attrs := []slog.Attr{
			slog.String("provider", r.Provider), slog.String("outcome", r.Outcome.String()), slog.Int("status", r.Status),
			slog.Duration("took", r.Took), slog.Int("size", r.Size),
		}
		for _, a := range []slog.Attr{
			slog.String("tenant", r.Tenant), slog.String("id", r.EventID), slog.String("type", r.EventType), slog.String("reason", r.Reason),
		} {
			if a.Value.String() != "" {
				attrs = append(attrs, a)
			}
		}
		if r.Run > 0 {
			attrs = append(attrs, slog.Int("run", r.Run), slog.Duration("handler", r.Handler))
		}
		if r.SecretIndex > 0 { // not yet time to retire it
			attrs = append(attrs, slog.Int("secret", r.SecretIndex))
		}
		if r.Late {
			attrs = append(attrs, slog.Bool("late", true))
		}
		var p *PanicError
		if errors.As(r.Err, &p) {
			attrs = append(attrs, slog.String("stack", p.Stack))
		}
		l.LogAttrs(ctx, level, "webhook", attrs...)
	}
}

func (r Record) level() slog.Level {
	if r.unsettled || r.Outcome == Accepted && r.Err != nil { // done or failed, and the store does not know
		return slog.LevelError
	}
	switch r.Outcome {
	case Duplicate, Busy:
		switch {
		case errors.Is(r.Err, errBodyDone): // a replay, or a genuine event that BodyWindow cost
			return slog.LevelWarn
		case errors.Is(r.Err, dedupe.ErrLeaseLost): // done twice, perhaps
			return slog.LevelError
		}
		return slog.LevelInfo
	case Accepted, Ignored:
		return slog.LevelInfo
	case Malformed, Unsigned, TooLarge, WrongMethod, SlowBody, Encoded:
		return slog.LevelWarn
	case Unavailable:
		if errors.Is(r.Err, errClosing) {
			return slog.LevelInfo
		}
	case Parked, Dead, Failed, TimedOut, Invalid:
	}
	return slog.LevelError
}
