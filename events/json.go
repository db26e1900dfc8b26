package events

import (
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
	places := map[string]bool{}
	for _, f := range []Field{c.ID, c.Type, c.Time, c.Data} {
		if f.kind != fieldHeader && f.kind != fieldMember {
			continue
		}
		if f.name == "" {
			return errors.New("events: a field of JSON has no name")
		}
		if f.kind == fieldHeader {
			f.name = http.CanonicalHeaderKey(f.name)
		}
		if places[f.String()] {
			return fmt.Errorf("events: two fields of JSON are %s", f)
		}
		places[f.String()] = true
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

// TimeField implements [Codec].
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
	body = body[:len(body):len(body)] // appending to it must not write over what stands behind it
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
	if e.Time, err = c.readTime(h, body, at); err != nil {
		return Event{}, err
	}
	return e, nil
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
	at, ok := parseTime(text)
	if !ok {
		return time.Time{}, malformed("%s is no time", c.Time)
	}
	return at, nil
}

// parseTime takes no year that RFC 3339 cannot write: such seconds are milliseconds.
func parseTime(text string) (time.Time, bool) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		at := time.Unix(n, 0).UTC()
		return at, writable(at)
	}
	at, err := time.Parse(time.RFC3339, text)
	return at, err == nil && writable(at)
}

func writable(t time.Time) bool { return t.UTC().Year() >= 0 && t.UTC().Year() <= 9999 }
