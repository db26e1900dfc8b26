package dedupe_test

import (
	"context"
	"runtime"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/hookmitt/hookmitt/dedupe"
)

// events makes keys that were never there before, as an events' source does.
type events struct {
	buf []byte
	n   uint64
}

func (e *events) next() dedupe.Key {
	e.n++
	e.buf = strconv.AppendUint(append(e.buf[:0], "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W_"...), e.n, 10)
	return dedupe.Key{Scope: "civo", ID: string(e.buf)}
}

var sink atomic.Uint64

// BenchmarkBaseline is what the others cost without a store: an id is made.
func BenchmarkBaseline(b *testing.B) {
	b.ReportAllocs()
	var e events
	for b.Loop() {
		sink.Add(uint64(len(e.next().ID)))
	}
}

// BenchmarkMemoryClaimCommit is a new event that is done.
func BenchmarkMemoryClaimCommit(b *testing.B) {
	b.ReportAllocs()
	m := dedupe.NewMemory(1 << 30)
	var e events
	for b.Loop() {
		do(b, m, e.next(), hold)
	}
}

// BenchmarkMemoryClaimCommitParallel is [BenchmarkMemoryClaimCommit] on every processor.
func BenchmarkMemoryClaimCommitParallel(b *testing.B) {
	b.ReportAllocs()
	m := dedupe.NewMemory(1 << 30)
	var workers atomic.Uint64
	b.RunParallel(func(pb *testing.PB) {
		e := events{n: workers.Add(1) << 40}
		for pb.Next() {
			do(b, m, e.next(), hold)
		}
	})
}

// BenchmarkMemoryDuplicate is an event that was done before, one of a million.
func BenchmarkMemoryDuplicate(b *testing.B) {
	b.ReportAllocs()
	m := dedupe.NewMemory(0)
	const known = 1_000_000
	for e := (events{}); e.n < known; {
		do(b, m, e.next(), hold)
	}
	var e events
	for b.Loop() {
		if e.n == known {
			e.n = 0
		}
		c, err := m.Claim(context.Background(), e.next(), "owner", hold)
		if err != nil || c.State != dedupe.Done {
			b.Fatal(c.State, err)
		}
	}
}

// BenchmarkGuard is [BenchmarkMemoryClaimCommit] with a guard and a run that does nothing.
func BenchmarkGuard(b *testing.B) {
	b.ReportAllocs()
	g := &dedupe.Guard{Store: dedupe.NewMemory(1 << 30), Hold: hold}
	run := func(context.Context) (int, error) { return 200, nil }
	var e events
	for b.Loop() {
		if r := g.Do(context.Background(), e.next(), run, nil); r.Err != nil || r.StoreErr != nil {
			b.Fatal(r.Err, r.StoreErr)
		}
	}
}

// BenchmarkMemoryFill fills a store with a million ids and says what each takes, once they are done and while they have
// failed. Since a shard's memory doubles when it is full, another number of ids may take up to twice as much each.
func BenchmarkMemoryFill(b *testing.B) {
	commit := func(m *dedupe.Memory, c dedupe.Claim) error { return m.Commit(context.Background(), c, 200) }
	release := func(m *dedupe.Memory, c dedupe.Claim) error { return m.Release(context.Background(), c) }
	for _, f := range []struct {
		name string
		end  func(*dedupe.Memory, dedupe.Claim) error
	}{{"done", commit}, {"failed", release}} {
		for _, ids := range []int{1_000_000, 1_100_000} {
			b.Run(f.name+"="+strconv.Itoa(ids), func(b *testing.B) {
				b.ReportAllocs()
				var bytes int64
				for b.Loop() {
					b.StopTimer()
					empty := heap()
					b.StartTimer()
					m := dedupe.NewMemory(ids)
					for e := (events{}); e.n < uint64(ids); {
						c, err := m.Claim(context.Background(), e.next(), "owner", hold)
						if err == nil {
							err = f.end(m, c)
						}
						if err != nil {
							b.Fatal(err)
						}
					}
					b.StopTimer()
					bytes += heap() - empty
					runtime.KeepAlive(m)
					b.StartTimer()
				}
				b.ReportMetric(float64(bytes)/float64(b.N)/float64(ids), "B/id")
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(ids), "ns/id")
			})
		}
	}
}
