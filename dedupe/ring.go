package dedupe

import (
	"encoding/binary"
	"math"
	"time"
)

// ring holds the events that are done, in the order in which they were done: since they are all remembered for the
// same time, the oldest is the next to expire, and no sweep has to look for it. An index finds them by digest. Slots
// are used again; a plain map would keep the size of its fullest day for ever.
//
// With unequal times an event stays in memory until those before it have gone, or room is needed. It is never forgotten
// early.
type ring struct {
	slots []slot   // a power of two of them
	head  int      // the oldest
	count int      // in use from head on, removed ones included
	early uint32   // no event may go before this tick
	index []uint32 // number of a slot plus one, or 0; open addressing; twice as long as slots
}

type slot struct {
	digest digest
	token  uint64
	until  uint32 // in ticks since the store's start
	status uint16
	gone   bool // removed from the middle; no longer in the index
}

// tick is how finely the end of remembering is kept, rounded up: 32 bits of it are eight years. The last of them is
// never.
const tick = time.Second / 16

func (s *slot) expired(now time.Duration) bool {
	return s.until != math.MaxUint32 && time.Duration(s.until)*tick <= now
}

func ticks(d time.Duration) uint32 {
	n := int64(d / tick)
	if d%tick > 0 {
		n++
	}
	return uint32(min(n, math.MaxUint32))
}

// find returns what is known of an event that is done and not expired.
func (r *ring) find(d digest, now time.Duration) (token uint64, status int, ok bool) {
	i, ok := r.place(d)
	if !ok {
		return 0, 0, false
	}
	s := &r.slots[r.index[i]-1]
	return s.token, int(s.status), !s.expired(now)
}

// add puts an event at the end, and reports whether it takes the place of an expired one of the same digest.
func (r *ring) add(d digest, token uint64, status int, until time.Duration) (replaced bool) {
	_, replaced = r.remove(d)
	if r.count == len(r.slots) {
		r.grow()
	}
	n := (r.head + r.count) & (len(r.slots) - 1)
	r.slots[n] = slot{digest: d, token: token, until: ticks(until), status: uint16(status)}
	if r.count++; r.count == 1 || r.slots[n].until < r.early {
		r.early = r.slots[n].until
	}
	i, _ := r.place(d)
	r.index[i] = uint32(n + 1)
	return replaced
}

// remove takes an event out and returns when it would have expired.
func (r *ring) remove(d digest) (until time.Duration, ok bool) {
	i, ok := r.place(d)
	if !ok {
		return 0, false
	}
	s := &r.slots[r.index[i]-1]
	s.gone = true
	r.unindex(i)
	if s.until == math.MaxUint32 {
		return math.MaxInt64, true
	}
	return time.Duration(s.until) * tick, true
}

// expire forgets at most limit events that have expired, and counts those that were still known.
func (r *ring) expire(now time.Duration, limit int) int {
	known := 0
	for ; r.count > 0 && limit > 0; limit-- {
		s := &r.slots[r.head]
		if !s.gone {
			if !s.expired(now) {
				break
			}
			i, _ := r.place(s.digest)
			r.unindex(i)
			known++
		}
		r.head = (r.head + 1) & (len(r.slots) - 1)
		r.count--
	}
	return known
}

// expireAll forgets every event that has expired, those behind one that is remembered for longer too, and counts them.
// Their slots are used again when the ring has to grow.
func (r *ring) expireAll(now time.Duration) int {
	if time.Duration(r.early)*tick > now {
		return 0
	}
	known := r.expire(now, r.count)
	r.early = math.MaxUint32
	for n := range r.count {
		s := &r.slots[(r.head+n)&(len(r.slots)-1)]
		if s.gone {
			continue
		}
		if !s.expired(now) {
			r.early = min(r.early, s.until)
			continue
		}
		i, _ := r.place(s.digest)
		r.unindex(i)
		s.gone = true
		known++
	}
	return known
}

// place returns where in the index d is, or where it belongs.
func (r *ring) place(d digest) (int, bool) {
	if len(r.index) == 0 {
		return 0, false
	}
	mask := len(r.index) - 1
	for i := home(d) & mask; ; i = (i + 1) & mask {
		if r.index[i] == 0 {
			return i, false
		}
		if r.slots[r.index[i]-1].digest == d {
			return i, true
		}
	}
}

// unindex empties a place and moves back what had to stand behind it.
func (r *ring) unindex(hole int) {
	mask := len(r.index) - 1
	for i := (hole + 1) & mask; r.index[i] != 0; i = (i + 1) & mask {
		from := home(r.slots[r.index[i]-1].digest) & mask
		if (i-from)&mask >= (i-hole)&mask { // its way from home leads past the hole
			r.index[hole] = r.index[i]
			hole = i
		}
	}
	r.index[hole] = 0
}

// grow makes room: it leaves out what was removed, and doubles the ring unless that was half of it.
func (r *ring) grow() {
	old, live := *r, 0
	for _, s := range old.slots {
		if !s.gone {
			live++
		}
	}
	size := max(len(old.slots), 8)
	if live > size/2 {
		size *= 2
	}
	*r = ring{slots: make([]slot, size), index: make([]uint32, 2*size), early: old.early}
	for n := range old.count {
		s := old.slots[(old.head+n)&(len(old.slots)-1)]
		if s.gone {
			continue
		}
		r.slots[r.count] = s
		r.count++
		i, _ := r.place(s.digest)
		r.index[i] = uint32(r.count)
	}
}

// home is where in the index a digest would like to be. Its first byte is the shard's number.
func home(d digest) int { return int(binary.LittleEndian.Uint64(d[1:]) >> 1) }
