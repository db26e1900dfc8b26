// Package simulator is a test server's face over HTTP: the provider's own API, so that management code written for the
// provider runs unchanged against it, and a control API, so that a test in any language can drive it.
//
//	provider, err := testserver.New(hookmitt.Civo(), &testserver.Options{Clock: testserver.Manual()})
//	if err != nil {
//		log.Fatal(err)
//	}
//	log.Fatal(http.ListenAndServe("127.0.0.1:8484", simulator.New(provider)))
//
// Webhooks are managed as at the provider itself: at /v2/webhooks for a provider whose Name is civo, /v1/webhooks for
// cdhosting, /mixpost/api/{workspace}/webhooks for mixpost. Others are managed by the control API, as all can be.
//
// The page at / shows all of it to people. It is rendered here, works without scripts, and is live with one; every view
// of it has a URL.
//
// The control API is the tree /_sim/v1. Its parts are described, with their errors, in openapi.yaml, which the simulator
// serves at /_sim/v1/openapi.yaml: the state and its reset, the clock, webhooks, events, deliveries and their attempts,
// faults, notices, effects, a stream of what changes, and a timeline to look at.
//
// The simulator sends requests to whatever URL a webhook is registered with, and shows secrets as the provider does. It
// has no users and no passwords: serve it on loopback. Requests that a page of another origin makes a browser send are
// refused, and webhooks lead to this machine alone unless testserver.Options.Allow says otherwise.
package simulator
