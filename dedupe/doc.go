// Package dedupe answers one question about an event: have we done it already?
//
// An event is claimed before its handler runs, committed after the handler succeeded, and released when it failed.
// So a repeat of an event that was done is recognised, a repeat of one that failed runs again, and of many copies at
// once one runs:
//
//	guard := &dedupe.Guard{Store: dedupe.NewMemory(0)}
//	result := guard.Do(ctx, dedupe.Key{Scope: "invoices", ID: id}, func(ctx context.Context) (int, error) {
//		return 200, book(ctx, invoice)
//	}, nil)
//
// A claim is a lease: if the process dies, it ends, and the next claim wins. [Guard] extends it while the handler
// lives. What a store must do is written at [Store], and package dedupetest checks it.
//
// What is promised, while the store lives: one winner for an id at any time, no event lost, no run after a commit.
// What is not: a store that forgets ([Memory] at a restart), a process that dies between the handler's effect and the
// commit, and a handler that outlives [Guard].Longest each give a second run. A handler that must not have its effect
// twice uses the [Claim]'s token as a fence ([ClaimFrom]), or writes effect and mark in one transaction.
//
// The package knows nothing of HTTP, and imports the standard library alone.
package dedupe
