package events_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/events"
)

func TestTypesAreSorted(t *testing.T) {
	t.Parallel()
	c := events.Catalog{"b.a": 1, "a": 2, "c": 3, "a.b": 4, "B": 5, "": 6}
	require.Equal(t, []string{"", "B", "a", "a.b", "b.a", "c"}, c.Types())
	require.Empty(t, events.Catalog(nil).Types())
}

func TestSample(t *testing.T) {
	t.Parallel()
	c := events.Catalog{"a.b": map[string]int{"n": 1}, "empty": nil}
	e, ok := c.Sample("a.b")
	require.True(t, ok)
	require.Equal(t, events.Named("a.b", map[string]int{"n": 1}), e)

	e, ok = c.Sample("empty")
	require.True(t, ok)
	require.Equal(t, `null`, string(e.Data))

	for _, typ := range []string{"a.c", "a.*", "*", "", "A.B"} {
		e, ok = c.Sample(typ)
		require.False(t, ok, typ)
		require.Equal(t, events.Event{}, e)
	}
	_, ok = events.Catalog(nil).Sample("a")
	require.False(t, ok)
}

// redecode reads an event into the type of its sample.
func redecode(t *testing.T, sample any, e events.Event) (any, error) {
	t.Helper()
	switch sample.(type) {
	case events.Resource:
		return events.Decode[events.Resource](e)
	case events.ServerStarted:
		return events.Decode[events.ServerStarted](e)
	case events.PaymentFailed:
		return events.Decode[events.PaymentFailed](e)
	case events.PostPublished:
		return events.Decode[events.PostPublished](e)
	}
	t.Fatalf("no case for a %T", sample)
	return nil, nil
}

func TestEverySampleGoesThroughItsProvidersCodec(t *testing.T) {
	t.Parallel()
	for name, provider := range map[string]struct {
		catalog events.Catalog
		codec   events.JSON
	}{
		"Civo":      {events.Civo(), civo},
		"Mixpost":   {events.Mixpost(), mixpost},
		"CDHosting": {events.CDHosting(), cdhosting},
	} {
		require.NotEmpty(t, provider.catalog.Types(), name)
		for _, typ := range provider.catalog.Types() {
			t.Run(name+" "+typ, func(t *testing.T) {
				t.Parallel()
				sample := provider.catalog[typ]
				if p, ok := sample.(events.Payload); ok {
					require.Equal(t, typ, p.EventType())
				}
				e, ok := provider.catalog.Sample(typ)
				require.True(t, ok)
				require.Equal(t, typ, e.Type)
				require.Empty(t, e.ID)

				e.ID = civoID
				h := http.Header{}
				body, err := provider.codec.Seal(e, h)
				require.NoError(t, err)
				opened, err := provider.codec.Open(h, body)
				require.NoError(t, err)
				require.Equal(t, typ, opened.Type)
				got, err := redecode(t, sample, opened)
				require.NoError(t, err)
				require.Equal(t, sample, got)
			})
		}
	}
}

// The catalogue is a map: what one caller does to it must not be seen by another.
func TestEachCallMakesACatalogueOfItsOwn(t *testing.T) {
	t.Parallel()
	for name, catalog := range map[string]func() events.Catalog{"Civo": events.Civo, "Mixpost": events.Mixpost, "CDHosting": events.CDHosting} {
		types := catalog().Types()
		clear(catalog())
		require.Equal(t, types, catalog().Types(), name)
	}
}
