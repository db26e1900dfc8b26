package testserver

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// InProcess is a transport that calls a handler without a network, as net/http's server would: on a goroutine of its
// own, with a context that ends when the client goes away, a read deadline that holds, and a panic that breaks the
// connection. Unlike the network it is virtual inside a testing/synctest bubble.
//
// It does not stream: the answer arrives when the handler returns, or flushes all that it declared by Content-Length.
func InProcess(h http.Handler) http.RoundTripper { return inProcess{h} }

type inProcess struct{ handler http.Handler }

// RoundTrip implements [http.RoundTripper].
func (t inProcess) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancel(context.Background())
	in, body := req.Clone(ctx), newInBody(req.Body)
	in.Proto, in.ProtoMajor, in.ProtoMinor = "HTTP/1.1", 1, 1
	in.RequestURI, in.RemoteAddr = req.URL.RequestURI(), "192.0.2.1:1234" // an address for documentation, RFC 5737
	if in.Host == "" {
		in.Host = req.URL.Host
	}
	in.URL, _ = url.ParseRequestURI(in.RequestURI)
	if req.Body != nil && req.Body != http.NoBody && req.ContentLength == 0 {
		in.ContentLength, in.TransferEncoding = -1, []string{"chunked"}
	}
	in.Header = http.Header{}
	for name, values := range req.Header {
		for _, v := range values {
			if strings.ContainsAny(v, "\r\n\x00") {
				body.end()
				cancel()
				return nil, fmt.Errorf("testserver: header %s cannot be sent", name)
			}
			in.Header.Add(name, v)
		}
	}
	in.Body = body
	w := &inWriter{header: http.Header{}, body: body, answered: make(chan struct{}), req: req}
	go func() {
		defer cancel()
		defer body.end()
		returned := false
		defer func() {
			if p := recover(); p != nil && p != http.ErrAbortHandler { //nolint:errorlint // as net/http compares it
				w.panicked = p
			}
			w.end(returned)
		}()
		t.handler.ServeHTTP(w, in)
		returned = true
	}()
	select {
	case <-w.answered:
		if end, ok := req.Context().Deadline(); ok && !time.Now().Before(end) { // at the same moment: too late
			return nil, context.DeadlineExceeded
		}
		return w.response, w.err
	case <-req.Context().Done():
		cancel() // the client has gone
		body.end()
		return nil, context.Cause(req.Context())
	}
}

// errReset is what a client sees of a handler that panicked.
var errReset = errors.New("testserver: the receiver closed the connection without an answer")

// inWriter is the handler's side of an answer.
type inWriter struct {
	header http.Header
	body   *inBody
	req    *http.Request

	// Used by the handler's goroutine until answered is closed.
	status   int
	sent     http.Header
	written  bytes.Buffer
	done     bool
	panicked any
	response *http.Response
	err      error
	answered chan struct{}
}

// Header implements [http.ResponseWriter].
func (w *inWriter) Header() http.Header { return w.header }

// WriteHeader implements [http.ResponseWriter].
func (w *inWriter) WriteHeader(status int) {
	if status < 100 || status > 999 {
		panic(fmt.Sprintf("testserver: invalid status %d", status))
	}
	if w.status == 0 && status >= 200 {
		w.status, w.sent = status, w.header.Clone()
	}
}

// Write implements [http.ResponseWriter].
func (w *inWriter) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	if w.done {
		return 0, http.ErrHandlerTimeout
	}
	if w.status == http.StatusNoContent || w.status == http.StatusNotModified {
		return 0, http.ErrBodyNotAllowed
	}
	if n, err := strconv.Atoi(w.sent.Get("Content-Length")); err == nil && w.written.Len()+len(b) > n {
		return 0, http.ErrContentLength
	}
	return w.written.Write(b)
}

// Flush implements [http.Flusher].
func (w *inWriter) Flush() {
	w.WriteHeader(http.StatusOK)
	if w.sent.Get("Content-Length") == strconv.Itoa(w.written.Len()) {
		w.end(true)
	}
}

// SetReadDeadline is what http.ResponseController looks for.
func (w *inWriter) SetReadDeadline(at time.Time) error {
	w.body.setDeadline(at)
	return nil
}

// end sends what was written, or breaks the connection, if nothing has ended it before.
func (w *inWriter) end(well bool) {
	if w.done {
		return
	}
	w.done = true
	if well {
		w.WriteHeader(http.StatusOK)
		if n, err := strconv.Atoi(w.sent.Get("Content-Length")); err == nil && w.written.Len() < n {
			well = false
		}
	}
	if well {
		w.response = &http.Response{
			Status: fmt.Sprintf("%d %s", w.status, http.StatusText(w.status)), StatusCode: w.status,
			Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: w.sent, Request: w.req,
			Body: io.NopCloser(bytes.NewReader(w.written.Bytes())), ContentLength: int64(w.written.Len()),
		}
	} else {
		w.err = errReset
		if w.panicked != nil { // net/http would log it
			w.err = fmt.Errorf("%w: it panicked: %v", errReset, w.panicked)
		}
	}
	close(w.answered)
}

// inBody is a request's body with a read deadline. The client's reader may block, so it is read on a goroutine.
type inBody struct {
	client io.ReadCloser
	start  sync.Once
	reader *io.PipeReader
	writer *io.PipeWriter

	mu    sync.Mutex
	timer *time.Timer
}

func newInBody(client io.ReadCloser) *inBody {
	if client == nil {
		client = http.NoBody
	}
	r, w := io.Pipe()
	return &inBody{reader: r, writer: w, client: client}
}

// Read implements [io.Reader].
func (b *inBody) Read(p []byte) (int, error) {
	b.start.Do(func() {
		go func() {
			_, err := io.Copy(b.writer, b.client)
			_ = b.writer.CloseWithError(err) // nil reads as io.EOF
		}()
	})
	return b.reader.Read(p)
}

// Close implements [io.Closer].
func (b *inBody) Close() error { return b.reader.Close() }

func (b *inBody) setDeadline(at time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.timer != nil {
		b.timer.Stop()
		b.timer = nil
	}
	if !at.IsZero() {
		b.timer = time.AfterFunc(time.Until(at), func() { _ = b.writer.CloseWithError(os.ErrDeadlineExceeded) })
	}
}

// end is the end of the connection.
func (b *inBody) end() {
	b.setDeadline(time.Time{})
	_ = b.writer.CloseWithError(io.ErrUnexpectedEOF)
	_ = b.client.Close()
}
