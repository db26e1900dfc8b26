// Package events answers two questions about a webhook that is known to be from them: what does it say, and who
// wants it?
//
// A [Codec] reads an [Event] out of a request and writes one into a request; [JSON] is the codec of every provider
// that sends an object. A [Router] passes events on to handlers, decoded and validated:
//
//	router := events.NewRouter()
//	events.On(router, func(ctx context.Context, e events.Event, s events.ServerStarted) error {
//		return dns.Point(ctx, s.Name, s.IP)
//	})
//	events.Match(router, "instance.*", func(ctx context.Context, e events.Event, r events.Resource) error {
//		return audit.Append(ctx, e.ID, e.Type, r.ResourceID)
//	})
//
// What a handler returns decides what the provider is told: nil acknowledges the event, [Skip] acknowledges it and
// records why, [Retry] and every other error ask the provider to send it again.
//
// What is promised: a body is one JSON object with nothing after it, no name twice at any depth, valid UTF-8 and at
// most 512 levels, or it is refused; there is one reading of it, the same for the envelope and for the payload; a
// handler sees only payloads that passed their validate tags; an error names the field as the wire does, and never
// its value. What is not: the set of event types is open, so a type without a handler is acknowledged and recorded
// ([ErrUnhandled]), never refused.
package events
