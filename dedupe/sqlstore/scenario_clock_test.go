package sqlstore_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/dedupe"
)

func TestScenarioOnlyTheDatabasesClockCounts(t *testing.T) {
	eachOnBoth(t, map[string]func(t *testing.T, d *database){
		"scenario 34 a token is a time of the database": func(t *testing.T, d *database) {
			store := patient(d)
			d.pass(-10 * time.Minute) // behind all receivers
			start := time.Now()
			first := wins(t, store, event, "owner", 1)
			require.Less(t, first.Token, uint64(start.UnixMicro()), "the database's")
			d.pass(24 * time.Hour)
			second := wins(t, store, event, "another", 2)
			apart := time.Duration(second.Token-first.Token) * time.Microsecond
			require.InDelta(t, 24*time.Hour, apart, float64(time.Minute))
		},
		"scenario 34 a clock that is put back does not make a token smaller, nor end a lease": func(t *testing.T, d *database) {
			store := patient(d)
			first := wins(t, store, event, "owner", 1)
			d.pass(-time.Hour)
			require.Equal(t, dedupe.Pending, claim(t, store, event, "another").State)
			require.NoError(t, store.Release(t.Context(), first))
			second := wins(t, store, event, "another", 2)
			require.Equal(t, first.Token+1, second.Token)
			require.NoError(t, store.Commit(t.Context(), second, 200))
			require.NoError(t, store.Forget(t.Context(), event))
			require.Equal(t, second.Token+1, wins(t, store, event, "a third", 1).Token)
		},
		"scenario 34 a clock that is put back does not make the lease of a dead process longer": func(t *testing.T, d *database) {
			store := patient(d)
			first := wins(t, store, event, "dead", 1)
			d.pass(-24 * time.Hour)
			require.Equal(t, lease, claim(t, store, event, "another").Wait)
			d.pass(lease / 3)
			require.LessOrEqual(t, claim(t, store, event, "another").Wait, lease*2/3)
			require.NoError(t, store.Extend(t.Context(), first), "if it should live")
			d.pass(lease)
			require.Greater(t, wins(t, store, event, "another", 2).Token, first.Token)
		},
		"the token of an event that is new again is larger": func(t *testing.T, d *database) {
			store := patient(d)
			first := wins(t, store, event, "owner", 1)
			d.pass(hold.Remember)
			second := wins(t, store, event, "another", 1)
			require.Greater(t, second.Token, first.Token)
			require.ErrorIs(t, store.Commit(t.Context(), first, 200), dedupe.ErrLeaseLost)
			d.pass(hold.Remember)
			removed, err := store.Sweep(t.Context(), 0)
			require.NoError(t, err)
			require.Equal(t, 1, removed)
			require.Greater(t, wins(t, store, event, "a third", 1).Token, second.Token)
		},
	})
}
