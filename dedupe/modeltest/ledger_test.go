package modeltest_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/dedupe"
)

// ledger keeps what was answered, and says whether it broke a promise: at most one live lease of an event, no run after a
// commit while it is remembered, tokens that grow, and nothing settled by who has lost it. It does not say what an answer
// must be.
type ledger map[dedupe.Key]page

// page is the latest claim of an event.
type page struct {
	token  uint64
	open   bool          // neither settled nor forgotten
	leased time.Duration // until then nobody else may run it
	done   time.Duration // until then nobody may run it
}

// note says which promise an answer broke; "" for none.
func (l ledger) note(now time.Duration, c call, got answer) string {
	p := l[c.key]
	defer func() { l[c.key] = p }()
	switch {
	case got.err != nil, c.deed == claim && got.state != dedupe.Claimed:
		return ""
	case c.deed == forget:
		p.open, p.leased, p.done = false, 0, 0
		return ""
	case c.deed == claim && got.token == p.token && p.open:
		return ""
	case c.deed == claim:
		old := p
		p = page{token: got.token, open: true, leased: now + c.hold.Lease}
		switch {
		case got.token <= old.token:
			return "its token is not larger than those before it"
		case now < old.leased:
			return "two leases of one event are live"
		case now < old.done:
			return "an event that was done is run again"
		}
		return ""
	case c.claim.Token != p.token:
		return "who had lost the event settled it"
	case !p.open:
		return ""
	case c.deed == extend:
		p.leased = now + c.claim.Hold.Lease
	case c.deed == commit:
		p.open, p.leased, p.done = false, 0, now+c.claim.Hold.Remember
	case c.deed == release:
		p.open, p.leased = false, 0
	}
	return ""
}

// told is a call, when it was made, and what was answered.
type told struct {
	at     time.Duration
	call   call
	answer answer
}

func TestLedger(t *testing.T) {
	t.Parallel()
	hold := dedupe.Hold{Lease: 2 * unit, Remember: 9 * unit}
	wins := func(at, token int) told {
		return told{
			time.Duration(at) * unit, call{deed: claim, owner: "ann", hold: hold},
			answer{state: dedupe.Claimed, token: uint64(token), run: 1}, //nolint:gosec // small
		}
	}
	does := func(at int, d deed, token int) told {
		return told{
			time.Duration(at) * unit,
			call{deed: d, claim: dedupe.Claim{Token: uint64(token), Hold: hold}}, answer{}, //nolint:gosec // small
		}
	}
	lost := func(at int, d deed, token int) told {
		one := does(at, d, token)
		one.answer.err = dedupe.ErrLeaseLost
		return one
	}
	const leases, again, token, settled = "two leases of one event are live", "an event that was done is run again",
		"its token is not larger than those before it", "who had lost the event settled it"
	for name, c := range map[string]struct {
		history []told
		want    string // of the last
	}{
		"a claim and its repeat":                   {[]told{wins(0, 1), wins(1, 1)}, ""},
		"a claim after the lease":                  {[]told{wins(0, 1), wins(2, 2)}, ""},
		"a claim during the lease":                 {[]told{wins(0, 1), wins(1, 2)}, leases},
		"a claim during the lease, as extended":    {[]told{wins(0, 1), does(1, extend, 1), wins(2, 2)}, leases},
		"a claim after an extension that was lost": {[]told{wins(0, 1), lost(1, extend, 1), wins(2, 2)}, ""},
		"a claim after the release":                {[]told{wins(0, 1), does(1, release, 1), wins(1, 2)}, ""},
		"a claim after it was forgotten":           {[]told{wins(0, 1), does(1, forget, 0), wins(1, 2)}, ""},
		"a claim with the token of before":         {[]told{wins(0, 1), does(1, release, 1), wins(1, 1)}, token},
		"a claim with a smaller token":             {[]told{wins(0, 2), wins(2, 1)}, token},
		"a claim of what is done":                  {[]told{wins(0, 1), does(1, commit, 1), wins(9, 2)}, again},
		"a claim of what is done, after Remember":  {[]told{wins(0, 1), does(1, commit, 1), wins(10, 2)}, ""},
		"a claim of what is done and forgotten":    {[]told{wins(0, 1), does(1, commit, 1), does(1, forget, 0), wins(1, 2)}, ""},
		"a commit that is repeated":                {[]told{wins(0, 1), does(1, commit, 1), does(5, commit, 1), wins(10, 2)}, ""},
		"a commit by who has lost it":              {[]told{wins(0, 1), wins(2, 2), does(2, commit, 1)}, settled},
		"a release by who has lost it":             {[]told{wins(0, 1), wins(2, 2), does(2, release, 1)}, settled},
		"an extension by who has lost it":          {[]told{wins(0, 1), wins(2, 2), does(2, extend, 1)}, settled},
		"one by who has lost it, and is told so":   {[]told{wins(0, 1), wins(2, 2), lost(2, commit, 1)}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := ledger{}
			for i, one := range c.history {
				want := ""
				if i == len(c.history)-1 {
					want = c.want
				}
				require.Equal(t, want, l.note(one.at, one.call, one.answer))
			}
		})
	}
}
