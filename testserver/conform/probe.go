package conform

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"path"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hookmitt/hookmitt/verify"
)

// Options are what a probe can be told. The zero value makes all checks.
type Options struct {
	Strict   bool         // NON-STRICT is FAILED
	Only     []string     // ids of the checks to make, or patterns such as "SIG-*". Default: all
	Skip     []string     // ids of those not to make, likewise
	Seed     uint64       // of what is drawn by chance. Default: one is drawn
	Progress func(Result) // is told of every result as it comes, one at a time. Optional
}

// Probe makes the checks on a receiver, one after the other but for those that wait. An error says that target or opts
// are none; whatever the receiver does is in the report. When ctx ends, what is under way is FAILED, and the rest not made.
//
// It sends requests that no provider sends, more than a thousand of them, and a receiver that does real work does it for
// those that are valid: it is for receivers under test.
func Probe(ctx context.Context, target Target, opts *Options) (Report, error) {
	p, err := newProbe(target, opts)
	if err != nil {
		return Report{}, err
	}
	return p.all(ctx), nil
}

// probe is a target with what follows from it.
type probe struct {
	target   Target
	options  Options
	strict   bool
	wire     *wire
	hmac     *verify.HMAC // nil if the provider does not sign by one
	sigName  string       // the header of signatures; "" if it is not known
	idHeader string       // of ids; "" if there is none
	checks   []Check
	ahead    atomic.Int64 // how much further the receiver's clock is than ours, in nanoseconds: [Target.Pass] moved it
}

// now is the time at the receiver.
func (p *probe) now() time.Time { return time.Now().Add(time.Duration(p.ahead.Load())) }

func newProbe(target Target, opts *Options) (*probe, error) {
	p := &probe{}
	if opts != nil {
		p.options = *opts
	}
	u, err := target.validate()
	if err != nil {
		return nil, err
	}
	p.target, p.strict = target, p.options.Strict
	p.wire = newWire(u, target.Handler, target.Provider.Deadline)
	p.sigName, _ = verify.SignatureHeader(target.Provider.Scheme)
	for _, one := range verify.Each(target.Provider.Scheme) {
		if scheme, ok := one.(verify.HMAC); ok && p.hmac == nil {
			p.hmac = &scheme
		}
	}
	if _, err := p.seal(target.Secret, p.event(), p.now()); err != nil {
		return nil, fmt.Errorf("conform: Target.Secret or Target.Event does not fit the provider: %w", err)
	}
	if name, ok := target.Provider.Codec.IDField().Header(); ok {
		p.idHeader = name
	}
	if p.options.Seed == 0 {
		p.options.Seed = rand.Uint64() >> 1 //nolint:gosec // it decides what is sent, not who may
	}
	for _, pattern := range slices.Concat(p.options.Only, p.options.Skip) {
		if !slices.ContainsFunc(Checks(), func(c Check) bool { return matches([]string{pattern}, c.ID) }) {
			return nil, fmt.Errorf("conform: no check is called %q", pattern)
		}
	}
	for _, c := range Checks() {
		if p.options.Choose(c.ID) {
			p.checks = append(p.checks, c)
		}
	}
	if len(p.checks) == 0 {
		return nil, errors.New("conform: no check is left")
	}
	return p, nil
}

// Choose reports whether Only and Skip leave the check of that id.
func (o *Options) Choose(id string) bool {
	return (len(o.Only) == 0 || matches(o.Only, id)) && !matches(o.Skip, id)
}

func matches(patterns []string, id string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		ok, _ := path.Match(pattern, id)
		return ok
	})
}

// control is the check without which no other says anything.
const control = "BASE-01"

// all makes the checks. Those that wait begin first, and are waited for before those that nothing may run beside.
func (p *probe) all(ctx context.Context) Report {
	results := make([]Result, len(p.checks))
	var mu sync.Mutex
	tell := func(i int, r Result) {
		mu.Lock()
		defer mu.Unlock()
		results[i] = r
		if p.options.Progress != nil {
			p.options.Progress(r)
		}
	}
	first := p.make(ctx, Checks()[0])
	dead := first.Verdict == Failed
	if dead && p.checks[0].ID != control { // nobody asked for it, and it is the answer all the same
		p.checks, results = append([]Check{first.Check}, p.checks...), append(results, Result{})
	}
	var waiting sync.WaitGroup
	if !dead {
		for i, c := range p.checks {
			if c.slow && p.missing(c) == "" {
				waiting.Go(func() { tell(i, p.make(ctx, c)) })
			}
		}
	}
	for i, c := range p.checks {
		switch {
		case c.ID == control:
			tell(i, first)
		case dead:
			tell(i, Result{Check: c, Verdict: Skipped, Found: control + " failed, which is to be mended first: " + first.Found})
		case p.missing(c) != "":
			tell(i, Result{Check: c, Verdict: Skipped, Found: p.missing(c)})
		case !c.slow && !c.alone():
			tell(i, p.make(ctx, c))
		}
		if ctx.Err() != nil {
			break
		}
	}
	waiting.Wait()
	for i, c := range p.checks {
		if !dead && c.alone() && p.missing(c) == "" && ctx.Err() == nil {
			tell(i, p.make(ctx, c))
		}
	}
	results = slices.DeleteFunc(results, func(r Result) bool { return r.Check.ID == "" }) // not made
	return Report{Seed: p.options.Seed, Results: results}
}

// missing is what a check needs and nobody has said; "" if nothing is.
func (p *probe) missing(c Check) string {
	for _, n := range needs {
		if c.needs&n.need != 0 && !n.met(p) {
			return n.missing
		}
	}
	return ""
}

// make makes one check, and after one in which something was refused a canary: the receiver must still be there for
// others.
func (p *probe) make(ctx context.Context, c Check) Result {
	began := time.Now()
	t := p.trial(ctx, c)
	t.guarded(func() { c.run(t) })
	if t.negative && t.verdict != Failed && ctx.Err() == nil {
		verdict, found, sent, came := t.verdict, t.found, t.sent, t.came
		t.verdict, t.found = OK, ""
		t.guarded(func() {
			if a := t.send(t.valid()); a.Err != nil || !p.target.Provider.Acknowledges(a.Status) {
				t.decide(Failed, "after that a valid delivery on a new connection was not accepted: %v", a)
			}
		})
		if t.verdict == OK {
			t.verdict, t.found, t.sent, t.came = verdict, found, sent, came
		}
	}
	if ctx.Err() != nil { // whatever it says may be our doing
		t.decide(Failed, "it was under way when the probe was ended: %v", context.Cause(ctx))
	}
	r := Result{Check: c, Verdict: t.verdict, Found: t.found, Took: time.Since(began)}
	if t.verdict != OK && t.verdict != Skipped && t.sent != nil {
		r.Sent, r.Came = t.sent.String(), t.came.raw()
	}
	return r
}

// trial is a check that is about to be made. What it draws depends on the seed and on the check alone.
func (p *probe) trial(ctx context.Context, c Check) *trial {
	h := fnv.New64a()
	_, _ = h.Write([]byte(c.ID))
	return &trial{probe: p, ctx: ctx, check: c, chance: rand.New(rand.NewPCG(p.options.Seed, h.Sum64()))} //nolint:gosec // it repeats
}

// guarded does something until it ends the trial.
func (t *trial) guarded(do func()) {
	defer func() {
		if r := recover(); r != nil {
			if _, ok := r.(over); !ok {
				panic(r)
			}
		}
	}()
	do()
}
