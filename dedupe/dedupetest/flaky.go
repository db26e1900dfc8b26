package dedupetest

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/hookmitt/hookmitt/dedupe"
)

var (
	_ dedupe.Store     = (*Flaky)(nil)
	_ dedupe.Forgetter = (*Flaky)(nil)
)

// ErrDown is what a call of a [Flaky] that fails, or whose reply is lost, returns.
var ErrDown = errors.New("dedupetest: the store is down")

// Op is a method of [dedupe.Store].
type Op uint8

// Do not reorder.
const (
	Claim Op = iota
	Extend
	Commit
	Release
)

// Fault is what goes wrong with a call. The zero Fault is none.
type Fault uint8

// Do not reorder.
const (
	Fail      Fault = iota + 1 // The call never reaches the store, and is ErrDown at once.
	Stall                      // The call hangs, whatever its context says, until Resume, and then goes through.
	LoseReply                  // The call is done, and is ErrDown.
	Repeat                     // The call is done twice, and gets the second answer, as from a client that repeats a command whose reply was lost.
)

// Flaky is a store that can be told to fail, to stall and to lose replies. Without faults it is Store.
//
// It is safe for concurrent use and in a bubble of testing/synctest, where a call that stalls counts as blocked. A call
// that stalls is a goroutine: [Flaky.Resume] it before the test ends.
type Flaky struct {
	Store dedupe.Store // Required.

	mu     sync.Mutex // held across nothing that blocks
	ops    [Release + 1]plan
	resume chan struct{} // closed by Resume
}

// plan is what will go wrong with an operation.
type plan struct {
	next   []Fault // one a call, before always
	always Fault
	calls  int
}

// Next sets the faults of the next calls of op, one each, after those that were set before. A zero Fault lets one through.
func (f *Flaky) Next(op Op, faults ...Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ops[op].next = append(f.ops[op].next, faults...)
}

// Always sets the fault of every call of op, until [Flaky.Heal], but for those that [Flaky.Next] spoke of.
func (f *Flaky) Always(op Op, fault Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ops[op].always = fault
}

// Heal takes back all faults. Calls that hang go on hanging until [Flaky.Resume].
func (f *Flaky) Heal() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for op := range f.ops {
		f.ops[op].next, f.ops[op].always = nil, 0
	}
}

// Resume lets the calls go through that hang now. Later ones hang as they were told to.
func (f *Flaky) Resume() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.resume != nil {
		close(f.resume)
		f.resume = nil
	}
}

// Calls is how often op was called, faulty or not. What Repeat adds is not counted.
func (f *Flaky) Calls(op Op) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.ops[op].calls
}

// Claim implements [dedupe.Store].
func (f *Flaky) Claim(ctx context.Context, k dedupe.Key, owner string, h dedupe.Hold) (dedupe.Claim, error) {
	return through(ctx, f, Claim, func(ctx context.Context) (dedupe.Claim, error) {
		return f.Store.Claim(ctx, k, owner, h)
	})
}

// Extend implements [dedupe.Store].
func (f *Flaky) Extend(ctx context.Context, c dedupe.Claim) error {
	return f.step(ctx, Extend, func(ctx context.Context) error { return f.Store.Extend(ctx, c) })
}

// Commit implements [dedupe.Store].
func (f *Flaky) Commit(ctx context.Context, c dedupe.Claim, status int) error {
	return f.step(ctx, Commit, func(ctx context.Context) error { return f.Store.Commit(ctx, c, status) })
}

// Release implements [dedupe.Store].
func (f *Flaky) Release(ctx context.Context, c dedupe.Claim) error {
	return f.step(ctx, Release, func(ctx context.Context) error { return f.Store.Release(ctx, c) })
}

// Forget implements [dedupe.Forgetter]. It has no faults. If Store is no Forgetter it is [errors.ErrUnsupported].
func (f *Flaky) Forget(ctx context.Context, k dedupe.Key) error {
	if s, ok := f.Store.(dedupe.Forgetter); ok {
		return s.Forget(ctx, k)
	}
	return fmt.Errorf("dedupetest: %T is no dedupe.Forgetter: %w", f.Store, errors.ErrUnsupported)
}

func (f *Flaky) step(ctx context.Context, op Op, do func(context.Context) error) error {
	_, err := through(ctx, f, op, func(ctx context.Context) (struct{}, error) { return struct{}{}, do(ctx) })
	return err
}

// through does the call, and does to it what its fault says.
func through[T any](ctx context.Context, f *Flaky, op Op, do func(context.Context) (T, error)) (T, error) {
	var none T
	fault, resume := f.take(op)
	switch fault {
	case Fail:
		return none, ErrDown
	case Stall:
		<-resume
		return do(context.WithoutCancel(ctx)) // a server does what it was sent, whoever has hung up
	case LoseReply:
		_, _ = do(ctx)
		return none, ErrDown
	case Repeat:
		_, _ = do(ctx)
	}
	return do(ctx)
}

// take counts a call and takes its fault. The channel is made by the call that waits on it, so that it belongs to the
// same bubble.
func (f *Flaky) take(op Op) (Fault, <-chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	p := &f.ops[op]
	p.calls++
	fault := p.always
	if len(p.next) > 0 {
		fault, p.next = p.next[0], p.next[1:]
	}
	if fault == Stall && f.resume == nil {
		f.resume = make(chan struct{})
	}
	return fault, f.resume
}
