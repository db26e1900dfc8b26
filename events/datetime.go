package events

import (
	"encoding/json"
	"fmt"
	"time"
)

// dateTimeLayout is how Mixpost writes dates: without a zone. That it means UTC is assumed. A fraction is written only
// where there is one.
const dateTimeLayout = "2006-01-02 15:04:05.999999999"

// DateTime is a time as Mixpost writes it, read as UTC: "2025-01-15 10:30:00", or null, which is the zero time, as are ""
// and a database's "0000-00-00 00:00:00". RFC 3339 is read too. What was read is written again as the same time.
type DateTime struct{ time.Time }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (d *DateTime) UnmarshalText(text []byte) error {
	if len(text) == 0 || string(text) == "0000-00-00 00:00:00" {
		d.Time = time.Time{}
		return nil
	}
	at, err := time.Parse(dateTimeLayout, string(text))
	if err != nil {
		at, err = time.Parse(time.RFC3339, string(text))
	}
	if err != nil || !writable(at) {
		return fmt.Errorf("events: not a date like %q", time.DateTime)
	}
	d.Time = at.UTC()
	return nil
}

// MarshalText implements [encoding.TextMarshaler].
func (d DateTime) MarshalText() ([]byte, error) {
	if !writable(d.Time) {
		return nil, fmt.Errorf("events: the year %d cannot be written", d.Year())
	}
	return d.UTC().AppendFormat(nil, dateTimeLayout), nil
}

// UnmarshalJSON implements json.Unmarshaler, in place of the one that time.Time brings along.
func (d *DateTime) UnmarshalJSON(value []byte) error {
	if string(value) == "null" {
		d.Time = time.Time{}
		return nil
	}
	var text string
	if err := json.Unmarshal(value, &text); err != nil {
		return err
	}
	return d.UnmarshalText([]byte(text))
}

// MarshalJSON implements json.Marshaler, in place of the one that time.Time brings along.
func (d DateTime) MarshalJSON() ([]byte, error) {
	if d.IsZero() {
		return []byte("null"), nil
	}
	text, err := d.MarshalText()
	if err != nil {
		return nil, err
	}
	return json.Marshal(string(text))
}
