package dedupe

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"sync/atomic"
	"time"
)

// The guard's calls of the store. Each is given up after Guard.Call whatever the store does: go-redis, for one,
// ignores a context's deadline unless it is told otherwise, and a provider does not wait.

func (g *Guard) claim(ctx context.Context, k Key, owner string) (Claim, error) {
	ours := func(c Claim) Claim {
		c.Key, c.Hold, c.Owner = k, g.hold(), owner
		return c
	}
	c, err := call(ctx, g, func(ctx context.Context) (Claim, error) {
		return g.Store.Claim(ctx, k, owner, g.hold())
	}, func(c Claim) { // won after we had gone: nobody will run it, so let the next attempt
		if c = ours(c); c.State == Claimed {
			c.Unused = true
			_ = g.release(context.WithoutCancel(ctx), c)
		}
	})
	if err != nil {
		return ours(Claim{}), err
	}
	return ours(c), nil
}

func (g *Guard) extend(ctx context.Context, c Claim) error {
	return g.step(ctx, func(ctx context.Context) error { return g.Store.Extend(ctx, c) })
}

func (g *Guard) commitOnce(ctx context.Context, c Claim, status int) error {
	return g.step(ctx, func(ctx context.Context) error { return g.Store.Commit(ctx, c, status) })
}

func (g *Guard) release(ctx context.Context, c Claim) error {
	return g.step(ctx, func(ctx context.Context) error { return g.Store.Release(ctx, c) })
}

func (g *Guard) step(ctx context.Context, do func(context.Context) error) error {
	_, err := call(ctx, g, func(ctx context.Context) (struct{}, error) { return struct{}{}, do(ctx) }, func(struct{}) {})
	return err
}

// call asks the store and waits for at most Guard.Call. What comes after that goes to orphan.
func call[T any](ctx context.Context, g *Guard, do func(context.Context) (T, error), orphan func(T)) (T, error) {
	if _, ok := g.Store.(*Memory); ok { // never waits for anything, so no goroutine is needed
		return do(ctx)
	}
	limit := g.Call
	if limit <= 0 {
		limit = time.Second
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	type answer struct {
		value T
		err   error
	}
	var gone atomic.Bool // set by whoever comes first: the answer, or the one who waits
	answers := make(chan answer, 1)
	go func() {
		a := answer{err: fmt.Errorf("dedupe: the store: %w", ErrGoexit)}
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
		a.value, a.err = do(ctx)
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

// newOwner is 96 random bits: who claims, so that a repeated claim is known for what it is.
func newOwner() string {
	var b [12]byte
	_, _ = rand.Read(b[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}
