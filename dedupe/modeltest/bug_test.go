package modeltest_test

import (
	"context"
	"runtime"
	"sync"
	"time"

	"github.com/hookmitt/hookmitt/dedupe"
)

// The bugs. Each loses an event or does one twice, in a store that is right but for it.

// setNX is a store that marks an event with a bare SET NX: who repeats a claim meets its own mark, and is told that
// somebody else runs the event.
type setNX struct {
	*dedupe.Memory
	met map[uint64]bool // tokens
}

func (s setNX) Claim(ctx context.Context, k dedupe.Key, owner string, h dedupe.Hold) (dedupe.Claim, error) {
	c, err := s.Memory.Claim(ctx, k, owner, h)
	if c.State == dedupe.Claimed && s.met[c.Token] {
		c.State, c.Wait = dedupe.Pending, h.Lease
	}
	s.met[c.Token] = true
	return c, err
}

// trusting is a store that does not look whose claim is committed: the event is done, whoever has it now.
type trusting struct {
	*dedupe.Memory
	latest map[dedupe.Key]dedupe.Claim
}

func (s trusting) Claim(ctx context.Context, k dedupe.Key, owner string, h dedupe.Hold) (dedupe.Claim, error) {
	c, err := s.Memory.Claim(ctx, k, owner, h)
	if c.State == dedupe.Claimed {
		s.latest[k] = c
	}
	return c, err
}

func (s trusting) Commit(ctx context.Context, c dedupe.Claim, status int) error {
	return s.Memory.Commit(ctx, s.latest[c.Key], status)
}

// counting is a store that counts Remember from the claim when an event is committed.
type counting struct {
	*dedupe.Memory
	since map[uint64]time.Time // by token
}

func (s counting) Claim(ctx context.Context, k dedupe.Key, owner string, h dedupe.Hold) (dedupe.Claim, error) {
	c, err := s.Memory.Claim(ctx, k, owner, h)
	if _, ok := s.since[c.Token]; c.State == dedupe.Claimed && !ok {
		s.since[c.Token] = time.Now()
	}
	return c, err
}

func (s counting) Commit(ctx context.Context, c dedupe.Claim, status int) error {
	c.Hold.Remember -= time.Since(s.since[c.Token])
	return s.Memory.Commit(ctx, c, status)
}

// restarting is a store that begins to count tokens again when an event is forgotten.
type restarting struct {
	*dedupe.Memory
	latest, base map[dedupe.Key]uint64
}

func (s restarting) Claim(ctx context.Context, k dedupe.Key, owner string, h dedupe.Hold) (dedupe.Claim, error) {
	c, err := s.Memory.Claim(ctx, k, owner, h)
	if c.State == dedupe.Claimed {
		s.latest[k] = c.Token
		c.Token -= s.base[k]
	}
	return c, err
}

func (s restarting) Forget(ctx context.Context, k dedupe.Key) error {
	s.base[k] = s.latest[k]
	return s.Memory.Forget(ctx, k)
}

func (s restarting) real(c dedupe.Claim) dedupe.Claim {
	c.Token += s.base[c.Key]
	return c
}

func (s restarting) Extend(ctx context.Context, c dedupe.Claim) error {
	return s.Memory.Extend(ctx, s.real(c))
}

func (s restarting) Commit(ctx context.Context, c dedupe.Claim, status int) error {
	return s.Memory.Commit(ctx, s.real(c), status)
}

func (s restarting) Release(ctx context.Context, c dedupe.Claim) error {
	return s.Memory.Release(ctx, s.real(c))
}

// torn is a store that looks whether an event is free, and takes it in a second step.
type torn struct {
	*dedupe.Memory
	mu    *sync.Mutex
	taken map[dedupe.Key]bool
}

func (s torn) Claim(ctx context.Context, k dedupe.Key, owner string, h dedupe.Hold) (dedupe.Claim, error) {
	s.mu.Lock()
	taken := s.taken[k]
	s.mu.Unlock()
	runtime.Gosched()
	c, err := s.Memory.Claim(ctx, k, owner, h)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taken[k] = true
	if !taken && c.State == dedupe.Pending {
		c.State, c.Token, c.Run, c.Wait = dedupe.Claimed, uint64(time.Now().UnixMicro()), 1, 0
	}
	return c, err
}
