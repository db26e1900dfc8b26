package sqlstore

import (
	"context"
	"fmt"
	"time"

	"github.com/hookmitt/hookmitt/dedupe"
)

// Claim implements [dedupe.Store]. Now and then it removes some rows whose time is over: see [Store.Sweep].
//
// One that ends without an answer may still be granted. It is then given back within a second or so, as no run, if the
// database answers by then: an owner that claims again must not do so at the same time.
func (s *Store) Claim(ctx context.Context, k dedupe.Key, owner string, h dedupe.Hold) (dedupe.Claim, error) {
	if err := k.Validate(); err != nil {
		return dedupe.Claim{}, err
	}
	c, err := ask(ctx, s, func(ctx context.Context) (dedupe.Claim, error) {
		s.sweepSome(ctx)
		c, err := s.claim(ctx, dedupe.Claim{Key: k, Hold: h, Owner: owner})
		if ctx.Err() != nil { // nobody waits for it
			s.giveBack(context.WithoutCancel(ctx), dedupe.Claim{Key: k, Hold: h, Owner: owner, Unused: true})
			return dedupe.Claim{}, ctx.Err()
		}
		return c, err
	}, func(c dedupe.Claim) { // it was granted in time, and heard of too late
		if c.State == dedupe.Claimed {
			c.Unused = true
			_ = s.Release(context.WithoutCancel(ctx), c)
		}
	})
	if err != nil {
		return dedupe.Claim{}, fmt.Errorf("sqlstore: claim: %w", err)
	}
	return c, nil
}

// giveBack releases a claim that may have been granted when nobody waited for it any more: by a driver that is deaf to
// contexts, or by a PostgreSQL that has committed and waits for its standby. Its event would be busy for a lease, and
// would have had a run that never was: with middleware's MaxRuns it would be dead without one.
func (s *Store) giveBack(ctx context.Context, c dedupe.Claim) {
	for pause := 10 * time.Millisecond; pause < time.Second; pause *= 4 { // what is cancelled may take a moment to end
		time.Sleep(pause)
		r, err := ask(ctx, s, func(ctx context.Context) (*record, error) { return s.read(ctx, s.say.look, name(c.Key)) }, func(*record) {})
		if err == nil && r != nil && r.state == "pending" && r.owner == printable(c.Owner) {
			c.Token = uint64(r.token) //nolint:gosec // a time
			_ = s.Release(ctx, c)
			return
		}
	}
}

// claim asks until the answer is one: what was read may have become free meanwhile, and what was free may have gone.
func (s *Store) claim(ctx context.Context, c dedupe.Claim) (dedupe.Claim, error) {
	event, owner := name(c.Key), printable(c.Owner)
	for turn := 0; ; turn++ {
		if turn > 1 { // others are fast
			time.Sleep(time.Millisecond)
		}
		r, err := s.tryClaim(ctx, event, owner, c.Hold)
		switch {
		case err != nil:
			return dedupe.Claim{}, err
		case ctx.Err() != nil:
			return dedupe.Claim{}, ctx.Err()
		case r == nil:
			continue
		}
		if r.state == "won" {
			return won(c, r), nil
		}
		if !r.stands(owner) {
			continue
		}
		switch r.state {
		case "done":
			c.State, c.Status = dedupe.Done, r.status
			return c, nil
		case "forgotten": // what the owner did was forgotten, so it must not have the event again
			c.State, c.Wait = dedupe.Pending, min(max(c.Hold.Lease, time.Microsecond), time.Second)
			return c, nil
		case "pending":
			return s.pending(ctx, c, event, r)
		}
		return dedupe.Claim{}, foreign(event, r)
	}
}

// pending is the answer of a row that is pending: ours, as the claim of a reply that was lost and is asked for again, or
// another's.
func (s *Store) pending(ctx context.Context, c dedupe.Claim, event string, r *record) (dedupe.Claim, error) {
	if r.owner == printable(c.Owner) {
		return won(c, r), nil
	}
	if r.left > r.lease { // the clock was put back
		if _, err := s.write(ctx, s.say.shorten, event, r.token); err != nil {
			return dedupe.Claim{}, err
		}
		r.left = r.lease
	}
	c.State, c.Wait = dedupe.Pending, time.Duration(r.left)*time.Microsecond
	return c, nil
}

// tryClaim is the row that was claimed, or the one that stands in the way; nil if there was none just now. In PostgreSQL
// it is one statement. In SQLite, where a round trip costs nothing and a lock much, it looks first: what is done or
// pending is answered without the lock, even while a transaction has it.
func (s *Store) tryClaim(ctx context.Context, event, owner string, h dedupe.Hold) (*record, error) {
	if s.dialect == SQLite {
		if r, err := s.read(ctx, s.say.look, event); err != nil || r != nil && r.stands(owner) {
			return r, err
		}
	}
	leave, err := s.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	return s.read(ctx, s.say.claim, event, owner, micros(h.Lease), micros(h.Remember))
}

// stands says that the owner's claim of a row would not change it, as claim.sql has it.
func (r *record) stands(owner string) bool {
	switch {
	case r.forgets <= 0 || r.state == "failed":
		return false
	case r.state == "pending":
		return r.owner == owner || r.left > 0
	case r.state == "forgotten":
		return r.owner == owner && owner != ""
	}
	return true
}

func won(c dedupe.Claim, r *record) dedupe.Claim {
	c.State, c.Token, c.Run = dedupe.Claimed, uint64(r.token), r.run //nolint:gosec // a time
	return c
}

func foreign(event string, r *record) error {
	return fmt.Errorf("%w: %s: its state is %q", ErrForeign, event, r.state)
}
