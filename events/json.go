package events

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

var _ Codec = JSON{}

// JSON is the codec of providers that send a JSON object, with an envelope or without.
type JSON struct {
	ID    Field // Required. [BodyDigest] where the provider sends none.
	Type  Field // Required.
	Time  Field // RFC 3339, or seconds since 1970. Default: the provider carries none.
	Data  Field // Required: InBody of an envelope, or WholeBody.
	Style Style // how Seal writes. Default: [Plain].
}

// Validate reports what is wrong with the codec itself. A receiver calls it once, when it is made.
func (c JSON) Validate() error {
	names := map[string]bool{}
	for _, f := range []Field{c.ID, c.Type, c.Time, c.Data} {
		if f.kind == fieldHeader && f.name == "" || f.kind == fieldMember && f.name == "" {
			return errors.New("events: a field of JSON has no name")
		}
		if f.kind == fieldMember && names[f.name] {
			return fmt.Errorf("events: two fields of JSON are the member %q", f.name)
		}
		names[f.name] = f.kind == fieldMember
	}
	switch {
	case c.ID.kind == fieldNone || c.ID.kind == fieldWhole:
		return errors.New("events: JSON.ID is InHeader, InBody or BodyDigest")
	case c.ID.kind == fieldDigest && c.ID.uuid:
		return errors.New("events: JSON.ID: a digest is no UUID")
	case c.Type.kind != fieldHeader && c.Type.kind != fieldMember:
		return errors.New("events: JSON.Type is InHeader or InBody")
	case c.Time.kind == fieldWhole || c.Time.kind == fieldDigest:
		return errors.New("events: JSON.Time is InHeader, InBody or nothing")
	case c.Data.kind != fieldMember && c.Data.kind != fieldWhole:
		return errors.New("events: JSON.Data is InBody or WholeBody")
	case c.Style > PHPEscapes:
		return fmt.Errorf("events: JSON.Style %d is not known", c.Style)
	}
	return nil
}

// IDField implements [Codec].
func (c JSON) IDField() Field { return c.ID }

// TimeField is where the time of the event travels; the zero Field if the provider carries none.
func (c JSON) TimeField() Field { return c.Time }

// Open implements [Codec].
func (c JSON) Open(h http.Header, body []byte) (Event, error) {
	var id, typ, at, data []byte
	err := eachMember(body, func(name string, value []byte) {
		for _, f := range [...]struct {
			field Field
			value *[]byte
		}{{c.ID, &id}, {c.Type, &typ}, {c.Time, &at}, {c.Data, &data}} {
			if f.field.kind == fieldMember && f.field.name == name {
				*f.value = value
			}
		}
	})
	if err != nil {
		return Event{}, err
	}
	if c.Data.kind == fieldWhole {
		data = body
	}
	e := Event{Data: data, Raw: body, Header: h}
	if e.Type, err = c.Type.read(h, body, typ); err != nil {
		return Event{}, err
	}
	if e.ID, err = c.ID.read(h, body, id); err != nil {
		return Event{}, err
	}
	e.Time, err = c.readTime(h, body, at)
	return e, err
}

// readTime returns the zero time where the provider left it out, but refuses one that cannot be read.
func (c JSON) readTime(h http.Header, body, member []byte) (time.Time, error) {
	absent := c.Time.kind == fieldNone || c.Time.kind == fieldMember && (member == nil || string(member) == "null") ||
		c.Time.kind == fieldHeader && len(h.Values(c.Time.name)) == 0
	if absent {
		return time.Time{}, nil
	}
	text, err := c.Time.read(h, body, member)
	if err != nil {
		return time.Time{}, err
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return time.Unix(n, 0).UTC(), nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, malformed("%s is no time", c.Time)
	}
	return at, nil
}

// Seal implements [Codec]. An event with Raw is sent as it is, with the headers that its fields give; any other must
// have what the provider carries: a type, and an id where there is a place for it.
func (c JSON) Seal(e Event, h http.Header) ([]byte, error) {
	var err error
	if e.ID != "" && !c.ID.Derived() {
		if e.ID, err = c.ID.Canonical(e.ID); err != nil {
			return nil, fmt.Errorf("events: cannot seal: %w", err)
		}
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
			members = append(members, member{f.field.name, f.text})
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

type member struct{ name, text string }

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
		if value, ok := own[m.name]; ok {
			if text, _ := textOf(value); text != m.text {
				return nil, malformed("the data says otherwise than the event in member %s", m.name)
			}
			continue
		}
		quoted, err := quote(m.text)
		if err != nil {
			return nil, malformed("member %s is no text", m.name)
		}
		add(m.name, quoted)
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

func timeText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}
