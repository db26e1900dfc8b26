// Package middleware is the receiver: the one place where a request is verified, claimed, decoded, handled, settled
// and answered.
//
//	receiver, err := middleware.New(hookmitt.Civo(), verify.NewKeyring(secret), nil)
//	if err != nil {
//		log.Fatal(err)
//	}
//	http.Handle("POST /webhooks", receiver.Handle(router))
//
// The life of a request: its verb; its headers, before the body is read; the body, once, bounded in size and time;
// the signature, under every secret; the event's id, type, time and data; the claim; the handler; commit or release;
// the answer; one [Record]. What each step can end in is an [Outcome], and the table in outcome.go says which status
// answers it.
//
// What is promised: no handler sees a request that did not verify; an event that was done is acknowledged and not done
// again; one whose handler failed is sent again by the provider; the answer leaves within 0.8 of the provider's
// deadline, whatever the handler, the store or the client does, and the work goes on to its end. What is not: see the
// package comment of hookmitt for ids that are not signed, and of dedupe for stores that forget.
//
// Wiring mistakes are errors of [New]. There is no switch that turns verification off.
package middleware
