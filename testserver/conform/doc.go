// Package conform finds out whether a receiver of webhooks, in whatever language, is a correct one: what it makes of
// forged, broken, repeated, slow and huge requests, by its answers and by its effects.
//
// Each [Check] is something that is sent, with what a correct receiver answers and why that matters; docs/checks.md lists
// them. [Run] makes them on a handler, as a test:
//
//	func TestReceiver(t *testing.T) {
//		conform.Run(t, func(t *testing.T) conform.Target {
//			return conform.Target{Provider: hookmitt.Civo(), Secret: secret, Handler: service.Routes()}
//		})
//	}
//
// [Probe] makes them on whatever listens at a URL, and "hookmitt check" is that as a command.
//
// A check that needs to know more of the receiver than its answers is [Skipped] where nobody says it, and never counted
// as passed: give [Target] what it takes. Requests are written to the connection byte by byte, so that they can be what
// no client would send.
//
// # What is promised
//
// A receiver that FAILED a check of the level [Must] can lose events, do them twice, believe a stranger, or have its
// webhook switched off. One that passes all has done right what was asked of it. It may still have faults that nobody
// asked for; and what cannot be seen from outside, that a comparison takes constant time say, is not judged.
package conform
