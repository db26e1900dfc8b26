package events_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/hookmitt/hookmitt/events"
)

// The types of a day: one that is registered, one below a prefix, one below the star.
var routed = []string{events.InstanceCreated, events.InstanceFirewallUpdated, events.KubernetesClusterNodeReaped}

func BenchmarkRouter(b *testing.B) {
	none := events.HandlerFunc(func(context.Context, events.Event) error { return nil })
	handlers := map[string]events.Handler{"no router": none}
	order := []string{"no router"}
	for _, n := range []int{3, 1000} {
		name := fmt.Sprintf("%d patterns", n)
		handlers[name], order = crowd(n), append(order, name)
	}
	for _, name := range order {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			h, i := handlers[name], 0
			for b.Loop() {
				_ = h.HandleEvent(b.Context(), events.Event{Type: routed[i%len(routed)]})
				i++
			}
		})
	}
}
