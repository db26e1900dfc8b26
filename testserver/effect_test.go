package testserver_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/testserver"
)

func TestReport(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]func(t *testing.T, s *testserver.Server){
		"nothing was reported": func(t *testing.T, s *testserver.Server) {
			require.Empty(t, s.Effects())
		},
		"each event has its count": func(t *testing.T, s *testserver.Server) {
			for i, id := range []string{"a", "b", "a", "a"} {
				count, err := s.ReportEffect(id)
				require.NoError(t, err)
				require.Equal(t, []int{1, 1, 2, 3}[i], count)
			}
			require.Equal(t, map[string]int{"a": 3, "b": 1}, s.Effects())
		},
		"the counts are the caller's own": func(t *testing.T, s *testserver.Server) {
			_, err := s.ReportEffect("a")
			require.NoError(t, err)
			s.Effects()["a"] = 9
			require.Equal(t, map[string]int{"a": 1}, s.Effects())
		},
		"of 100,000 events, and no more": func(t *testing.T, s *testserver.Server) {
			for i := range 100_000 {
				count, err := s.ReportEffect(fmt.Sprint(i))
				require.NoError(t, err)
				require.Equal(t, 1, count)
			}
			_, before, _, _ := s.Changes(0)
			count, err := s.ReportEffect("one too many")
			require.ErrorIs(t, err, testserver.ErrFull)
			require.Zero(t, count)
			since, _, _, _ := s.Changes(before)
			require.Empty(t, since)
			require.NotContains(t, s.Effects(), "one too many")
			count, err = s.ReportEffect("99999")
			require.NoError(t, err, "those that are counted are counted on")
			require.Equal(t, 2, count)
			require.NoError(t, s.Reset(t.Context()))
			count, err = s.ReportEffect("one too many")
			require.NoError(t, err)
			require.Equal(t, 1, count)
			require.Len(t, s.Effects(), 1)
		},
		"by many at once": func(t *testing.T, s *testserver.Server) {
			const reporters, ids = 50, 20
			var mu sync.Mutex
			var all sync.WaitGroup
			counts := map[string][]int{}
			for range reporters {
				all.Go(func() {
					for i := range ids {
						id := fmt.Sprint(i)
						count, err := s.ReportEffect(id)
						require.NoError(t, err)
						require.GreaterOrEqual(t, s.Effects()[id], count)
						mu.Lock()
						counts[id] = append(counts[id], count)
						mu.Unlock()
					}
				})
			}
			all.Wait()
			require.Len(t, counts, ids)
			for id, got := range counts {
				slices.Sort(got)
				for i, count := range got {
					require.Equal(t, i+1, count, "each report is told its own count")
				}
				require.Equal(t, reporters, s.Effects()[id])
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, reporting(t, 0))
		})
	}
}
