package dedupe

import (
	"crypto/sha256"
	"encoding/binary"
	"math"
	"sync"
	"time"
)

// shard holds the events whose digest begins with its number. What is open is little and rich, what is done is much
// and small, so they are kept apart.
type shard struct {
	mu      sync.Mutex
	open    map[digest]*flight // pending and failed
	soonest time.Duration      // no open event may go before
	done    ring
}

// digest stands for a key. 128 bits of SHA-256 make a collision of 8 million ids less likely than 10⁻²⁴.
type digest [16]byte

// flight is an event that is pending or failed.
type flight struct {
	owner  string
	token  uint64
	run    int
	failed bool
	lease  time.Duration // end of the lease, since the store's start
	forget time.Duration // when the record may go, since the store's start

	forgotten bool // while owner ran it, who therefore must not have it again: what it did does not count
}

// sweep forgets at most a step's worth of done and of open events that have expired, and counts them.
func (s *shard) sweep(now time.Duration) int {
	swept, looks := s.done.expire(now, sweepStep), 0
	for d, f := range s.open { // in random order: over many claims every flight is met
		if looks++; looks > sweepStep {
			break
		}
		if now >= f.forget {
			delete(s.open, d)
			swept++
		}
	}
	return swept
}

// sweepOpen forgets every open event that has expired, if one can have.
func (s *shard) sweepOpen(now time.Duration) int {
	if now < s.soonest {
		return 0
	}
	before := len(s.open)
	s.soonest = math.MaxInt64
	for d, f := range s.open {
		if now >= f.forget {
			delete(s.open, d)
		} else {
			s.soonest = min(s.soonest, f.forget)
		}
	}
	return before - len(s.open)
}

// is reports whether the flight is the one that c claimed, and is not forgotten.
func (f *flight) is(c Claim, now time.Duration) bool {
	return f != nil && f.owner == c.Owner && f.token == c.Token && now < f.forget
}

// hold starts a flight's lease, and the time that it is remembered.
func (s *shard) hold(f *flight, now time.Duration, h Hold) {
	f.lease, f.forget = after(now, h.Lease), after(now, h.Remember)
	s.soonest = min(s.soonest, f.forget)
}

// put keeps a flight that is not held.
func (s *shard) put(d digest, f *flight) {
	s.open[d] = f
	s.soonest = min(s.soonest, f.forget)
}

// after is now and d together, but not past the end of time.
func after(now, d time.Duration) time.Duration {
	if d > math.MaxInt64-now {
		return math.MaxInt64
	}
	return now + d
}

// digestOf hashes the length of the scope too, so that no two keys are the same bytes.
func digestOf(k Key) digest {
	var buf [512]byte
	b := binary.AppendUvarint(buf[:0], uint64(len(k.Scope)))
	b = append(append(b, k.Scope...), k.ID...)
	sum := sha256.Sum256(b)
	return digest(sum[:16])
}
