// Package modeltest checks the stores against a model of their laws, in random schedules: owners claim, extend, commit,
// release and forget, repeat commands whose replies were lost, crash, and come too late; the store is killed and started
// again; and now and then some of them act at once. It is a module of its own, so that hookmitt does not require the
// library that draws the schedules and, when one fails, looks for a short one that fails too:
//
//	cd dedupe/modeltest && go test ./...
//	cd dedupe/modeltest && go test -run Memory -rapid.checks=100000    # schedules, instead of each store's own number
//	cd dedupe/modeltest && go test -run SQLite -rapid.seed=7           # the schedules of a failure
//	cd dedupe/modeltest && go test -run Redis -rapid.steps=200         # longer ones
//
// The model is the type model, and may be read as what a store is. A second, shorter judge knows nothing of it: the type
// ledger, which holds what the users of a store were promised.
//
// What is promised: a store that passes answered each schedule as the laws have it, in the order in which it was asked,
// and what was asked at once as in one order or another. What is not: times that are no whole minutes, a store that is
// full, keys that are odd, clocks that go back, and a network that stalls. The stores' own tests have those.
package modeltest
