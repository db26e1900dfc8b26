package middleware_test

import (
	"context"
	"errors"
	"io"
	"net/http"
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

// What the rows of outcome_test.go are made of.

const (
	sigHeader  = "X-Cdhosting-Signature"
	nowhere    = `{"id":"evt_1","type":"server.started","data":{"server_id":"s","name":"n","status":"running","ip":"nowhere"}}`
	twoDaysOld = `{"id":"evt_1","type":"server.started","created_at":"1999-12-30T00:00:00Z"}` // a bubble begins in 2000
)

var errBoom = errors.New("boom")

// stand makes the row's receiver, on a store that counts.
func (w row) stand(t *testing.T) *stand {
	t.Helper()
	outlive(t)
	opts := middleware.Options{Store: dedupe.NewMemory(0)}
	if w.opts != nil {
		w.opts(&opts)
	}
	store := &dedupetest.Flaky{Store: opts.Store}
	opts.Store = store
	mended(t, store)
	p, secrets, do := hookmitt.CDHosting, w.secrets, w.do
	if w.provider != nil {
		p = w.provider
	}
	if secrets == nil {
		secrets = verify.NewKeyring(secret)
	}
	if do == nil {
		do = nothing
	}
	return standWith(t, p(), secrets, opts, do)
}

func (w row) request(s *stand) *http.Request {
	e := started("evt_1")
	if w.body != "" {
		e = events.Event{Raw: []byte(w.body)}
	}
	r := s.request(e)
	if w.change != nil {
		w.change(r)
	}
	return r
}

func (row) checkClaim(s *stand, want string) {
	s.t.Helper()
	if want == "" {
		return
	}
	flaky(s).Heal()
	flaky(s).Resume()
	synctest.Wait()
	require.Equal(s.t, want, s.claim("evt_1"))
}

func flaky(s *stand) *dedupetest.Flaky { return s.store.(*dedupetest.Flaky) }

func sendFirst(id string) func(*stand) { return func(s *stand) { s.send(started(id)) } }

func sendMeanwhile(id string) func(*stand) {
	return func(s *stand) {
		go s.send(started(id))
		synctest.Wait()
	}
}

func returning(err error) events.HandlerFunc {
	return func(context.Context, events.Event) error { return err }
}

// routing is a router with one handler, for valid events.
func routing(ctx context.Context, e events.Event) error { return newRouter().HandleEvent(ctx, e) }

// parking is routing that takes invalid events too.
func parking(ctx context.Context, e events.Event) error {
	r := newRouter()
	r.Invalid(func(context.Context, events.Event, error) error { return nil })
	return r.HandleEvent(ctx, e)
}

func newRouter() *events.Router {
	r := events.NewRouter()
	events.On(r, func(context.Context, events.Event, events.ServerStarted) error { return nil })
	return r
}

// lastRun makes the first run the last, and has Dead answer err.
func lastRun(err error) func(*middleware.Options) {
	return func(o *middleware.Options) {
		o.MaxRuns, o.Dead = 1, func(context.Context, events.Event, error) error { return err }
	}
}

func forTenant(name string) func(*middleware.Options) {
	return func(o *middleware.Options) { o.Tenant = func(*http.Request) string { return name } }
}

func secretsAre(err error, all ...verify.Secret) verify.Secrets {
	return verify.SecretsFunc(func(context.Context) ([]verify.Secret, error) { return all, err })
}

// cut is the rest of a body that does not come, for the connection is gone.
type cut struct{}

func (cut) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// What the headers show is judged before the body is read.
func TestTheBodyOfARefusedRequestIsNotRead(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*http.Request){
		"another verb":           func(r *http.Request) { r.Method = http.MethodPut },
		"a coding":               func(r *http.Request) { r.Header.Set("Content-Encoding", "br") },
		"no signature":           func(r *http.Request) { r.Header.Del(sigHeader) },
		"an empty signature":     func(r *http.Request) { r.Header.Set(sigHeader, "") },
		"two signatures":         func(r *http.Request) { r.Header.Add(sigHeader, r.Header.Get(sigHeader)) },
		"a malformed signature":  func(r *http.Request) { r.Header.Set(sigHeader, strings.Repeat("x", 64)) },
		"half a signature":       func(r *http.Request) { r.Header.Set(sigHeader, r.Header.Get(sigHeader)[:32]) },
		"an over-long signature": func(r *http.Request) { r.Header.Set(sigHeader, strings.Repeat("0", 5000)) },
		"a length over MaxBody":  func(r *http.Request) { r.ContentLength = 1<<20 + 1 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStand(t, hookmitt.CDHosting(), func(context.Context, events.Event) error {
				t.Error("the handler ran")
				return nil
			}, middleware.Options{})
			r := s.request(started("evt_1"))
			r.Body = unread{t}
			change(r)
			require.Contains(t, []int{401, 405, 413, 415}, s.do(r).Status)
			require.Zero(t, s.last().Size)
		})
	}
}

// unread is a body that must not be read.
type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Error("the body was read")
	return 0, io.EOF
}

func (unread) Close() error { return nil }

func TestContentEncodings(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		codings []string
		status  int
	}{
		"none":                      {nil, 200},
		"an empty one":              {[]string{""}, 200},
		"identity":                  {[]string{"identity"}, 200},
		"identity, in any case":     {[]string{"Identity"}, 200},
		"gzip":                      {[]string{"gzip"}, 415},
		"gzip, after identity":      {[]string{"identity, gzip"}, 415},
		"gzip, in a second header":  {[]string{"identity", "gzip"}, 415},
		"gzip, after an empty one":  {[]string{"", "gzip"}, 415},
		"identity, after a gzip":    {[]string{"gzip", "identity"}, 415},
		"one that nobody ever knew": {[]string{"x"}, 415},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStand(t, hookmitt.CDHosting(), nothing, middleware.Options{})
			r := s.request(started("evt_1"))
			r.Header["Content-Encoding"] = c.codings
			require.Equal(t, c.status, s.do(r).Status)
		})
	}
}

func TestOtherMethodsAreAccepted(t *testing.T) {
	t.Parallel()
	s := newStand(t, hookmitt.CDHosting(), nothing, middleware.Options{Methods: []string{http.MethodPut, http.MethodPatch}})
	r := s.request(started("evt_1"))
	r.Method = http.MethodPatch
	require.Equal(t, 200, s.do(r).Status)

	p := hookmitt.CDHosting()
	p.Method = http.MethodPut
	require.Equal(t, 200, newStand(t, p, nothing, middleware.Options{}).send(started("evt_1")).Status)
}

// The provider counts from when it sent the request: what the body took is gone from the handler's time.
func TestTheBudgetCountsFromTheArrival(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		outlive(t)
		s := newStand(t, hookmitt.CDHosting(), lasting(time.Minute, nil), middleware.Options{})
		start := time.Now()
		got := s.do(slowly(s.request(started("evt_1")), 3*time.Second))
		require.Equal(t, "timed-out", got.Outcome)
		require.Equal(t, 8*time.Second, time.Since(start))
	})
}

func TestSecretsAreAskedForNoLongerThanTheBudget(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		source := verify.SecretsFunc(func(ctx context.Context) ([]verify.Secret, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		})
		s := standWith(t, hookmitt.CDHosting(), source, middleware.Options{Tenant: tenantOf}, nothing)
		start := time.Now()
		require.Equal(t, 503, s.do(as("acme", slowly(s.request(started("evt_1")), time.Second))).Status)
		require.Equal(t, 8*time.Second, time.Since(start))
		require.ErrorIs(t, s.last().Err, context.DeadlineExceeded)
	})
}

// slowly is the request with a body that takes its time.
func slowly(r *http.Request, d time.Duration) *http.Request {
	r.Body = &slow{r.Body, d}
	return r
}

type slow struct {
	io.ReadCloser
	d time.Duration
}

func (b *slow) Read(p []byte) (int, error) {
	time.Sleep(b.d)
	b.d = 0
	return b.ReadCloser.Read(p)
}
