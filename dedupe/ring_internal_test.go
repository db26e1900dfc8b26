package dedupe

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Seed is that of a test's random numbers, which a test that fails prints: another one in each run, unless HOOKMITT_SEED
// says which.
func Seed(t *testing.T) uint64 {
	t.Helper()
	seed := rand.Uint64()
	if text, ok := os.LookupEnv("HOOKMITT_SEED"); ok {
		given, err := strconv.ParseUint(text, 10, 64)
		require.NoError(t, err)
		seed = given
	}
	t.Logf("HOOKMITT_SEED=%d", seed)
	return seed
}

// queued is a slot as a ring's model keeps it.
type queued struct {
	digest digest
	known
	gone bool
}

type known struct {
	token  uint64
	status int
	until  time.Duration
}

// model is a ring without an index, slots or wrapping round.
type model struct {
	queue []queued
	byKey map[digest]int // in queue
	first int            // of queue that is held
}

func (m *model) remove(d digest) (until time.Duration, ok bool) {
	i, ok := m.byKey[d]
	if !ok {
		return 0, false
	}
	m.queue[i].gone = true
	delete(m.byKey, d)
	return m.queue[i].until, true
}

func (m *model) add(d digest, k known) (replaced bool) {
	_, replaced = m.remove(d)
	m.byKey[d] = len(m.queue)
	m.queue = append(m.queue, queued{digest: d, known: k})
	return replaced
}

// expire forgets the n oldest that are known, and reports whether all of them had expired.
func (m *model) expire(now time.Duration, n int) (right bool) {
	for ; m.first < len(m.queue); m.first++ {
		q := &m.queue[m.first]
		if q.gone {
			continue
		}
		if n == 0 {
			break
		}
		if q.until > now {
			return false
		}
		delete(m.byKey, q.digest)
		n--
	}
	return n == 0
}

// expirable counts what could be forgotten.
func (m *model) expirable(now time.Duration) (n int) {
	for i := range m.queue[m.first:] {
		switch q := &m.queue[m.first+i]; {
		case q.gone:
		case q.until > now:
			return n
		default:
			n++
		}
	}
	return n
}

// expireAll forgets all that have expired, and counts them.
func (m *model) expireAll(now time.Duration) (n int) {
	for i := range m.queue[m.first:] {
		if q := &m.queue[m.first+i]; !q.gone && q.until <= now {
			q.gone = true
			delete(m.byKey, q.digest)
			n++
		}
	}
	return n
}

// rounded is the end of remembering as the store keeps it: the next sixteenth of a second.
func rounded(d time.Duration) time.Duration {
	const sixteenth = 62_500_000
	return (d + sixteenth - 1) / sixteenth * sixteenth
}

func TestRingIsWhatItsModelIs(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		keys   int                               // how many there are
		homes  uint64                            // how many places they would like to be at: few make a crowded index
		lasts  func(r *rand.Rand) time.Duration  // how long an event is remembered
		passes func(r *rand.Rand, step int) bool // whether time passes
	}{
		"equal times":                  {2000, math.MaxUint64, equally, often},
		"unequal times":                {2000, math.MaxUint64, unequally, often},
		"a crowded index":              {40, 5, unequally, often},
		"all in one place":             {12, 1, unequally, often},
		"a ring that grows and drains": {20_000, math.MaxUint64, equally, inWaves},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rnd := rand.New(rand.NewPCG(Seed(t), 0))
			digests := make([]digest, c.keys)
			for i := range digests {
				binary.LittleEndian.PutUint32(digests[i][9:], uint32(i))
				binary.LittleEndian.PutUint64(digests[i][1:], rnd.Uint64N(c.homes)<<1)
			}
			var r ring
			m := model{byKey: map[digest]int{}}
			var now time.Duration
			for step := range 100_000 {
				d := digests[rnd.IntN(len(digests))]
				switch op := rnd.IntN(20); {
				case op < 8:
					k := known{rnd.Uint64(), rnd.IntN(600), now + c.lasts(rnd)}
					replaced := r.add(d, k.token, k.status, k.until)
					k.until = rounded(k.until)
					if want := m.add(d, k); replaced != want {
						t.Fatalf("step %d: add replaced: %t, not %t", step, replaced, want)
					}
				case op < 10:
					until, ok := r.remove(d)
					wantUntil, want := m.remove(d)
					if ok != want || until != wantUntil {
						t.Fatalf("step %d: removed %v, %t, not %v, %t", step, until, ok, wantUntil, want)
					}
				case step%100 == 1:
					if want, n := m.expireAll(now), r.expireAll(now); n != want {
						t.Fatalf("step %d: %d were forgotten, of %d", step, n, want)
					}
				case op < 15:
					limit := rnd.IntN(5)
					if step%100 == 0 {
						limit = math.MaxInt
					}
					can, n := m.expirable(now), r.expire(now, limit)
					if n > min(can, limit) || limit == math.MaxInt && n != can || !m.expire(now, n) {
						t.Fatalf("step %d: %d of %d were forgotten, of at most %d", step, n, can, limit)
					}
				case c.passes(rnd, step):
					now += time.Duration(rnd.IntN(int(time.Second)))
				}

				d = digests[rnd.IntN(len(digests))]
				token, status, ok := r.find(d, now)
				var want known
				if i, held := m.byKey[d]; held {
					want = m.queue[i].known
				}
				if token != want.token || status != want.status || ok != (want.until > now) {
					t.Fatalf("step %d: found %d, %d, %t, not %+v", step, token, status, ok, want)
				}
			}
			require.GreaterOrEqual(t, r.count, len(m.byKey))
			require.Equal(t, len(m.byKey), r.expire(math.MaxInt64, math.MaxInt))
			require.Zero(t, r.count)
			for i, n := range r.index {
				require.Zero(t, n, "place %d of the index", i)
			}
		})
	}
}

func equally(*rand.Rand) time.Duration     { return time.Minute }
func unequally(r *rand.Rand) time.Duration { return time.Duration(r.Int64N(int64(2 * time.Minute))) }
func often(r *rand.Rand, _ int) bool       { return r.IntN(2) == 0 }
func inWaves(_ *rand.Rand, step int) bool  { return step/20_000%2 == 1 }

func TestRingUsesItsSlotsAgain(t *testing.T) {
	t.Parallel()
	var r ring
	var d digest
	for n := range 100_000 {
		now := time.Duration(n) * time.Second
		r.expire(now, 2)
		binary.LittleEndian.PutUint64(d[1:], rand.Uint64())
		r.add(d, uint64(n), 200, now+time.Minute)
	}
	require.Len(t, r.slots, 64, "a minute of one a second")
	require.Len(t, r.index, 128)
}

func TestRingDoesNotGrowByWhatIsGone(t *testing.T) {
	t.Parallel()
	var r ring
	r.add(digest{1, 1}, 1, 200, time.Hour)
	for n := range 100_000 { // an event that is forgotten and done again and again
		r.expire(0, 2)
		r.add(digest{1, 2}, uint64(n), 200, time.Hour)
	}
	require.LessOrEqual(t, len(r.slots), 16)
}
