package middleware

import (
	"context"
	"errors"
	"fmt"

	"github.com/hookmitt/hookmitt/dedupe"
)

var (
	errBodyBusy  = errors.New("middleware: the same body is being handled under another id")
	errBodyDone  = errors.New("middleware: the same body was done under another id")
	errBodyStore = errors.New("middleware: the store could not be asked about the body")
)

// claimBody goes on with an event that is ours, under a second claim: its body's, for Options.BodyWindow. It holds the
// event's own claim until the body's is settled.
func (q *request) claimBody(ctx context.Context, do work, made *runResult) (int, error) {
	// The body's guard leaves a slow store behind before the event's does, so that what is done is answered as done.
	early, cancel := context.WithDeadline(context.WithoutCancel(ctx), q.arrived.Add(q.budget*9/10))
	defer cancel()
	late := make(chan dedupe.Result, 1)
	result := q.window.Do(early, q.bodyKey(q.record.Tenant, q.event.Raw), func(context.Context) (int, error) {
		return q.perform(ctx, do, made)
	}, func(r dedupe.Result) { late <- r })
	if result.TimedOut {
		result = <-late
	}
	switch {
	case result.Panic != nil:
		made.stack = string(result.Stack)
		panic(result.Panic)
	case result.Claim.State == dedupe.Pending && made.run == 0:
		made.wait = result.Claim.Wait
		return made.end(Busy, errBodyBusy)
	case result.Claim.State == dedupe.Done && made.run == 0:
		return made.end(Duplicate, errBodyDone)
	case result.Claim.State == 0:
		return made.end(Unavailable, fmt.Errorf("%w: %w", errBodyStore, result.StoreErr))
	}
	made.storeErr = result.StoreErr
	if made.outcome == 0 { // runtime.Goexit
		return 0, result.Err
	}
	return made.end(made.outcome, made.err)
}
