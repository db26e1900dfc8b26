package events_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/events"
)

var codecs = []events.JSON{civo, mixpost, cdhosting, blend}

func seedBodies(f *testing.F) {
	f.Helper()
	paths, err := filepath.Glob("testdata/*/*.json")
	require.NoError(f, err)
	require.NotEmpty(f, paths)
	for _, path := range paths {
		body, err := os.ReadFile(path)
		require.NoError(f, err)
		f.Add(body)
		f.Add(body[:len(body)/2])
	}
	for _, body := range []string{
		``, `null`, `[]`, `{}`, ` {"event" : "a" } `, `{} {}`, "\ufeff{}",
		`{"id":"a","type":"b","id":"c"}`, `{"\u0069d":1,"type":2}`, `{"id":"` + "\xff" + `","type":"t"}`, `{"id":"\ud800","type":"t"}`,
		`{"id":9007199254740993,"type":"t","created_at":1736937000,"data":[{"a":{"a":1,"a":2}}]}`,
		`{"id":"1","type":"t","created_at":null,"data":"\ud83c\udf70\/\u2028"}`, levels(512), levels(513),
		`{"ID":"x","id":"y","Type":"x","type":"t"}`, `{"id":"1","type":"t","data":{"a":1,"\u0061":2}}`, `{"id":1e2,"type":"t"}`, `{"id":-0,"type":-0}`,
		`{"id":"1","type":"t","data":{"a":[0,{"b":"` + "\xff" + `"}]}}`, `{"id":"1","type":"t","data":{"a":"\udf70\ud83c"}}`, letter(`,"data":"` + strings.Repeat("é", 1000) + `"`),
	} {
		f.Add([]byte(body))
	}
}

// What one reader takes must be JSON to every other, and the same to itself the next time.
func FuzzOpen(f *testing.F) {
	seedBodies(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		h, before := civoHeader(), bytes.Clone(body)
		for _, codec := range codecs {
			e, err := codec.Open(h, body)
			require.Equal(t, before, body, "Open changed the body")
			if err != nil {
				require.ErrorIs(t, err, events.ErrMalformed)
				continue
			}
			require.True(t, json.Valid(body))
			requireInside(t, body, e.Raw)
			require.Len(t, e.Raw, len(body))
			if len(e.Data) > 0 {
				requireInside(t, body, e.Data)
				require.True(t, json.Valid(e.Data))
			}
			canonical, err := codec.ID.Canonical(e.ID)
			require.NoError(t, err)
			require.Equal(t, canonical, e.ID)

			name := "type"
			if codec == civo || codec == mixpost {
				name = "event"
			}
			standard := members(t, body)
			require.Equal(t, fmt.Sprint(standard[name]), e.Type, "the standard library reads another type")
			if codec == cdhosting {
				require.Equal(t, fmt.Sprint(standard["id"]), e.ID, "the standard library reads another id")
			}

			again, err := codec.Open(h, bytes.Clone(body))
			require.NoError(t, err)
			require.Equal(t, e, again)

			sealed, err := codec.Seal(e, http.Header{})
			require.NoError(t, err)
			require.Equal(t, body, sealed)
		}
	})
}

// requireInside holds that part is a piece of whole's memory.
func requireInside(t *testing.T, whole, part []byte) {
	t.Helper()
	for i := range whole {
		if &whole[i] == &part[0] {
			require.LessOrEqual(t, i+len(part), len(whole))
			return
		}
	}
	require.Fail(t, "not in the body's memory")
}

// Seal may refuse; what it takes must be what Open reads.
func FuzzSealOpen(f *testing.F) {
	for _, s := range [][3]string{
		{"server.started", civoID, `{"a":1}`}, {"server.started", "evt_1", ``}, {"a", civoID, `{"event":"a"}`}, {"a", civoID, `{"event":"b"}`},
		{"é/\"\\", "}{", `"Zoë / 🍰"`}, {"a\nb", "a\x00", `{`}, {"\xff", "\xff", "\"\xff\""}, {"", "", `null`},
		{"a", civoID, `{},"x":1`}, {"a", civoID, `{}},{`}, {"a", civoID, ` { } `}, {"7", "42", `{"event":7,"id":42}`},
		{"a", civoID, `{"a":1,"\u0061":2}`}, {"a", civoID, `[1.50,-2e3,"\/\u2028\ud83c\udf70"]`}, {strings.Repeat("é", 128), strings.Repeat("x", 257), `{}`},
	} {
		f.Add(s[0], s[1], s[2])
	}
	f.Fuzz(func(t *testing.T, typ, id, data string) {
		for _, codec := range codecs {
			h := http.Header{}
			body, err := codec.Seal(events.Event{ID: id, Type: typ, Data: json.RawMessage(data)}, h)
			if err != nil {
				require.ErrorIs(t, err, events.ErrMalformed)
				continue
			}
			e, err := codec.Open(h, body)
			require.NoError(t, err, "%q", body)
			require.Equal(t, typ, e.Type)
			if !codec.ID.Derived() {
				want, err := codec.ID.Canonical(id)
				require.NoError(t, err)
				require.Equal(t, want, e.ID)
			}
			switch {
			case codec == civo: // there is no envelope: the data has the type in it as well
				got := members(t, e.Data)
				if data != "" {
					want := members(t, []byte(data))
					for name := range want {
						require.Equal(t, want[name], got[name], name)
						delete(got, name)
					}
				}
				delete(got, "event")
				require.Empty(t, got)
			case data == "":
				require.Empty(t, e.Data)
			default:
				require.Equal(t, members(t, []byte(`{"data":`+data+`}`)), members(t, []byte(`{"data":`+string(e.Data)+`}`)))
			}
		}
	})
}

func FuzzDecode(f *testing.F) {
	for _, catalog := range []events.Catalog{events.CDHosting(), events.Mixpost(), {"": events.Civo()[events.InstanceCreated]}} {
		for _, typ := range catalog.Types() {
			e, _ := catalog.Sample(typ)
			f.Add([]byte(e.Data))
		}
	}
	paths, err := filepath.Glob("testdata/awkward/*.json")
	require.NoError(f, err)
	for _, path := range paths {
		body, err := os.ReadFile(path)
		require.NoError(f, err)
		e, err := blend.Open(civoHeader(), bytes.Replace(body, []byte(`"event":`), []byte(`"type":`), 1))
		require.NoError(f, err)
		f.Add([]byte(e.Data))
	}
	for _, data := range []string{
		`{"server_id":"a","name":"b","status":"c","ip":"192.168.1.100","IP":"x","new":{}}`,
		`{"server_id":"\ud83c\udf70\/","name":"é","status":"\u0000","ip":"\u003a:1"}`, `{"ip":7}`, `{"ip":"x","ip":"y"}`, `null`, `[]`, ``, `{`, "{\"ip\":\"\xff\"}",
		`{"uuid":"a","accounts":null,"versions":[{"options":{ "a" : "\u0041", "n" : 1.0E5 },"content":[]}],"failures":null,"scheduled_at":"2025-01-15T12:30:00.5+02:00"}`,
		`{"uuids":[],"deleted":true,"to_trash":null}`, `{"completed_at":"2025-01-15T12:30:00.5+00:00","cancelled_at":null,"size_bytes":9223372036854775807,"amount":-0}`,
		`{"event":"a","resourceID":"84894D17-DA88-45BB-8817-9B3B75CF61BF","payload":{"a":[1e400,"\/"]}}`,
	} {
		f.Add([]byte(data))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		before := bytes.Clone(data)
		for _, p := range append(slices.Clone(payloads), payload{zero: resource{}, decode: decodeResource}) {
			e := events.Event{Type: p.zero.EventType(), Data: data}
			got, err := p.decode(e)
			require.Equal(t, before, data, "Decode changed the data")
			if err != nil {
				var invalid *events.InvalidError
				require.ErrorAs(t, err, &invalid)
				require.NotEmpty(t, invalid.Fields)
				continue
			}
			require.True(t, json.Valid(data))
			if started, ok := got.(events.ServerStarted); ok {
				want := members(t, data) // a map tells names apart by case, as Decode does
				require.Equal(t, want["server_id"], any(started.ServerID))
				require.Equal(t, want["name"], any(started.Name))
				require.Equal(t, want["status"], any(started.Status))
				require.Equal(t, want["ip"], any(started.IP))
			}
			again, err := p.decode(events.Named(e.Type, got))
			require.NoError(t, err, "what was written of it does not decode")
			require.Equal(t, meaning(t, reflect.ValueOf(got)), meaning(t, reflect.ValueOf(again)))
		}
	})
}

// resource makes a payload of Civo's, for the loop over all of them.
type resource struct{ events.Resource }

func (resource) EventType() string { return events.InstanceCreated }

func decodeResource(e events.Event) (any, error) { return events.Decode[events.Resource](e) }

// meaning is what a payload says, without what may be spelt in several ways: raw JSON, zones, lists of nothing.
func meaning(t *testing.T, v reflect.Value) any {
	t.Helper()
	switch x := v.Interface().(type) {
	case json.RawMessage:
		if len(x) == 0 {
			return "none"
		}
		return members(t, append(append([]byte(`{"raw":`), x...), '}'))
	case time.Time:
		return x.UTC()
	case events.DateTime:
		return x.UTC()
	}
	switch v.Kind() {
	case reflect.Struct:
		fields := map[string]any{}
		for i := range v.NumField() {
			fields[v.Type().Field(i).Name] = meaning(t, v.Field(i))
		}
		return fields
	case reflect.Slice:
		list := []any{}
		for i := range v.Len() {
			list = append(list, meaning(t, v.Index(i)))
		}
		return list
	default:
		return v.Interface()
	}
}

// What is read as a date must be written so that it is read as the same one, here and by the standard library.
func FuzzDateTime(f *testing.F) {
	for _, text := range []string{
		`null`, `"2025-01-15 10:30:00"`, `"2025-01-15 10:30:00.123456789"`, `"2025-01-15 10:30:00,5"`, `"2025-01-15T12:30:00+02:00"`, `"2025-01-15T10:30:00.000Z"`,
		`"0001-01-01 00:00:00"`, `"0000-01-01T00:00:00+23:59"`, `"9999-12-31T23:59:59-00:01"`, `"2025-01-15"`, `""`, `1736937000`, `"2025-01-15 10\u003a30:00"`, `"0000-00-00 00:00:00"`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := events.Decode[events.DateTime](events.Event{Data: json.RawMessage(text)})
		if err != nil {
			require.ErrorIs(t, err, events.ErrInvalid)
			return
		}
		require.Equal(t, time.UTC, got.Location())
		written, err := json.Marshal(got)
		require.NoError(t, err)
		require.Equal(t, string(written), string(events.Named("t", got).Data))
		for _, text := range []string{text, string(written)} {
			var again events.DateTime
			require.NoError(t, json.Unmarshal([]byte(text), &again))
			require.Equal(t, got, again, text)
		}
	})
}
