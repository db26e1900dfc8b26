package testserver_test

import (
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"
)

// What follows is not so in process, and lets a handler pass a test that the network would fail, or the reverse.
func TestInProcessIsLikeNetHTTPToo(t *testing.T) {
	t.Parallel()
	compare(t, map[string]exchange{
		"a handler that ends by Goexit, as by t.FailNow, breaks the connection": {
			handle: func(*notes, http.ResponseWriter, *http.Request) { runtime.Goexit() }, seen: "broken",
		},
		"a status that is none panics": {
			handle: func(_ *notes, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(0) }, seen: "broken",
		},
		"a status without a body refuses one": {
			handle: func(n *notes, w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(http.StatusNoContent)
				_, err := io.WriteString(w, "hi")
				n.add("%v", err)
			},
			seen: "204 |", noted: []string{http.ErrBodyNotAllowed.Error()},
		},
		"a body shorter than declared breaks the connection": {
			handle: func(_ *notes, w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Length", "3")
				_, _ = io.WriteString(w, "hi")
			},
			seen: "broken",
		},
		"a body longer than declared is refused": {
			handle: func(n *notes, w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Length", "2")
				_, err := io.WriteString(w, "hi")
				n.add("%v", err)
				_, err = io.WriteString(w, "ho")
				n.add("%v", err)
			},
			seen: "200 |hi", noted: []string{"<nil>", http.ErrContentLength.Error()},
		},
		"the request's URL has no host": {
			handle: func(n *notes, _ http.ResponseWriter, r *http.Request) { n.add("%q", r.URL.Scheme+r.URL.Host) },
			seen:   "200 |", noted: []string{`""`},
		},
		"a body of unknown length has length -1": {
			send: func(t *testing.T, url string) *http.Request {
				t.Helper()
				return post(t, url, io.MultiReader(strings.NewReader("hello")))
			},
			handle: func(n *notes, _ http.ResponseWriter, r *http.Request) {
				n.add("%d %q", r.ContentLength, r.TransferEncoding)
			},
			seen: "200 |", noted: []string{`-1 ["chunked"]`},
		},
		"headers arrive in their canonical case": {
			send: func(t *testing.T, url string) *http.Request {
				t.Helper()
				r := post(t, url, nil)
				r.Header["x-test"] = []string{"hi"}
				return r
			},
			handle: func(n *notes, _ http.ResponseWriter, r *http.Request) { n.add("%q", r.Header.Get("X-Test")) },
			seen:   "200 |", noted: []string{`"hi"`},
		},
		"a header that cannot be sent is not": {
			send: func(t *testing.T, url string) *http.Request {
				t.Helper()
				r := post(t, url, nil)
				r.Header.Set("X-Test", "a\nb")
				return r
			},
			handle: func(n *notes, _ http.ResponseWriter, _ *http.Request) { n.add("handled") },
			seen:   "broken",
			unsent: true,
		},
	})
}
