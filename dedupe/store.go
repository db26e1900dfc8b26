package dedupe

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hookmitt/hookmitt/dedupe/internal/bounded"
)

// What stores and [Guard] return, for errors.Is.
var (
	ErrLeaseLost = errors.New("dedupe: the claim is no longer ours") // another run has it, or it was settled or forgotten
	ErrFull      = errors.New("dedupe: the store is full")           // and forgets nothing early to make room
	ErrKey       = errors.New("dedupe: not a key")
	ErrStatus    = errors.New("dedupe: not a status that can be kept")
	ErrStalled   = bounded.ErrStalled // the store did not answer in time
)

// maxID is the longest id, in bytes.
const maxID = 256

// Key identifies an event. Scopes do not mix: scope a with id b/c is not scope a/b with id c.
type Key struct {
	Scope string // provider and tenant, say
	ID    string // 1 to 256 bytes. Required.
}

// Validate is [ErrKey] if the id is empty or over 256 bytes.
func (k Key) Validate() error {
	if k.ID == "" || len(k.ID) > maxID {
		return fmt.Errorf("%w: the id has %d bytes, not 1 to %d", ErrKey, len(k.ID), maxID)
	}
	return nil
}

// Hold is for how long a claim holds. It is judged by the store's clock alone.
type Hold struct {
	Lease    time.Duration // until somebody else may claim, unless extended
	Remember time.Duration // until the id is new again, counted from the last claim, extension, commit or release
}

// State is what a claim found.
type State uint8

// Do not reorder.
const (
	Claimed State = iota + 1 // It is ours: run, then commit or release.
	Pending                  // Somebody else runs it now.
	Done                     // It was done before.
)

// String implements [fmt.Stringer].
func (s State) String() string {
	switch s {
	case Claimed:
		return "claimed"
	case Pending:
		return "pending"
	case Done:
		return "done"
	}
	return fmt.Sprintf("State(%d)", uint8(s))
}

// Claim is what a store answers to one who wants to run an event.
type Claim struct {
	Key    Key
	Hold   Hold
	State  State
	Owner  string        // who claims: makes a repeated claim harmless
	Token  uint64        // Claimed: larger than that of every earlier claim of the key, so it can fence a stale run
	Run    int           // Claimed: 1 for the first run of the event, 2 after one that failed or died
	Unused bool          // for Release: the event was not run, and the claim counts as no run
	Status int           // Done: what was committed
	Wait   time.Duration // Pending: what is left of the lease
}

// Store remembers claims. Its laws, which package dedupetest checks by their numbers:
//
//  1. Of concurrent claims of a key exactly one MUST be Claimed.
//  2. The same owner MUST get the same claim again: a client may repeat a command whose reply was lost.
//  3. A Pending claim MUST carry 0 < Wait ≤ Lease.
//  4. Extend MUST move the end of the lease.
//  5. After the lease a claim MUST win, with the next run and a larger token.
//  6. Extend, Commit and Release of a claim that was taken over MUST be [ErrLeaseLost] and change nothing.
//  7. While nobody took it, the owner MUST still be able to commit after the lease.
//  8. Commit and Release MUST be idempotent: the same claim again is nil.
//  9. Commit after Release MUST be ErrLeaseLost.
//  10. Release MUST keep the number of runs.
//  11. A Done claim MUST carry the status that was committed.
//  12. After Remember the id MUST be new, and not before. Commit and Extend start Remember again; a repeat does not.
//  13. Keys MUST NOT mix, whatever bytes scope and id hold.
//  14. A claim with another Hold MUST NOT shorten a live lease.
//  15. A cancelled context MUST give an error, never Done.
//  16. Something foreign where the record should be MUST give an error, never Done.
//  17. Release after Commit MUST be ErrLeaseLost, and the event stays done.
//  18. After Forget the next claim MUST be run 1 with a larger token. A run that was under way MUST NOT settle the event,
//     nor claim it again: to its owner the event is Pending.
//  19. A key that [Key.Validate] refuses MUST be refused.
//  20. Release of an Unused claim MUST take its run back: the next claim is the same run, with a larger token.
//
// All methods MUST be safe for concurrent use, and each MUST be one atomic step.
type Store interface {
	Claim(ctx context.Context, k Key, owner string, h Hold) (Claim, error)
	Extend(ctx context.Context, c Claim) error
	Commit(ctx context.Context, c Claim, status int) error
	Release(ctx context.Context, c Claim) error
}

// Forgetter is a [Store] that can be told to run an event again.
type Forgetter interface {
	// Forget makes the next claim of k win, as run 1. It keeps the token, so a run that is still under way loses its
	// claim. An unknown k is no error.
	Forget(ctx context.Context, k Key) error
}
