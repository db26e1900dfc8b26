package dedupetest

import (
	"context"
	"fmt"

	"github.com/hookmitt/hookmitt/dedupe"
)

// staleClaim is law 6: while the next run is under way, when it has been done and when it has failed.
func staleClaim(l *trial) {
	k, h := l.key(), l.lease(4)
	old := l.wins("ann claims", k, ann, h, 1)
	l.pass(5)
	c := l.wins("bob claims after the lease", k, bob, h, 2)
	l.pass(2)
	l.allLost("while bob runs", old)
	l.waits("cid claims, 2 of bob's 4 units being over", k, cid, h, l.units(3))
	l.works("bob commits", l.commit(c, 201))
	l.allLost("after bob's commit", old)
	l.isDone("cid claims after bob's commit", k, cid, 201)

	k = l.key()
	old = l.wins("ann claims", k, ann, h, 1)
	l.pass(5)
	c = l.wins("bob claims after the lease", k, bob, h, 2)
	l.pass(2)
	l.allLost("while bob runs", old)
	l.pass(3)
	l.wins("cid claims after bob's lease, which ann tried to extend", k, cid, h, 3)
	l.allLost("when it was taken over twice", old)
	l.allLost("when it was taken over", c)

	k = l.key()
	old = l.wins("ann claims", k, ann, h, 1)
	l.pass(5)
	c = l.wins("bob claims after the lease", k, bob, h, 2)
	l.works("bob releases", l.release(c))
	l.allLost("after bob's release", old)
	l.wins("cid claims after bob's release", k, cid, h, 3)
}

// allLost wants that a claim can neither be extended nor settled.
func (l *trial) allLost(when string, c dedupe.Claim) {
	l.Helper()
	whose := fmt.Sprintf("with the old claim, run %d, %s", c.Run, when)
	l.lost("extend "+whose, l.extend(c))
	l.lost("release "+whose, l.release(c))
	l.lost("commit "+whose, l.commit(c, 500))
}

// lateCommit is law 7.
func lateCommit(l *trial) {
	k, h := l.key(), l.lease(4)
	c := l.wins("ann claims", k, ann, h, 1)
	l.pass(5)
	l.works("ann commits after the lease", l.commit(c, 202))
	l.isDone("bob claims after that", k, bob, 202)
}

// settledTwice is law 8.
func settledTwice(l *trial) {
	k, h := l.key(), l.lease(4)
	c := l.wins("ann claims", k, ann, h, 1)
	l.works("ann commits", l.commit(c, 200))
	l.works("ann commits again", l.commit(c, 200))
	l.pass(5)
	l.works("ann commits again after the lease", l.commit(c, 200))
	l.isDone("bob claims after that", k, bob, 200)

	k = l.key()
	c = l.wins("ann claims", k, ann, h, 1)
	l.works("ann releases", l.release(c))
	l.works("ann releases again", l.release(c))
	l.pass(5)
	l.works("ann releases again after the lease", l.release(c))
	l.wins("bob claims after that", k, bob, h, 2)
}

// commitAfterRelease is law 9.
func commitAfterRelease(l *trial) {
	k, h := l.key(), l.lease(4)
	c := l.wins("ann claims", k, ann, h, 1)
	l.works("ann releases", l.release(c))
	l.lost("ann commits", l.commit(c, 200))
	l.wins("bob claims after that", k, bob, h, 2)
}

// runsKept is law 10, also where runs that failed and runs that died alternate.
func runsKept(l *trial) {
	k, h := l.key(), l.lease(4)
	last := l.wins("ann claims", k, ann, h, 1)
	for run, owner := range []string{bob, cid, ann, bob} {
		l.works(fmt.Sprintf("run %d is released", run+1), l.release(last))
		step := fmt.Sprintf("%s claims after the release of run %d", owner[len("owner-"):], run+1)
		next := l.wins(step, k, owner, h, run+2)
		l.largerToken(step, next, last)
		last = next
	}
	l.pass(5)
	last = l.wins("cid claims after the lease of run 5", k, cid, h, 6)
	l.works("run 6 is released", l.release(last))
	l.wins("ann claims after the release of run 6", k, ann, h, 7)
}

// unusedRun is law 20: of a first run, of a later one, of one that took over, and when the release is repeated.
func unusedRun(l *trial) {
	k, h := l.key(), l.lease(4)
	unused := func(step string, c dedupe.Claim) {
		l.Helper()
		c.Unused = true
		l.works(step, l.release(c))
	}
	first := l.wins("ann claims", k, ann, h, 1)
	unused("ann releases it unused", first)
	second := l.wins("bob claims after that", k, bob, h, 1)
	l.largerToken("bob claims after that", second, first)
	l.allLost("when it was released unused", first)
	l.works("bob releases it used", l.release(second))

	third := l.wins("cid claims after that", k, cid, h, 2)
	unused("cid releases it unused", third)
	unused("cid releases it unused again", third)
	fourth := l.wins("ann claims after that", k, ann, h, 2)
	l.largerToken("ann claims after that", fourth, third)
	l.pass(5)
	unused("bob releases unused what he claimed after the lease", l.wins("bob claims after the lease", k, bob, h, 3))
	last := l.wins("cid claims after that", k, cid, h, 3)
	l.works("cid commits", l.commit(last, 200))
	last.Unused = true
	l.lost("cid releases unused what is done", l.release(last))
	l.isDone("ann claims after that", k, ann, 200)
}

// statusKept is law 11.
func statusKept(l *trial) {
	for _, status := range []int{0, 200, 204, 299, 599} {
		k, h := l.key(), l.lease(4)
		c := l.wins("ann claims", k, ann, h, 1)
		l.works(fmt.Sprintf("ann commits %d", status), l.commit(c, status))
		l.isDone("bob claims after that", k, bob, status)
		l.isDone("ann claims after that", k, ann, status)
	}
}

// releaseAfterCommit is law 17.
func releaseAfterCommit(l *trial) {
	k, h := l.key(), l.lease(4)
	c := l.wins("ann claims", k, ann, h, 1)
	l.works("ann commits", l.commit(c, 200))
	l.lost("ann releases", l.release(c))
	l.isDone("bob claims after that", k, bob, 200)
	l.pass(5)
	l.isDone("bob claims after the lease", k, bob, 200)
}

// cancelled is law 15. Whether such a call took effect all the same is not asked: a server may have heard it.
func cancelled(l *trial) {
	ctx, cancel := context.WithCancel(l.Context())
	cancel()
	h := l.lease(4)
	_, err := l.Store.Claim(ctx, l.key(), ann, h)
	l.refused("ann claims a new key by a cancelled context", err)

	k := l.key()
	c := l.wins("ann claims", k, ann, h, 1)
	l.refused("ann extends by a cancelled context", l.Store.Extend(ctx, c))
	l.refused("ann commits by a cancelled context", l.Store.Commit(ctx, c, 200))

	k = l.key()
	c = l.wins("ann claims", k, ann, h, 1)
	l.refused("ann releases by a cancelled context", l.Store.Release(ctx, c))

	k = l.key()
	c = l.wins("ann claims", k, ann, h, 1)
	l.works("ann commits", l.commit(c, 200))
	_, err = l.Store.Claim(ctx, k, bob, h)
	l.refused("bob claims what is done by a cancelled context", err)
	l.isDone("bob claims by a live context", k, bob, 200)
}
