package dedupetest

import (
	"fmt"
	"sync"

	"github.com/hookmitt/hookmitt/dedupe"
)

// concurrent is how many claim at once in law 1. Two are enough to find a store that reads and then writes, if they
// meet; of 64 some do.
const concurrent = 64

// oneWinner is law 1, for a new key, for one whose lease is over and for one that was released.
func oneWinner(l *trial) {
	k, h := l.key(), l.lease(10)
	l.oneOf("a new key", k, h, 1)
	l.pass(11)
	winner := l.oneOf("a key whose lease is over", k, h, 2)
	l.works("the winner releases", l.release(winner))
	l.oneOf("a key that was released", k, h, 3)
}

// oneOf claims a key from many goroutines at once and returns the claim that won.
func (l *trial) oneOf(what string, k dedupe.Key, h dedupe.Hold, run int) (winner dedupe.Claim) {
	l.Helper()
	step := fmt.Sprintf("%d owners claim %s at once", concurrent, what)
	claims, errs := make([]dedupe.Claim, concurrent), make([]error, concurrent)
	start := make(chan struct{})
	var all sync.WaitGroup
	for i := range concurrent {
		all.Go(func() {
			<-start
			owner := fmt.Sprintf("owner-%d-%d", run, i)
			claims[i], errs[i] = l.Store.Claim(l.Context(), k, owner, h)
			claims[i].Key, claims[i].Hold, claims[i].Owner = k, h, owner
		})
	}
	close(start)
	all.Wait()
	won := 0
	for i, c := range claims {
		switch {
		case errs[i] != nil:
			l.failf(step, errs[i].Error(), "no error")
		case c.State == dedupe.Claimed && c.Run == run:
			won++
			winner = c
		case c.State != dedupe.Pending:
			l.failf(step, describe(c), "pending, or claimed as run %d", run)
		}
	}
	if won != 1 {
		l.failf(step, fmt.Sprintf("%d were claimed", won), "1 claimed, %d pending", concurrent-1)
	}
	return winner
}

// sameOwner is law 2: of a new key, of one that was taken over, and while others ask too.
func sameOwner(l *trial) {
	k, h := l.key(), l.lease(4)
	first := l.wins("ann claims", k, ann, h, 1)
	l.waits("bob claims meanwhile", k, bob, h, h.Lease)
	again := l.wins("ann claims again", k, ann, h, 1)
	l.sameToken("ann claims again", again, first)
	l.works("ann commits by what she was told the second time", l.commit(again, 200))

	k = l.key()
	l.wins("ann claims", k, ann, h, 1)
	l.pass(5)
	first = l.wins("bob claims after the lease", k, bob, h, 2)
	again = l.wins("bob claims again", k, bob, h, 2)
	l.sameToken("bob claims again", again, first)
	l.works("bob commits by what he was told the first time", l.commit(first, 200))
}

func (l *trial) sameToken(step string, again, first dedupe.Claim) {
	l.Helper()
	if again.Token != first.Token {
		l.failf(step, fmt.Sprintf("token %d", again.Token), "the same %d as before", first.Token)
	}
}

// pendingWait is law 3.
func pendingWait(l *trial) {
	k, h := l.key(), l.lease(4)
	l.wins("ann claims", k, ann, h, 1)
	l.waits("bob claims at once", k, bob, h, h.Lease)
	l.pass(2)
	l.waits("bob claims when half of the lease is over", k, bob, h, l.units(3))
}

// extendMoves is law 4.
func extendMoves(l *trial) {
	k, h := l.key(), l.lease(4)
	c := l.wins("ann claims for 4 units", k, ann, h, 1)
	l.pass(2)
	l.works("ann extends after 2 units", l.extend(c))
	l.pass(3)
	l.waits("bob claims 5 units after the claim and 3 after the extension", k, bob, h, h.Lease)
	l.works("ann extends a second time", l.extend(c))
	l.pass(3)
	l.waits("bob claims 3 units after the second extension", k, bob, h, h.Lease)
	l.pass(2)
	l.wins("bob claims 5 units after the second extension", k, bob, h, 2)
}

// takeover is law 5.
func takeover(l *trial) {
	k, h := l.key(), l.lease(4)
	first := l.wins("ann claims", k, ann, h, 1)
	l.pass(5)
	second := l.wins("bob claims after the lease", k, bob, h, 2)
	l.largerToken("bob claims after the lease", second, first)
	l.waits("cid claims meanwhile", k, cid, h, h.Lease)
	l.pass(5)
	third := l.wins("cid claims after the second lease", k, cid, h, 3)
	l.largerToken("cid claims after the second lease", third, second)
}

// otherHold is law 14. A store that works out a record's age from the reader's Hold fails it, and with it a deploy that
// changes the configuration.
func otherHold(l *trial) {
	k := l.key()
	long, short := l.lease(8), dedupe.Hold{Lease: l.units(1), Remember: l.units(2)}
	other := l.lease(20)
	other.Remember *= 2
	l.wins("ann claims for 8 units", k, ann, long, 1)
	l.waits("bob claims at once, for 1 unit and to be remembered for 2", k, bob, short, long.Lease)
	l.waits("bob claims at once, for 20 units and to be remembered for twice as long", k, bob, other, long.Lease)
	l.pass(4)
	l.waits("bob claims after 4 units, for 1 unit", k, bob, short, l.units(5))
	l.waits("bob claims after 4 units, for 20 units", k, bob, other, l.units(5))
	l.pass(5)
	l.wins("bob claims after 9 units", k, bob, long, 2)
}
