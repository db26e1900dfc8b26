package openapitest_test

import (
	"context"
	"encoding/json"
	"maps"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
)

// takeStream lets everything change, and then reads the stream of it.
func takeStream(t *testing.T, doc document, seen produced) {
	t.Helper()
	s := newStand(t, hookmitt.CDHosting())
	var before struct{ Stream string }
	answer, _ := s.do(t, step{says: "the state", call: "GET /_sim/v1/state"})
	require.NoError(t, json.Unmarshal(answer.Body.Bytes(), &before))
	for _, st := range []step{
		{says: "a webhook", call: "POST /_sim/v1/webhooks", body: `{"url": "http://receiver.test/500", "make_secret": true}`, want: 201, keep: "webhook"},
		{says: "an event", call: "POST /_sim/v1/events", body: `{"type": "server.started"}`, want: 200},
		{says: "all attempts fail", call: "POST /_sim/v1/clock/advance", body: `{"drain": true}`, want: 200},
		{says: "a fault", call: "POST /_sim/v1/faults", body: `"twice"`, want: 201},
		{says: "an effect", call: "POST /_sim/v1/effects/{event}", want: 200},
		{says: "the webhook goes", call: "DELETE /_sim/v1/webhooks/{webhook}", want: 204},
		{says: "a reset", call: "POST /_sim/v1/reset", want: 200},
	} {
		seen.take(t, doc, s, st)
	}
	names := map[string]bool{}
	for _, e := range follow(t, doc, seen, s, before.Stream, "reset") {
		names[e.name] = true
		require.Empty(t, doc.refusesEvent(e))
	}
	missed := follow(t, doc, seen, s, "another-1", "missed")
	require.Len(t, missed, 1)
	require.Empty(t, doc.refusesEvent(missed[0]))
	names["missed"] = true
	require.Equal(t, slices.Sorted(maps.Keys(doc.events())), slices.Sorted(maps.Keys(names)), "the documented events, and those that came")
	require.NotEmpty(t, doc.refusesEvent(streamed{"reset", "", `{"now": 1}`}), "the check does not notice data that are not as documented")
	require.NotEmpty(t, doc.refusesEvent(streamed{"no-such", "", `{}`}), "the check does not notice an event that is not documented")
}

// streamed is an event of the stream.
type streamed struct{ name, id, data string }

// follow reads the stream until an event.
func follow(t *testing.T, doc document, seen produced, s *stand, after, until string) (events []streamed) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r, path := s.request(t, step{says: "the stream", call: "GET /_sim/v1/stream"})
	r = r.WithContext(ctx)
	r.Header.Set("Last-Event-ID", after)
	w := &untilWriter{ResponseRecorder: httptest.NewRecorder(), until: "event: " + until + "\n", found: cancel}
	s.handler.ServeHTTP(w, r)
	require.Empty(t, doc.refusals(r, path, w.ResponseRecorder))
	seen[r.Method+" "+path+" 200"] = true
	parts := strings.Split(strings.TrimSuffix(w.Body.String(), "\n\n"), "\n\n")
	require.Equal(t, "retry: 1000", parts[0])
	for _, part := range parts[1:] {
		var e streamed
		for line := range strings.SplitSeq(part, "\n") {
			field, value, _ := strings.Cut(line, ": ")
			to, known := map[string]*string{"event": &e.name, "id": &e.id, "data": &e.data}[field]
			require.True(t, known, line)
			*to = value
		}
		require.NotEmpty(t, e.id)
		events = append(events, e)
	}
	return events
}

// untilWriter ends the request when what it waits for is written.
type untilWriter struct {
	*httptest.ResponseRecorder

	until string
	found context.CancelFunc
}

// Write implements [io.Writer].
func (w *untilWriter) Write(b []byte) (int, error) {
	if strings.Contains(string(b), w.until) {
		w.found()
	}
	return w.ResponseRecorder.Write(b)
}

// events are the stream's, as the document has them.
func (d document) events() object {
	return under(d.tree, "paths", "/_sim/v1/stream", "get", "responses", "200", "x-events")
}

// refusesEvent is what the document has against an event.
func (d document) refusesEvent(e streamed) []string {
	documented, ok := d.events()[e.name].(object)
	if !ok {
		return []string{"the event " + e.name + " is not documented"}
	}
	name := strings.TrimPrefix(under(documented, "schema")["$ref"].(string), "#/components/schemas/")
	return misfits("event "+e.name, d.model.Components.Schemas.GetOrZero(name).Schema(), json.RawMessage(e.data))
}
