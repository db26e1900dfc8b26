package events_test

import (
	"reflect"
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
	if _, ok := sample.(events.Resource); ok {
		return events.Decode[events.Resource](e)
	}
	for _, p := range payloads {
		if reflect.TypeOf(p.zero) == reflect.TypeOf(sample) {
			return p.decode(e)
		}
	}
	t.Fatalf("%T is not among the payloads", sample)
	return nil, nil
}

// The catalogue is a map: what one caller does to it must not be seen by another.
func TestEachCallMakesACatalogueOfItsOwn(t *testing.T) {
	t.Parallel()
	for name, p := range providers {
		types := p.catalog().Types()
		clear(p.catalog())
		require.Equal(t, types, p.catalog().Types(), name)
	}
}
