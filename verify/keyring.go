package verify

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// Secrets is where a receiver takes its secrets from, at every request.
//
// The first one signs, all verify. The slice is shared: neither side may change it. An unknown tenant is
// [ErrNoSecrets], which is answered like a bad signature; any other error says that the source is down, and the
// provider is asked to come again.
type Secrets interface {
	Secrets(ctx context.Context) ([]Secret, error)
}

// SecretsFunc is a [Secrets] that looks them up, by tenant, say. It is called once a request and should cache. It must
// return when ctx ends: the answer waits for it. If it takes longer for an unknown tenant than for a known one, a
// stopwatch tells who is one.
type SecretsFunc func(ctx context.Context) ([]Secret, error)

// Secrets implements [Secrets].
func (f SecretsFunc) Secrets(ctx context.Context) ([]Secret, error) { return f(ctx) }

// Keyring holds a current secret and those before it that are still accepted. It may be rotated and retired while
// requests run; a request sees the ring as it was or as it is, never in between. The zero Keyring holds none.
//
// Each secret on the ring costs one MAC a request: retire the old ones.
type Keyring struct {
	mu   sync.Mutex // for writers
	ring atomic.Pointer[ring]
}

// ring is never changed, only replaced.
type ring struct {
	secrets []Secret    // current first
	ends    []time.Time // when each stops being accepted; zero: when it is retired
	next    time.Time   // the earliest of ends; zero: none
}

// NewKeyring makes a ring of the current secret and those before it. It takes an empty secret, and verifies nothing
// with it: the receiver that is given such a ring refuses to start.
func NewKeyring(current Secret, previous ...Secret) *Keyring {
	k := new(Keyring)
	secrets := append([]Secret{current}, previous...)
	k.ring.Store(&ring{secrets: secrets, ends: make([]time.Time, len(secrets))})
	return k
}

// Secrets implements [Secrets]. It neither blocks nor, but for once at the end of a RetireAfter, allocates.
func (k *Keyring) Secrets(context.Context) ([]Secret, error) {
	r := k.ring.Load()
	if r == nil {
		return nil, ErrNoSecrets
	}
	if !r.next.IsZero() && !time.Now().Before(r.next) {
		r = k.change(func(r *ring) *ring { return r })
	}
	if len(r.secrets) == 0 { // the zero Keyring, retired
		return nil, ErrNoSecrets
	}
	return r.secrets, nil
}

// Rotate makes next the current secret; the old ones stay accepted until they are retired. One that is on the ring
// already is moved to the front and no longer retired, so loading the same file again changes nothing. An empty one is
// refused with [ErrEmptySecret], and nothing changes.
func (k *Keyring) Rotate(next Secret) error {
	if next.IsZero() {
		return ErrEmptySecret
	}
	k.change(func(r *ring) *ring {
		made := &ring{secrets: []Secret{next}, ends: []time.Time{{}}}
		for i, s := range r.secrets {
			if !s.same(next) {
				made.secrets, made.ends = append(made.secrets, s), append(made.ends, r.ends[i])
			}
		}
		return made
	})
	return nil
}

// Retire stops accepting every secret but the current one, at once.
func (k *Keyring) Retire() { k.RetireAfter(0) }

// RetireAfter stops accepting, when d has passed, the secrets that are old now: so rotate first, then retire.
//
//	ring.Rotate(next)
//	ring.RetireAfter(provider.Horizon())
//
// A secret that was to end earlier still does, and one that becomes old later is not touched. d should not be under the
// provider's horizon: it may sign a retry with the secret that its first attempt was signed with.
func (k *Keyring) RetireAfter(d time.Duration) {
	at := time.Now().Add(d)
	k.change(func(r *ring) *ring {
		ends := make([]time.Time, len(r.ends))
		for i, end := range r.ends {
			switch {
			case i == 0: // the current one
			case end.IsZero() || at.Before(end):
				ends[i] = at
			default:
				ends[i] = end
			}
		}
		return &ring{secrets: r.secrets, ends: ends}
	})
}

// change replaces the ring by what f makes of it, less the secrets whose end has come.
func (k *Keyring) change(f func(*ring) *ring) *ring {
	k.mu.Lock()
	defer k.mu.Unlock()
	old := k.ring.Load()
	if old == nil {
		old = new(ring)
	}
	made, now, pruned := f(old), time.Now(), new(ring)
	for i, end := range made.ends {
		if !end.IsZero() && !now.Before(end) {
			continue
		}
		pruned.secrets = append(pruned.secrets, made.secrets[i])
		pruned.ends = append(pruned.ends, end)
		if !end.IsZero() && (pruned.next.IsZero() || end.Before(pruned.next)) {
			pruned.next = end
		}
	}
	k.ring.Store(pruned)
	return pruned
}
