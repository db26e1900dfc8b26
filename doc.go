// Package hookmitt is a catcher's mitt for webhooks: with it a service receives them safely, and a simulator plays
// the provider so that all of it is tested before the provider ever calls.
//
// A webhook is an HTTP POST that a provider sends to a URL of ours. Anyone can send one, the provider sends it again
// whenever it is unsure, and it switches our endpoint off if we are slow or fail too often. So a receiver must know:
// is it from them, have we done it already, what does it say, who handles it?
//
//	router := events.NewRouter()
//	events.On(router, func(ctx context.Context, e events.Event, s events.ServerStarted) error {
//		return dns.Point(ctx, s.Name, s.IP)
//	})
//	secret := verify.NewSecret(os.Getenv("CDHOSTING_WEBHOOK_SECRET"))
//	receiver, err := middleware.New(hookmitt.CDHosting(), verify.NewKeyring(secret), nil)
//	if err != nil {
//		log.Fatal(err)
//	}
//	http.Handle("POST /webhooks", receiver.Handle(router))
//
// This package holds the one idea: a provider is a [Provider] value, and both directions of the wire are methods of
// it. [Provider.Seal] turns an event into a request, [Provider.Open] turns a request into an event. Around it:
//
//   - verify: is it from them? Schemes, secrets, rotation.
//   - dedupe: have we done it already? Claims, leases, and a store in memory; dedupe/redisstore for several processes,
//     dedupe/sqlstore for effects that commit with the mark.
//   - events: what does it say, and who wants it? Codecs, payloads, the router.
//   - middleware: the receiver, the only place where all of these meet.
//   - testserver: the provider's side, on virtual time; testserver/simulator: the same over HTTP, with a page;
//     testserver/conform: is a receiver right?
//   - cmd/hookmitt: all of it from a shell.
//
// What it cannot promise: where the provider's id is not signed ([UnsignedID], Civo), a stranger who holds one
// captured request can send it again under a fresh id, and no receiver can tell; where there is no id ([DerivedID],
// Mixpost), two genuine events with equal bodies look like a retry; and a process that dies between a handler's
// effect and the commit runs the handler again, unless both are one transaction.
package hookmitt
