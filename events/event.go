package events

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// Event is one thing that happened at the provider. It owns its bytes: once it is handed to a handler, its memory is
// never used for anything else, so a handler may keep it.
type Event struct {
	ID   string          // what repeats are recognised by: at most 256 bytes, no control characters
	Type string          // "server.started"
	Time time.Time       // when it happened; zero where the provider carries none
	Data json.RawMessage // what it says: the payload
	Raw  []byte          // the whole body; [Codec].Seal sends it byte for byte if it is set

	Header http.Header // of the request that brought it; read-only
}

// Payload is data that knows which event it belongs to. EventType must not depend on the value.
type Payload interface{ EventType() string }

// New makes the event of a payload, without an id, for senders and tests. It panics if data cannot be written as JSON.
func New(data Payload) Event { return Named(data.EventType(), data) }

// Named makes an event of any data, without an id, for senders and tests. It panics if data cannot be written as JSON.
func Named(typ string, data any) Event {
	text, err := encode(data)
	if err != nil {
		panic(fmt.Sprintf("events: the data of %s cannot be written as JSON: %v", typ, err))
	}
	return Event{Type: typ, Data: text}
}
