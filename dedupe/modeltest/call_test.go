package modeltest_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hookmitt/hookmitt/dedupe"
)

// deed is what a store can be asked to do.
type deed string

const (
	claim   deed = "claims"
	extend  deed = "extends"
	commit  deed = "commits"
	release deed = "releases"
	forget  deed = "forgets"
)

// call is something that a store is asked.
type call struct {
	deed   deed
	key    dedupe.Key
	owner  string
	hold   dedupe.Hold  // of a claim
	claim  dedupe.Claim // that is extended, committed or released
	status int          // that is committed
}

// answer is what came of a call. A claim's has a state, and the others have not.
type answer struct {
	state  dedupe.State
	token  uint64
	run    int
	status int
	wait   time.Duration
	err    error
}

// ask calls a store.
func ask(ctx context.Context, s dedupe.Store, c call) answer {
	switch c.deed {
	case claim:
		got, err := s.Claim(ctx, c.key, c.owner, c.hold)
		return answer{state: got.State, token: got.Token, run: got.Run, status: got.Status, wait: got.Wait, err: err}
	case extend:
		return answer{err: s.Extend(ctx, c.claim)}
	case commit:
		return answer{err: s.Commit(ctx, c.claim, c.status)}
	case release:
		return answer{err: s.Release(ctx, c.claim)}
	case forget:
		return answer{err: s.(dedupe.Forgetter).Forget(ctx, c.key)}
	}
	panic("not a deed: " + c.deed)
}

// wins says that the call claimed its event, as the given run.
func (a answer) wins(run int) bool { return a.err == nil && a.state == dedupe.Claimed && a.run == run }

// waits says that the event is pending for so long, which is never nothing.
func (a answer) waits(atLeast, atMost time.Duration) bool {
	return a.err == nil && a.state == dedupe.Pending && a.wait > 0 && a.wait >= atLeast && a.wait <= atMost
}

// finds says that the event is done with the given status.
func (a answer) finds(status int) bool {
	return a.err == nil && a.state == dedupe.Done && a.status == status
}

func (a answer) works() bool { return a.err == nil }

func (a answer) lost() bool { return errors.Is(a.err, dedupe.ErrLeaseLost) }

// writer names calls and answers so that they are the same in every run of a schedule: the claims of event a are a1, a2,
// and so on, in the order in which their tokens were met, and no time is that of a clock.
type writer map[dedupe.Key][]uint64

func (w writer) name(k dedupe.Key, token uint64) string {
	for i, known := range w[k] {
		if known == token {
			return fmt.Sprintf("%s%d", k.ID, i+1)
		}
	}
	w[k] = append(w[k], token)
	return fmt.Sprintf("%s%d", k.ID, len(w[k]))
}

// write says "ann claims a, for 2m0s and 10m0s: run 1, claim a1".
func (w writer) write(c call, a answer) string {
	text := fmt.Sprintf("%s %s ", c.owner, c.deed)
	switch c.deed {
	case claim:
		text += fmt.Sprintf("%s, for %v and %v", c.key.ID, c.hold.Lease, c.hold.Remember)
	case commit:
		text += fmt.Sprintf("%s with %d", w.name(c.key, c.claim.Token), c.status)
	case release:
		text += w.name(c.key, c.claim.Token)
		if c.claim.Unused {
			text += " unused"
		}
	case extend:
		text += w.name(c.key, c.claim.Token)
	case forget:
		text += c.key.ID
	}
	switch {
	case a.lost():
		return text + ": lost"
	case a.err != nil:
		return text + ": " + a.err.Error()
	case a.state == dedupe.Claimed:
		return text + fmt.Sprintf(": run %d, claim %s", a.run, w.name(c.key, a.token))
	case a.state == dedupe.Pending:
		return text + ": pending"
	case a.state == dedupe.Done:
		return text + fmt.Sprintf(": done with %d", a.status)
	case a.state != 0:
		return text + ": " + a.state.String()
	}
	return text + ": nil"
}
