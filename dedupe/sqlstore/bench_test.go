package sqlstore_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/dedupe/sqlstore"
)

func benchOnBoth(b *testing.B, bench func(b *testing.B, d *database)) {
	b.Helper()
	for name, open := range map[string]func(testing.TB) *database{"postgres": newPostgres, "sqlite": newSQLite} {
		b.Run(name, func(b *testing.B) { bench(b, open(b)) })
	}
}

// BenchmarkEvent is a claim and a commit, of which there are as many as goroutines at once.
func BenchmarkEvent(b *testing.B) {
	benchOnBoth(b, func(b *testing.B, d *database) {
		store := patient(d)
		var n atomic.Int64
		b.ResetTimer()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				c, err := store.Claim(b.Context(), dedupe.Key{Scope: "bench", ID: fmt.Sprint(n.Add(1))}, "owner", hold)
				require.NoError(b, err)
				require.NoError(b, store.Commit(b.Context(), c, 200))
			}
		})
	})
}

// BenchmarkDuplicate is a claim of what is done.
func BenchmarkDuplicate(b *testing.B) {
	benchOnBoth(b, func(b *testing.B, d *database) {
		store := patient(d)
		require.NoError(b, store.Commit(b.Context(), claim(b, store, event, "owner"), 200))
		for b.Loop() {
			claim(b, store, event, "another")
		}
	})
}

// BenchmarkBurst is 64 claims of a new event at once.
func BenchmarkBurst(b *testing.B) {
	benchOnBoth(b, func(b *testing.B, d *database) {
		store, n := patient(d), 0
		for b.Loop() {
			n++
			var all sync.WaitGroup
			for i := range 64 {
				all.Go(func() { claim(b, store, dedupe.Key{Scope: "burst", ID: fmt.Sprint(n)}, fmt.Sprint("owner-", i)) })
			}
			all.Wait()
		}
	})
}

// BenchmarkSize is how many bytes an event takes that is done, of an id of 36 bytes, with its indexes.
func BenchmarkSize(b *testing.B) {
	benchOnBoth(b, func(b *testing.B, d *database) {
		const n = 100_000
		id, size := "gen_random_uuid()", "SELECT pg_total_relation_size('hookmitt_claims')"
		if d.dialect == sqlstore.SQLite {
			id = "hex(randomblob(18))"
			size = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
		}
		empty := d.number(size)
		for b.Loop() {
			d.exec(fmt.Sprintf(`WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < %d)
				INSERT INTO hookmitt_claims SELECT 'civo/' || %s, 'done', 1763812345678901 + n, 1, 'abcdefghijklmnop', 200,
				15000000, 1763812360678901 + n, 1763985145678901 + n FROM i`, n, id))
		}
		b.ReportMetric(float64(d.number(size)-empty)/n/float64(b.N), "B/event")
	})
}
