package dedupetest_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/dedupe/dedupetest"
)

// ledger is a store written from the laws alone, with a clock that is moved by hand and with room for what is no record.
// That the suite lets it pass shows that it asks for no more than the laws, and not for a Memory.
type ledger struct {
	mu    sync.Mutex
	now   time.Duration
	token uint64
	lines map[dedupe.Key]any
}

type line struct {
	state         dedupe.State // 0: failed
	owner         string
	token         uint64
	run, status   int
	lease, forget time.Duration
	forgotten     string // who was running it when it was forgotten
}

var errForeign = errors.New("not a line")

func newLedger() *ledger { return &ledger{lines: map[dedupe.Key]any{}} }

func (l *ledger) subject() dedupetest.Subject {
	return dedupetest.Subject{
		Store: l,
		Pass: func(d time.Duration) {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.now += d
		},
		Foreign: func(_ *testing.T, k dedupe.Key) {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.lines[k] = "something foreign"
		},
	}
}

func (l *ledger) find(ctx context.Context, k dedupe.Key) (*line, error) {
	if err := errors.Join(ctx.Err(), k.Validate()); err != nil {
		return nil, err
	}
	switch r := l.lines[k].(type) {
	case nil:
		return nil, nil
	case *line:
		if r.forget <= l.now {
			return nil, nil
		}
		return r, nil
	}
	return nil, errForeign
}

func (l *ledger) Claim(ctx context.Context, k dedupe.Key, owner string, h dedupe.Hold) (dedupe.Claim, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r, err := l.find(ctx, k)
	switch {
	case err != nil:
		return dedupe.Claim{}, err
	case r == nil:
		r = new(line)
		l.lines[k] = r
	case r.forgotten == owner:
		return dedupe.Claim{State: dedupe.Pending, Wait: h.Lease}, nil
	case r.state == dedupe.Done:
		return dedupe.Claim{State: dedupe.Done, Status: r.status}, nil
	case r.state == dedupe.Pending && r.owner == owner:
		return dedupe.Claim{State: dedupe.Claimed, Token: r.token, Run: r.run}, nil
	case r.state == dedupe.Pending && l.now < r.lease:
		return dedupe.Claim{State: dedupe.Pending, Wait: r.lease - l.now}, nil
	}
	l.token++
	*r = line{state: dedupe.Pending, owner: owner, token: l.token, run: r.run + 1, lease: l.now + h.Lease, forget: l.now + h.Remember}
	return dedupe.Claim{State: dedupe.Claimed, Token: r.token, Run: r.run}, nil
}

func (l *ledger) Extend(ctx context.Context, c dedupe.Claim) error {
	return l.settle(ctx, c, dedupe.Pending, 0)
}

func (l *ledger) Commit(ctx context.Context, c dedupe.Claim, status int) error {
	return l.settle(ctx, c, dedupe.Done, status)
}

func (l *ledger) Release(ctx context.Context, c dedupe.Claim) error { return l.settle(ctx, c, 0, 0) }

func (l *ledger) settle(ctx context.Context, c dedupe.Claim, to dedupe.State, status int) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	r, err := l.find(ctx, c.Key)
	switch {
	case err != nil:
		return err
	case r == nil || r.token != c.Token:
		return dedupe.ErrLeaseLost
	case r.state != dedupe.Pending:
		if r.state != to {
			return dedupe.ErrLeaseLost
		}
		return nil
	}
	if to == 0 && c.Unused {
		r.run--
	}
	r.state, r.status, r.lease, r.forget = to, status, l.now+c.Hold.Lease, l.now+c.Hold.Remember
	return nil
}

// forgetful is a ledger that is a [dedupe.Forgetter] too.
type forgetful struct{ *ledger }

func (f forgetful) Forget(ctx context.Context, k dedupe.Key) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	r, err := f.find(ctx, k)
	if err != nil || r == nil {
		return err
	}
	gone := &line{forget: f.now + time.Hour}
	if r.state == dedupe.Pending {
		gone.forgotten = r.owner
	}
	f.lines[k] = gone
	return nil
}
