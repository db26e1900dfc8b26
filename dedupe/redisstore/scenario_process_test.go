package redisstore_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/dedupe/redisstore"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/internal/redistest"
	"github.com/hookmitt/hookmitt/middleware"
	"github.com/hookmitt/hookmitt/verify"
)

// receiverOf is the environment's variable by which the test binary is a receiver, on the Redis at that address.
const receiverOf = "HOOKMITT_RECEIVER_OF"

// receiveForEver is the process of a receiver whose runs do not end. It says where it is, and of each run "run 1 token
// 17"; and it ends when its standard input does, so that it does not outlive its test.
func receiveForEver(addr string) {
	store, err := redisstore.New(redis.NewClient(&redis.Options{Addr: addr}), nil)
	orExit(err)
	rc, err := middleware.New(hookmitt.CDHosting(), verify.NewKeyring(secret), &middleware.Options{Store: store})
	orExit(err)
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	orExit(err)
	fmt.Println("http://" + l.Addr().String())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	orExit(http.Serve(l, rc.Handle(events.HandlerFunc(func(ctx context.Context, _ events.Event) error { //nolint:gosec // a test's
		c, _ := dedupe.ClaimFrom(ctx)
		fmt.Println("run", c.Run, "token", c.Token)
		select {}
	}))))
}

func orExit(err error) {
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

func TestScenarioProcessDies(t *testing.T) {
	t.Parallel()
	t.Run("scenario 09 the process is killed while it runs the event", func(t *testing.T) {
		t.Parallel()
		server := redistest.Start(t)
		self, err := os.Executable()
		require.NoError(t, err)
		process := exec.CommandContext(t.Context(), self)
		process.Env = append(os.Environ(), receiverOf+"="+server.Addr)
		_, err = process.StdinPipe()
		require.NoError(t, err)
		out, err := process.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, process.Start())
		lines := bufio.NewScanner(out)
		require.True(t, lines.Scan())
		url := lines.Text()
		require.True(t, strings.HasPrefix(url, "http://"), url)

		h, body, err := hookmitt.CDHosting().Seal(secret, started("evt_1"), time.Now())
		require.NoError(t, err)
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, bytes.NewReader(body))
		require.NoError(t, err)
		r.Header = h
		cut := make(chan error, 1)
		go func() {
			response, err := http.DefaultClient.Do(r)
			if err == nil {
				_ = response.Body.Close()
			}
			cut <- err
		}()
		require.True(t, lines.Scan())
		said := strings.Fields(lines.Text())
		require.Len(t, said, 4, lines.Text())
		require.Equal(t, "1", said[1], "the run")
		token, err := strconv.ParseUint(said[3], 10, 64)
		require.NoError(t, err)
		require.NoError(t, process.Process.Kill())
		require.Error(t, process.Wait())
		require.Error(t, <-cut, "there was no answer")

		a := act(nothing)
		s := newStand(t, hookmitt.CDHosting(), open(t, client(t, server.Addr), nil), a.HandleEvent)
		busy := s.send(started("evt_1"))
		require.Equal(t, "503 busy", brief(busy))
		require.GreaterOrEqual(t, retryAfter(busy), 1)
		require.LessOrEqual(t, retryAfter(busy), 24)
		server.Pass(24 * time.Second)
		require.Equal(t, "200 accepted", brief(s.send(started("evt_1"))))
		a.requireRuns(t, 2)
		require.Greater(t, a.claims[0].Token, token)
		require.Equal(t, "200 duplicate", brief(s.send(started("evt_1"))))
	})
}
