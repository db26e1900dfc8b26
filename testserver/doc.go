// Package testserver plays the provider: it signs events, delivers them, waits for an answer as long as the provider
// does, tries again when the provider would, gives up when it would, and switches an endpoint off.
//
//	provider, err := testserver.New(hookmitt.Civo(), &testserver.Options{Transport: testserver.InProcess(handler)})
//	if err != nil {
//		t.Fatal(err)
//	}
//	defer provider.Close()
//	endpoint, err := provider.Subscribe(testserver.Subscription{URL: "http://receiver.test/webhooks", Secret: secret})
//	if err != nil {
//		t.Fatal(err)
//	}
//	delivery := endpoint.Send(ctx, events.Named("instance.created", events.Resource{}))
//	timeline, err := delivery.Wait(ctx) // "0s 500, 5m0s 500, 35m0s 200"
//
// By default it keeps time by package time, so inside a testing/synctest bubble, with [InProcess], nine hours of retries
// take as long as the handler does. Against a receiver in another process the [Manual] clock does the same: it moves by
// [Server.Advance] and its kin, which return after the last answer. What the receiver forgets with time only a bubble shows.
//
// [Fault] values let things go wrong between provider and receiver: copies, lost answers, forgeries, slow and broken
// connections. What Go's client cannot send is written to the socket.
//
// Package simulator serves all of it over HTTP, for people and for tests in other languages.
//
// An attempt is one request, a delivery all attempts of one event, a retry an attempt after the first.
package testserver
