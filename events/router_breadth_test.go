package events_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/events"
)

func TestAPrefixMatchesTypesOfAnyDepthOfCivos(t *testing.T) {
	t.Parallel()
	r, by := route("instance.*", "domain.*", "*", events.InstanceDeleted, "kubernetes_cluster.*")
	for _, typ := range events.Civo().Types() {
		want := "*"
		switch {
		case typ == events.InstanceDeleted:
			want = typ
		case strings.HasPrefix(typ, "instance."):
			want = "instance.*"
		case strings.HasPrefix(typ, "domain."): // and not domain_record
			want = "domain.*"
		case strings.HasPrefix(typ, "kubernetes_cluster."):
			want = "kubernetes_cluster.*"
		}
		require.Equal(t, want, by[r.HandleEvent(t.Context(), events.Event{Type: typ})], typ)
	}
}

// Whatever the order of registering: the type, then the longest prefix, then shorter ones, then the star.
func TestTheOrderOfPatternsDoesNotMatter(t *testing.T) {
	t.Parallel()
	patterns := []string{"instance.firewall.updated", "instance.firewall.*", "instance.*", "*"}
	for i := range patterns {
		for _, reversed := range []bool{false, true} {
			left := append([]string{}, patterns[i:]...)
			if reversed {
				for a, b := 0, len(left)-1; a < b; a, b = a+1, b-1 {
					left[a], left[b] = left[b], left[a]
				}
			}
			r, by := route(left...)
			require.Equal(t, patterns[i], by[r.HandleEvent(t.Context(), events.Event{Type: events.InstanceFirewallUpdated})])
		}
	}
}

// crowd is a router of n patterns that match nothing of Civo's, and of three more.
func crowd(n int) *events.Router {
	r := events.NewRouter()
	nothing := events.HandlerFunc(func(context.Context, events.Event) error { return nil })
	for _, pattern := range []string{events.InstanceCreated, "instance.*", "*"} {
		r.Handle(pattern, nothing)
	}
	for i := range (n - 3) / 2 {
		r.Handle(fmt.Sprintf("crowd%d.created", i), nothing)
		r.Handle(fmt.Sprintf("crowd%d.*", i), nothing)
	}
	return r
}

// What another SDK brings: tags of its own, types that read themselves, and nothing that this package asks for.
type (
	foreignMeta struct {
		APIVersion string `json:"apiVersion,omitempty" yaml:"apiVersion"`
		Kind       string `json:"kind,omitempty"`
	}
	foreignServer struct {
		foreignMeta `json:",inline"`
		ID          string            `json:"server_id" db:"id"`
		Size        *int64            `json:"size,omitempty"`
		Count       int               `json:"count,string"`
		At          *time.Time        `json:"at"`
		State       foreignState      `json:"state"`
		Labels      map[string]string `json:"labels"`
		Extra       json.RawMessage   `json:"extra"`
		Object      any               `json:"object"`
		Secret      string            `json:"-"`
		internal    chan int
	}
	foreignState int
	foreignAny   struct {
		internal string
		keys     int
	}
)

func (s *foreignState) UnmarshalJSON(value []byte) error {
	switch string(value) {
	case `"up"`:
		*s = 1
		return nil
	case `"down"`:
		*s = 2
		return nil
	}
	return fmt.Errorf("unknown state %s", value)
}

func (a *foreignAny) UnmarshalJSON(value []byte) error {
	var m map[string]json.RawMessage
	if err := json.Unmarshal(value, &m); err != nil {
		return err
	}
	a.internal, a.keys = string(m["server_id"]), len(m)
	return nil
}

func TestMatchReadsIntoAnotherSDKsStructs(t *testing.T) {
	t.Parallel()
	const data = `{"apiVersion":"v1","kind":"Server","server_id":"srv_1","size":9007199254740993,"count":"7","at":"2025-01-15T10:30:00Z",` +
		`"state":"down","labels":{"a":"b"},"extra":{"x":[1]},"object":{"n":9007199254740993},"Secret":"x","-":"y","new":true}`
	e := events.Event{ID: "evt_1", Type: "server.moved.away", Data: json.RawMessage(data)}
	r, calls := events.NewRouter(), 0
	events.Match(r, "server.*", func(_ context.Context, _ events.Event, s foreignServer) error {
		calls++
		size, at := int64(9007199254740993), time.Date(2025, 1, 15, 10, 30, 0, 0, time.UTC)
		require.Nil(t, s.internal)
		require.Equal(t, foreignServer{
			foreignMeta: foreignMeta{APIVersion: "v1", Kind: "Server"}, ID: "srv_1", Size: &size, Count: 7, At: &at, State: 2,
			Labels: map[string]string{"a": "b"}, Extra: json.RawMessage(`{"x":[1]}`), Object: map[string]any{"n": json.Number("9007199254740993")},
		}, s)
		return nil
	})
	require.NoError(t, r.HandleEvent(t.Context(), e))

	own := events.NewRouter()
	events.Match(own, "*", func(_ context.Context, _ events.Event, a foreignAny) error {
		calls++
		require.Equal(t, foreignAny{internal: `"srv_1"`, keys: 13}, a)
		return nil
	})
	require.NoError(t, own.HandleEvent(t.Context(), e))
	require.Equal(t, 2, calls)

	e.Data = json.RawMessage(`{"server_id":"srv_1","state":"CANARY"}`)
	err := r.HandleEvent(t.Context(), e)
	require.ErrorIs(t, err, events.ErrInvalid)
	require.ErrorContains(t, err, "state")
	require.NotContains(t, err.Error(), canary, "a foreign error quotes the value")
}

func TestMatchIntoAMapKeepsDigits(t *testing.T) {
	t.Parallel()
	r, calls := events.NewRouter(), 0
	events.Match(r, "billing.*", func(_ context.Context, _ events.Event, m map[string]any) error {
		calls++
		require.Equal(t, map[string]any{
			"amount": json.Number("9007199254740993"), "list": []any{json.Number("0.10"), map[string]any{"n": json.Number("1e400")}},
		}, m)
		return nil
	})
	require.NoError(t, r.HandleEvent(t.Context(), events.Event{
		Type: "billing.payment.refunded", Data: json.RawMessage(`{"amount":9007199254740993,"list":[0.10,{"n":1e400}]}`),
	}))
	require.Equal(t, 1, calls)
}
