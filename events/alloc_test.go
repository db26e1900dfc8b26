//go:build !race

package events_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/events"
)

// Not with the race detector, which allocates itself, and not parallel, as AllocsPerRun counts everybody's.

// No pattern is put together to be looked for, whatever a type's length and its number of dots. That none is looked
// through either is what BenchmarkRouter shows.
func TestRoutingAllocatesNothing(t *testing.T) { //nolint:paralleltest // see above
	for _, patterns := range []int{3, 1000} {
		r := crowd(patterns)
		for name, typ := range map[string]string{
			"the type itself":          events.InstanceCreated,
			"a prefix":                 events.InstanceFirewallUpdated,
			"the star":                 "ping",
			"dots alone":               strings.Repeat(".", 256),
			"parts longer than a name": strings.Repeat(strings.Repeat("part", 10)+".", 6),
		} {
			e := events.Event{Type: typ}
			require.NoError(t, r.HandleEvent(t.Context(), e))
			ctx := t.Context()
			require.Zero(t, testing.AllocsPerRun(100, func() { _ = r.HandleEvent(ctx, e) }), "%d patterns, %s", patterns, name)
		}
	}
}
