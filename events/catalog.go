package events

import (
	"maps"
	"slices"
)

// Catalog is what a provider can send: event type → sample payload. It is there for senders, tests and pages that
// offer a choice; a receiver takes other types too.
type Catalog map[string]any

// Types returns the event types in alphabetical order.
func (c Catalog) Types() []string { return slices.Sorted(maps.Keys(c)) }

// Sample makes an event of the type's sample, without an id, and reports whether the catalogue has one.
func (c Catalog) Sample(typ string) (Event, bool) {
	data, ok := c[typ]
	if !ok {
		return Event{}, false
	}
	return Named(typ, data), true
}

// CatalogOf makes a catalogue of samples that know their type.
func CatalogOf(samples ...Payload) Catalog {
	c := make(Catalog, len(samples))
	for _, s := range samples {
		c[s.EventType()] = s
	}
	return c
}
