// Package redisstore keeps claims in Redis, so that many receivers act as one: whichever of them gets an event's repeat
// knows the event.
//
//	store, err := redisstore.New(redis.NewClient(&redis.Options{Addr: addr}), nil)
//	if err != nil {
//		return err
//	}
//	for _, warning := range store.Check(ctx) {
//		log.Print(warning)
//	}
//	receiver, err := middleware.New(hookmitt.Civo(), keyring, &middleware.Options{Store: store})
//
// It takes a single server, Sentinel and a Cluster, of Redis 6.0 or later. Each call is one script on one key, and the
// only clock that counts is Redis's. The client may be as it comes: every call has a deadline of its own
// ([Options].Call), and a command that the client repeats does no harm. A claim that Redis grants after that deadline is
// given back; but not when the client has hung up meanwhile, as it does at its ReadTimeout, and at the deadline with
// ContextTimeoutEnabled. Such an event is busy for a lease, and the claim counts as a run.
//
// # What is promised
//
// While Redis keeps what it was told: the laws of [dedupe.Store], for all processes together. A Redis that does not
// answer costs attempts, answered 503, and no event: the provider tries again. A receiver that dies blocks the events it
// was running for a lease.
//
// # What is not
//
// Redis forgets what it had acknowledged when a fail-over promotes a replica that had not heard of it, when it restarts
// without a file that has it, and when it evicts. Each time an event may be done a second time; none is lost.
// Options.Replicas closes the first of these, at a price. With it go-redis does not repeat commands, and a claim whose
// reply is lost is busy for a lease.
//
// A run whose lease could not be extended, because Redis was out of reach for longer than it lasts, goes on unaware beside
// the next one. A clock that jumps ahead on Redis's machine ends leases early; one that is put back makes ids be
// remembered for longer. Where an effect must not happen twice, it and its mark belong in one transaction, or the claim's
// token fences it ([dedupe.ClaimFrom]).
//
// # Settings
//
// Give it a Redis of its own, or at least a memory limit of its own:
//
//	maxmemory-policy noeviction       a full Redis then refuses new events, and the provider tries again
//	appendonly yes                    with appendfsync everysec a crash of the machine forgets a second, with always nothing
//	min-replicas-to-write 1           with replicas: a master without one takes no claims
//
// An event takes about 200 bytes while it is remembered (BenchmarkMemory), so ten events a second take 350 MB in the 48 h
// of most providers.
//
// A user with these rights can do all of it:
//
//	ACL SETUSER hookmitt on >password ~hookmitt:* +eval +evalsha +time +get +set +del +pttl +pexpire +info +wait
//
// +info is for [Store.Check] and +wait for Options.Replicas. A Cluster's client wants +cluster|slots and +command as well.
// Some set-ups want more: +asking while a Cluster moves slots, +select for a database other than 0, +script|load in FIPS
// 140-only mode.
//
// # Tests
//
// In a bubble of testing/synctest use [dedupe.Memory]: Redis keeps its own time, which a bubble does not move. Test with
// Redis outside of one, on the simulator's Manual clock.
//
// # Keys
//
// The record of an event is at prefix{scope/id}, as in
//
//	GET hookmitt:{civo/0b7e1c52}
//
// with every slash and percent sign of the scope written as %2F and %25. To have an event run again use
// [Store.Forget], not DEL: a run that is under way would not notice.
package redisstore
