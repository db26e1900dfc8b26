package redisstore_test

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/internal/redistest"
)

// That scenarios 1 to 5 hold on a cluster is in TestScenarioRuns.
func TestScenarioCluster(t *testing.T) {
	t.Parallel()
	t.Run("scenario 37 the events of one provider spread over a cluster", func(t *testing.T) {
		t.Parallel()
		servers := redistest.StartCluster(t, 3)
		store := open(t, cluster(t, servers), nil)
		const n = 600
		for i := range n {
			k := dedupe.Key{Scope: "civo/acme", ID: fmt.Sprintf("%08x-0000-4000-8000-000000000000", i)}
			c := wins(t, store, k, "owner", 1) // no CROSSSLOT, nor any other error
			switch i % 3 {
			case 0:
				require.NoError(t, store.Commit(t.Context(), c, 200))
			case 1:
				require.NoError(t, store.Release(t.Context(), c))
			case 2:
				require.NoError(t, store.Extend(t.Context(), c))
				require.NoError(t, store.Forget(t.Context(), k))
			}
		}
		sum := 0
		for _, server := range servers {
			size, err := strconv.Atoi(say(t, server, "dbsize"))
			require.NoError(t, err)
			require.GreaterOrEqual(t, size, n/5)
			sum += size
		}
		require.Equal(t, n, sum)
	})
}
