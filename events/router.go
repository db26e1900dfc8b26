package events

import (
	"context"
	"fmt"
	"reflect"
	"strings"
)

// Handler does what an event asks for. It may be called for several events at once. ctx goes on when the client hangs
// up, and has a deadline of its own, after which the event may be run again: a handler must end when ctx does.
//
// What it returns decides what the provider is told: see [Skip] and [Retry].
type Handler interface {
	HandleEvent(ctx context.Context, e Event) error
}

// HandlerFunc is a function as a [Handler].
type HandlerFunc func(ctx context.Context, e Event) error

// HandleEvent implements [Handler].
func (f HandlerFunc) HandleEvent(ctx context.Context, e Event) error { return f(ctx, e) }

var _ Handler = (*Router)(nil)

// Router passes an event on to the handler whose pattern says most about its type. A pattern is a type, or a prefix
// as in "instance.*", which matches "instance.created" and "instance.firewall.updated" but not "instance", or "*".
// What it costs does not depend on the number of patterns.
//
// Register everything before the first event: registering is not safe while events are handled.
type Router struct {
	types    map[string]Handler
	prefixes map[string]Handler // with their dot; "" is below all of them
	unknown  Handler
	invalid  func(ctx context.Context, e Event, err error) error
}

// NewRouter makes a router without handlers, which answers every event with [ErrUnhandled].
func NewRouter() *Router {
	return &Router{
		types:    map[string]Handler{},
		prefixes: map[string]Handler{},
		unknown:  HandlerFunc(func(context.Context, Event) error { return ErrUnhandled }),
		invalid:  func(_ context.Context, _ Event, err error) error { return err },
	}
}

// On registers a handler for the event that T belongs to, with its data decoded and validated. It panics if T is a
// pointer or an interface, has no event type or has broken validate tags, or if the pattern is registered already.
func On[T Payload](r *Router, fn func(ctx context.Context, e Event, data T) error) {
	t := reflect.TypeFor[T]()
	if t.Kind() == reflect.Pointer || t.Kind() == reflect.Interface {
		panic(fmt.Sprintf("events: On[%v]: T must be the payload's own type, not a pointer or an interface", t))
	}
	var zero T
	register(r, "On", zero.EventType(), fn)
}

// Match registers a handler for all events of a pattern, with their data decoded and validated as T, which may be
// anything that JSON can be read into: another SDK's struct, a map, json.RawMessage. It panics as [On] does.
func Match[T any](r *Router, pattern string, fn func(ctx context.Context, e Event, data T) error) {
	if t := reflect.TypeFor[T](); t.Kind() == reflect.Pointer || t.Kind() == reflect.Interface && t.NumMethod() > 0 {
		panic(fmt.Sprintf("events: Match[%v]: T must not be a pointer, nor an interface with methods", t))
	}
	register(r, "Match", pattern, fn)
}

func register[T any](r *Router, by, pattern string, fn func(ctx context.Context, e Event, data T) error) {
	if fn == nil {
		panic(fmt.Sprintf("events: %s %q: the handler is nil", by, pattern))
	}
	checkType[T](fmt.Sprintf("%s %q", by, pattern))
	r.Handle(pattern, HandlerFunc(func(ctx context.Context, e Event) error {
		data, err := Decode[T](e)
		if err != nil {
			return r.refuse(ctx, e, err)
		}
		return fn(ctx, e, data)
	}))
}

// Handle registers a handler that takes events as they are, undecoded: for forwarding, for queues. It panics if the
// pattern is not one or is registered already, as http.Handle does.
func (r *Router) Handle(pattern string, h Handler) {
	prefix, star := strings.CutSuffix(pattern, "*")
	if pattern == "" || strings.Contains(prefix, "*") || star && prefix != "" && !strings.HasSuffix(prefix, ".") || prefix == "." {
		panic(fmt.Sprintf("events: pattern %q is neither a type, nor a prefix like \"instance.*\", nor \"*\"", pattern))
	}
	if isNil(h) {
		panic(fmt.Sprintf("events: Handle %q: the handler is nil", pattern))
	}
	handlers := r.types
	if star {
		handlers = r.prefixes
	}
	if handlers[prefix] != nil {
		panic(fmt.Sprintf("events: pattern %q is registered twice", pattern))
	}
	handlers[prefix] = h
}

func isNil(h Handler) bool {
	f, ok := h.(HandlerFunc)
	return h == nil || ok && f == nil
}

// Unknown registers what happens to events that no pattern matches. Default: [ErrUnhandled], which is acknowledged,
// since a new event of the provider's must not switch the endpoint off.
func (r *Router) Unknown(h Handler) {
	if isNil(h) {
		panic("events: Unknown: the handler is nil")
	}
	r.unknown = h
}

// Invalid registers what happens to events whose data does not decode or is not valid; err is an [*InvalidError].
// If fn returns nil, the event is parked: acknowledged, and not sent again. Default: err itself, for which the
// receiver answers 422 and the provider tries again, hours in which a fix can be deployed.
func (r *Router) Invalid(fn func(ctx context.Context, e Event, err error) error) {
	if fn == nil {
		panic("events: Invalid: the function is nil")
	}
	r.invalid = fn
}

func (r *Router) refuse(ctx context.Context, e Event, invalid error) error {
	if err := r.invalid(ctx, e, invalid); err != nil {
		return err
	}
	return fmt.Errorf("%w: %w", ErrParked, invalid)
}

// HandleEvent implements [Handler].
func (r *Router) HandleEvent(ctx context.Context, e Event) error {
	return r.find(e.Type).HandleEvent(ctx, e)
}

// find looks for the type, then for its prefixes from the longest to the shortest: two questions and one for each dot,
// and no allocation, however many patterns there are.
func (r *Router) find(typ string) Handler {
	if h := r.types[typ]; h != nil {
		return h
	}
	for dot := strings.LastIndexByte(typ, '.'); dot >= 0; dot = strings.LastIndexByte(typ[:dot], '.') {
		if h := r.prefixes[typ[:dot+1]]; h != nil {
			return h
		}
	}
	if h := r.prefixes[""]; h != nil {
		return h
	}
	return r.unknown
}
