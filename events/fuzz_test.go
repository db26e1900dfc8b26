package events_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

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
			require.Equal(t, fmt.Sprint(members(t, body)[name]), e.Type, "the standard library reads another type")

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
	for _, data := range []string{
		`{"server_id":"srv_1","name":"web","status":"running","ip":"::1"}`, `{"server_id":"a","name":"b","status":"c","ip":"192.168.1.100","IP":"x","new":{}}`,
		`{"server_id":"\ud83c\udf70\/","name":"é","status":"\u0000","ip":"\u003a:1"}`, `{"ip":7}`, `{"ip":"x","ip":"y"}`, `null`, `[]`, ``, `{`, "{\"ip\":\"\xff\"}",
	} {
		f.Add([]byte(data))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		before := bytes.Clone(data)
		got, err := events.Decode[events.ServerStarted](events.Event{Type: "server.started", Data: data})
		require.Equal(t, before, data, "Decode changed the data")
		if err != nil {
			var invalid *events.InvalidError
			require.ErrorAs(t, err, &invalid)
			require.NotEmpty(t, invalid.Fields)
			return
		}
		want := members(t, data) // a map tells names apart by case, as Decode does
		require.Equal(t, want["server_id"], any(got.ServerID))
		require.Equal(t, want["name"], any(got.Name))
		require.Equal(t, want["status"], any(got.Status))
		require.Equal(t, want["ip"], any(got.IP))
	})
}
