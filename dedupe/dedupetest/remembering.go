package dedupetest

import (
	"errors"
	"time"

	"github.com/hookmitt/hookmitt/dedupe"
)

// slack is how much longer than Remember a store may hold an id: some keep its end in whole seconds. It is never to be
// forgotten early.
const slack = time.Second

// remembered is law 12. It has a unit of its own, so that what was not to be remembered anew is told from slack.
func remembered(l *trial) {
	unit := max(l.Unit, slack/4)
	pass := func(units int) { l.Pass(time.Duration(units) * unit) }
	h := dedupe.Hold{Lease: 2 * unit, Remember: 8 * unit}
	begin := func() (dedupe.Key, dedupe.Claim) {
		k := l.key()
		return k, l.wins("ann claims, to be remembered for 8 units", k, ann, h, 1)
	}

	pending, _ := begin()
	pendingEarly, _ := begin()
	failed, f := begin()
	l.works("ann releases at once", l.release(f))
	failedEarly, f := begin()
	l.works("ann releases at once", l.release(f))
	done, d := begin()
	l.works("ann commits at once", l.commit(d, 200))
	repeated, r := begin()
	l.works("ann commits at once", l.commit(r, 200))
	releasedTwice, r2 := begin()
	l.works("ann releases at once", l.release(r2))
	committed, c := begin()
	extended, x := begin()

	pass(4)
	l.works("ann commits after 4 units", l.commit(c, 200))
	l.works("ann extends after 4 units", l.extend(x))

	pass(3)
	l.isDone("bob claims 7 units after the commit", done, bob, 200)
	l.isDone("bob claims 7 units after the commit", repeated, bob, 200)
	l.works("ann repeats the commit 7 units after it", l.commit(r, 200))
	l.works("ann repeats the release 7 units after it", l.release(r2))
	l.wins("bob claims 7 units after the release", failedEarly, bob, h, 2)
	l.wins("bob claims 7 units after a claim that was not settled", pendingEarly, bob, h, 2)

	pass(3)
	l.isDone("bob claims 10 units after the claim and 6 after the commit", committed, bob, 200)
	l.wins("bob claims 10 units after the claim and 6 after the extension", extended, bob, h, 2)

	l.Pass(slack)
	const later = ", 10 units and a second being over since"
	l.wins("bob claims"+later+" the commit", done, bob, h, 1)
	l.wins("bob claims"+later+" the commit, which was asked for and repeated after 7 units", repeated, bob, h, 1)
	l.wins("bob claims"+later+" the release", failed, bob, h, 1)
	l.wins("bob claims"+later+" the release, which was repeated after 7 units", releasedTwice, bob, h, 1)
	l.wins("bob claims"+later+" the claim", pending, bob, h, 1)

	pass(2)
	l.wins("bob claims 8 units and a second after the commit", committed, bob, h, 1)
}

// forgotten is law 18, for what is done, pending, failed and unknown.
func forgotten(l *trial) {
	f, ok := l.Store.(dedupe.Forgetter)
	if !ok {
		l.Skipf("%T is no dedupe.Forgetter", l.Store)
	}
	h := l.lease(4)
	forget := func(k dedupe.Key) {
		l.Helper()
		err := f.Forget(l.Context(), k)
		if errors.Is(err, errors.ErrUnsupported) {
			l.Skipf("%v", err)
		}
		l.works("the key is forgotten", err)
	}

	k := l.key()
	forget(k)
	l.wins("ann claims what was unknown and forgotten", k, ann, h, 1)

	k = l.key()
	old := l.wins("ann claims", k, ann, h, 1)
	l.works("ann commits", l.commit(old, 200))
	forget(k)
	c := l.wins("bob claims what was done and forgotten", k, bob, h, 1)
	l.largerToken("bob claims what was done and forgotten", c, old)
	l.allLost("after bob's claim", old)
	l.works("bob commits", l.commit(c, 201))
	l.isDone("cid claims after bob's commit", k, cid, 201)

	k = l.key()
	old = l.wins("ann claims", k, ann, h, 1)
	forget(k)
	l.allLost("when the key was forgotten", old)
	l.waits("ann, who was running it, claims again", k, ann, h, h.Lease)
	c = l.wins("bob claims what was pending and forgotten", k, bob, h, 1)
	l.largerToken("bob claims what was pending and forgotten", c, old)
	l.allLost("after bob's claim", old)

	k = l.key()
	l.works("ann releases", l.release(l.wins("ann claims", k, ann, h, 1)))
	old = l.wins("bob claims", k, bob, h, 2)
	l.works("bob releases", l.release(old))
	forget(k)
	c = l.wins("cid claims what had failed and was forgotten", k, cid, h, 1)
	l.largerToken("cid claims what had failed and was forgotten", c, old)
}
