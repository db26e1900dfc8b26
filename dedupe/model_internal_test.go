package dedupe

import (
	"context"
	"errors"
	"math/rand/v2"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// plain is a store that is a map, as simply as the laws can be written.
type plain struct {
	events map[Key]*record
	start  time.Time
}

type record struct {
	state         State // 0: failed
	owner         string
	token         uint64
	run, status   int
	lease, forget time.Duration
	forgotten     bool // while the owner ran it
}

func (p *plain) now() time.Duration { return time.Since(p.start) }

// live is the record of a key, which is nil if there is none or it has been forgotten.
func (p *plain) live(k Key) *record {
	if r := p.events[k]; r != nil && p.now() < r.forget {
		return r
	}
	delete(p.events, k)
	return nil
}

// claim says what a claim must find, and whether it begins a run. The token is the store's to choose.
func (p *plain) claim(k Key, owner string, h Hold, token uint64) (c Claim, fresh bool) {
	r := p.live(k)
	if r == nil {
		r = new(record)
		p.events[k] = r
	}
	switch {
	case r.forgotten && r.owner == owner:
		return Claim{Key: k, Hold: h, Owner: owner, State: Pending, Wait: min(h.Lease, time.Second)}, false
	case r.state == Done:
		return Claim{Key: k, Hold: h, Owner: owner, State: Done, Token: r.token, Status: r.status}, false
	case r.state == Pending && r.owner == owner:
		return Claim{Key: k, Hold: h, Owner: owner, State: Claimed, Token: r.token, Run: r.run}, false
	case r.state == Pending && p.now() < r.lease:
		return Claim{Key: k, Hold: h, Owner: owner, State: Pending, Wait: r.lease - p.now()}, false
	}
	*r = record{state: Pending, owner: owner, token: token, run: r.run + 1}
	r.hold(p.now(), h)
	return Claim{Key: k, Hold: h, Owner: owner, State: Claimed, Token: token, Run: r.run}, true
}

func (r *record) hold(now time.Duration, h Hold) { r.lease, r.forget = now+h.Lease, now+h.Remember }

func (p *plain) settle(c Claim, to State, status int) error {
	r := p.live(c.Key)
	switch {
	case r == nil || r.token != c.Token:
		return ErrLeaseLost
	case r.state == Done && to == Done:
		return nil
	case r.state == 0 && to == 0:
		return nil
	case r.state != Pending:
		return ErrLeaseLost
	}
	if c.Unused && r.state == Pending && to == 0 {
		r.run--
	}
	r.state, r.status = to, status
	r.hold(p.now(), c.Hold)
	if to == Done {
		r.forget = rounded(r.forget)
	}
	return nil
}

func (p *plain) forget(k Key) {
	if r := p.live(k); r != nil {
		*r = record{forget: r.forget, forgotten: r.state == Pending || r.forgotten, owner: r.owner}
	}
}

func (p *plain) count() int {
	for k := range p.events {
		p.live(k)
	}
	return len(p.events)
}

func TestMemoryIsWhatItsModelIs(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		keys int
		hold func(r *rand.Rand) Hold
	}{
		"equal times": {3000, func(*rand.Rand) Hold {
			return Hold{Lease: 5 * time.Second, Remember: time.Minute}
		}},
		"unequal times": {3000, func(r *rand.Rand) Hold {
			return Hold{
				Lease:    time.Duration(1 + r.Int64N(int64(10*time.Second))),
				Remember: 10*time.Second + time.Duration(r.Int64N(int64(2*time.Minute))),
			}
		}},
		"few keys, much met": {8, func(r *rand.Rand) Hold {
			return Hold{
				Lease:    time.Duration(1 + r.Int64N(int64(time.Second))),
				Remember: time.Duration(1+r.IntN(20)) * time.Second,
			}
		}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seed := Seed(t)
			synctest.Test(t, func(t *testing.T) { walk(t, seed, c.keys, c.hold) })
		})
	}
}

// walk does random operations to a Memory and to its model, and wants the same of both.
func walk(t *testing.T, seed uint64, keys int, hold func(*rand.Rand) Hold) {
	ctx := context.Background()
	rnd := rand.New(rand.NewPCG(seed, 0))
	m := NewMemory(0)
	p := &plain{events: map[Key]*record{}, start: time.Now()}
	var claims []Claim // the last of those that were won
	var token uint64   // the largest
	for step := range 100_000 {
		k := Key{Scope: "test", ID: strconv.Itoa(rnd.IntN(keys))}
		op := rnd.IntN(100)
		if op < 40 || len(claims) == 0 {
			owner, h := strconv.Itoa(rnd.IntN(3)), hold(rnd)
			c, err := m.Claim(ctx, k, owner, h)
			want, fresh := p.claim(k, owner, h, c.Token)
			if c != want || err != nil {
				t.Fatalf("step %d: the claim is %+v, %v, not %+v", step, c, err, want)
			}
			if fresh && c.Token <= token {
				t.Fatalf("step %d: token %d after %d", step, c.Token, token)
			}
			token = max(token, c.Token)
			if c.State == Claimed {
				claims = append(claims[max(0, len(claims)-40):], c)
			}
			continue
		}
		c := claims[rnd.IntN(len(claims))]
		var got, want error
		switch {
		case op < 60:
			status := rnd.IntN(600)
			got, want = m.Commit(ctx, c, status), p.settle(c, Done, status)
		case op < 70:
			c.Unused = rnd.IntN(2) == 0
			got, want = m.Release(ctx, c), p.settle(c, 0, 0)
		case op < 80:
			got, want = m.Extend(ctx, c), p.settle(c, Pending, 0)
		case op < 82:
			got = m.Forget(ctx, k)
			p.forget(k)
		default:
			time.Sleep(time.Duration(rnd.Int64N(int64(40 * time.Millisecond))))
		}
		if !errors.Is(got, want) {
			t.Fatalf("step %d: %d of %+v is %v, not %v", step, op, c, got, want)
		}
		if step%5_000 == 0 {
			time.Sleep(time.Second) // sweepAll looks once a second
			m.sweepAll()
			n, _ := m.Fill()
			require.Equal(t, p.count(), n, "step %d: held, once all that has expired is swept", step)
			require.Equal(t, n, m.inside(), "step %d: the gauge, and what is there", step)
		}
	}
	time.Sleep(time.Hour)
	m.sweepAll()
	n, _ := m.Fill()
	require.Zero(t, n, "all has expired and was swept")
	require.Zero(t, m.inside())
}

// inside counts what the shards hold, expired or not.
func (m *Memory) inside() (n int) {
	for i := range m.shards {
		s := &m.shards[i]
		n += len(s.open)
		for _, place := range s.done.index {
			if place != 0 {
				n++
			}
		}
	}
	return n
}
