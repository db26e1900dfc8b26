package testserver_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/testserver"
)

func TestInProcessRequestEndsWithItsHandler(t *testing.T) {
	t.Parallel()
	for road, open := range roads {
		t.Run(road, func(t *testing.T) {
			t.Parallel()
			contexts := make(chan context.Context, 1)
			url, transport := open(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { contexts <- r.Context() }))
			client := http.Client{Transport: transport}
			require.Equal(t, "200 |", see(client.Do(post(t, url, nil))))
			<-(<-contexts).Done()
		})
	}
}

func TestInProcessReadDeadline(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		arrives, deadline, lifted time.Duration // 0: not lifted
		want                      string
	}{
		"the body comes before the deadline":            {arrives: 2 * time.Second, deadline: 3 * time.Second, want: `2s "hello" <nil>`},
		"the deadline comes before the body":            {arrives: 3 * time.Second, deadline: 2 * time.Second, want: `2s "" i/o timeout`},
		"the deadline is lifted before it comes":        {arrives: 3 * time.Second, deadline: 2 * time.Second, lifted: time.Second, want: `3s "hello" <nil>`},
		"the deadline has passed when it is set":        {arrives: 3 * time.Second, deadline: -time.Second, want: `0s "" i/o timeout`},
		"the deadline is lifted when the body was read": {arrives: time.Second, deadline: 3 * time.Second, lifted: 2 * time.Second, want: `1s "hello" <nil>`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T) {
				start, slow, got := time.Now(), newSlowBody(c.arrives), ""
				transport := testserver.InProcess(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					control := http.NewResponseController(w)
					_ = control.SetReadDeadline(start.Add(c.deadline))
					if c.lifted > 0 {
						time.AfterFunc(c.lifted, func() { _ = control.SetReadDeadline(time.Time{}) })
					}
					body, err := io.ReadAll(r.Body)
					got = fmt.Sprintf("%v %q %v", time.Since(start), body, err)
					time.Sleep(10 * time.Second)
				}))
				client := http.Client{Transport: transport}
				require.Equal(t, "200 |", see(client.Do(post(t, "http://receiver.test", slow))))
				require.Equal(t, c.want, got)
			})
		})
	}
}

// newSlowBody says "hello" after d.
func newSlowBody(d time.Duration) io.Reader {
	r, w := io.Pipe()
	time.AfterFunc(d, func() {
		_, err := io.WriteString(w, "hello")
		_ = w.CloseWithError(err)
	})
	return r
}

func TestInProcessClientGoesAway(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		errGone := errors.New("the client has gone")
		var ended time.Duration
		start := time.Now()
		transport := testserver.InProcess(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, err := io.ReadAll(r.Body) // of which nothing ever comes
			if err == nil || r.Context().Err() == nil {
				return
			}
			ended = time.Since(start)
			time.Sleep(time.Minute)
			_, _ = io.WriteString(w, "to nobody")
		}))
		never, w := io.Pipe()
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(2*time.Second, func() { cancel(errGone) })
		client := http.Client{Transport: transport}
		_, err := client.Do(post(t, "http://receiver.test", never).WithContext(ctx))
		require.ErrorIs(t, err, errGone)
		require.Equal(t, 2*time.Second, time.Since(start))
		synctest.Wait()
		require.Equal(t, 2*time.Second, ended, "its handler is told at once")
		_, err = io.WriteString(w, "too late")
		require.ErrorIs(t, err, io.ErrClosedPipe, "the body is closed, as a transport must")
	})
}
