package middleware_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/middleware"
)

// logged is a slog.Handler that keeps lines of level, message and attributes.
type logged struct {
	mu    sync.Mutex
	lines bytes.Buffer
	least slog.Level
}

func (l *logged) Enabled(_ context.Context, level slog.Level) bool { return level >= l.least }
func (l *logged) WithAttrs([]slog.Attr) slog.Handler               { return l }
func (l *logged) WithGroup(string) slog.Handler                    { return l }

func (l *logged) Handle(_ context.Context, r slog.Record) error {
	line := fmt.Sprintf("%v %s", r.Level, r.Message)
	r.Attrs(func(a slog.Attr) bool {
		line += fmt.Sprintf(" %s=%v", a.Key, a.Value)
		return true
	})
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines.WriteString(line + "\n")
	return nil
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lines.String()
}

func TestLogLevels(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		record middleware.Record
		level  string
	}{
		"what was done":                {middleware.Record{Outcome: middleware.Accepted}, "INFO"},
		"done, and the store failed":   {middleware.Record{Outcome: middleware.Accepted, Err: errBoom}, "ERROR"},
		"a repeat":                     {middleware.Record{Outcome: middleware.Duplicate}, "INFO"},
		"a repeat of a lost claim":     {middleware.Record{Outcome: middleware.Duplicate, Err: dedupe.ErrLeaseLost}, "ERROR"},
		"what nobody wanted":           {middleware.Record{Outcome: middleware.Ignored, Err: events.ErrUnhandled}, "INFO"},
		"what is being handled":        {middleware.Record{Outcome: middleware.Busy}, "INFO"},
		"what was handled by two":      {middleware.Record{Outcome: middleware.Busy, Err: dedupe.ErrLeaseLost}, "ERROR"},
		"an event of no form":          {middleware.Record{Outcome: middleware.Malformed, Err: errBoom}, "WARN"},
		"a stranger":                   {middleware.Record{Outcome: middleware.Unsigned, Err: errBoom}, "WARN"},
		"a large body":                 {middleware.Record{Outcome: middleware.TooLarge, Err: errBoom}, "WARN"},
		"another verb":                 {middleware.Record{Outcome: middleware.WrongMethod, Err: errBoom}, "WARN"},
		"a slow body":                  {middleware.Record{Outcome: middleware.SlowBody, Err: errBoom}, "WARN"},
		"a compressed body":            {middleware.Record{Outcome: middleware.Encoded, Err: errBoom}, "WARN"},
		"an event that waits for code": {middleware.Record{Outcome: middleware.Parked, Err: errBoom}, "ERROR"},
		"an event given up":            {middleware.Record{Outcome: middleware.Dead, Err: errBoom}, "ERROR"},
		"a failure":                    {middleware.Record{Outcome: middleware.Failed, Err: errBoom}, "ERROR"},
		"a slow handler":               {middleware.Record{Outcome: middleware.TimedOut}, "ERROR"},
		"invalid data":                 {middleware.Record{Outcome: middleware.Invalid, Err: errBoom}, "ERROR"},
		"a store that is down":         {middleware.Record{Outcome: middleware.Unavailable, Err: errBoom}, "ERROR"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log := logged{least: slog.LevelDebug}
			middleware.Log(slog.New(&log))(t.Context(), c.record)
			require.True(t, strings.HasPrefix(log.String(), c.level+" webhook "), log.String())
			require.Contains(t, log.String(), " outcome="+c.record.Outcome.String()+" ")

			quiet := logged{least: slog.LevelError + 1}
			middleware.Log(slog.New(&quiet))(t.Context(), c.record)
			require.Empty(t, quiet.String())
		})
	}
}

// A body that was done under another id is a replay, or a genuine event that the window cost: somebody should look.
func TestABodyThatWasDoneIsLoggedAsAWarning(t *testing.T) {
	t.Parallel()
	var log logged
	s := newStand(t, hookmitt.Civo(), nothing, middleware.Options{BodyWindow: time.Hour, Observe: middleware.Log(slog.New(&log))})
	e := sample(s.provider)
	require.Equal(t, "200 accepted", brief(s.send(e)))
	e.ID = "00000000-0000-4000-8000-000000000000"
	require.Equal(t, "200 duplicate", brief(s.send(e)))
	require.Contains(t, log.String(), "\nWARN webhook provider=civo outcome=duplicate")
}

func TestLogSaysWhatThereIsToSay(t *testing.T) {
	t.Parallel()
	var log logged
	record := middleware.Record{
		Provider: "civo", Tenant: "acme", EventID: "evt_1", EventType: "instance.created", Reason: "boom", Outcome: middleware.Failed,
		Run: 2, Size: 77, Late: true, Handler: time.Minute, Took: time.Hour,
		Err: errors.Join(&middleware.PanicError{Value: "boom", Stack: "main.go:1"}, errBoom),
	}
	middleware.Log(slog.New(&log))(t.Context(), record)
	require.Equal(t, "ERROR webhook provider=civo outcome=failed status=0 took=1h0m0s size=77 tenant=acme id=evt_1 "+
		"type=instance.created reason=boom run=2 handler=1m0s late=true stack=main.go:1\n", log.String())

	log = logged{}
	middleware.Log(slog.New(&log))(t.Context(), middleware.Record{Provider: "civo", Outcome: middleware.Unsigned, Status: 401})
	require.Equal(t, "WARN webhook provider=civo outcome=unsigned status=401 took=0s size=0\n", log.String(), "and no more")
}

func TestLogShowsNeitherSecretNorSignatureNorBody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		outlive(t)
		log := logged{least: slog.LevelDebug}
		runs := 0
		s := newStand(t, hookmitt.CDHosting(), func(ctx context.Context, e events.Event) error {
			switch runs++; runs {
			case 1:
				panic("boom")
			case 2:
				time.Sleep(time.Minute)
			}
			return newRouter().HandleEvent(ctx, e)
		}, middleware.Options{Observe: middleware.Log(slog.New(&log)), MaxBody: 1000})
		const private = "carol's private data"
		bodies := []string{
			`{"id":"evt_1","type":"server.started","data":{"server_id":"s","name":"` + private + `","status":"running","ip":"::1"}}`,
			`{"id":"evt_2","type":"server.started","data":{"server_id":"s","name":"` + private + `","status":"running","ip":"` + private + `"}}`,
			`{"id":"evt_3","type":"server.started","data":{"server_id":{"` + private + `":1}}}`,
			`{"type":"server.started","data":"` + private + `"}`,
			`{"id":"` + private + "\\u0000" + `","type":"server.started"}`,
			`{"` + private + `":1,"` + private + `":2}`,
			private,
			strings.Repeat(private, 100),
		}
		changes := []func(*http.Request){
			func(*http.Request) {}, func(*http.Request) {}, func(*http.Request) {}, // panics, is late, is done
			func(r *http.Request) { r.Header.Add(sigHeader, r.Header.Get(sigHeader)) },
			func(r *http.Request) { r.Header.Set(sigHeader, strings.ToUpper(r.Header.Get(sigHeader))+"0") },
			func(r *http.Request) { r.Body, r.ContentLength = http.NoBody, 0 },
		}
		var hidden []string
		for _, body := range bodies {
			for _, change := range changes {
				r := s.request(events.Event{Raw: []byte(body)})
				hidden = append(hidden, r.Header.Get(sigHeader))
				change(r)
				s.do(r)
				time.Sleep(2 * time.Minute)
			}
		}
		require.GreaterOrEqual(t, strings.Count(log.String(), " webhook "), len(bodies)*len(changes))
		for _, outcome := range []string{"failed", "timed-out", "accepted", "duplicate", "invalid", "malformed", "unsigned", "too-large"} {
			require.Contains(t, log.String(), "outcome="+outcome, "the test is to see many lines")
		}
		text := strings.ToLower(log.String())
		for _, hide := range append(hidden, private, "test-secret") {
			require.NotContains(t, text, hide)
		}
	})
}

func TestARecordHoldsTheTimesOfARequest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newStand(t, hookmitt.CDHosting(), lasting(2*time.Second, nil), middleware.Options{Store: tardy{dedupe.NewMemory(0)}})
		r := slowly(s.request(started("evt_1")), time.Second)
		size := r.ContentLength
		require.Equal(t, "200 accepted", brief(s.do(r)))
		require.Equal(t, middleware.Record{
			Provider: "cdhosting", EventID: "evt_1", EventType: "server.started", Outcome: middleware.Accepted, Status: 200,
			Run: 1, Size: int(size), Claim: 300 * time.Millisecond, Handler: 2 * time.Second, Took: 3300 * time.Millisecond,
		}, s.last())

		r = s.request(started("evt_2"))
		r.Header.Set(sigHeader, strings.Repeat("0", 64))
		require.Equal(t, 401, s.do(r).Status)
		require.Empty(t, s.last().EventID, "it is not verified")
		require.Empty(t, s.last().EventType)
		require.EqualValues(t, size, s.last().Size)
	})
}

// tardy is a store that takes its time to claim.
type tardy struct{ *dedupe.Memory }

func (s tardy) Claim(ctx context.Context, k dedupe.Key, owner string, h dedupe.Hold) (dedupe.Claim, error) {
	time.Sleep(300 * time.Millisecond)
	return s.Memory.Claim(ctx, k, owner, h)
}

func TestAPanicErrorSaysWhatItIs(t *testing.T) {
	t.Parallel()
	require.EqualError(t, &middleware.PanicError{Value: 7}, "middleware: the handler panicked: 7")
	require.NoError(t, errors.Unwrap(&middleware.PanicError{Value: 7}))
	require.ErrorIs(t, &middleware.PanicError{Value: errBoom}, errBoom)
}
