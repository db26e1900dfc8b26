package middleware

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/events"
)

var (
	errFull    = errors.New("middleware: MaxInFlight runs are going on")
	errBudget  = errors.New("middleware: the run goes on, and the answer could not wait")
	errMaxRuns = errors.New("middleware: the event failed, or died with its process, MaxRuns times")
	errFailed  = errors.New("middleware: the run failed") // for the guard, whom the reason does not concern
)

// work is what is done with an event. Under Wrap it holds back a response, which goes out after the commit.
type work func(ctx context.Context, e events.Event) (*held, error)

// runResult is what a run came to. It is written on the run's goroutine, and read only when the run has ended.
type runResult struct {
	run      int // of the event; 0 if the handler did not run
	outcome  Outcome
	took     time.Duration // by the handler
	err      error
	storeErr error // of settling the body's claim
	held     *held
	wait     time.Duration // for Busy
	stack    string        // of a panic that was caught on the way
}

// end sets what the run came to, and tells the guard whether to commit.
func (r *runResult) end(o Outcome, err error) (int, error) {
	r.outcome, r.err = o, err
	switch {
	case o.Acknowledged():
		return o.Status(), nil
	case r.run == 0 || o == Unavailable:
		return 0, dedupe.ErrUnused
	}
	return 0, errFailed
}

// run claims the event, does it, and settles it.
func (q *request) run(do work) *answer {
	ctx := context.WithValue(context.WithoutCancel(q.r.Context()), eventKey{}, q.event)
	ctx, cancel := context.WithDeadline(ctx, q.arrived.Add(q.budget))
	defer cancel()
	var made runResult
	afterwards := *q // the request goes on while a late run ends
	result := q.guard.Do(ctx, q.key(q.record.Tenant, q.event.ID), func(ctx context.Context) (int, error) {
		return q.claimed(ctx, do, &made)
	}, func(result dedupe.Result) {
		afterwards.late(context.WithoutCancel(ctx), result, &made)
	})
	q.record.Claim = result.Claiming
	if result.TimedOut {
		q.record.Run, q.record.Handler = result.Claim.Run, result.Took-result.Claiming
		return refuse(TimedOut, errBudget)
	}
	q.record.Run, q.record.Handler = made.run, made.took
	return q.answerFor(result, &made)
}

// late records the end of a run that nobody waits for any more. No request's goroutine is there to take an observer's
// panic.
func (q *request) late(ctx context.Context, result dedupe.Result, made *runResult) {
	defer func() {
		if p := recover(); p != nil {
			slog.Error("Options.Observe panicked on a late record", "panic", p, "stack", string(debug.Stack()))
		}
	}()
	a := q.answerFor(result, made)
	a.status = 0
	q.record.Late, q.record.Claim = true, result.Claiming
	q.record.Run, q.record.Handler = made.run, made.took
	q.opts.Observe(ctx, q.note(a))
}

// claimed goes on with an event that is ours, if there is a place for it, and no event with the same body elsewhere.
func (q *request) claimed(ctx context.Context, do work, made *runResult) (int, error) {
	if q.places != nil { // not before the claim: what was done earlier needs no place to be acknowledged
		select {
		case q.places <- struct{}{}:
			defer func() { <-q.places }()
		default:
			return made.end(Unavailable, errFull)
		}
	}
	if q.window != nil {
		return q.claimBody(ctx, do, made)
	}
	return q.perform(ctx, do, made)
}

// perform runs the handler, if the event has runs left, and judges what came of it.
func (q *request) perform(ctx context.Context, do work, made *runResult) (int, error) {
	c, _ := dedupe.ClaimFrom(ctx)
	err := errMaxRuns // the last run died with its process, or Options.Dead failed
	if q.opts.MaxRuns == 0 || c.Run <= q.opts.MaxRuns {
		err = q.handle(ctx, c.Run, do, made)
	}
	outcome := outcomeOf(err)
	if q.opts.MaxRuns == 0 || c.Run < q.opts.MaxRuns || outcome != Failed && outcome != Invalid {
		return made.end(outcome, err)
	}
	made.run = c.Run
	deadErr := q.opts.Dead(ctx, q.event, err)
	if deadErr == nil {
		return made.end(Dead, err)
	}
	var p *PanicError
	if errors.As(err, &p) { // nobody took it: it goes where every panic goes
		made.stack = p.Stack
		panic(p.Value)
	}
	return made.end(Failed, fmt.Errorf("middleware: Options.Dead: %w", errors.Join(deadErr, err)))
}

// handle runs the handler. The panic of an event's last run is an error, for Options.Dead to take.
func (q *request) handle(ctx context.Context, run int, do work, made *runResult) (err error) {
	made.run = run
	start := time.Now()
	defer func() {
		made.took = time.Since(start)
		if run != q.opts.MaxRuns {
			return
		}
		if p := recover(); p != nil {
			err = &PanicError{Value: p, Stack: cmp.Or(made.stack, string(debug.Stack()))}
		}
	}()
	made.held, err = do(ctx, q.event)
	return err
}
