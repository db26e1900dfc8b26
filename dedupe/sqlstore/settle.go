package sqlstore

import (
	"context"
	"fmt"
	"math"

	"github.com/hookmitt/hookmitt/dedupe"
)

// Extend implements [dedupe.Store]. A claim that was committed is left as it is, without an error: a run may go on after
// its transaction, and has lost nothing.
func (s *Store) Extend(ctx context.Context, c dedupe.Claim) error {
	return s.settle(ctx, c, "extend", "done", s.say.extend, micros(c.Hold.Lease), micros(c.Hold.Remember))
}

// Commit implements [dedupe.Store].
func (s *Store) Commit(ctx context.Context, c dedupe.Claim, status int) error {
	if status < 0 || status > math.MaxUint16 {
		return fmt.Errorf("%w: %d", dedupe.ErrStatus, status)
	}
	return s.settle(ctx, c, "commit", "done", s.say.commit, micros(c.Hold.Remember), status)
}

// Release implements [dedupe.Store].
func (s *Store) Release(ctx context.Context, c dedupe.Claim) error {
	unused := 0
	if c.Unused {
		unused = 1
	}
	return s.settle(ctx, c, "release", "failed", s.say.release, micros(c.Hold.Remember), unused)
}

// settle does a deed to a claim. Of one that is settled already it is right if the state is the one that is given.
func (s *Store) settle(ctx context.Context, c dedupe.Claim, deed, state, query string, args ...any) error {
	event := name(c.Key)
	args = append([]any{event, signed(c.Token), printable(c.Owner)}, args...)
	right, err := ask(ctx, s, func(ctx context.Context) (bool, error) {
		found, err := s.write(ctx, query, args...)
		if found || err != nil {
			return found, err
		}
		now, err := s.settled(ctx, c)
		return now == state, err
	}, func(bool) {})
	switch {
	case err != nil:
		return fmt.Errorf("sqlstore: %s: %w", deed, err)
	case !right:
		return dedupe.ErrLeaseLost
	}
	return nil
}

// settled is what a claim was settled as: "done", "failed", or "" if it was not, or another has the event.
func (s *Store) settled(ctx context.Context, c dedupe.Claim) (string, error) {
	event := name(c.Key)
	r, err := s.read(ctx, s.say.look, event)
	switch {
	case err != nil:
		return "", err
	case r == nil || r.forgets <= 0:
		return "", nil
	}
	switch r.state {
	case "done", "failed":
		if r.token == signed(c.Token) && r.owner == printable(c.Owner) {
			return r.state, nil
		}
	case "pending", "forgotten":
	default:
		return "", foreign(event, r)
	}
	return "", nil
}

// Forget implements [dedupe.Forgetter].
func (s *Store) Forget(ctx context.Context, k dedupe.Key) error {
	event := name(k)
	_, err := ask(ctx, s, func(ctx context.Context) (struct{}, error) {
		found, err := s.write(ctx, s.say.forget, event)
		if found || err != nil {
			return struct{}{}, err
		}
		_, err = s.settled(ctx, dedupe.Claim{Key: k}) // is it a record?
		return struct{}{}, err
	}, func(struct{}) {})
	if err != nil {
		return fmt.Errorf("sqlstore: forget: %w", err)
	}
	return nil
}
