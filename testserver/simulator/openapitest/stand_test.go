package openapitest_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/testserver"
	"github.com/hookmitt/hookmitt/testserver/simulator"
)

// stand is a simulator with its receiver, and what steps have kept.
type stand struct {
	provider *testserver.Server
	handler  http.Handler
	kept     map[string]string // ids, by the names of the parameters that take them
}

// receive answers with the status that the path ends in: http://receiver.test/500.
var receive = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	status, _ := strconv.Atoi(r.URL.Path[1:])
	w.Header().Set("Hookmitt-Outcome", "done")
	w.WriteHeader(status)
	_, _ = w.Write([]byte("\xff no UTF-8"))
})

func newStand(t *testing.T, p hookmitt.Provider, changes ...func(*testserver.Options)) *stand {
	t.Helper()
	opts := &testserver.Options{Transport: testserver.InProcess(receive), Clock: testserver.Manual()}
	for _, change := range changes {
		change(opts)
	}
	server, err := testserver.New(p, opts)
	require.NoError(t, err)
	t.Cleanup(func() { _ = server.Close() })
	return &stand{provider: server, handler: simulator.New(server), kept: map[string]string{"workspace": "7", "attempt": "1", "event": "evt_1"}}
}

// step is one request, and the answer that it wants. In the query and the body {webhook} is what was kept as that.
type step struct {
	says    string
	call    string            // an operation as the document has it, and perhaps a query
	with    map[string]string // parameters of the path, where they are not those that were kept
	body    string
	as      caller
	want    int
	keep    string       // the parameter as which the answer's id is kept
	prepare func(*stand) // Optional.
}

// caller is who makes a request.
type caller int

const (
	owner     caller = iota // has a key
	stranger                // has none
	otherPage               // has one, and is a page of another origin
	form                    // has one, and sends a form
)

// request is the step's, and the path that it is for as the document has it.
func (s *stand) request(t *testing.T, st step) (r *http.Request, path string) {
	t.Helper()
	method, target, ok := strings.Cut(st.call, " ")
	require.True(t, ok, st.call)
	path, query, _ := strings.Cut(target, "?")
	filled := path
	for segment := range strings.SplitSeq(path, "/") {
		name, isParameter := strings.CutPrefix(segment, "{")
		if name = strings.TrimSuffix(name, "}"); !isParameter {
			continue
		}
		value, given := st.with[name]
		if !given {
			value, given = s.kept[name]
		}
		require.True(t, given, "%s: nothing was kept as %s", st.says, name)
		filled = strings.Replace(filled, segment, url.PathEscape(value), 1)
	}
	body := st.body
	for name, value := range s.kept {
		query = strings.ReplaceAll(query, "{"+name+"}", value)
		body = strings.ReplaceAll(body, "{"+name+"}", value)
	}
	r = httptest.NewRequest(method, filled, strings.NewReader(body))
	r.URL.RawQuery = query
	if st.body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	switch st.as {
	case otherPage:
		r.Header.Set("Sec-Fetch-Site", "cross-site")
	case form:
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	case owner, stranger:
	}
	if st.as != stranger {
		r.Header.Set("Authorization", "Bearer any key")
	}
	return r, path
}

// do makes a request.
func (s *stand) do(t *testing.T, st step) (answer *httptest.ResponseRecorder, path string) {
	t.Helper()
	if st.prepare != nil {
		st.prepare(s)
	}
	r, path := s.request(t, st)
	answer = httptest.NewRecorder()
	s.handler.ServeHTTP(answer, r)
	if st.keep != "" {
		id := idOf(answer.Body.Bytes())
		require.NotEmpty(t, id, "%s: %s", st.says, answer.Body)
		s.kept[st.keep] = id
	}
	return answer, path
}

// idOf is the id of what an answer shows, wherever it has it.
func idOf(body []byte) string {
	type thing struct{ ID, UUID string }
	var v struct {
		thing
		Data       thing
		Deliveries []thing
	}
	if json.Unmarshal(body, &v) != nil {
		return ""
	}
	for _, id := range []string{v.ID, v.Data.UUID} {
		if id != "" {
			return id
		}
	}
	if len(v.Deliveries) > 0 {
		return v.Deliveries[0].ID
	}
	return ""
}
