package middleware

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/events"
)

// Options are all that a receiver can be told. The zero value is right for one process and one tenant.
type Options struct {
	// Tenant scopes ids, and reaches Secrets by [TenantFrom]. A request for which it returns "" is answered like one
	// with a bad signature. Required when secrets is not one *verify.Keyring: a tenant must not burn another's ids.
	Tenant func(*http.Request) string

	// Store remembers events. Default: dedupe.NewMemory(0), for one process, which forgets at a restart.
	Store dedupe.Store

	Methods     []string      // Default: the provider's one.
	MaxBody     int64         // bytes. Default: 1 MiB.
	MaxAge      time.Duration // refuses events whose signed time is older, or missing. Default: none. Not below the provider's horizon.
	MaxInFlight int           // runs at once; above it 503. It does not bound bodies that are being read. Default: unlimited.
	ReadTimeout time.Duration // for the body, in place of http.Server's. Default: the whole budget, 0.8 of the provider's deadline.
	Lease       time.Duration // how long a claim blocks its event if the process dies. Default: derived from the provider.
	Remember    time.Duration // how long ids are remembered. Default: derived. Not below the provider's horizon.

	// BodyWindow also takes a body that was done under another id this recently for a duplicate: against whoever replays a captured
	// request of a provider whose id is not signed. Its price: of two genuine events with equal bodies the second is
	// taken for a replay. Default: off. Not below the lease.
	BodyWindow time.Duration

	// MaxRuns is how often an event may fail before Dead takes it and it is acknowledged: a poison event must not switch
	// the endpoint off. A run that died with its process counts. Default: never.
	MaxRuns int

	// Dead takes an event that failed MaxRuns times; err is its last failure, where it is known. If Dead returns an error,
	// or its process dies, the next attempt comes to Dead again: take an event twice as you take it once. Required with
	// MaxRuns.
	Dead func(ctx context.Context, e events.Event, err error) error

	// Observe is told of every request, once, after the answer has left and on the request's goroutine, and once more
	// of a run that ended after its answer. Default: Log(slog.Default()).
	Observe func(ctx context.Context, r Record)
}

const (
	defaultMaxBody = 1 << 20 // no provider documents a maximum; documented bodies are under 10 KiB

	minLease       = 15 * time.Second
	longestHold    = 5 * time.Minute // a handler that is not done by then is taken for dead
	rememberID     = 48 * time.Hour  // covers CDHosting's 26 h 37 m with room for a changed schedule
	rememberDigest = time.Hour       // a digest stands for the wrong event the longer the likelier

	// leaseSlack is how much a lease must outlast the budget: a late answer and a lost heartbeat.
	leaseSlack = 2 * time.Second
)

// derive fills in what follows from the provider, and refuses what cannot work.
func (o Options) derive(p hookmitt.Provider) (Options, error) {
	for _, option := range []struct {
		name  string
		value int64
	}{
		{"MaxBody", o.MaxBody}, {"MaxAge", int64(o.MaxAge)}, {"MaxInFlight", int64(o.MaxInFlight)}, {"ReadTimeout", int64(o.ReadTimeout)},
		{"Lease", int64(o.Lease)}, {"Remember", int64(o.Remember)}, {"BodyWindow", int64(o.BodyWindow)}, {"MaxRuns", int64(o.MaxRuns)},
	} {
		if option.value < 0 {
			return o, fmt.Errorf("middleware: Options.%s is negative", option.name)
		}
	}
	if o.MaxBody == 0 {
		o.MaxBody = defaultMaxBody
	}
	if o.ReadTimeout == 0 {
		o.ReadTimeout = budget(p)
	}
	if o.Lease == 0 {
		o.Lease = lease(p)
	}
	if o.Remember == 0 {
		o.Remember = remember(p)
	}
	if len(o.Methods) == 0 {
		o.Methods = []string{p.Verb()}
	}
	return o, errors.Join(o.checkMethods(), o.checkLease(p), o.checkMemory(p), o.checkDead(p))
}

// budget is when the answer must leave, counted from the request's arrival: 0.8 of what the provider waits.
func budget(p hookmitt.Provider) time.Duration { return p.Deadline * 4 / 5 }

// lease is the default: three budgets, but over before the first retry where that leaves the handler its time, so that
// a crash costs no retry; and over before the last one in any case.
func lease(p hookmitt.Provider) time.Duration {
	l := min(max(3*budget(p), minLease), longestHold)
	if first, ok := p.Retry.Delay(1); ok {
		for _, bound := range []time.Duration{first - p.Deadline, p.Retry.Total() - time.Second} {
			if bound >= budget(p)+leaseSlack {
				l = min(l, bound)
			}
		}
	}
	return l
}

// longest is how long a run may hold its claim.
func longest(p hookmitt.Provider, lease time.Duration) time.Duration {
	first, ok := p.Retry.Delay(1)
	if !ok {
		return longestHold
	}
	return min(max(first, lease, 2*budget(p)), longestHold)
}

// remember is the default: well over the horizon for a real id, barely for a digest.
func remember(p hookmitt.Provider) time.Duration {
	if p.Identity() == hookmitt.DerivedID {
		return max(p.Horizon(), rememberDigest)
	}
	return max(p.Horizon(), p.Horizon()/2*3, rememberID) // the first where the second is past the end of time
}

func (o Options) checkMethods() error {
	for _, m := range o.Methods {
		if m == http.MethodGet || m == http.MethodHead || m == "" || m != strings.ToUpper(m) {
			return fmt.Errorf("middleware: Options.Methods: %q: a webhook is sent by a verb with a body, in capitals", m)
		}
	}
	return nil
}

func (o Options) checkLease(p hookmitt.Provider) error {
	b, l := budget(p), longest(p, o.Lease)
	switch {
	case o.Lease <= b:
		return fmt.Errorf("middleware: the lease of %v is not over the budget of %v: it would end while the handler still may run", o.Lease, b)
	case o.Lease > l:
		return fmt.Errorf("middleware: the lease of %v is over the longest hold of %v", o.Lease, l)
	case p.Retry.Retries() > 0 && o.Lease >= p.Retry.Total():
		return fmt.Errorf("middleware: the lease of %v is not under the %v in which %s retries: after a crash every retry would meet it", o.Lease, p.Retry.Total(), p.Name)
	case o.BodyWindow > 0 && o.BodyWindow < o.Lease:
		return fmt.Errorf("middleware: Options.BodyWindow of %v is under the lease of %v", o.BodyWindow, o.Lease)
	case o.BodyWindow > 0 && p.Identity() == hookmitt.DerivedID:
		return fmt.Errorf("middleware: Options.BodyWindow: %s's ids are digests of the body already", p.Name)
	}
	return nil
}

func (o Options) checkMemory(p hookmitt.Provider) error {
	switch h := p.Horizon(); {
	case o.Remember < h:
		return fmt.Errorf("middleware: ids are remembered for %v, and %s may retry for %v: the event would be done twice", o.Remember, p.Name, h)
	case o.MaxAge > 0 && o.MaxAge < h:
		return fmt.Errorf("middleware: Options.MaxAge of %v is under the %v for which %s may retry: the event would be lost", o.MaxAge, h, p.Name)
	case o.MaxAge > 0 && !p.SignsTime():
		return fmt.Errorf("middleware: Options.MaxAge: %s signs no time to judge", p.Name)
	}
	return nil
}

func (o Options) checkDead(p hookmitt.Provider) error {
	switch attempts := p.Retry.Retries() + 1; {
	case o.MaxRuns > 0 && o.Dead == nil:
		return errors.New("middleware: Options.MaxRuns needs Options.Dead: an event is not dropped without somebody taking it")
	case o.MaxRuns == 0 && o.Dead != nil:
		return errors.New("middleware: Options.Dead needs Options.MaxRuns")
	case o.MaxRuns > attempts:
		return fmt.Errorf("middleware: Options.MaxRuns is %d, and %s makes %d attempts", o.MaxRuns, p.Name, attempts)
	}
	return nil
}

// allows reports whether a verb is one of the options'.
func (o Options) allows(method string) bool { return slices.Contains(o.Methods, method) }
