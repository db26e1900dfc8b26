package sqlstore_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/internal/soaktest"
)

// TestSoak has receivers killed, and PostgreSQL too, while they write effects by Tx. No event may be lost, and none done
// twice, wherever a kill falls.
//
//	go test . -run TestSoak -v -events 2000 -seeds 20
func TestSoak(t *testing.T) {
	for _, s := range soaks {
		soaktest.Courses(t, s.name, func(t *testing.T, seed uint64, events int) {
			v := soaktest.Soak(t, s.open(t, true).stand(s.name), seed, events)
			require.Empty(t, v.Lost, "events that were never done")
			require.Empty(t, v.Doubled, "events that were done more than once")
			require.Empty(t, v.Wrong)
			for _, place := range []soaktest.Deed{soaktest.Begun, soaktest.Opened, soaktest.Wrote, soaktest.Committed} {
				require.GreaterOrEqual(t, v.Cut[place], soaktest.Sought(place, seed, events), "runs that were killed when they had %s", place)
			}
		})
	}
}

// TestSoakWithoutTx has the same done to receivers that write their effects beside the mark. It shows that the kills are
// such that events are done twice, and that it is noticed.
func TestSoakWithoutTx(t *testing.T) {
	for _, s := range soaks {
		soaktest.FewCourses(t, s.name, func(t *testing.T, seed uint64, events int) {
			v := soaktest.Soak(t, s.open(t, false).stand(s.name+" without Tx"), seed, events)
			require.Empty(t, v.Lost, "events that were never done")
			require.Positive(t, soaktest.Sought(soaktest.Wrote, seed, events))
			require.GreaterOrEqual(t, len(v.Doubled), soaktest.Sought(soaktest.Wrote, seed, events), "runs that were killed between effect and mark")
		})
	}
}

// soaks are the databases, and how they are soaked.
var soaks = []struct {
	name string
	open func(t *testing.T, byTx bool) *soak
}{
	{"PostgreSQL", func(t *testing.T, byTx bool) *soak {
		t.Helper()
		server := startPostgres(t)
		s := newSoak(server.database(t), byTx)
		s.slowCommits()
		s.receivers, s.crash = 3, server.crash
		return s
	}},
	{"SQLite", func(t *testing.T, byTx bool) *soak {
		t.Helper()
		return newSoak(newSQLite(t).alone(), byTx)
	}},
}
