package testserver_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/testserver"
	"github.com/hookmitt/hookmitt/verify"
)

func TestNewRefusesWhatDoesNotValidate(t *testing.T) {
	t.Parallel()
	p := hookmitt.Civo()
	p.Deadline = 0
	_, err := testserver.New(p, nil)
	require.ErrorContains(t, err, "Deadline")
}

func TestNewSendsOverTheNetwork(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string]*testserver.Options{"without options": nil, "without a transport": {}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := hookmitt.CDHosting()
			verified := make(chan error, 1)
			receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, err := io.ReadAll(r.Body)
				if err == nil {
					_, _, err = p.Open([]verify.Secret{secret}, r.Header, body)
				}
				verified <- err
				w.WriteHeader(http.StatusCreated)
			}))
			defer receiver.Close()
			s, err := testserver.New(p, opts)
			require.NoError(t, err)
			defer s.Close()
			ep, err := s.Subscribe(testserver.Subscription{URL: receiver.URL, Secret: secret})
			require.NoError(t, err)
			timeline, err := ep.Send(t.Context(), of(t, p)).Wait(t.Context())
			require.NoError(t, err)
			require.Equal(t, "0s 201", timeline.String())
			require.NoError(t, <-verified)
		})
	}
}

func TestServerAnswerCutShort(t *testing.T) {
	t.Parallel()
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, "thanks") // and the connection ends, as there is no more
	}))
	defer receiver.Close()
	p := hookmitt.CDHosting()
	p.Retry = hookmitt.Schedule{}
	s, err := testserver.New(p, nil)
	require.NoError(t, err)
	defer s.Close()
	ep, err := s.Subscribe(testserver.Subscription{URL: receiver.URL, Secret: secret})
	require.NoError(t, err)
	timeline, err := ep.Send(t.Context(), of(t, p)).Wait(t.Context())
	require.ErrorIs(t, err, testserver.ErrExhausted)
	require.Equal(t, "0s error", timeline.String())
	require.ErrorIs(t, timeline[0].Err, io.ErrUnexpectedEOF)
	require.Zero(t, timeline[0].Status)
}

func TestServerObserve(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		var d *testserver.Delivery
		var seen []string
		sent, answers := make(chan struct{}), statuses(500, 200)
		s := newServer(t, hookmitt.Civo(), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			<-sent // so that there is a d
			answers.ServeHTTP(w, r)
		}), func(a testserver.Attempt) {
			seen = append(seen, fmt.Sprint(a.Number, " ", a.Status, " ", d.State(), " ", len(d.Timeline())))
		})
		d = endpoint(t, s).Send(t.Context(), of(t, hookmitt.Civo()))
		close(sent)
		_, err := d.Wait(t.Context())
		require.NoError(t, err)
		require.Equal(t, []string{"1 500 pending 0", "2 200 pending 1"}, seen, "told before conclusions are drawn")
	})
}

func TestSubscribeRefuses(t *testing.T) {
	t.Parallel()
	s := newServer(t, hookmitt.Civo(), statuses(200))
	ep := endpoint(t, s)
	for name, c := range map[string]struct {
		sub  testserver.Subscription
		want string
	}{
		"no URL":              {testserver.Subscription{Secret: secret}, `URL is not`},
		"a path":              {testserver.Subscription{URL: "/webhooks", Secret: secret}, `URL is not`},
		"a host alone":        {testserver.Subscription{URL: "receiver.test/webhooks", Secret: secret}, "is not an http or https URL"},
		"another scheme":      {testserver.Subscription{URL: "ftp://receiver.test", Secret: secret}, "is not an http or https URL"},
		"no host":             {testserver.Subscription{URL: "http:///webhooks", Secret: secret}, "is not an http or https URL"},
		"what does not parse": {testserver.Subscription{URL: "http://receiver.test/%zz", Secret: secret}, "is not an http or https URL"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := s.Subscribe(c.sub)
			require.ErrorContains(t, err, c.want)
			require.ErrorContains(t, ep.Update(c.sub), c.want)
		})
	}
}

func TestServerRedirects(t *testing.T) {
	t.Parallel()
	for _, status := range []int{301, 302, 303, 307, 308} {
		t.Run(fmt.Sprint("a ", status, " is a failure, and its target is not called"), func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T) {
				paths := map[string]int{}
				timeline, d := deliver(t, hookmitt.Mixpost(), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					paths[r.URL.Path]++
					if r.URL.Path == "/webhooks" {
						w.Header().Set("Location", "/elsewhere")
						w.WriteHeader(status)
					}
				}))
				require.Equal(t, fmt.Sprintf("0s %d, 10s %d, 1m10s %d", status, status, status), timeline.String())
				require.Equal(t, testserver.Exhausted, d.State())
				require.Equal(t, map[string]int{"/webhooks": 3}, paths)
				require.Equal(t, "/elsewhere", timeline[0].AnswerHeader.Get("Location"))
			})
		})
	}
}

func TestServerClose(t *testing.T) {
	t.Parallel()
	inBubbles(t, map[string]func(t *testing.T){
		"it ends an attempt that is being made, and waits for it": func(t *testing.T) {
			var observed, ended []time.Duration
			start := time.Now()
			s := newServer(t, hookmitt.Civo(), http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				<-r.Context().Done()
				ended = append(ended, time.Since(start))
			}), func(testserver.Attempt) { observed = append(observed, time.Since(start)) })
			d := endpoint(t, s).Send(t.Context(), of(t, hookmitt.Civo()))
			time.Sleep(2 * time.Second)
			require.NoError(t, s.Close())
			require.Equal(t, []time.Duration{2 * time.Second}, observed)
			timeline, err := d.Wait(t.Context())
			require.ErrorIs(t, err, testserver.ErrClosed)
			require.Equal(t, "0s error", timeline.String())
			require.ErrorIs(t, timeline[0].Err, context.Canceled)
			require.Equal(t, testserver.Dropped, d.State())
			synctest.Wait()
			require.Equal(t, []time.Duration{2 * time.Second}, ended, "no goroutine outlives it")
		},
		"it drops what waits for its next attempt": func(t *testing.T) {
			s := newServer(t, hookmitt.Civo(), statuses(500))
			d := endpoint(t, s).Send(t.Context(), of(t, hookmitt.Civo()))
			time.Sleep(time.Minute)
			require.Equal(t, testserver.Pending, d.State())
			require.NoError(t, s.Close())
			timeline, err := d.Wait(t.Context())
			require.ErrorIs(t, err, testserver.ErrClosed)
			require.Equal(t, "0s 500", timeline.String())
			time.Sleep(24 * time.Hour)
			require.Equal(t, "0s 500", d.Timeline().String())
		},
		"it leaves alone what has arrived": func(t *testing.T) {
			s := newServer(t, hookmitt.Civo(), statuses(200))
			d := endpoint(t, s).Send(t.Context(), of(t, hookmitt.Civo()))
			_, err := d.Wait(t.Context())
			require.NoError(t, err)
			require.NoError(t, s.Close())
			require.Equal(t, testserver.Delivered, d.State())
			require.NoError(t, d.Err())
		},
		"what is sent on a closed server is dropped": func(t *testing.T) {
			s := newServer(t, hookmitt.Civo(), statuses(200))
			ep := endpoint(t, s)
			require.NoError(t, s.Close())
			require.NoError(t, s.Close(), "twice is no mistake")
			timeline, err := ep.Send(t.Context(), of(t, hookmitt.Civo())).Wait(t.Context())
			require.ErrorIs(t, err, testserver.ErrClosed)
			require.Empty(t, timeline)
		},
		"it may race with whatever goes on": func(t *testing.T) {
			s := newServer(t, hookmitt.Civo(), taking(time.Second, 500))
			ep := endpoint(t, s)
			errs := make([]error, 50)
			var all sync.WaitGroup
			for i := range errs {
				e := of(t, hookmitt.Civo())
				all.Go(func() {
					time.Sleep(time.Duration(i) * 100 * time.Millisecond)
					_, errs[i] = ep.Send(t.Context(), e).Wait(t.Context())
				})
			}
			time.Sleep(2500 * time.Millisecond)
			require.NoError(t, s.Close())
			all.Wait()
			for _, err := range errs {
				require.ErrorIs(t, err, testserver.ErrClosed)
			}
		},
	})
}
