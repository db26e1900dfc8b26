package middleware_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/dedupe/dedupetest"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/middleware"
	"github.com/hookmitt/hookmitt/verify"
)

// row is one request, evt_1 of CDHosting's unless it says otherwise, and all that comes of it.
type row struct {
	provider func() hookmitt.Provider
	secrets  verify.Secrets
	opts     func(*middleware.Options)
	do       events.HandlerFunc
	before   func(*stand)        // what came earlier
	body     string              // signed, instead of evt_1
	change   func(*http.Request) // what is odd about the request

	outcome  middleware.Outcome
	status   int
	retry    string // Retry-After; "" for none
	allow    string // Allow; "" for none
	stranger bool   // it did not verify: is told nothing, and costs the store nothing
	second   bool   // it verified by the ring's second secret
	run      int
	reason   string // is part of Record.Reason; "" for no reason
	claim    string // afterwards; "" where the store cannot say

	late    middleware.Outcome // of the second record; 0 for none
	settled string             // the claim after it
}

// rows is the table of outcomes: each line of DESIGN's, and each way into it.
var rows = map[string]row{
	"the handler does it": {outcome: middleware.Accepted, status: 200, run: 1, claim: "done"},
	"the handler does it, for the old secret": {
		secrets: verify.NewKeyring(verify.NewSecret("next"), secret),
		outcome: middleware.Accepted, status: 200, second: true, run: 1, claim: "done",
	},
	"it was done": {before: sendFirst("evt_1"), outcome: middleware.Duplicate, status: 200, claim: "done"},
	"no handler wants it": {
		do:      events.NewRouter().HandleEvent,
		outcome: middleware.Ignored, status: 200, run: 1, reason: "events: no handler", claim: "done",
	},
	"a handler skips it": {
		do:      returning(events.Skip(errBoom)),
		outcome: middleware.Ignored, status: 200, run: 1, reason: "boom", claim: "done",
	},
	"it is invalid, and parked": {
		do: parking, body: nowhere,
		outcome: middleware.Parked, status: 200, run: 1, reason: "ip must be an IP address", claim: "done",
	},
	"it fails for the last time, and Dead takes it": {
		opts: lastRun(nil), do: returning(errBoom),
		outcome: middleware.Dead, status: 200, run: 1, reason: "boom", claim: "done",
	},
	"it is invalid for the last time, and Dead takes it": {
		opts: lastRun(nil), do: routing, body: nowhere,
		outcome: middleware.Dead, status: 200, run: 1, reason: "ip must be an IP address", claim: "done",
	},
	"it fails for the last time, and Dead does not take it": {
		opts: lastRun(errors.New("no room")), do: returning(errBoom),
		outcome: middleware.Failed, status: 500, run: 1, reason: "no room", claim: "failed",
	},
	"it is being handled": {
		do: lasting(time.Second, nil), before: sendMeanwhile("evt_1"),
		outcome: middleware.Busy, status: 503, retry: "24", claim: "pending",
	},
	"the handler fails": {
		do:      returning(errBoom),
		outcome: middleware.Failed, status: 500, run: 1, reason: "boom", claim: "failed",
	},
	"the handler could not begin, and says so": {
		do:      returning(fmt.Errorf("the database is busy: %w", dedupe.ErrNotBegun)),
		outcome: middleware.Unavailable, status: 503, retry: "5", run: 1, reason: "the database is busy", claim: "none",
	},
	"the handler asks for a retry, in a broken second": {
		do:      returning(events.Retry(1001*time.Millisecond, errBoom)),
		outcome: middleware.Failed, status: 503, retry: "2", run: 1, reason: "boom", claim: "failed",
	},
	"the handler asks for a retry, at once": {
		do:      returning(events.Retry(0, nil)),
		outcome: middleware.Failed, status: 503, retry: "1", run: 1, reason: "retry in 0s", claim: "failed",
	},
	"the handler asks for a retry of what it could not decode": {
		do:      returning(events.Retry(time.Minute, &events.InvalidError{Type: "server.started"})),
		outcome: middleware.Failed, status: 503, retry: "60", run: 1, reason: "invalid", claim: "failed",
	},
	"the handler panics": {
		do:      func(context.Context, events.Event) error { panic("boom") },
		outcome: middleware.Failed, status: 500, run: 1, reason: "panicked: boom", claim: "failed",
	},
	"the handler's goroutine ends": {
		do:      func(context.Context, events.Event) error { runtime.Goexit(); return nil },
		outcome: middleware.Failed, status: 500, run: 1, reason: "Goexit", claim: "failed",
	},
	"the handler is slow, and does it": {
		do:      lasting(9*time.Second, nil),
		outcome: middleware.TimedOut, status: 503, run: 1, reason: "could not wait", claim: "pending", late: middleware.Accepted, settled: "done",
	},
	"the handler is slow, and fails": {
		do:      lasting(9*time.Second, errBoom),
		outcome: middleware.TimedOut, status: 503, run: 1, reason: "could not wait", claim: "pending", late: middleware.Failed, settled: "failed",
	},
	"it is invalid": {
		do: routing, body: nowhere,
		outcome: middleware.Invalid, status: 422, run: 1, reason: "ip must be an IP address", claim: "failed",
	},
	"it does not decode": {
		do: routing, body: `{"id":"evt_1","type":"server.started","data":[]}`,
		outcome: middleware.Invalid, status: 422, run: 1, reason: "array", claim: "failed",
	},
	"it has no id": {
		body:    `{"type":"server.started","data":{}}`,
		outcome: middleware.Malformed, status: 400, reason: "member id is missing", claim: "none",
	},
	"it has an id of 257 bytes": {
		body:    `{"id":"` + strings.Repeat("1", 257) + `","type":"server.started"}`,
		outcome: middleware.Malformed, status: 400, reason: "over 256 bytes", claim: "none",
	},
	"it has no type": {
		body:    `{"id":"evt_1","data":{}}`,
		outcome: middleware.Malformed, status: 400, reason: "member type is missing", claim: "none",
	},
	"it is no JSON": {body: `id=evt_1`, outcome: middleware.Malformed, status: 400, reason: "not a JSON object", claim: "none"},
	"the body is cut short": {
		change:  func(r *http.Request) { r.Body = io.NopCloser(io.MultiReader(strings.NewReader(`{"id":`), cut{})) },
		outcome: middleware.Malformed, status: 400, stranger: true, reason: "ended early", claim: "none",
	},
	"the signature is missing": {
		change:  func(r *http.Request) { r.Header.Del(sigHeader) },
		outcome: middleware.Unsigned, status: 401, stranger: true, reason: "no signature", claim: "none",
	},
	"the signature is there twice": {
		change:  func(r *http.Request) { r.Header.Add(sigHeader, r.Header.Get(sigHeader)) },
		outcome: middleware.Unsigned, status: 401, stranger: true, reason: "more than once", claim: "none",
	},
	"the signature is wrong": {
		secrets: verify.NewKeyring(verify.NewSecret("another")),
		outcome: middleware.Unsigned, status: 401, stranger: true, reason: "does not match", claim: "none",
	},
	"the signature is of another body": {
		change:  func(r *http.Request) { r.Body, r.ContentLength = http.NoBody, 0 },
		outcome: middleware.Unsigned, status: 401, stranger: true, reason: "does not match", claim: "none",
	},
	"the signature is stale": {
		provider: stamped, change: func(*http.Request) { time.Sleep(6 * time.Minute) },
		outcome: middleware.Unsigned, status: 401, stranger: true, reason: "too long ago", claim: "none",
	},
	"the event is older than is asked for": {
		opts: func(o *middleware.Options) { o.MaxAge = 27 * time.Hour }, body: twoDaysOld,
		outcome: middleware.Unsigned, status: 401, reason: "older than Options.MaxAge", claim: "none",
	},
	"nobody knows whom it is for": {
		opts:    forTenant(""),
		outcome: middleware.Unsigned, status: 401, stranger: true, reason: "no tenant", claim: "none",
	},
	"it is for an unknown tenant": {
		opts: forTenant("x"), secrets: secretsAre(verify.ErrNoSecrets),
		outcome: middleware.Unsigned, status: 401, stranger: true, reason: "no secrets", claim: "none",
	},
	"it is for a tenant without secrets": {
		opts: forTenant("x"), secrets: secretsAre(nil),
		outcome: middleware.Unsigned, status: 401, stranger: true, reason: "no secrets", claim: "none",
	},
	"it says that it is too large": {
		opts:    func(o *middleware.Options) { o.MaxBody = 9 },
		outcome: middleware.TooLarge, status: 413, stranger: true, reason: "over the limit", claim: "none",
	},
	"it is too large, in chunks": {
		opts: func(o *middleware.Options) { o.MaxBody = 9 }, change: func(r *http.Request) { r.ContentLength = -1 },
		outcome: middleware.TooLarge, status: 413, stranger: true, reason: "over the limit", claim: "none",
	},
	"the verb is not the provider's": {
		change:  func(r *http.Request) { r.Method = http.MethodPut },
		outcome: middleware.WrongMethod, status: 405, allow: "POST", stranger: true, reason: "not a verb", claim: "none",
	},
	"the verb is not one of those that are allowed": {
		opts:    func(o *middleware.Options) { o.Methods = []string{"PUT", "PATCH"} },
		outcome: middleware.WrongMethod, status: 405, allow: "PUT, PATCH", stranger: true, reason: "not a verb", claim: "none",
	},
	"the body does not come": {
		change:  func(r *http.Request) { r.Body, _ = io.Pipe() },
		outcome: middleware.SlowBody, status: 408, stranger: true, reason: "took too long", claim: "none",
	},
	"the body is compressed": {
		change:  func(r *http.Request) { r.Header.Set("Content-Encoding", "gzip") },
		outcome: middleware.Encoded, status: 415, stranger: true, reason: "Content-Encoding", claim: "none",
	},
	"the secrets' source is down": {
		opts: forTenant("x"), secrets: secretsAre(errBoom),
		outcome: middleware.Unavailable, status: 503, retry: "5", stranger: true, reason: "boom", claim: "none",
	},
	"a secret from the source is empty": {
		opts: forTenant("x"), secrets: secretsAre(nil, secret, verify.Secret{}),
		outcome: middleware.Unavailable, status: 503, retry: "5", stranger: true, reason: "empty secret", claim: "none",
	},
	"the store is down": {
		before:  func(s *stand) { flaky(s).Always(dedupetest.Claim, dedupetest.Fail) },
		outcome: middleware.Unavailable, status: 503, retry: "5", reason: "store is down", claim: "none",
	},
	"the store stalls": {
		before:  func(s *stand) { flaky(s).Next(dedupetest.Claim, dedupetest.Stall) },
		outcome: middleware.Unavailable, status: 503, retry: "5", reason: "did not answer in time",
	},
	"the store is full": {
		opts: func(o *middleware.Options) { o.Store = dedupe.NewMemory(1) }, before: sendFirst("evt_0"),
		outcome: middleware.Unavailable, status: 503, retry: "5", reason: "store is full",
	},
	"too many runs are going on": {
		opts: func(o *middleware.Options) { o.MaxInFlight = 1 }, do: lasting(time.Second, nil), before: sendMeanwhile("evt_0"),
		outcome: middleware.Unavailable, status: 503, retry: "5", reason: "MaxInFlight", claim: "none",
	},
	"the receiver is shutting down": {
		before:  func(s *stand) { _ = s.receiver.Shutdown(context.Background()) },
		outcome: middleware.Unavailable, status: 503, retry: "5", stranger: true, reason: "shutting down", claim: "none",
	},
}

func TestOutcomes(t *testing.T) {
	t.Parallel()
	for name, w := range rows {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, w.check)
		})
	}
}

func (w row) check(t *testing.T) {
	s := w.stand(t)
	if w.before != nil {
		w.before(s)
	}
	earlier, claims := len(s.all()), flaky(s).Calls(dedupetest.Claim)
	got := s.do(w.request(s))
	require.Equal(t, w.status, got.Status)
	require.Equal(t, http.StatusText(w.status)+"\n", got.Body, "the client is told the status and no more")
	require.Equal(t, strconv.Itoa(len(got.Body)), got.Header.Get("Content-Length"))
	require.Equal(t, w.retry, got.Header.Get("Retry-After"))
	require.Equal(t, w.allow, got.Header.Get("Allow"))
	if w.outcome == middleware.TooLarge || w.outcome == middleware.SlowBody {
		require.Equal(t, "close", got.Header.Get("Connection"), "the rest of the body is not read")
	} else {
		require.Empty(t, got.Header.Get("Connection"))
	}
	told, index := w.outcome.String(), 0
	if w.stranger {
		told, index = "", -1
		require.Equal(t, claims, flaky(s).Calls(dedupetest.Claim), "a stranger costs the store nothing")
	}
	if w.outcome == middleware.Unsigned {
		told = ""
	}
	if w.second {
		index = 1
	}
	require.Equal(t, told, got.Outcome, "the Hookmitt-Outcome header")

	require.Len(t, s.all(), earlier+1, "one record a request")
	record := s.last()
	require.Equal(t, w.outcome, record.Outcome)
	require.Equal(t, w.status, record.Status)
	require.Equal(t, w.run, record.Run)
	require.Equal(t, index, record.SecretIndex)
	require.Equal(t, w.reason == "", record.Reason == "", record.Reason)
	require.Contains(t, record.Reason, w.reason)
	require.False(t, record.Late)
	w.checkClaim(s, w.claim)
	if w.late == 0 {
		return
	}
	time.Sleep(time.Minute)
	require.Len(t, s.all(), earlier+2)
	record = s.last()
	require.True(t, record.Late)
	require.Equal(t, w.late, record.Outcome)
	require.Zero(t, record.Status, "it was answered before")
	require.Equal(t, w.run, record.Run)
	w.checkClaim(s, w.settled)
}
