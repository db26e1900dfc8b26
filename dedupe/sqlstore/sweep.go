package sqlstore

import (
	"context"
	"fmt"
	"time"

	"github.com/hookmitt/hookmitt/dedupe/internal/bounded"
)

const (
	// sweepBatch of rows are removed by one statement, so that none takes long.
	sweepBatch = 500

	// Every sweepEvery-th claim of a store removes up to sweepShare rows: more than claims add, so that they do not pile
	// up, and not at every claim, since it is a statement more.
	sweepEvery = 64
	sweepShare = 3 * sweepEvery
)

// Sweep removes rows whose time is over, limit of them at most, and says how many it did. 0 is no limit. It removes 500
// at a time, and one after the other, so that claims are held up for no longer than that takes.
//
// It is needed where claims do not come: claims remove three rows for each that they add, 192 at every 64th.
func (s *Store) Sweep(ctx context.Context, limit int) (removed int, err error) {
	for {
		batch := sweepBatch
		if limit > 0 {
			batch = min(batch, limit-removed)
		}
		n, err := repeat(ctx, func(ctx context.Context) (int, error) { return s.sweep(ctx, batch) })
		removed += n
		switch {
		case err != nil:
			return removed, fmt.Errorf("sqlstore: sweep: %w", err)
		case n < batch || removed == limit:
			return removed, nil
		}
	}
}

func (s *Store) sweep(ctx context.Context, limit int) (int, error) {
	leave, err := s.enter(ctx)
	if err != nil {
		return 0, err
	}
	defer leave()
	return affected(s.db.ExecContext(ctx, s.say.sweep, limit))
}

// sweepSome is the share of a claim. It comes before it and takes a quarter of its time at most. That it fails is nothing
// that the event should wait for: another claim has its share, too.
func (s *Store) sweepSome(ctx context.Context) {
	if s.claims.Add(1)%sweepEvery != 0 {
		return
	}
	deadline, _ := ctx.Deadline()
	ctx, cancel := context.WithTimeout(ctx, time.Until(deadline)/4)
	defer cancel()
	_, _ = bounded.Do(ctx, func(ctx context.Context) (int, error) { return s.sweep(ctx, sweepShare) }, func(int) {})
}
