package testserver_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/testserver"
)

// roads lead to a handler: its URL, and a transport that reaches it. What they show of it must be the same.
var roads = map[string]func(t *testing.T, h http.Handler) (string, http.RoundTripper){
	"in process": func(_ *testing.T, h http.Handler) (string, http.RoundTripper) {
		return "http://receiver.test", testserver.InProcess(h)
	},
	"net/http": func(t *testing.T, h http.Handler) (string, http.RoundTripper) {
		t.Helper()
		server := httptest.NewUnstartedServer(h)
		server.Config.ErrorLog = log.New(io.Discard, "", 0) // panics are meant
		server.Start()
		t.Cleanup(server.Close)
		return server.URL, server.Client().Transport
	},
}

// exchange is a handler, a request, and what either side sees.
type exchange struct {
	handle func(n *notes, w http.ResponseWriter, r *http.Request)
	send   func(t *testing.T, url string) *http.Request // Default: posts "hello".
	gone   bool                                         // The client goes away when the handler says that it is here.
	unsent bool                                         // The handler is not called.

	seen  string   // by the client: status, X-Test header and body, or an error
	noted []string // by the handler
}

// notes are what a handler wants to have said.
type notes struct {
	mu    sync.Mutex
	lines []string
	here  chan struct{}
	ended chan struct{}
}

func (n *notes) add(format string, args ...any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.lines = append(n.lines, fmt.Sprintf(format, args...))
}

func post(t *testing.T, url string, body io.Reader) *http.Request {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, url, body)
	require.NoError(t, err)
	return r
}

// try sends the exchange's request down a road, and checks what either side sees.
func (x exchange) try(t *testing.T, open func(t *testing.T, h http.Handler) (string, http.RoundTripper)) {
	t.Helper()
	n := &notes{here: make(chan struct{}), ended: make(chan struct{})}
	url, transport := open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(n.ended)
		x.handle(n, w, r)
	}))
	if x.send == nil {
		x.send = func(t *testing.T, url string) *http.Request { return post(t, url, strings.NewReader("hello")) }
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if x.gone {
		go func() {
			<-n.here
			cancel()
		}()
	}
	r := x.send(t, url).WithContext(ctx)
	client := http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	require.Equal(t, x.seen, see(client.Do(r)))
	if r.Body != nil {
		defer r.Body.Close()
	}
	if !x.unsent {
		<-n.ended
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	require.Equal(t, x.noted, n.lines)
}

// see puts into a line what a client sees of an answer. How it is told of a broken connection is the transport's business.
func see(response *http.Response, err error) string {
	if errors.Is(err, context.Canceled) {
		return "gone"
	}
	if err != nil {
		return "broken"
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return "broken"
	}
	return strings.TrimRight(fmt.Sprintf("%d %s|%s", response.StatusCode, strings.Join(response.Header.Values("X-Test"), ","), body), "\n")
}

func compare(t *testing.T, exchanges map[string]exchange) {
	t.Helper()
	for name, x := range exchanges {
		for road, open := range roads {
			t.Run(name+", "+road, func(t *testing.T) {
				t.Parallel()
				x.try(t, open)
			})
		}
	}
}

func TestInProcessIsLikeNetHTTP(t *testing.T) {
	t.Parallel()
	compare(t, map[string]exchange{
		"a handler that writes nothing answers 200": {
			handle: func(*notes, http.ResponseWriter, *http.Request) {}, seen: "200 |",
		},
		"a handler that only writes answers 200": {
			handle: func(_ *notes, w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hi") }, seen: "200 |hi",
		},
		"a header counts before WriteHeader, and not after it": {
			handle: func(_ *notes, w http.ResponseWriter, _ *http.Request) {
				w.Header().Add("X-Test", "one")
				w.Header().Add("X-Test", "two")
				w.WriteHeader(http.StatusTeapot)
				w.Header().Add("X-Test", "three")
			},
			seen: "418 one,two|",
		},
		"a header does not count after Write": {
			handle: func(_ *notes, w http.ResponseWriter, _ *http.Request) {
				_, _ = io.WriteString(w, "hi")
				w.Header().Set("X-Test", "late")
			},
			seen: "200 |hi",
		},
		"the first status counts": {
			handle: func(_ *notes, w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(http.StatusEarlyHints) // is none yet
				w.WriteHeader(http.StatusAccepted)
				w.WriteHeader(http.StatusInternalServerError)
			},
			seen: "202 |",
		},
		"a redirect is an answer": {
			handle: func(_ *notes, w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, "/elsewhere", http.StatusFound)
			},
			seen: "302 |",
		},
		"a panic before the answer breaks the connection": {
			handle: func(*notes, http.ResponseWriter, *http.Request) { panic("boom") }, seen: "broken",
		},
		"an abort before the answer breaks the connection": {
			handle: func(*notes, http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, seen: "broken",
		},
		"a panic after an answer that was not flushed breaks the connection": {
			handle: func(_ *notes, w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Length", "2")
				_, _ = io.WriteString(w, "hi")
				panic("boom")
			},
			seen: "broken",
		},
		"a panic after a part of the answer was flushed breaks the connection": {
			handle: func(_ *notes, w http.ResponseWriter, _ *http.Request) {
				_, _ = io.WriteString(w, "hi")
				_ = http.NewResponseController(w).Flush()
				panic("boom")
			},
			seen: "broken",
		},
		"a panic after the whole answer was flushed comes too late": {
			handle: func(_ *notes, w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Length", "2")
				w.WriteHeader(http.StatusInternalServerError)
				_, _ = io.WriteString(w, "hi")
				_ = http.NewResponseController(w).Flush()
				panic("boom")
			},
			seen: "500 |hi",
		},
		"what is written after the whole answer is refused": {
			handle: func(n *notes, w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Length", "2")
				_, _ = io.WriteString(w, "hi")
				_ = http.NewResponseController(w).Flush()
				_, err := io.WriteString(w, "ho")
				n.add("%t", err != nil)
			},
			seen: "200 |hi", noted: []string{"true"},
		},
		"the body is read once": {
			handle: func(n *notes, _ http.ResponseWriter, r *http.Request) {
				for range 2 {
					body, err := io.ReadAll(r.Body)
					n.add("%q %v", body, err)
				}
			},
			seen: "200 |", noted: []string{`"hello" <nil>`, `"" <nil>`},
		},
		"a body that was closed cannot be read": {
			handle: func(n *notes, _ http.ResponseWriter, r *http.Request) {
				_ = r.Body.Close()
				body, err := io.ReadAll(r.Body)
				n.add("%q %t", body, err != nil)
			},
			seen: "200 |", noted: []string{`"" true`},
		},
		"there is always a body to read": {
			send: func(t *testing.T, url string) *http.Request { t.Helper(); return post(t, url, nil) },
			handle: func(n *notes, _ http.ResponseWriter, r *http.Request) {
				body, err := io.ReadAll(r.Body)
				n.add("%q %v %d", body, err, r.ContentLength)
			},
			seen: "200 |", noted: []string{`"" <nil> 0`},
		},
		"a body that nobody reads holds nothing up": {
			send: func(t *testing.T, url string) *http.Request {
				t.Helper()
				return post(t, url, bytes.NewReader(make([]byte, 100<<10)))
			},
			handle: func(*notes, http.ResponseWriter, *http.Request) {}, seen: "200 |",
		},
		"the request is a server's": {
			send: func(t *testing.T, url string) *http.Request {
				t.Helper()
				r := post(t, url+"/web%20hooks?x=%2F&x=2", strings.NewReader("hello"))
				r.Host = "example.com"
				r.Header.Add("X-Two", "1")
				r.Header.Add("X-Two", "2")
				return r
			},
			handle: func(n *notes, _ http.ResponseWriter, r *http.Request) {
				n.add("%s %s %s", r.Method, r.RequestURI, r.Proto)
				n.add("%s, %q, %d bytes", r.Host, r.Header.Values("X-Two"), r.ContentLength)
				n.add("%s?%s", r.URL.Path, r.URL.RawQuery)
				_, _, err := net.SplitHostPort(r.RemoteAddr)
				n.add("%v", err)
			},
			seen:  "200 |",
			noted: []string{"POST /web%20hooks?x=%2F&x=2 HTTP/1.1", `example.com, ["1" "2"], 5 bytes`, "/web hooks?x=%2F&x=2", "<nil>"},
		},
		"the request's context ends when the client goes away": {
			gone: true,
			handle: func(n *notes, _ http.ResponseWriter, r *http.Request) {
				_, _ = io.ReadAll(r.Body)
				close(n.here)
				<-r.Context().Done()
				n.add("%v", r.Context().Err())
			},
			seen: "gone", noted: []string{"context canceled"},
		},
		"a read deadline holds while the body is slow": {
			send: func(t *testing.T, url string) *http.Request {
				t.Helper()
				slow, w := io.Pipe()
				t.Cleanup(func() { _ = w.Close() })
				return post(t, url, slow)
			},
			handle: func(n *notes, w http.ResponseWriter, r *http.Request) {
				n.add("%v", http.NewResponseController(w).SetReadDeadline(time.Now()))
				_, err := io.ReadAll(r.Body)
				n.add("%t", errors.Is(err, os.ErrDeadlineExceeded))
			},
			seen: "200 |", noted: []string{"<nil>", "true"},
		},
	})
}
