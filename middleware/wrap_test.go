package middleware_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/middleware"
)

// newWrapped is a stand with a handler under Wrap.
func newWrapped(t *testing.T, p hookmitt.Provider, opts middleware.Options, h http.HandlerFunc) *stand {
	t.Helper()
	return newStandFor(t, p, opts, func(rc *middleware.Receiver) http.Handler { return rc.Wrap(h) })
}

// replies is a handler that answers with a status and a body.
func replies(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-From", "the handler")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func TestWrapAnswersWhatTheHandlerDid(t *testing.T) {
	t.Parallel()
	const own = "Internal Server Error\n"
	for name, c := range map[string]struct {
		provider func() hookmitt.Provider // Default: CDHosting.
		handler  http.HandlerFunc
		status   int
		body     string
		outcome  string // Default: accepted.
		header   http.Header
		reason   string
	}{
		"a 200 passes":               {handler: replies(200, "yes"), status: 200, body: "yes", header: http.Header{"X-From": {"the handler"}, "Content-Length": {"3"}}},
		"nothing is a 200":           {handler: func(http.ResponseWriter, *http.Request) {}, status: 200, header: http.Header{"Content-Length": {"0"}}},
		"a body alone is a 200":      {handler: func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "yes") }, status: 200, body: "yes"},
		"Civo counts 204":            {provider: hookmitt.Civo, handler: replies(204, "no body"), status: 204, header: http.Header{"X-From": {"the handler"}, "Content-Length": nil}},
		"Civo counts 299":            {provider: hookmitt.Civo, handler: replies(299, "yes"), status: 299, body: "yes"},
		"Mixpost counts 201":         {provider: hookmitt.Mixpost, handler: replies(201, "yes"), status: 201, body: "yes"},
		"Mixpost counts 202":         {provider: hookmitt.Mixpost, handler: replies(202, "yes"), status: 202, body: "yes"},
		"Mixpost counts no 204":      {provider: hookmitt.Mixpost, handler: replies(204, ""), status: 200, header: http.Header{"Content-Length": {"0"}}},
		"Mixpost counts no 206":      {provider: hookmitt.Mixpost, handler: replies(206, "part"), status: 200, body: "part"},
		"a redirect is a failure":    {handler: redirect, status: 500, body: own, outcome: "failed", header: http.Header{"Location": nil, "X-From": nil}, reason: "answered 302, a redirect"},
		"a 304 is a failure":         {handler: replies(304, ""), status: 500, body: own, outcome: "failed", reason: "answered 304"},
		"a 400 passes":               {handler: replies(400, "odd"), status: 400, body: "odd", outcome: "failed", header: http.Header{"X-From": {"the handler"}}, reason: "answered 400"},
		"a 410 passes":               {handler: replies(410, "gone"), status: 410, body: "gone", outcome: "failed", reason: "answered 410"},
		"a 503 passes":               {handler: later, status: 503, body: "later", outcome: "failed", header: http.Header{"Retry-After": {"77"}}, reason: "answered 503"},
		"64 KiB pass":                {handler: replies(200, strings.Repeat("x", 64<<10)), status: 200, body: strings.Repeat("x", 64<<10)},
		"a byte more is a failure":   {handler: replies(200, strings.Repeat("x", 64<<10+1)), status: 500, body: own, outcome: "failed", header: http.Header{"X-From": nil}, reason: "more than 65536 bytes"},
		"and so is one in pieces":    {handler: pieces, status: 500, body: own, outcome: "failed", reason: "more than 65536 bytes"},
		"a large 204 is one as well": {provider: hookmitt.Civo, handler: replies(204, strings.Repeat("x", 64<<10+1)), status: 500, body: own, outcome: "failed", reason: "more than 65536 bytes"},
		"early hints are dropped":    {handler: hints, status: 201, header: http.Header{"Link": {"</late>"}}},
		"the first status counts":    {handler: twice, status: 201},
		"late headers do not count":  {handler: lateHeaders, status: 200, body: "yes", header: http.Header{"X-Early": {"1"}, "X-Late": nil}},
		"the connection is not the handler's": {handler: meddle, status: 200, body: "yes", header: http.Header{
			"Content-Length": {"3"}, "Connection": nil, "Transfer-Encoding": nil, "Trailer": nil, "Upgrade": nil, "Hookmitt-Outcome": {"accepted"},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, outcome, claim := hookmitt.CDHosting, "accepted", "done"
			if c.provider != nil {
				p = c.provider
			}
			if c.outcome != "" {
				outcome, claim = c.outcome, "failed"
			}
			s := newWrapped(t, p(), middleware.Options{}, c.handler)
			got := s.send(sample(s.provider))
			require.Equal(t, c.status, got.Status)
			require.Equal(t, c.body, got.Body)
			require.Equal(t, outcome, got.Outcome)
			for key, values := range c.header {
				require.Equal(t, values, got.Header.Values(key), key)
			}
			require.Equal(t, c.status, s.last().Status, "the record has the status that left")
			require.Equal(t, c.reason == "", s.last().Reason == "")
			require.Contains(t, s.last().Reason, c.reason)
			require.Equal(t, claim, s.claim(s.last().EventID))
		})
	}
}

func redirect(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-From", "the handler")
	http.Redirect(w, r, "/elsewhere", http.StatusFound)
}

func later(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Retry-After", "77")
	w.WriteHeader(http.StatusServiceUnavailable)
	_, _ = io.WriteString(w, "later")
}

func pieces(w http.ResponseWriter, _ *http.Request) {
	for range 65 {
		_, _ = w.Write(make([]byte, 1<<10))
	}
	_, _ = io.WriteString(w, "and that fits again") // it must not make a whole of it
}

func hints(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Link", "</early>")
	w.WriteHeader(http.StatusEarlyHints)
	w.Header().Set("Link", "</late>")
	w.WriteHeader(http.StatusCreated)
}

func twice(w http.ResponseWriter, _ *http.Request) {
	w.WriteHeader(http.StatusCreated)
	w.WriteHeader(http.StatusInternalServerError)
}

func lateHeaders(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("X-Early", "1")
	_, _ = io.WriteString(w, "yes")
	w.Header().Set("X-Early", "2")
	w.Header().Set("X-Late", "1")
}

func meddle(w http.ResponseWriter, _ *http.Request) {
	for _, key := range []string{"Connection", "Transfer-Encoding", "Trailer", "Upgrade", "Hookmitt-Outcome"} {
		w.Header().Set(key, "x")
	}
	w.Header().Set("Content-Length", "99")
	_, _ = io.WriteString(w, "yes")
}

// net/http panics for these. Taken for nothing, they would acknowledge an event whose handler has lost its way.
func TestWrapRefusesStatusesThatAreNone(t *testing.T) {
	t.Parallel()
	for name, status := range map[string]int{"zero": 0, "two digits": 99, "four digits": 1000, "a negative one": -1} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newWrapped(t, hookmitt.CDHosting(), middleware.Options{}, replies(status, ""))
			got := s.send(started("evt_1"))
			require.Equal(t, 500, got.Status)
			require.Equal(t, "failed", got.Outcome)
			require.Equal(t, "failed", s.claim("evt_1"))
		})
	}
}

func TestAWrappedHandlerReadsTheRequest(t *testing.T) {
	t.Parallel()
	for name, chunked := range map[string]bool{"of a known length": false, "in chunks": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var got *http.Request
				var read []byte
				s := newWrapped(t, hookmitt.Mixpost(), middleware.Options{Tenant: tenantOf}, func(_ http.ResponseWriter, r *http.Request) {
					got = r
					read, _ = io.ReadAll(r.Body)
				})
				r := as("acme", s.request(sample(s.provider)))
				sent, err := r.GetBody()
				require.NoError(t, err)
				body, err := io.ReadAll(sent)
				require.NoError(t, err)
				require.Contains(t, string(body), `\/`, "it is written as PHP does, which no re-encoding would bring back")
				if chunked {
					r.ContentLength, r.TransferEncoding = -1, []string{"chunked"}
				}
				require.Equal(t, "accepted", s.do(r).Outcome)

				require.Equal(t, string(body), string(read))
				require.EqualValues(t, len(body), got.ContentLength)
				require.Empty(t, got.TransferEncoding)
				require.Equal(t, "/webhooks", got.URL.Path)
				require.Equal(t, r.Header.Get("X-Signature"), got.Header.Get("X-Signature"))
				e, ok := middleware.EventFrom(got.Context())
				require.True(t, ok)
				require.Equal(t, sample(s.provider).Type, e.Type)
				require.Equal(t, string(body), string(e.Raw))
				require.Equal(t, s.last().EventID, e.ID)
				require.Equal(t, "acme", middleware.TenantFrom(got.Context()))
				c, ok := dedupe.ClaimFrom(got.Context())
				require.True(t, ok)
				require.Equal(t, 1, c.Run)
				deadline, ok := got.Context().Deadline()
				require.True(t, ok)
				require.Equal(t, 24*time.Second, time.Until(deadline))
			})
		})
	}
}

// A codec of somebody else's need not say Raw.
func TestAWrappedHandlerReadsTheRawBodyWhateverTheCodec(t *testing.T) {
	t.Parallel()
	p := hookmitt.CDHosting()
	p.Codec = sparse{p.Codec}
	var read []byte
	s := newWrapped(t, p, middleware.Options{}, func(_ http.ResponseWriter, r *http.Request) { read, _ = io.ReadAll(r.Body) })
	require.Equal(t, 200, s.send(started("evt_1")).Status)
	require.Contains(t, string(read), "srv_abc123")
}

// sparse is a codec whose events hold no more than they must.
type sparse struct{ events.Codec }

func (c sparse) Open(h http.Header, body []byte) (events.Event, error) {
	e, err := c.Codec.Open(h, body)
	e.Raw, e.Header = nil, nil
	return e, err
}

func TestAHeldAnswerCanBeNeitherFlushedNorHijacked(t *testing.T) {
	t.Parallel()
	s := newWrapped(t, hookmitt.CDHosting(), middleware.Options{}, func(w http.ResponseWriter, _ *http.Request) {
		_, flusher := w.(http.Flusher)
		_, hijacker := w.(http.Hijacker)
		_, pusher := w.(http.Pusher)
		_, unwraps := w.(interface{ Unwrap() http.ResponseWriter })
		if flusher || hijacker || pusher || unwraps ||
			!errors.Is(http.NewResponseController(w).Flush(), http.ErrNotSupported) {
			w.WriteHeader(500)
		}
	})
	require.Equal(t, 200, s.send(started("evt_1")).Status)
}

func TestAWrappedHandlerMeetsWhatAnyHandlerDoes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		outlive(t)
		runs := 0
		s := newWrapped(t, hookmitt.CDHosting(), middleware.Options{}, func(w http.ResponseWriter, _ *http.Request) {
			switch runs++; runs {
			case 1:
				w.WriteHeader(201)
				panic("boom")
			case 2:
				time.Sleep(20 * time.Second)
			}
			_, _ = io.WriteString(w, "yes")
		})
		require.Equal(t, answer{500, "failed", s.answerHeader("failed", 22), "Internal Server Error\n"}, s.send(started("evt_1")))
		require.Equal(t, "503 timed-out", brief(s.send(started("evt_1"))))
		require.Equal(t, "503 busy", brief(s.send(started("evt_1"))))
		time.Sleep(time.Minute)
		got := s.send(started("evt_1"))
		require.Equal(t, "200 duplicate", brief(got))
		require.Equal(t, "OK\n", got.Body, "of a late answer nothing is kept")
		require.Equal(t, 2, runs)

		r := s.request(started("evt_2"))
		r.Header.Del(sigHeader)
		require.Equal(t, 401, s.do(r).Status)
		require.Equal(t, 2, runs)
	})
}

// answerHeader is what an answer of ours carries.
func (*stand) answerHeader(outcome string, length int) http.Header {
	return http.Header{
		"Content-Type": {"text/plain; charset=utf-8"}, "X-Content-Type-Options": {"nosniff"},
		"Content-Length": {strconv.Itoa(length)}, "Hookmitt-Outcome": {outcome},
	}
}

func TestAFailureUnderWrapGoesToDead(t *testing.T) {
	t.Parallel()
	var cause error
	s := newWrapped(t, hookmitt.CDHosting(), middleware.Options{MaxRuns: 1, Dead: func(_ context.Context, _ events.Event, err error) error {
		cause = err
		return nil
	}}, replies(418, "no"))
	got := s.send(started("evt_1"))
	require.Equal(t, "200 dead", brief(got))
	require.Equal(t, "OK\n", got.Body)
	require.ErrorContains(t, cause, "answered 418")
}
