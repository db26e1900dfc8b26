package events

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// Seal implements [Codec]. An event with Raw is sent as it is, with the headers that its fields give; any other must
// have what the provider carries: a type, and an id where there is a place for it.
func (c JSON) Seal(e Event, h http.Header) ([]byte, error) {
	var err error
	if e.ID != "" && !c.ID.Derived() {
		if e.ID, err = c.ID.Canonical(e.ID); err != nil {
			return nil, fmt.Errorf("events: cannot seal: %w", err)
		}
	}
	if e.Type != "" {
		if e.Type, err = c.Type.Canonical(e.Type); err != nil {
			return nil, fmt.Errorf("events: cannot seal: %w", err)
		}
	}
	if c.Time.kind != fieldNone && !e.Time.IsZero() && !writable(e.Time) {
		return nil, fmt.Errorf("events: cannot seal: %w", malformed("%s cannot hold the year %d", c.Time, e.Time.Year()))
	}
	members := make([]member, 0, 4)
	for _, f := range []struct {
		field    Field
		text     string
		required bool
	}{{c.ID, e.ID, true}, {c.Type, e.Type, true}, {c.Time, timeText(e.Time), false}} {
		switch {
		case f.field.kind != fieldHeader && f.field.kind != fieldMember:
		case f.text != "" && f.field.kind == fieldHeader:
			h.Set(f.field.name, f.text)
		case f.text != "":
			members = append(members, member{f.field, f.text})
		case f.required && e.Raw == nil:
			return nil, fmt.Errorf("events: cannot seal: %w", malformed("%s is empty", f.field))
		}
	}
	if e.Raw != nil {
		return e.Raw, nil
	}
	body, err := c.compose(members, e.Data)
	if err != nil {
		return nil, fmt.Errorf("events: cannot seal: %w", err)
	}
	return body, nil
}

type member struct {
	field Field
	text  string
}

// compose writes the envelope's members, and the data after them or, without an envelope, among them.
func (c JSON) compose(members []member, data json.RawMessage) ([]byte, error) {
	body := []byte{'{'}
	add := func(name string, value []byte) {
		if len(body) > 1 {
			body = append(body, ',')
		}
		quoted, _ := quote(name)
		body = append(append(append(body, quoted...), ':'), value...)
	}
	whole := c.Data.kind == fieldWhole
	if whole && len(data) > 0 && !isObject(data) {
		return nil, malformed("the data must be an object: it is the body")
	}
	own := map[string][]byte{} // what the data already says
	if whole && len(data) > 0 {
		if err := eachMember(data, func(name string, value []byte) { own[name] = value }); err != nil {
			return nil, err
		}
	}
	for _, m := range members {
		if value, ok := own[m.field.name]; ok {
			if !c.same(m, value) {
				return nil, malformed("the data says otherwise than the event in %s", m.field)
			}
			continue
		}
		quoted, err := quote(m.text)
		if err != nil {
			return nil, malformed("%s is no text", m.field)
		}
		add(m.field.name, quoted)
	}
	switch {
	case whole && len(own) > 0:
		if len(body) == 1 {
			body = append(body[:0], data...)
			break
		}
		inner := bytes.TrimLeft(data, " \t\r\n")[1:]
		body = append(append(body, ','), inner...)
	case !whole && len(data) > 0:
		if !isValue(data) { // or it could close the envelope, or add to it
			return nil, malformed("the data is not one JSON value")
		}
		add(c.Data.name, data)
		body = append(body, '}')
	default:
		body = append(body, '}')
	}
	if err := eachMember(body, func(string, []byte) {}); err != nil {
		return nil, err
	}
	return c.Style.apply(body), nil
}

// same reports whether value, which the data has in m's place, says what the event does, in whichever spelling.
func (c JSON) same(m member, value []byte) bool {
	text, _ := textOf(value)
	if m.field == c.Time {
		said, ok := parseTime(text)
		meant, _ := parseTime(m.text)
		return ok && said.Equal(meant)
	}
	text, err := m.field.Canonical(text)
	return err == nil && text == m.text
}

func timeText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}
