// Package bounded asks a store something without trusting it to heed its context.
package bounded

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
)

// ErrStalled is what [Do] returns when there was no answer in time.
var ErrStalled = errors.New("dedupe: the store did not answer in time")

var errGoexit = errors.New("dedupe: the store ended by runtime.Goexit")

// Do asks, and waits until ctx ends. An answer that comes after that, and is no error, goes to orphan on a goroutine of
// Do's: whoever asked has gone, and nobody else can undo what was done. A panic of ask is an error.
func Do[T any](ctx context.Context, ask func(context.Context) (T, error), orphan func(T)) (T, error) {
	type answer struct {
		value T
		err   error
	}
	var gone atomic.Bool // set by whoever comes first: the answer, or the one who waits
	answers := make(chan answer, 1)
	go func() {
		a := answer{err: errGoexit}
		defer func() {
			if p := recover(); p != nil {
				a.err = fmt.Errorf("dedupe: the store panicked: %v", p)
			}
			if gone.CompareAndSwap(false, true) {
				answers <- a
			} else if a.err == nil {
				orphan(a.value)
			}
		}()
		a.value, a.err = ask(ctx)
	}()
	select {
	case a := <-answers:
		return a.value, a.err
	case <-ctx.Done():
		if gone.CompareAndSwap(false, true) {
			var none T
			return none, fmt.Errorf("%w: %w", ErrStalled, context.Cause(ctx))
		}
		a := <-answers
		return a.value, a.err
	}
}
