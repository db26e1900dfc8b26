package middleware

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/events"
)

var (
	errFull      = fmt.Errorf("middleware: MaxInFlight runs are going on: %w", dedupe.ErrUnused)
	errBudget    = errors.New("middleware: the run goes on, and the answer could not wait")
	errMaxRuns   = errors.New("middleware: the event failed, or died with its process, MaxRuns times")
	errBodyBusy  = fmt.Errorf("middleware: the same body is being handled under another id: %w", dedupe.ErrUnused)
	errBodyDone  = errors.New("middleware: the same body was done under another id")
	errBodyStore = fmt.Errorf("middleware: the store could not be asked about the body: %w", dedupe.ErrUnused)
)

// work is what is done with an event. Under Wrap it holds back a response, which goes out after the commit.
type work func(ctx context.Context, e events.Event) (*held, error)

// effort is what a run came to. It is written on the run's goroutine, and read only when the run has ended.
type effort struct {
	run      int // of the event; 0 if the handler did not run
	outcome  Outcome
	took     time.Duration // by the handler
	err      error
	storeErr error // of settling the body's claim
	held     *held
	wait     time.Duration // for errBodyBusy
	stack    []byte        // of a panic under the body's claim
}

// run claims the event, does it, and settles it.
func (q *request) run(do work) *answer {
	ctx := context.WithValue(context.WithoutCancel(q.r.Context()), eventKey{}, q.event)
	ctx, cancel := context.WithDeadline(ctx, q.arrived.Add(q.budget))
	defer cancel()
	var made effort
	afterwards := *q // the request goes on while a late run ends
	result := q.guard.Do(ctx, q.key(q.record.Tenant, q.event.ID), func(ctx context.Context) (int, error) {
		made.outcome, made.err = q.judge(ctx, q.attempt(ctx, do, &made), &made)
		if made.outcome.Acknowledged() {
			return made.outcome.Status(), nil
		}
		return 0, made.err
	}, func(result dedupe.Result) {
		afterwards.end(context.WithoutCancel(ctx), result, &made)
	})
	q.record.Claim = result.Claiming
	if result.TimedOut {
		q.record.Run, q.record.Handler = result.Claim.Run, result.Took-result.Claiming
		return refuse(TimedOut, errBudget)
	}
	q.record.Run, q.record.Handler = made.run, made.took
	return q.answerFor(result, &made)
}

// end records the end of a run that nobody waits for any more.
func (q *request) end(ctx context.Context, result dedupe.Result, made *effort) {
	a := q.answerFor(result, made)
	a.status = 0
	q.record.Late, q.record.Claim = true, result.Claiming
	q.record.Run, q.record.Handler = made.run, made.took
	q.opts.Observe(ctx, q.note(a))
}

// attempt does the work, if the event has runs left, and if no event with the same body was done under another id.
func (q *request) attempt(ctx context.Context, do work, made *effort) (err error) {
	if q.places != nil { // not before the claim: what was done earlier needs no place to be acknowledged
		select {
		case q.places <- struct{}{}:
			defer func() { <-q.places }()
		default:
			return errFull
		}
	}
	c, _ := dedupe.ClaimFrom(ctx)
	switch {
	case q.opts.MaxRuns == 0:
	case c.Run > q.opts.MaxRuns: // the last run died with its process, or Options.Dead failed
		return errMaxRuns
	case c.Run == q.opts.MaxRuns:
		defer func() {
			if p := recover(); p != nil {
				err = &PanicError{Value: p, Stack: cmp.Or(string(made.stack), string(debug.Stack()))}
			}
		}()
	}
	run := func(context.Context) (int, error) {
		made.run = c.Run
		start := time.Now()
		defer func() { made.took = time.Since(start) }()
		var err error
		made.held, err = do(ctx, q.event)
		return http.StatusOK, err
	}
	if q.window == nil {
		_, err := run(ctx)
		return err
	}
	early, cancel := context.WithDeadline(context.WithoutCancel(ctx), q.arrived.Add(q.budget*9/10)) // if only the store is slow
	defer cancel()
	late := make(chan dedupe.Result, 1)
	result := q.window.Do(early, q.bodyKey(q.record.Tenant, q.event.Raw), run, func(r dedupe.Result) { late <- r })
	if result.TimedOut {
		result = <-late
	}
	switch {
	case result.Panic != nil:
		made.stack = result.Stack
		panic(result.Panic)
	case result.Claim.State == dedupe.Pending:
		made.wait = result.Claim.Wait
		return errBodyBusy
	case result.Claim.State == dedupe.Done:
		return errBodyDone
	case result.Claim.State == 0:
		return fmt.Errorf("%w: %w", errBodyStore, result.StoreErr)
	}
	made.storeErr = result.StoreErr
	return result.Err
}

// judge says what an attempt's error means, and takes an event that has failed for the last time to Options.Dead.
func (q *request) judge(ctx context.Context, err error, made *effort) (Outcome, error) {
	outcome := outcomeOf(err)
	c, _ := dedupe.ClaimFrom(ctx)
	if q.opts.MaxRuns == 0 || c.Run < q.opts.MaxRuns || outcome != Failed && outcome != Invalid {
		return outcome, err
	}
	if deadErr := q.opts.Dead(ctx, q.event, err); deadErr != nil {
		var p *PanicError
		if errors.As(err, &p) { // nobody took it: it goes where every panic goes
			made.stack = []byte(p.Stack)
			panic(p.Value)
		}
		return Failed, fmt.Errorf("middleware: Options.Dead: %w", errors.Join(deadErr, err))
	}
	return Dead, err
}

// answerFor is what a settled result is answered with.
func (q *request) answerFor(result dedupe.Result, made *effort) *answer {
	switch {
	case result.Claim.State == 0 && errors.Is(result.StoreErr, dedupe.ErrKey):
		return refuse(Malformed, result.StoreErr)
	case result.Claim.State == 0:
		return refuse(Unavailable, result.StoreErr)
	case result.Claim.State == dedupe.Done: // found so, or found so when the commit had lost its claim
		return refuse(Duplicate, result.StoreErr)
	case result.Claim.State == dedupe.Pending:
		return busy(result.Claim.Wait, result.StoreErr)
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
func panicked(result dedupe.Result, made *effort) *answer {
	stack := cmp.Or(string(made.stack), string(result.Stack))
	a := refuse(Failed, both(&PanicError{Value: result.Panic, Stack: stack}, result.StoreErr))
	a.panicked = result.Panic
	if err, ok := result.Panic.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		a.status = 0
	}
	return a
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
