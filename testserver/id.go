package testserver

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"

	"github.com/hookmitt/hookmitt/events"
)

// newID makes an event's id that the field takes: evt_ and 24 digits, or a UUID; none where ids are made from the body.
func newID(field events.Field) string {
	switch {
	case field.Derived():
		return ""
	case prefixed(field):
		return "evt_" + digits()
	}
	return newUUID()
}

// newWebhookID makes an id in the form of the event ids.
func newWebhookID(field events.Field) string {
	if !field.Derived() && prefixed(field) {
		return "wh_" + digits()
	}
	return newUUID()
}

// prefixed reports whether ids with a prefix fit the field.
func prefixed(field events.Field) bool {
	_, err := field.Canonical("evt_0")
	return err == nil
}

func digits() string {
	var b [12]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:])                      // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80 // version 4, RFC 9562
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
