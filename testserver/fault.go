package testserver

import "bytes"

// Fault is something that goes wrong on the way between provider and receiver. Faults compose in their order.
type Fault struct {
	name   string
	number int // of the attempt it happens to; 0: to every one
	change func(*outgoing)
}

// Tampered changes one bit of the body after it was signed.
func Tampered() Fault {
	return Fault{name: "tampered", change: func(out *outgoing) {
		out.body = bytes.Clone(out.body)
		if len(out.body) > 0 {
			out.body[len(out.body)/2] ^= 1
		}
	}}
}

// LostReply lets the receiver answer, and the provider never hear of it.
func LostReply() Fault {
	return Fault{name: "lost reply", change: func(out *outgoing) { out.lost = true }}
}

// OnAttempt binds a fault to one attempt, of which the first is 1.
func OnAttempt(number int, f Fault) Fault {
	f.number = number
	return f
}

func (f Fault) happens(number int) bool { return f.number == 0 || f.number == number }
