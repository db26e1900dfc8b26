package middleware

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/events"
)

var (
	errFull      = errors.New("middleware: MaxInFlight runs are going on")
	errMaxRuns   = errors.New("middleware: the event failed, or died with its process, MaxRuns times")
	errBodyBusy  = errors.New("middleware: the same body is being handled under another id")
	errBodyDone  = errors.New("middleware: the same body was done under another id")
	errBodyStore = errors.New("middleware: the store could not be asked about the body")
)

// work is what is done with an event. Under Wrap it holds back a response, which goes out after the commit.
type work func(ctx context.Context, e events.Event) (*held, error)

// effort is what a run came to. It is written on the run's goroutine, and read only when the run has ended.
type effort struct {
	outcome Outcome
	took    time.Duration
	err     error
	held    *held
	wait    time.Duration // for errBodyBusy
	stack   []byte        // of a panic under the body's claim
}

// run claims the event, does it, and settles it.
func (q *request) run(do work) *answer {
	if q.places != nil {
		select {
		case q.places <- struct{}{}:
		default:
			return refuse(Unavailable, errFull)
		}
	}
	ctx := context.WithValue(context.WithoutCancel(q.r.Context()), eventKey{}, q.event)
	ctx, cancel := context.WithDeadline(ctx, q.arrived.Add(q.budget))
	defer cancel()
	var made effort
	afterwards := *q // the request goes on while a late run ends
	result := q.guard.Do(ctx, q.key(q.record.Tenant, q.event.ID), func(ctx context.Context) (int, error) {
		start := time.Now()
		defer func() { made.took = time.Since(start) }()
		made.outcome, made.err = q.judge(ctx, q.attempt(ctx, do, &made))
		if made.outcome.Acknowledged() {
			return made.outcome.Status(), nil
		}
		return 0, made.err
	}, func(result dedupe.Result) {
		q.leave()
		afterwards.end(context.WithoutCancel(ctx), result, &made)
	})
	q.record.Claim = result.Claiming
	if result.Claim.State == dedupe.Claimed {
		q.record.Run = result.Claim.Run
	}
	if result.TimedOut {
		q.record.Handler = result.Took - result.Claiming
		return refuse(TimedOut, nil)
	}
	q.leave()
	q.record.Handler = made.took
	return q.answerFor(result, &made)
}

// end records the end of a run that nobody waits for any more.
func (q *request) end(ctx context.Context, result dedupe.Result, made *effort) {
	a := q.answerFor(result, made)
	a.status = 0
	q.record.Late, q.record.Run = true, result.Claim.Run
	q.record.Claim, q.record.Handler = result.Claiming, made.took
	q.opts.Observe(ctx, q.note(a))
}

func (q *request) leave() {
	if q.places != nil {
		<-q.places
	}
}

// attempt does the work, if the event has runs left, and if no event with the same body was done under another id.
func (q *request) attempt(ctx context.Context, do work, made *effort) (err error) {
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
		var err error
		made.held, err = do(ctx, q.event)
		return http.StatusOK, err
	}
	if q.window == nil {
		_, err := run(ctx)
		return err
	}
	key := q.key(q.record.Tenant, "")
	sum := sha256.Sum256(q.event.Raw)
	key.Scope, key.ID = key.Scope+"/body", hex.EncodeToString(sum[:])
	result := q.window.Do(context.WithoutCancel(ctx), key, run, nil)
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
	return result.Err
}

// judge says what an attempt's error means, and takes an event that has failed for the last time to Options.Dead.
func (q *request) judge(ctx context.Context, err error) (Outcome, error) {
	outcome := outcomeOf(err)
	c, _ := dedupe.ClaimFrom(ctx)
	if q.opts.MaxRuns == 0 || c.Run < q.opts.MaxRuns || outcome != Failed && outcome != Invalid {
		return outcome, err
	}
	if deadErr := q.opts.Dead(ctx, q.event, err); deadErr != nil {
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
	a := refuse(made.outcome, both(made.err, result.StoreErr))
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
