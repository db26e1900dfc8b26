package middleware_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/dedupe/dedupetest"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/middleware"
)

// catching is a stand whose outer handler catches what panics through it, once for each request, and passes it on.
func catching(t *testing.T, opts middleware.Options, do events.HandlerFunc) (*stand, *atomic.Pointer[any]) {
	t.Helper()
	caught := new(atomic.Pointer[any])
	s := newStandFor(t, hookmitt.CDHosting(), opts, func(rc *middleware.Receiver) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer func() {
				if p := recover(); p != nil {
					caught.Store(&p)
					panic(p)
				}
			}()
			rc.Handle(do).ServeHTTP(w, r)
		})
	})
	return s, caught
}

// blowUp is a function to be found in a stack.
func blowUp(value any) { panic(value) }

func TestAPanicGoesOnWhereTheServerExpectsIt(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		value  any
		window time.Duration
	}{
		"a text":          {"boom", 0},
		"an error":        {errBoom, 0},
		"a pointer":       {new(int), 0},
		"within a window": {"boom", time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				value := c.value
				s, caught := catching(t, middleware.Options{BodyWindow: c.window}, func(context.Context, events.Event) error {
					blowUp(value)
					return nil
				})
				got := s.send(started("evt_1"))
				require.Equal(t, answer{500, "failed", s.answerHeader("failed", 22), "Internal Server Error\n"}, got, "the answer is whole")
				require.NotNil(t, caught.Load())
				require.Equal(t, value, *caught.Load(), "the value itself")
				r := s.last()
				require.Equal(t, middleware.Failed, r.Outcome)
				var p *middleware.PanicError
				require.ErrorAs(t, r.Err, &p)
				require.Equal(t, value, p.Value)
				require.Contains(t, p.Stack, "middleware_test.blowUp")
				err, ok := value.(error)
				require.Equal(t, ok, errors.Is(r.Err, errBoom), err)
				require.Equal(t, "failed", s.claim("evt_1"))
			})
		})
	}
}

func TestAPanicOfNilIsOneToo(t *testing.T) {
	t.Parallel()
	s, caught := catching(t, middleware.Options{}, func(context.Context, events.Event) error { panic(nil) })
	require.Equal(t, 500, s.send(started("evt_1")).Status)
	require.NotNil(t, caught.Load())
	require.Equal(t, "failed", s.claim("evt_1"))
}

func TestAnAbortedHandlerBreaksTheConnection(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, caught := catching(t, middleware.Options{}, func(context.Context, events.Event) error { panic(http.ErrAbortHandler) })
		require.Zero(t, s.send(started("evt_1")).Status)
		require.Equal(t, http.ErrAbortHandler, *caught.Load(), "net/http knows it by its identity")
		require.Equal(t, middleware.Failed, s.last().Outcome)
		require.Zero(t, s.last().Status)
		require.Equal(t, "failed", s.claim("evt_1"))
	})
}

func TestAPanicAfterTheAnswerIsOnlyRecorded(t *testing.T) {
	t.Parallel()
	for name, value := range map[string]any{"a text": "boom", "an abort": http.ErrAbortHandler} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, caught := catching(t, middleware.Options{}, func(context.Context, events.Event) error {
					time.Sleep(9 * time.Second)
					blowUp(value)
					return nil
				})
				require.Equal(t, "503 timed-out", brief(s.send(started("evt_1"))))
				time.Sleep(time.Minute)
				require.Len(t, s.all(), 2)
				r := s.last()
				require.True(t, r.Late)
				require.Equal(t, middleware.Failed, r.Outcome)
				var p *middleware.PanicError
				require.ErrorAs(t, r.Err, &p)
				require.Equal(t, value, p.Value)
				require.Contains(t, p.Stack, "middleware_test.blowUp")
				require.Nil(t, caught.Load())
				require.Equal(t, "failed", s.claim("evt_1"))
			})
		})
	}
}

func TestALastRunThatPanicsGoesToDead(t *testing.T) {
	t.Parallel()
	for name, window := range map[string]time.Duration{"without a window": 0, "within a window": time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var p *middleware.PanicError
				s, caught := catching(t, middleware.Options{MaxRuns: 2, BodyWindow: window, Dead: func(_ context.Context, e events.Event, err error) error {
					require.Equal(t, "evt_1", e.ID)
					require.ErrorAs(t, err, &p)
					return nil
				}}, func(context.Context, events.Event) error {
					blowUp("boom")
					return nil
				})
				require.Equal(t, "500 failed", brief(s.send(started("evt_1"))))
				require.NotNil(t, caught.Swap(nil))
				require.Equal(t, "200 dead", brief(s.send(started("evt_1"))))
				require.Nil(t, caught.Load(), "it is taken care of")
				require.Equal(t, "boom", p.Value)
				require.Contains(t, p.Stack, "middleware_test.blowUp")
				require.Equal(t, "200 duplicate", brief(s.send(started("evt_1"))))
			})
		})
	}
}

func TestAtTheBudgetOnlyTheAnswerIsGiven(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		outlive(t)
		type seen struct {
			left, lasted time.Duration
			event        events.Event
		}
		saw := make(chan seen, 1)
		s := newStand(t, hookmitt.CDHosting(), func(ctx context.Context, _ events.Event) error {
			start := time.Now()
			deadline, _ := ctx.Deadline()
			<-ctx.Done()
			e, _ := middleware.EventFrom(ctx)
			saw <- seen{deadline.Sub(start), time.Since(start), e}
			return ctx.Err()
		}, middleware.Options{})
		start := time.Now()
		require.Equal(t, "503 timed-out", brief(s.send(started("evt_1"))))
		require.Equal(t, 8*time.Second, time.Since(start))
		require.Equal(t, 8*time.Second, s.last().Handler)

		got := <-saw
		require.Equal(t, time.Minute, got.left, "the deadline is the longest hold")
		require.Equal(t, time.Minute, got.lasted, "and nothing ends it before")
		require.Equal(t, "evt_1", got.event.ID)
		synctest.Wait()
		r := s.last()
		require.True(t, r.Late)
		require.Equal(t, middleware.Failed, r.Outcome)
		require.Equal(t, []time.Duration{time.Minute, time.Minute}, []time.Duration{r.Handler, r.Took})
		require.ErrorIs(t, r.Err, context.DeadlineExceeded)
	})
}

func TestTheRunDoesNotEndWithTheConnection(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newStand(t, hookmitt.CDHosting(), func(ctx context.Context, _ events.Event) error {
			time.Sleep(3 * time.Second)
			return ctx.Err()
		}, middleware.Options{})
		ctx, hangUp := context.WithTimeout(t.Context(), time.Second)
		defer hangUp()
		require.Zero(t, s.do(s.request(started("evt_1")).WithContext(ctx)).Status)
		time.Sleep(3 * time.Second)
		require.Len(t, s.all(), 1, "the request is waited for as if somebody still were there")
		require.Equal(t, middleware.Accepted, s.last().Outcome)
		require.Equal(t, "200 duplicate", brief(s.send(started("evt_1"))))
	})
}

// The work is done, so a retry would do it twice.
func TestWhatIsDoneIsAcknowledgedThoughTheStoreFails(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		faults func(*dedupetest.Flaky)
		err    error // recorded
		claim  string
	}{
		"the commit fails for good": {func(f *dedupetest.Flaky) { f.Always(dedupetest.Commit, dedupetest.Fail) }, dedupetest.ErrDown, "pending"},
		"the commit fails twice":    {func(f *dedupetest.Flaky) { f.Next(dedupetest.Commit, dedupetest.Fail, dedupetest.Fail) }, nil, "done"},
		"its reply is lost":         {func(f *dedupetest.Flaky) { f.Next(dedupetest.Commit, dedupetest.LoseReply) }, nil, "done"},
		"it is repeated":            {func(f *dedupetest.Flaky) { f.Next(dedupetest.Commit, dedupetest.Repeat) }, nil, "done"},
		"it stalls for good":        {func(f *dedupetest.Flaky) { f.Always(dedupetest.Commit, dedupetest.Stall) }, dedupe.ErrStalled, "pending"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				outlive(t)
				store := &dedupetest.Flaky{Store: dedupe.NewMemory(0)}
				mended(t, store)
				var log logged
				s := newStand(t, hookmitt.CDHosting(), nothing, middleware.Options{Store: store, Observe: middleware.Log(slog.New(&log))})
				c.faults(store)
				start := time.Now()
				require.Equal(t, "200 accepted", brief(s.send(started("evt_1"))))
				require.LessOrEqual(t, time.Since(start), 8*time.Second)
				require.ErrorIs(t, s.last().Err, c.err)
				require.Equal(t, c.err != nil, strings.HasPrefix(log.String(), "ERROR"), log.String())
				require.Equal(t, c.claim, s.claim("evt_1"))
			})
		})
	}
}

// The provider waits no longer for a slow store than for a slow handler.
func TestASettlementKeepsWithinTheBudget(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body, handler time.Duration
		op            dedupetest.Op
		fault         dedupetest.Fault
		err           error
	}{
		"the commit fails, and the body was slow":    {6 * time.Second, 0, dedupetest.Commit, dedupetest.Fail, nil},
		"the commit stalls, and the body was slow":   {6 * time.Second, 0, dedupetest.Commit, dedupetest.Stall, nil},
		"the commit fails, and the handler was slow": {0, 7 * time.Second, dedupetest.Commit, dedupetest.Fail, nil},
		"the commit stalls at the last moment":       {0, 7900 * time.Millisecond, dedupetest.Commit, dedupetest.Stall, nil},
		"the release stalls at the last moment":      {0, 7900 * time.Millisecond, dedupetest.Release, dedupetest.Stall, errBoom},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				outlive(t)
				store := &dedupetest.Flaky{Store: dedupe.NewMemory(0)}
				mended(t, store)
				store.Always(c.op, c.fault)
				s := newStand(t, hookmitt.CDHosting(), lasting(c.handler, c.err), middleware.Options{Store: store})
				start := time.Now()
				s.do(slowly(s.request(started("evt_1")), c.body))
				require.LessOrEqual(t, time.Since(start), 8*time.Second)
			})
		})
	}
}

// Two events of a codec that does not say Raw are two all the same.
func TestABodyWindowLooksAtTheBodyWhateverTheCodec(t *testing.T) {
	t.Parallel()
	p := hookmitt.CDHosting()
	p.Codec = sparse{p.Codec}
	s := newStand(t, p, nothing, middleware.Options{BodyWindow: time.Hour})
	require.Equal(t, "200 accepted", brief(s.send(started("evt_1"))))
	require.Equal(t, "200 accepted", brief(s.send(started("evt_2"))))
}

func TestAnIDThatIsNoKeyIsMalformed(t *testing.T) {
	t.Parallel()
	p := hookmitt.CDHosting()
	p.Codec = nameless{p.Codec}
	s := newStand(t, p, nothing, middleware.Options{MaxInFlight: 1})
	for range 2 { // a place that was not given back would show
		require.Equal(t, "400 malformed", brief(s.send(started("evt_1"))))
		require.ErrorIs(t, s.last().Err, dedupe.ErrKey)
	}
}

type nameless struct{ events.Codec }

func (c nameless) Open(h http.Header, body []byte) (events.Event, error) {
	e, err := c.Codec.Open(h, body)
	e.ID = ""
	return e, err
}
