package middleware_test

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/middleware"
	"github.com/hookmitt/hookmitt/verify"
)

// constants are the names of the outcomes, in the order of their numbers, as outcome.go has them.
func constants(t *testing.T) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "outcome.go", nil, 0)
	require.NoError(t, err)
	var names []string
	for _, d := range file.Decls {
		if block, ok := d.(*ast.GenDecl); ok && block.Tok == token.CONST {
			for _, spec := range block.Specs {
				for _, name := range spec.(*ast.ValueSpec).Names {
					names = append(names, name.Name)
				}
			}
		}
	}
	require.NotEmpty(t, names)
	return names
}

func TestEveryOutcomeHasARow(t *testing.T) {
	t.Parallel()
	shown := map[middleware.Outcome]bool{}
	for _, w := range rows {
		shown[w.outcome] = true
	}
	for i, name := range constants(t) {
		require.True(t, shown[middleware.Outcome(i+1)], "no row shows %s", name)
	}
}

// Other people's dashboards hold these numbers and names.
func TestOutcomesKeepTheirNumbersNamesAndStatuses(t *testing.T) {
	t.Parallel()
	table := []struct {
		outcome middleware.Outcome
		name    string
		status  int
	}{
		{middleware.Accepted, "accepted", 200},
		{middleware.Duplicate, "duplicate", 200},
		{middleware.Ignored, "ignored", 200},
		{middleware.Parked, "parked", 200},
		{middleware.Dead, "dead", 200},
		{middleware.Busy, "busy", 503},
		{middleware.Failed, "failed", 500},
		{middleware.TimedOut, "timed-out", 503},
		{middleware.Invalid, "invalid", 422},
		{middleware.Malformed, "malformed", 400},
		{middleware.Unsigned, "unsigned", 401},
		{middleware.TooLarge, "too-large", 413},
		{middleware.WrongMethod, "wrong-method", 405},
		{middleware.SlowBody, "slow-body", 408},
		{middleware.Encoded, "encoded", 415},
		{middleware.Unavailable, "unavailable", 503},
	}
	require.Len(t, table, len(constants(t)))
	for i, row := range table {
		require.Equal(t, middleware.Outcome(i+1), row.outcome, row.name)
		require.Equal(t, row.name, row.outcome.String())
		require.Equal(t, row.status, row.outcome.Status(), row.name)
		require.Equal(t, row.status == 200, row.outcome.Acknowledged(), row.name)
	}
	require.Equal(t, "Outcome(0)", middleware.Outcome(0).String())
	require.Equal(t, "Outcome(200)", middleware.Outcome(200).String())
}

// A 204 is no success for Mixpost, and a redirect none for Civo.
func TestNoOutcomeIsA204OrARedirect(t *testing.T) {
	t.Parallel()
	for i, name := range constants(t) {
		status := middleware.Outcome(i + 1).Status()
		require.True(t, status == 200 || status >= 400, "%s is %d", name, status)
	}
	for name, w := range rows {
		require.True(t, w.status == 200 || w.status >= 400, name)
	}
}

func TestEveryFaultOfASignatureIsAnsweredAlike(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(s *stand, r *http.Request) *http.Request{
		"missing": func(_ *stand, r *http.Request) *http.Request { r.Header.Del("X-Signature"); return r },
		"empty":   func(_ *stand, r *http.Request) *http.Request { r.Header.Set("X-Signature", ""); return r },
		"doubled": func(_ *stand, r *http.Request) *http.Request {
			r.Header.Add("X-Signature", r.Header.Get("X-Signature"))
			return r
		},
		"malformed": func(_ *stand, r *http.Request) *http.Request { r.Header.Set("X-Signature", "sha256=00"); return r },
		"over-long": func(_ *stand, r *http.Request) *http.Request {
			r.Header.Set("X-Signature", strings.Repeat("0", 5000))
			return r
		},
		"no stamp": func(_ *stand, r *http.Request) *http.Request { r.Header.Del("X-Signed-At"); return r },
		"a stamp of tomorrow": func(_ *stand, r *http.Request) *http.Request {
			r.Header.Set("X-Signed-At", "946771200") // 2000-01-02
			return r
		},
		"wrong": func(s *stand, r *http.Request) *http.Request {
			r.Header.Set("X-Signature", strings.Repeat("0", 64))
			return r
		},
		"stale": func(_ *stand, r *http.Request) *http.Request { time.Sleep(time.Hour); return r },
		"an event of another age": func(s *stand, _ *http.Request) *http.Request {
			return as("acme", s.request(events.Event{Raw: []byte(twoDaysOld)}))
		},
		"of another tenant": func(_ *stand, r *http.Request) *http.Request { return as("other", r) },
		"an unknown tenant": func(_ *stand, r *http.Request) *http.Request { return as("nobody", r) },
		"no tenant":         func(_ *stand, r *http.Request) *http.Request { return as("", r) },
		"no secrets":        func(_ *stand, r *http.Request) *http.Request { return as("bare", r) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := standWith(t, stamped(), vault{"acme": {secret}, "other": {verify.NewSecret("other")}, "bare": nil},
					middleware.Options{Tenant: tenantOf, MaxAge: 27 * time.Hour}, nothing)
				e := started("evt_1")
				e.Time = time.Now()
				require.Equal(t, 200, s.do(as("acme", s.request(e))).Status, "without the fault")
				got := s.do(change(s, as("acme", s.request(e))))
				require.Equal(t, answer{
					Status: http.StatusUnauthorized,
					Header: http.Header{
						"Content-Type":           {"text/plain; charset=utf-8"},
						"Content-Length":         {"13"},
						"X-Content-Type-Options": {"nosniff"},
					},
					Body: "Unauthorized\n",
				}, got)
				require.Equal(t, middleware.Unsigned, s.last().Outcome)
				require.NotEmpty(t, s.last().Reason, "the operator is told")
			})
		})
	}
}

// watched tells when the status of an answer is written.
type watched struct {
	http.ResponseWriter
	leaves func(status int)
}

func (w watched) WriteHeader(status int) {
	w.leaves(status)
	w.ResponseWriter.WriteHeader(status)
}

func (w watched) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// watch has leaves called with what the store knows of the event when the answer leaves.
func watch(t *testing.T, store dedupe.Store, h http.Handler, leaves func(state dedupe.State, run int)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(watched{w, func(int) {
			k := dedupe.Key{Scope: "cdhosting", ID: "evt_1"}
			c, err := store.Claim(t.Context(), k, "the test", dedupe.Hold{Lease: time.Second, Remember: time.Hour})
			require.NoError(t, err)
			leaves(c.State, c.Run)
		}}, r)
	})
}

func TestTheClaimIsSettledBeforeTheAnswerLeaves(t *testing.T) {
	t.Parallel()
	plain := func(do events.HandlerFunc) func(*middleware.Receiver) http.Handler {
		return func(rc *middleware.Receiver) http.Handler { return rc.Handle(do) }
	}
	wrapped := func(status int) func(*middleware.Receiver) http.Handler {
		return func(rc *middleware.Receiver) http.Handler {
			return rc.Wrap(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(status)
				_, _ = w.Write([]byte("done"))
				time.Sleep(time.Second)
			}))
		}
	}
	for name, c := range map[string]struct {
		handler func(*middleware.Receiver) http.Handler
		state   dedupe.State
		run     int // the next one
	}{
		"what was done is committed":             {plain(nothing), dedupe.Done, 0},
		"what was skipped is committed":          {plain(returning(events.Skip(nil))), dedupe.Done, 0},
		"what failed is released":                {plain(returning(errBoom)), dedupe.Claimed, 2},
		"what panicked is released":              {plain(func(context.Context, events.Event) error { panic("boom") }), dedupe.Claimed, 2},
		"what goes on is kept":                   {plain(lasting(10*time.Second, nil)), dedupe.Pending, 0},
		"what a wrapped handler did is too":      {wrapped(201), dedupe.Done, 0},
		"what failed in a wrapped handler is so": {wrapped(500), dedupe.Claimed, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				outlive(t)
				store := dedupe.NewMemory(0)
				left := 0
				s := newStandFor(t, hookmitt.CDHosting(), middleware.Options{Store: store}, func(rc *middleware.Receiver) http.Handler {
					return watch(t, store, c.handler(rc), func(state dedupe.State, run int) {
						left++
						require.Equal(t, c.state, state)
						require.Equal(t, c.run, run)
					})
				})
				s.send(started("evt_1"))
				require.Equal(t, 1, left)
			})
		})
	}
}

func TestAnObserverHoldsNoAnswerUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		outlive(t)
		s := newStand(t, hookmitt.CDHosting(), nothing, middleware.Options{
			Observe: func(context.Context, middleware.Record) { time.Sleep(time.Minute) },
		})
		start := time.Now()
		response, err := s.client.Do(s.request(started("evt_1")))
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, 200, response.StatusCode)
		require.Zero(t, time.Since(start))
	})
}
