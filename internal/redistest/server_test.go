package redistest_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/internal/redistest"
)

// do has a server run a command.
func do(t *testing.T, s *redistest.Server, command ...string) string {
	t.Helper()
	out, err := s.Do(command...)
	require.NoError(t, err, out)
	return out
}

func TestServer(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args  []string
		check func(t *testing.T, s *redistest.Server)
	}{
		"its clock is moved, and what expires does": {nil, func(t *testing.T, s *redistest.Server) {
			do(t, s, "set", "k", "v", "ex", "100")
			s.Pass(99 * time.Second)
			require.Equal(t, "v", do(t, s, "get", "k"))
			s.Pass(time.Second)
			require.Empty(t, do(t, s, "get", "k"))
		}},
		"its clock is still ahead after a restart": {nil, func(t *testing.T, s *redistest.Server) {
			s.Pass(24 * time.Hour)
			s.Kill()
			require.NoError(t, s.Start())
			now, err := strconv.Atoi(do(t, s, "eval", "return redis.call('TIME')[1]", "0"))
			require.NoError(t, err)
			require.InDelta(t, time.Now().Add(24*time.Hour).Unix(), now, 60)
		}},
		"killed and started it has forgotten": {nil, func(t *testing.T, s *redistest.Server) {
			do(t, s, "set", "k", "v")
			addr := s.Addr
			s.Kill()
			_, err := s.Do("get", "k")
			require.Error(t, err)
			require.NoError(t, s.Start())
			require.Equal(t, addr, s.Addr)
			require.Empty(t, do(t, s, "get", "k"))
		}},
		"killed and started it knows what is on its disk": {[]string{"--appendonly", "yes", "--appendfsync", "always"}, func(t *testing.T, s *redistest.Server) {
			do(t, s, "set", "k", "v")
			s.Kill()
			require.NoError(t, s.Start())
			require.Equal(t, "v", do(t, s, "get", "k"))
		}},
		"paused it takes a command, and answers when it is resumed": {nil, func(t *testing.T, s *redistest.Server) {
			s.Pause()
			answer := make(chan string, 1)
			go func() {
				out, _ := s.Do("ping")
				answer <- out
			}()
			select {
			case out := <-answer:
				t.Fatalf("it answered %q", out)
			case <-time.After(50 * time.Millisecond):
			}
			s.Resume()
			require.Equal(t, "PONG", <-answer)
		}},
		"paused it can be killed": {nil, func(_ *testing.T, s *redistest.Server) {
			s.Pause()
			s.Kill()
		}},
		"a replica hears of everything, through its link": {nil, func(t *testing.T, s *redistest.Server) {
			replica, link := redistest.StartReplica(t, s)
			do(t, s, "set", "k", "1")
			redistest.Eventually(t, "it hears", func() bool { return do(t, replica, "get", "k") == "1" })
			link.Stall()
			do(t, s, "set", "k", "2")
			require.Equal(t, "1", do(t, replica, "get", "k"))
			link.Resume()
			redistest.Eventually(t, "it hears", func() bool { return do(t, replica, "get", "k") == "2" })
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.check(t, redistest.Start(t, c.args...))
		})
	}
}
