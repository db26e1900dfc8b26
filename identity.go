package hookmitt

import (
	"fmt"

	"github.com/hookmitt/hookmitt/events"
)

// Identity is what the provider's ids can promise.
type Identity uint8

// Do not reorder.
const (
	SignedID   Identity = iota // The signature covers the id: a captured request cannot be made to look new.
	UnsignedID                 // It does not: retries are recognised, but whoever holds a captured request can send it under a fresh id.
	DerivedID                  // There is none, and a digest of the body stands in: two genuine events with equal bodies are one.
)

// String implements [fmt.Stringer].
func (i Identity) String() string {
	switch i {
	case SignedID:
		return "signed id"
	case UnsignedID:
		return "unsigned id"
	case DerivedID:
		return "derived id"
	}
	return fmt.Sprintf("Identity(%d)", uint8(i))
}

// Identity says what recognising repeats by the provider's ids can promise.
func (p Provider) Identity() Identity {
	field := p.Codec.IDField()
	if field.Derived() {
		return DerivedID
	}
	if name, ok := field.Header(); ok && !p.Scheme.Covers(name) {
		return UnsignedID
	}
	return SignedID // in the body, which every scheme covers
}

// SignsTime reports whether events carry a time that the signature covers, so that an old one can be refused.
func (p Provider) SignsTime() bool {
	field := p.Codec.TimeField()
	name, inHeader := field.Header()
	return field != (events.Field{}) && (!inHeader || p.Scheme.Covers(name))
}
