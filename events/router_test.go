package events_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/events"
)

// route is a router of these patterns, of which each answers with its own error.
func route(patterns ...string) (*events.Router, map[error]string) {
	r, by := events.NewRouter(), map[error]string{}
	for _, p := range patterns {
		err := errors.New(p)
		by[err] = p
		r.Handle(p, events.HandlerFunc(func(context.Context, events.Event) error { return err }))
	}
	return r, by
}

func TestRouterTakesThePatternThatSaysMost(t *testing.T) {
	t.Parallel()
	r, by := route("*", "instance.*", "instance.firewall.*", "instance.created", "server.started", "server.started.*", "db..*", "ünï.*")
	for name, test := range map[string]struct{ typ, want string }{
		"the type itself beats its prefix":   {"instance.created", "instance.created"},
		"a prefix":                           {"instance.deleted", "instance.*"},
		"a prefix of several parts":          {"instance.ip_address.updated", "instance.*"},
		"the longest prefix":                 {"instance.firewall.updated", "instance.firewall.*"},
		"the longest prefix, farther off":    {"instance.firewall.rule.updated", "instance.firewall.*"},
		"the prefix less its last part":      {"instance.firewall", "instance.*"},
		"the prefix's word alone":            {"instance", "*"},
		"a longer word":                      {"instances.created", "*"},
		"a longer word, at depth":            {"instance.firewalls.updated", "instance.*"},
		"a prefix with nothing after it":     {"instance.", "instance.*"},
		"a type that is longer than another": {"instance.created.twice", "instance.*"},
		"a type that is a prefix too":        {"server.started", "server.started"},
		"below a type that is a prefix too":  {"server.started.late", "server.started.*"},
		"another case":                       {"Instance.created", "*"},
		"a dot before it":                    {".instance.created", "*"},
		"two dots":                           {"db..x", "db..*"},
		"no dots":                            {"ping", "*"},
		"letters that are not ASCII":         {"ünï.x", "ünï.*"},
		"empty":                              {"", "*"},
		"dots alone":                         {"...", "*"},
		"a type that is spelled like a prefix is below it": {"instance.*", "instance.*"},
		"a star in a type is a letter":                     {"instance.firewall*", "instance.*"},
		"a star alone is a type that nobody knows":         {"*", "*"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, test.want, by[r.HandleEvent(t.Context(), events.Event{Type: test.typ})])
		})
	}
}

func TestEventsMustNotNamePatterns(t *testing.T) {
	t.Parallel()
	r, _ := route("a.b.*", "c")
	for _, typ := range []string{"*", "a.*", "a.b*", "c*", "c.*"} {
		require.ErrorIs(t, r.HandleEvent(t.Context(), events.Event{Type: typ}), events.ErrUnhandled, typ)
	}
}

func TestUnknown(t *testing.T) {
	t.Parallel()
	r, _ := route("a.*")
	require.Equal(t, events.ErrUnhandled, r.HandleEvent(t.Context(), events.Event{Type: "b"}))
	require.Equal(t, events.ErrUnhandled, events.NewRouter().HandleEvent(t.Context(), events.Event{}))

	var got events.Event
	r.Unknown(events.HandlerFunc(func(_ context.Context, e events.Event) error {
		got = e
		return io.EOF
	}))
	require.Equal(t, io.EOF, r.HandleEvent(t.Context(), events.Event{ID: "1", Type: "b"}))
	require.Equal(t, "1", got.ID)
	require.NotEqual(t, io.EOF, r.HandleEvent(t.Context(), events.Event{Type: "a.b"}))
}

func TestHandlersGetTheWholeEventAndItsData(t *testing.T) {
	t.Parallel()
	type key struct{}
	ctx := context.WithValue(t.Context(), key{}, "value")
	e := events.Event{
		ID: "evt_1", Type: "server.started", Raw: []byte("raw"), Header: http.Header{"A": {"b"}},
		Data: json.RawMessage(`{"server_id":"srv_1","name":"n","status":"running","ip":"::1","new":1}`),
	}
	// foreign is a struct of another SDK: it knows nothing of validate tags.
	type foreign struct {
		ServerID string `json:"server_id"`
		Missing  *int   `json:"missing"`
	}
	for name, test := range map[string]struct {
		register func(r *events.Router, report func(context.Context, events.Event, any) error)
		want     any
	}{
		"a payload": {func(r *events.Router, report func(context.Context, events.Event, any) error) {
			events.On(r, func(ctx context.Context, e events.Event, s events.ServerStarted) error { return report(ctx, e, s) })
		}, events.ServerStarted{ServerID: "srv_1", Name: "n", Status: "running", IP: "::1"}},
		"another SDK's struct": {func(r *events.Router, report func(context.Context, events.Event, any) error) {
			events.Match(r, "server.*", func(ctx context.Context, e events.Event, f foreign) error { return report(ctx, e, f) })
		}, foreign{ServerID: "srv_1"}},
		"a map": {func(r *events.Router, report func(context.Context, events.Event, any) error) {
			events.Match(r, "*", func(ctx context.Context, e events.Event, m map[string]any) error { return report(ctx, e, m) })
		}, map[string]any{"server_id": "srv_1", "name": "n", "status": "running", "ip": "::1", "new": json.Number("1")}},
		"an any": {func(r *events.Router, report func(context.Context, events.Event, any) error) {
			events.Match(r, "*", report)
		}, map[string]any{"server_id": "srv_1", "name": "n", "status": "running", "ip": "::1", "new": json.Number("1")}},
		"raw JSON": {func(r *events.Router, report func(context.Context, events.Event, any) error) {
			events.Match(r, "server.started", func(ctx context.Context, e events.Event, raw json.RawMessage) error { return report(ctx, e, raw) })
		}, e.Data},
		"nothing, undecoded": {func(r *events.Router, report func(context.Context, events.Event, any) error) {
			r.Handle("server.*", events.HandlerFunc(func(ctx context.Context, e events.Event) error { return report(ctx, e, nil) }))
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, calls := events.NewRouter(), 0
			test.register(r, func(ctx context.Context, got events.Event, data any) error {
				calls++
				require.Equal(t, "value", ctx.Value(key{}))
				require.Equal(t, e, got)
				require.Equal(t, test.want, data)
				return io.EOF
			})
			require.Equal(t, io.EOF, r.HandleEvent(ctx, e), "the handler's error must come back as it is")
			require.Equal(t, 1, calls)
		})
	}
}

func TestHandleTakesWhatDoesNotDecode(t *testing.T) {
	t.Parallel()
	r, by := route("server.*")
	for _, data := range []string{"", "no JSON", `{"ip":7}`} {
		err := r.HandleEvent(t.Context(), events.Event{Type: "server.started", Data: json.RawMessage(data)})
		require.Equal(t, "server.*", by[err])
	}
}

func TestInvalid(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fn    func(context.Context, events.Event, error) error
		check func(t *testing.T, err error)
	}{
		"by default the error itself": {nil, func(t *testing.T, err error) {
			require.IsType(t, &events.InvalidError{}, err)
			require.NotErrorIs(t, err, events.ErrParked)
		}},
		"nil parks": {func(context.Context, events.Event, error) error { return nil }, func(t *testing.T, err error) {
			require.ErrorIs(t, err, events.ErrParked)
			require.ErrorIs(t, err, events.ErrInvalid)
			var invalid *events.InvalidError
			require.ErrorAs(t, err, &invalid)
			require.Equal(t, "server.started", invalid.Type)
		}},
		"another error passes through": {func(context.Context, events.Event, error) error { return io.EOF }, func(t *testing.T, err error) {
			require.Equal(t, io.EOF, err)
		}},
		"the same error passes through": {func(_ context.Context, _ events.Event, err error) error { return err }, func(t *testing.T, err error) {
			require.IsType(t, &events.InvalidError{}, err)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, data := range []string{``, `{`, `{"ip":7}`, `{"ip":"::1"}`, `null`} {
				r, asked := events.NewRouter(), 0
				events.On(r, func(context.Context, events.Event, events.ServerStarted) error {
					t.Error("the handler got an invalid event")
					return nil
				})
				if test.fn != nil { // after On: the order of registering must not matter
					r.Invalid(func(ctx context.Context, e events.Event, err error) error {
						asked++
						require.Equal(t, "evt_1", e.ID)
						require.IsType(t, &events.InvalidError{}, err)
						return test.fn(ctx, e, err)
					})
				}
				err := r.HandleEvent(t.Context(), events.Event{ID: "evt_1", Type: "server.started", Data: json.RawMessage(data)})
				require.Error(t, err)
				test.check(t, err)
				require.Equal(t, test.fn != nil, asked == 1)
			}
		})
	}
}

// A handler that decodes something more itself decides itself what becomes of it.
func TestInvalidIsNotAskedAboutTheHandlersErrors(t *testing.T) {
	t.Parallel()
	r := events.NewRouter()
	r.Invalid(func(context.Context, events.Event, error) error { return nil })
	events.Match(r, "*", func(context.Context, events.Event, any) error { return events.ErrInvalid })
	require.Equal(t, events.ErrInvalid, r.HandleEvent(t.Context(), events.Event{Type: "a", Data: json.RawMessage(`{}`)}))
}

func TestRouterHandlesEventsAtOnce(t *testing.T) {
	t.Parallel()
	r, handled := events.NewRouter(), atomic.Int64{}
	events.On(r, func(context.Context, events.Event, events.PaymentFailed) error {
		handled.Add(1)
		return nil
	})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 100 {
				_ = r.HandleEvent(context.Background(), events.New(events.PaymentFailed{Amount: 1}))
			}
		})
	}
	wg.Wait()
	require.EqualValues(t, 800, handled.Load())
}

type nameless struct{}

func (nameless) EventType() string { return "" }

func TestRegistrationPanicsOnMistakes(t *testing.T) {
	t.Parallel()
	nothing := events.HandlerFunc(func(context.Context, events.Event) error { return nil })
	for name, test := range map[string]struct {
		says     string
		register func(r *events.Router)
	}{
		"a type twice":   {`"a.b" is registered twice`, func(r *events.Router) { r.Handle("a.b", nothing); r.Handle("a.b", nothing) }},
		"a prefix twice": {`"a.*" is registered twice`, func(r *events.Router) { r.Handle("a.*", nothing); events.Match(r, "a.*", ignore[any]) }},
		"the star twice": {`"*" is registered twice`, func(r *events.Router) { r.Handle("*", nothing); r.Handle("*", nothing) }},
		"a payload twice": {`"server.started" is registered twice`, func(r *events.Router) {
			events.On(r, ignore[events.ServerStarted])
			events.On(r, ignore[events.ServerStarted])
		}},
		"no pattern":               {`pattern "" is neither`, func(r *events.Router) { r.Handle("", nothing) }},
		"two stars":                {`pattern "**" is neither`, func(r *events.Router) { r.Handle("**", nothing) }},
		"a star in the middle":     {`pattern "a.*.b" is neither`, func(r *events.Router) { r.Handle("a.*.b", nothing) }},
		"a star at the beginning":  {`pattern "*.b" is neither`, func(r *events.Router) { r.Handle("*.b", nothing) }},
		"two stars in parts":       {`pattern "a.*.*" is neither`, func(r *events.Router) { events.Match(r, "a.*.*", ignore[any]) }},
		"a star without a dot":     {`pattern "a*" is neither`, func(r *events.Router) { r.Handle("a*", nothing) }},
		"a star after half a word": {`pattern "a.b*" is neither`, func(r *events.Router) { r.Handle("a.b*", nothing) }},
		"a prefix of nothing":      {`pattern ".*" is neither`, func(r *events.Router) { r.Handle(".*", nothing) }},
		"a payload without a type": {`pattern "" is neither`, func(r *events.Router) { events.On(r, ignore[nameless]) }},
		"no handler":               {`Handle "a"`, func(r *events.Router) { r.Handle("a", nil) }},
		"a function that is nil":   {`Handle "a"`, func(r *events.Router) { r.Handle("a", events.HandlerFunc(nil)) }},
		"no handler, by On":        {`"server.started": the handler is nil`, func(r *events.Router) { events.On[events.ServerStarted](r, nil) }},
		"no handler, by Match":     {`"a": the handler is nil`, func(r *events.Router) { events.Match[any](r, "a", nil) }},
		"no handler, by Unknown":   {"Unknown", func(r *events.Router) { r.Unknown(nil) }},
		"no function, by Invalid":  {"Invalid", func(r *events.Router) { r.Invalid(nil) }},
		"a pointer, by On":         {"*events.ServerStarted", func(r *events.Router) { events.On(r, ignore[*events.ServerStarted]) }},
		"an interface, by On":      {"events.Payload", func(r *events.Router) { events.On(r, ignore[events.Payload]) }},
		"a pointer, by Match":      {"*events.Resource", func(r *events.Router) { events.Match(r, "a", ignore[*events.Resource]) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			requirePanics(t, test.says, func() { test.register(events.NewRouter()) })
		})
	}
}
