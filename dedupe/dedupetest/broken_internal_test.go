package dedupetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/hookmitt/hookmitt/dedupe"
)

type (
	claim = dedupe.Claim
	key   = dedupe.Key
	hold  = dedupe.Hold
)

// broken is a Memory some of whose methods do something else.
type broken struct {
	*dedupe.Memory
	claim   func(ctx context.Context, k key, owner string, h hold) (claim, error)
	extend  func(ctx context.Context, c claim) error
	commit  func(ctx context.Context, c claim, status int) error
	release func(ctx context.Context, c claim) error
	forget  func(ctx context.Context, k key) error

	mu      sync.Mutex
	planted map[key]bool
	seen    map[string]time.Time
}

func newBroken() *broken {
	m := dedupe.NewMemory(0)
	return &broken{
		Memory: m,
		claim:  m.Claim, extend: m.Extend, commit: m.Commit, release: m.Release, forget: m.Forget,
		planted: map[key]bool{}, seen: map[string]time.Time{},
	}
}

func (b *broken) Claim(ctx context.Context, k key, owner string, h hold) (claim, error) {
	return b.claim(ctx, k, owner, h)
}
func (b *broken) Extend(ctx context.Context, c claim) error { return b.extend(ctx, c) }
func (b *broken) Commit(ctx context.Context, c claim, status int) error {
	return b.commit(ctx, c, status)
}
func (b *broken) Release(ctx context.Context, c claim) error { return b.release(ctx, c) }
func (b *broken) Forget(ctx context.Context, k key) error    { return b.forget(ctx, k) }

// answers changes what Claim answers.
func (b *broken) answers(change func(c *claim, k key, owner string, h hold)) {
	b.claim = func(ctx context.Context, k key, owner string, h hold) (claim, error) {
		c, err := b.Memory.Claim(ctx, k, owner, h)
		if err == nil {
			change(&c, k, owner, h)
		}
		return c, err
	}
}

// keyed makes the store see other keys.
func (b *broken) keyed(to func(key) key) {
	b.claim = func(ctx context.Context, k key, owner string, h hold) (claim, error) {
		return b.Memory.Claim(ctx, to(k), owner, h)
	}
	b.commit = func(ctx context.Context, c claim, status int) error {
		c.Key = to(c.Key)
		return b.Memory.Commit(ctx, c, status)
	}
}

// held changes the Hold of claims.
func (b *broken) held(to func(hold) hold) {
	b.claim = func(ctx context.Context, k key, owner string, h hold) (claim, error) {
		return b.Memory.Claim(ctx, k, owner, to(h))
	}
	b.commit = func(ctx context.Context, c claim, status int) error {
		c.Hold = to(c.Hold)
		return b.Memory.Commit(ctx, c, status)
	}
}

// since is how long ago it was first called with this name, and whether it is the first time.
func (b *broken) since(format string, args ...any) (ago time.Duration, first bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	name := fmt.Sprintf(format, args...)
	at, ok := b.seen[name]
	if !ok {
		at = time.Now()
		b.seen[name] = at
	}
	return time.Since(at), !ok
}

// again does an event anew, so that nothing is left of what was known of it but that it is done.
func (b *broken) again(k key, h hold, status int) {
	ctx := context.Background()
	_ = b.Memory.Forget(ctx, k)
	c, _ := b.Memory.Claim(ctx, k, "nobody", h)
	_ = b.Memory.Commit(ctx, c, status)
}

// afterForget changes the answers for keys that were forgotten.
func (b *broken) afterForget(change func(*claim)) {
	b.forget = func(ctx context.Context, k key) error {
		b.since("%v", k)
		return b.Memory.Forget(ctx, k)
	}
	b.answers(func(c *claim, k key, _ string, _ hold) {
		b.mu.Lock()
		defer b.mu.Unlock()
		if _, ok := b.seen[fmt.Sprintf("%v", k)]; ok && c.State == dedupe.Claimed {
			change(c)
		}
	})
}

func cut(s string, n int) string { return s[:min(n, len(s))] }

func failsWhen(state dedupe.State) func(b *broken) {
	return func(b *broken) {
		b.claim = func(ctx context.Context, k key, owner string, h hold) (claim, error) {
			c, err := b.Memory.Claim(ctx, k, owner, h)
			if c.State == state {
				return claim{}, errors.New("duplicate key")
			}
			return c, err
		}
	}
}

func waits(to func(time.Duration, hold) time.Duration) func(b *broken) {
	return func(b *broken) {
		b.answers(func(c *claim, _ key, _ string, h hold) {
			if c.State == dedupe.Pending {
				c.Wait = to(c.Wait, h)
			}
		})
	}
}

func thenForgets(b *broken) {
	b.release = func(ctx context.Context, c claim) error {
		err := b.Memory.Release(ctx, c)
		_ = b.Memory.Forget(ctx, c.Key)
		return err
	}
}

func sinceClaim(change func(*broken, *claim, time.Duration)) func(b *broken) {
	return func(b *broken) {
		b.answers(func(_ *claim, k key, _ string, _ hold) { b.since("%v", k) })
		b.commit = func(ctx context.Context, c claim, status int) error {
			ago, _ := b.since("%v", c.Key)
			change(b, &c, ago)
			return b.Memory.Commit(ctx, c, status)
		}
	}
}

func repeatsCommit(b *broken) {
	b.commit = func(ctx context.Context, c claim, status int) error {
		if _, first := b.since("%v", c.Key); !first {
			b.again(c.Key, c.Hold, status)
			return nil
		}
		return b.Memory.Commit(ctx, c, status)
	}
}

func duplicateRestarts(b *broken) {
	b.answers(func(c *claim, k key, _ string, h hold) {
		if c.State == dedupe.Done {
			b.again(k, h, c.Status)
		}
	})
	b.commit = func(ctx context.Context, c claim, status int) error {
		if _, first := b.since("%v", c.Key); !first {
			return nil
		}
		return b.Memory.Commit(ctx, c, status)
	}
}

func folds(fold func(string) string) func(b *broken) {
	return func(b *broken) { b.keyed(func(k key) key { return key{Scope: fold(k.Scope), ID: "x" + fold(k.ID)} }) }
}

func plantedIs(answer claim, err error) func(b *broken) {
	return func(b *broken) {
		b.claim = func(ctx context.Context, k key, owner string, h hold) (claim, error) {
			if b.planted[k] {
				return answer, err
			}
			return b.Memory.Claim(ctx, k, owner, h)
		}
	}
}
