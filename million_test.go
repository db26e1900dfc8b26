package hookmitt_test

import (
	"context"
	"flag"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/dedupe"
)

var (
	deliveries = flag.Int("deliveries", 2000, "of TestMillion: how many")
	millionth  = flag.Uint64("million-seed", 1, "of TestMillion: what goes wrong with which of them")
)

// TestMillion delivers events of three providers to one receiver while requests are copied, lost, forged and broken,
// handlers fail, panic and are slow, and the memory store is lost with its process now and then. Every event has its
// effect, and none has it twice from one store. `make million` is where its name comes from.
func TestMillion(t *testing.T) {
	t.Parallel()
	began := time.Now()
	m := newMillion(*millionth, *deliveries, func() dedupe.Store { return dedupe.NewMemory(0) })
	synctest.Test(t, m.run)
	v := m.judge()
	t.Logf("seed %d, %d deliveries in %d requests, %v of the providers' time in %v", m.seed, len(m.events), m.attempts,
		m.passed.Round(time.Hour), time.Since(began).Round(time.Millisecond))
	t.Logf("what went wrong with requests: %s", tally(m.faults))
	t.Logf("what went wrong in handlers: %s", tally(m.ills))
	t.Logf("answers: %s", tally(m.outcomes))
	t.Logf("%d effects; %d events done again by a store that had lost them", v.effects, v.again)
	require.Empty(t, v.lost, "seed %d: events without an effect", m.seed)
	require.Empty(t, v.twice, "seed %d: events with two effects by one store", m.seed)
	for _, kind := range faultsOf() {
		require.NotZero(t, m.faults[kind.String()], "seed %d: %v never happened", m.seed, kind)
	}
	for _, outcome := range []string{"accepted", "duplicate", "busy", "failed", "timed-out", "unsigned"} {
		require.NotZero(t, m.outcomes[outcome], "seed %d: none was %s", m.seed, outcome)
	}
}

func TestMillionFindsForgetfulStores(t *testing.T) {
	t.Parallel()
	m := newMillion(1, 300, func() dedupe.Store { return forgetful{dedupe.NewMemory(0)} })
	synctest.Test(t, m.run)
	require.NotEmpty(t, m.judge().twice)
}

// forgetful is a store that does not keep what was committed.
type forgetful struct{ *dedupe.Memory }

// Commit implements [dedupe.Store].
func (f forgetful) Commit(ctx context.Context, c dedupe.Claim, _ int) error { return f.Release(ctx, c) }

func TestMillionFindsLostEvents(t *testing.T) {
	t.Parallel()
	m := newMillion(1, 300, func() dedupe.Store { return hasty{dedupe.NewMemory(0)} })
	synctest.Test(t, m.run)
	require.NotEmpty(t, m.judge().lost)
}

// hasty is a store that marks an event as done when it is claimed.
type hasty struct{ *dedupe.Memory }

// Claim implements [dedupe.Store].
func (h hasty) Claim(ctx context.Context, k dedupe.Key, owner string, hold dedupe.Hold) (dedupe.Claim, error) {
	c, err := h.Memory.Claim(ctx, k, owner, hold)
	if err == nil && c.State == dedupe.Claimed {
		err = h.Commit(ctx, c, http.StatusOK)
	}
	return c, err
}
