package conform

import (
	"errors"
	"net/http"
	"strings"
	"time"
)

// framing is how a request is written: its method, its content type, and where it ends.
var framing = []Check{
	{
		ID: "HTTP-01", Level: Must, Sent: "GET and HEAD", Want: "405 or 404, and no effect",
		Why: "crawlers and health checks come, too, and have no signature to be read",
		run: func(t *trial) {
			for _, method := range []string{http.MethodGet, http.MethodHead} {
				m := t.valid()
				m.method, m.body, m.bare = method, nil, true
				m.del(t.signatureHeader())
				a := t.send(m)
				if a.Err == nil && a.Status <= 299 { // a page for people does no harm
					t.quiet(m)
					t.lenient("answered %v, as if it had been a delivery", a)
					t.negative = true
					continue
				}
				t.rejected(a, http.StatusMethodNotAllowed, http.StatusNotFound, http.StatusNotImplemented)
				t.quiet(m)
			}
		},
	},
	{
		ID: "HTTP-02", Level: Must, Sent: "PUT, PATCH, DELETE and FOO, signed", Want: "405, and no effect",
		Why: "servers pass unknown methods on; a request that no provider sends means something is wrong",
		run: func(t *trial) {
			for _, method := range []string{http.MethodPut, http.MethodPatch, http.MethodDelete, "FOO"} {
				if method == t.target.Provider.Verb() {
					continue
				}
				best := []int{http.StatusMethodNotAllowed, http.StatusNotImplemented}
				if method == "FOO" {
					best = append(best, http.StatusBadRequest) // of servers that know all methods that there are
				}
				m := t.valid()
				m.method = method
				t.refused(m, best...)
			}
		},
	},
	{
		ID: "HTTP-03", Level: Must, Sent: "a valid delivery with X-HTTP-Method-Override: GET, then DELETE", Want: "2xx, and one effect",
		Why: "a header must not make another request of it",
		run: func(t *trial) {
			for _, method := range []string{http.MethodGet, http.MethodDelete} {
				m := t.valid()
				m.add("X-HTTP-Method-Override", method)
				t.taken(m)
			}
		},
	},
	{
		ID: "HTTP-04", Level: Shown, Sent: "OPTIONS", Want: "405, 404, 501 or 2xx",
		Why: "some senders ask before they send",
		run: func(t *trial) {
			m := t.valid()
			m.method, m.body, m.bare = http.MethodOptions, nil, true
			m.del(t.signatureHeader())
			a := t.send(m)
			if a.Status == http.StatusNotImplemented {
				t.shows("answered %v", a)
				return
			}
			t.unharmed(a)
		},
	},
	{
		ID: "HTTP-05", Level: Must, Sent: "Content-Type: application/json; charset=utf-8", Want: "2xx, and one effect",
		Why: "who compares the whole text finds another one",
		run: func(t *trial) {
			m := t.valid()
			m.set("Content-Type", "application/json; charset=utf-8")
			t.taken(m)
		},
	},
	{
		ID: "HTTP-06", Level: Should, Sent: "Content-Type: text/plain, then none", Want: "2xx or 415",
		Why: "the signature says who sent it, whatever the type",
		run: func(t *trial) {
			m := t.valid()
			m.set("Content-Type", "text/plain")
			t.either(t.send(m), http.StatusUnsupportedMediaType)
			m = t.valid()
			m.del("Content-Type")
			t.either(t.send(m), http.StatusUnsupportedMediaType)
		},
	},
	{
		ID: "HTTP-07", Level: Must, Sent: "forms, signed: urlencoded and multipart", Want: "415 or 400, and it goes on",
		Why: "frameworks parse forms before anybody asks, and then the body is gone that should be verified",
		run: func(t *trial) {
			for _, form := range []line{
				{"application/x-www-form-urlencoded", "event=" + newID() + "&payload=%7B%7D"},
				{"multipart/form-data; boundary=------x", "--------x\r\nContent-Disposition: form-data; name=\"payload\"\r\n\r\n{}\r\n--------x--\r\n"},
			} {
				m := t.raw(form.value)
				m.set("Content-Type", form.name)
				t.rejected(t.send(m), http.StatusUnsupportedMediaType, http.StatusBadRequest)
			}
		},
	},
	{
		ID: "HTTP-08", Level: Must, Sent: "a valid delivery to the URL, and one to it with a slash more or less", Want: "no redirect from the URL itself",
		Why: "frameworks add or take slashes by redirects, which providers count as failures",
		run: func(t *trial) {
			t.taken(t.valid())
			m := t.valid()
			path, query, _ := strings.Cut(m.target, "?")
			if m.target = strings.TrimSuffix(path, "/"); m.target == path {
				m.target += "/"
			}
			if m.target == "" {
				return // there is no other
			}
			if query != "" {
				m.target += "?" + query
			}
			if a := t.send(m); a.Err == nil && a.Status >= 500 {
				t.failed("answered %v at %s", a, m.target)
			}
		},
	},
	{
		ID: "HTTP-09", Level: Must, Sent: "a valid delivery with more query: ?x=%2F&x=2", Want: "2xx, and one effect",
		Why: "people put tokens there, and some routers match all of it",
		run: func(t *trial) {
			m := t.valid()
			m.target = withQuery(m.target, "x=%2F&x=2")
			t.taken(m)
		},
	},
	{
		ID: "HTTP-10", Level: Must, Sent: "names of headers in lower case", Want: "2xx, and one effect",
		Why: "so they come through HTTP/2",
		run: func(t *trial) {
			m := t.valid()
			for i := range m.lines {
				m.lines[i].name = strings.ToLower(m.lines[i].name)
			}
			t.taken(m)
		},
	},
	{
		ID: "HTTP-11", Level: Must, Sent: "the body in chunks of one byte", Want: "2xx, and one effect",
		Why: "one read is not the whole body",
		run: func(t *trial) {
			m := t.valid()
			m.chunk = 1
			t.taken(m)
		},
	},
	{
		ID: "HTTP-12", Level: Should, Sent: "HTTP/1.0 with a length", Want: "2xx, and one effect",
		Why: "old proxies speak it",
		run: func(t *trial) {
			m := t.valid()
			m.proto = "HTTP/1.0"
			t.taken(m)
		},
	},
	{
		ID: "HTTP-13", Level: Must, Sent: "Expect: 100-continue, and the body a second later", Want: "2xx, and one effect",
		Why: "so curl sends longer bodies",
		run: func(t *trial) {
			m := t.valid()
			m.add("Expect", "100-continue")
			m.wait = time.Second
			t.taken(m)
		},
	},
	{
		ID: "HTTP-14", Level: Must, Sent: "100 deliveries on one connection, every tenth with a wrong signature", Want: "each judged by itself",
		Why: "a body that was not read becomes the next request",
		run: func(t *trial) { t.keepAlive(100) },
	},
	{
		ID: "HTTP-15", Level: Shown, Sent: "Content-Length and chunks", Want: "400, or 2xx",
		Why: "two servers in a row that disagree about it can be told different requests",
		run: func(t *trial) {
			m := t.valid()
			m.add("Content-Length", "7")
			m.chunk = 64
			a := t.send(m)
			if errors.Is(a.Err, errClosed) {
				t.shows("the connection was closed")
				t.negative = true
				return
			}
			t.unharmed(a)
		},
	},
	{
		ID: "HTTP-16", Level: Should, Sent: "two lengths that differ, a space before a colon, a NUL in a value", Want: "400",
		Why: "as before",
		run: func(t *trial) {
			lengths := t.valid()
			lengths.add("Content-Length", "7")
			space := t.valid()
			space.add("X-Note ", "x")
			nul := t.valid()
			nul.add("X-Note", "a\x00b")
			for _, m := range []*message{lengths, space, nul} {
				t.rejected(t.send(m), http.StatusBadRequest)
			}
		},
	},
}

// keepAlive sends n deliveries on one connection, every tenth of them signed by a stranger. A receiver may end the
// connection with an answer, if it says so.
func (t *trial) keepAlive(n int) {
	var conn *connection
	defer func() {
		if conn != nil {
			_ = conn.Close()
		}
	}()
	for i := range n {
		if conn == nil || conn.broken {
			if conn != nil {
				_ = conn.Close()
			}
			next, err := t.wire.connect(t.ctx)
			t.must(err)
			conn = next
		}
		m := t.valid()
		wrong := i%10 == 9
		if wrong {
			var err error
			m, err = t.seal(t.stranger(), t.event(), t.now())
			t.must(err)
		}
		a := t.wire.talk(t.ctx, conn, m, t.target.Provider.Deadline)
		t.keep(m, a)
		if wrong {
			t.rejected(a, unauthorized)
		} else {
			t.accepted(a)
		}
	}
}
