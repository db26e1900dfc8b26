package dedupe

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync/atomic"
	"time"
)

var (
	_ Store     = (*Memory)(nil)
	_ Forgetter = (*Memory)(nil)
)

const (
	// defaultLimit of ids: 46 a second over 48 h. BenchmarkMemoryFill: 42 to 84 bytes an id that is done, as the rings
	// double; 120 one that failed.
	defaultLimit = 8_000_000

	shardCount = 256 // no lock is held for longer than one shard takes to grow or to be searched
	sweepStep  = 2   // expired ids that a claim clears away: more than it adds, so those that are done cannot pile up
)

// Memory is a [Store] for one process, which forgets at a restart. It holds a bounded number of ids: at the limit a
// new one is refused with [ErrFull], and none is ever forgotten early to make room. It has no goroutine; claims clear
// away what has expired.
type Memory struct {
	limit  int64
	held   atomic.Int64
	token  atomic.Uint64
	swept  atomic.Int64 // when all shards were last searched for room
	start  time.Time
	shards [shardCount]shard
}

// NewMemory makes a store of at most limit ids. 0 means 8 million, for which memory is taken as it is needed: about
// 340 MB when full of events that are done, three times that if all of them failed.
func NewMemory(limit int) *Memory {
	if limit <= 0 {
		limit = defaultLimit
	}
	m := &Memory{limit: int64(limit), start: time.Now()}
	for i := range m.shards {
		m.shards[i].open, m.shards[i].soonest = map[digest]*flight{}, math.MaxInt64
	}
	return m
}

// Fill is a gauge: how many ids the store holds, and how many it can.
func (m *Memory) Fill() (held, limit int) { return int(m.held.Load()), int(m.limit) }

// Claim implements [Store].
func (m *Memory) Claim(ctx context.Context, k Key, owner string, h Hold) (Claim, error) {
	if err := k.Validate(); err != nil {
		return Claim{}, err
	}
	d := digestOf(k)
	c, err := m.claim(ctx, d, owner, h)
	if errors.Is(err, ErrFull) && m.sweepAll() {
		c, err = m.claim(ctx, d, owner, h)
	}
	c.Key = k
	return c, err
}

func (m *Memory) claim(ctx context.Context, d digest, owner string, h Hold) (Claim, error) {
	s, now := m.lock(d)
	defer s.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return Claim{}, err
	}
	m.held.Add(-int64(s.sweep(now)))
	c := Claim{Hold: h, Owner: owner, State: Claimed}
	if token, status, ok := s.done.find(d, now); ok {
		c.State, c.Token, c.Status = Done, token, status
		return c, nil
	}
	f := s.open[d]
	if f != nil && now >= f.forget {
		m.held.Add(-1)
		delete(s.open, d)
		f = nil
	}
	switch {
	case f == nil:
		if m.held.Add(1) > m.limit {
			m.held.Add(-1)
			return Claim{}, ErrFull
		}
		f = new(flight)
		s.open[d] = f
	case f.forgotten && f.owner == owner:
		c.State, c.Wait = Pending, min(h.Lease, time.Second)
		return c, nil
	case f.failed:
	case f.owner == owner:
		c.Token, c.Run = f.token, f.run
		return c, nil
	case now < f.lease:
		c.State, c.Wait = Pending, f.lease-now
		return c, nil
	}
	*f = flight{owner: owner, token: m.nextToken(), run: f.run + 1}
	s.hold(f, now, h)
	c.Token, c.Run = f.token, f.run
	return c, nil
}

// Extend implements [Store].
func (m *Memory) Extend(ctx context.Context, c Claim) error {
	d := digestOf(c.Key)
	s, now := m.lock(d)
	defer s.mu.Unlock()
	f := s.open[d]
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case !f.is(c, now) || f.failed:
		return ErrLeaseLost
	}
	s.hold(f, now, c.Hold)
	return nil
}

// Commit implements [Store].
func (m *Memory) Commit(ctx context.Context, c Claim, status int) error {
	if status < 0 || status > math.MaxUint16 {
		return fmt.Errorf("%w: %d", ErrStatus, status)
	}
	d := digestOf(c.Key)
	s, now := m.lock(d)
	defer s.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	if token, _, ok := s.done.find(d, now); ok {
		if token == c.Token {
			return nil
		}
		return ErrLeaseLost
	}
	if f := s.open[d]; !f.is(c, now) || f.failed {
		return ErrLeaseLost
	}
	delete(s.open, d)
	if s.done.add(d, c.Token, status, after(now, c.Hold.Remember)) {
		m.held.Add(-1)
	}
	return nil
}

// Release implements [Store].
func (m *Memory) Release(ctx context.Context, c Claim) error {
	d := digestOf(c.Key)
	s, now := m.lock(d)
	defer s.mu.Unlock()
	f := s.open[d]
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case !f.is(c, now):
		return ErrLeaseLost
	}
	if f.failed {
		return nil
	}
	if c.Unused {
		f.run--
	}
	f.failed = true
	s.hold(f, now, c.Hold)
	return nil
}

// Forget implements [Forgetter].
func (m *Memory) Forget(ctx context.Context, k Key) error {
	d := digestOf(k)
	s, now := m.lock(d)
	defer s.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	if f := s.open[d]; f != nil {
		*f = flight{failed: true, forgotten: !f.failed || f.forgotten, owner: f.owner, forget: f.forget}
		return nil
	}
	if _, _, ok := s.done.find(d, now); ok {
		until, _ := s.done.remove(d)
		s.put(d, &flight{failed: true, forget: until})
	}
	return nil
}

func (m *Memory) lock(d digest) (*shard, time.Duration) {
	s := &m.shards[d[0]]
	s.mu.Lock()
	return s, time.Since(m.start)
}

// nextToken is larger than every one before it, for all keys, and than those of an earlier life of the process.
func (m *Memory) nextToken() uint64 {
	for {
		last := m.token.Load()
		next := max(last+1, uint64(time.Now().UnixMicro()))
		if m.token.CompareAndSwap(last, next) {
			return next
		}
	}
}

// sweepAll looks for expired ids in every shard, at most once a second, and reports whether there is room now.
func (m *Memory) sweepAll() bool {
	now, last := int64(time.Since(m.start)), m.swept.Load()
	if (last == 0 || now-last >= int64(time.Second)) && m.swept.CompareAndSwap(last, max(now, 1)) {
		for i := range m.shards {
			s := &m.shards[i]
			s.mu.Lock()
			m.held.Add(-int64(s.sweepOpen(time.Duration(now)) + s.done.expireAll(time.Duration(now))))
			s.mu.Unlock()
		}
	}
	return m.held.Load() < m.limit
}
