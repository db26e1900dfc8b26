package events_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/events"
)

func TestNewAndNamed(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		e    events.Event
		typ  string
		data string
	}{
		"a payload":              {events.New(events.ServerStarted{ServerID: "srv_1", IP: "::1"}), "server.started", `{"server_id":"srv_1","name":"","status":"","ip":"::1"}`},
		"a payload's pointer":    {events.New(&events.PaymentFailed{Amount: 5}), "billing.payment.failed", `{"amount":5}`},
		"a struct":               {events.Named("a.b", events.Resource{Event: "a.b"}), "a.b", `{"event":"a.b"}`},
		"a map, in order":        {events.Named("a.b", map[string]any{"z": 1, "a": []int{}, "m": nil}), "a.b", `{"a":[],"m":null,"z":1}`},
		"raw JSON":               {events.Named("a.b", json.RawMessage(`{"n":12345678901234567890}`)), "a.b", `{"n":12345678901234567890}`},
		"text that HTML escapes": {events.Named("a.b", "<é/>"), "a.b", `"<é/>"`},
		"nothing":                {events.Named("a.b", nil), "a.b", `null`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, events.Event{Type: test.typ, Data: json.RawMessage(test.data)}, test.e)
		})
	}
}

func TestNamedPanicsWhereThereIsNoJSON(t *testing.T) {
	t.Parallel()
	for name, data := range map[string]any{
		"a channel":     make(chan int),
		"a function":    map[string]any{"f": func() {}},
		"no UTF-8":      "a\xff",
		"not even JSON": json.RawMessage(`{`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			requirePanics(t, "the data of a.b cannot be written as JSON", func() { events.Named("a.b", data) })
		})
	}
}

// requirePanics holds the panic's text against what it must say.
func requirePanics(t *testing.T, says string, f func()) {
	t.Helper()
	defer func() {
		t.Helper()
		text, _ := recover().(string)
		require.Contains(t, text, says)
		require.Contains(t, text, "events: ")
	}()
	f()
}
