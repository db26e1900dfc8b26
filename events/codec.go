package events

import "net/http"

// Codec says where an event's id, type, time and data travel in a request. Its laws, which testserver/providertest
// checks:
//
//   - Open(Seal(e)) MUST have e's type and data, and its id and time where the provider carries them.
//   - Open MUST refuse, with [ErrMalformed], a body or header of which two readers could think differently: a doubled
//     id or type, two JSON values, a name twice.
//   - Neither may keep h or change body. What Open returns may share body's memory.
//   - Both MUST be safe for concurrent use.
type Codec interface {
	// Seal writes e's headers into h and returns its body.
	Seal(e Event, h http.Header) (body []byte, err error)

	// Open reads the event out of a request that was verified before.
	Open(h http.Header, body []byte) (Event, error)

	// IDField is where the id travels, from which it follows what recognising repeats by it is worth.
	IDField() Field

	// TimeField is where the time travels; the zero Field if the provider carries none.
	TimeField() Field
}
