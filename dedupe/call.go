package dedupe

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"time"

	"github.com/hookmitt/hookmitt/dedupe/internal/bounded"
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
	return bounded.Do(ctx, do, orphan)
}

// newOwner is 96 random bits: who claims, so that a repeated claim is known for what it is.
func newOwner() string {
	var b [12]byte
	_, _ = rand.Read(b[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}
