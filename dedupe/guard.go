package dedupe

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"
)

var (
	// ErrGoexit says that a run ended by runtime.Goexit, as t.FailNow does.
	ErrGoexit = errors.New("dedupe: the run ended by runtime.Goexit")

	// ErrUnused is what a run returns that did not do anything of the event, and should not be counted.
	ErrUnused = errors.New("dedupe: the claim was not used")

	// ErrNotBegun is what a store returns whose transaction could not begin, as sqlstore's does: the handler has done
	// nothing by it. middleware answers 503 to a handler that returns it, and counts no run.
	ErrNotBegun = errors.New("dedupe: the transaction could not begin")
)

// Guard runs events under a claim. Its fields must not change once it is used.
type Guard struct {
	Store   Store         // Required.
	Hold    Hold          // Default: a lease of 15 s, remembered for 48 h.
	Budget  time.Duration // after which Do returns while the run goes on. Default: it waits for the run.
	Longest time.Duration // that a run may keep its claim; its context ends then. Default: 5 minutes.
	Call    time.Duration // that the store may take to answer. Default: 1 s.

	going going
}

// Result is what became of an event.
type Result struct {
	Claim    Claim
	Err      error         // what the run returned, or that it panicked
	StoreErr error         // what the store failed to do; after a successful run the work is done all the same
	TimedOut bool          // the budget is spent and the run goes on
	Late     bool          // the result of a run that outlived its budget
	Panic    any           // what the run panicked with
	Stack    []byte        // where
	Claiming time.Duration // spent on the claim
	Took     time.Duration // from the start of Do
}

// Do claims the event, runs fn if the claim is won, and commits if fn returned nil or releases if it did not.
//
// Result.Claim.State tells what it found: Claimed means that fn ran, Pending and Done that it did not. If the store
// cannot be asked, StoreErr says so, State is 0 and fn does not run.
//
// fn's context carries ctx's values and the claim ([ClaimFrom]), but not its end: it ends when the run has lasted
// Longest or has lost its claim. While fn runs the lease is extended every third of it. An fn that finds that it should
// not run the event after all returns [ErrUnused], and the run is not counted.
//
// Do returns when fn has ended and is settled, when Budget is spent, or when ctx ends, whichever is first. A run that
// goes on after that is settled all the same and its result goes to late, which may be nil. If fn has ended by then and
// only the store has not answered, the result is fn's, and StoreErr says what is known of the store; what comes of the
// store after that is not reported.
//
// A panic of fn is caught and is in the result. late must not panic.
func (g *Guard) Do(ctx context.Context, k Key, fn func(context.Context) (status int, err error), late func(Result)) Result {
	start := time.Now()
	c, err := g.claim(ctx, k, newOwner())
	claiming := time.Since(start)
	if err != nil || c.State != Claimed {
		return Result{Claim: c, StoreErr: err, Claiming: claiming, Took: claiming}
	}
	r := g.run(ctx, c, fn)
	complete := func(result Result) Result {
		result.Claiming, result.Took = claiming, time.Since(start)
		return result
	}
	budget := make(<-chan time.Time)
	if g.Budget > 0 {
		timer := time.NewTimer(g.Budget - claiming)
		defer timer.Stop()
		budget = timer.C
	}
	select {
	case result := <-r.settled:
		g.going.remove(r)
		return complete(result)
	case <-budget:
	case <-ctx.Done():
	}
	select {
	case result := <-r.settled: // at the last moment
		g.going.remove(r)
		return complete(result)
	default:
	}
	select {
	case result := <-r.ended:
		go func() {
			<-r.settled
			g.going.remove(r)
		}()
		result.StoreErr = ErrStalled
		if err := r.storeErr.Load(); err != nil {
			result.StoreErr = *err
		}
		return complete(result)
	default:
	}
	go func() {
		result := complete(<-r.settled)
		defer g.going.remove(r)
		result.Late = true
		if late != nil {
			late(result)
		}
	}()
	return complete(Result{Claim: c, TimedOut: true})
}

// Wait returns when no run is going on, or when ctx ends, with an error that names those that are. Runs that start
// meanwhile are waited for too, claims that are being made are not.
func (g *Guard) Wait(ctx context.Context) error { return g.going.wait(ctx) }

// run starts fn on a goroutine of its own, since it may have to be left behind, and settles what it ends as.
func (g *Guard) run(ctx context.Context, c Claim, fn func(context.Context) (int, error)) *run {
	longest := g.Longest
	if longest <= 0 {
		longest = 5 * time.Minute
	}
	ctx, expire := context.WithTimeout(context.WithValue(context.WithoutCancel(ctx), claimKey{}, c), longest)
	ctx, cancel := context.WithCancelCause(ctx)
	r := &run{key: c.Key, ended: make(chan Result, 1), settled: make(chan Result, 1)}
	g.going.add(r)
	beats := time.AfterFunc(beatOf(c), func() { g.beat(ctx, c, cancel) })
	go func() {
		result, status := Result{Claim: c, Err: ErrGoexit}, 0
		defer func() {
			if p := recover(); p != nil {
				result.Err, result.Panic, result.Stack = fmt.Errorf("dedupe: the run panicked: %v", p), p, debug.Stack()
			}
			beats.Stop()
			cancel(nil)
			expire()
			r.ended <- result
			r.settled <- g.settle(ctx, r, result, status)
		}()
		status, result.Err = fn(ctx)
	}()
	return r
}

// beat extends the lease until the run ends or has lasted its longest. A run that has lost its claim is told to stop:
// another one is at work.
func (g *Guard) beat(ctx context.Context, c Claim, cancel context.CancelCauseFunc) {
	ticker := time.NewTicker(beatOf(c))
	defer ticker.Stop()
	for ctx.Err() == nil {
		if err := g.extend(ctx, c); errors.Is(err, ErrLeaseLost) {
			cancel(ErrLeaseLost)
		}
		select {
		case <-ctx.Done():
		case <-ticker.C:
		}
	}
}

// beatOf is how often a lease is extended: two beats may be lost.
func beatOf(c Claim) time.Duration { return max(c.Hold.Lease/3, time.Millisecond) }

// settle commits or releases what a run ended as.
func (g *Guard) settle(ctx context.Context, r *run, result Result, status int) Result {
	ctx = context.WithoutCancel(ctx) // what was done is done, whoever hung up
	if result.Err == nil {
		result.Claim, result.StoreErr = g.commit(ctx, r, result.Claim, status)
		return result
	}
	c := result.Claim
	c.Unused = errors.Is(result.Err, ErrUnused)
	result.StoreErr = g.release(ctx, c) // once: if it fails, the lease's end does the same later
	return result
}

// commit marks the event done. A store that is down is asked again for as long as a lease lasts. If the claim was lost
// meanwhile it asks, as the same owner, what became of the event: of the claim it returns, State says whether another
// run is at work, has done it, or the store had forgotten it.
func (g *Guard) commit(ctx context.Context, r *run, c Claim, status int) (Claim, error) {
	until := time.Now().Add(c.Hold.Lease)
	err := g.commitOnce(ctx, c, status)
	for pause := 50 * time.Millisecond; err != nil && !errors.Is(err, ErrLeaseLost); pause *= 2 {
		failed := err
		r.storeErr.Store(&failed)
		if time.Until(until) < pause || errors.Is(err, ErrStatus) {
			return c, err
		}
		time.Sleep(pause)
		err = g.commitOnce(ctx, c, status)
	}
	if err == nil {
		return c, nil
	}
	again, askErr := g.claim(ctx, c.Key, c.Owner)
	if askErr != nil {
		return c, errors.Join(err, askErr)
	}
	if again.State == Claimed {
		return again, errors.Join(err, g.commitOnce(ctx, again, status))
	}
	return again, err
}

func (g *Guard) hold() Hold {
	h := g.Hold
	if h.Lease <= 0 {
		h.Lease = 15 * time.Second
	}
	if h.Remember <= 0 {
		h.Remember = 48 * time.Hour
	}
	h.Remember = max(h.Remember, h.Lease) // or the record would go while its run goes on
	return h
}

type claimKey struct{}

// ClaimFrom returns the claim under which a run goes on: its token, for `UPDATE … WHERE fence < $token`, and which run
// of the event it is.
func ClaimFrom(ctx context.Context) (Claim, bool) {
	c, ok := ctx.Value(claimKey{}).(Claim)
	return c, ok
}
