package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/internal/redistest"
)

func TestEveryEventIsHandledOnce(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	for range 2 { // the second time on a Redis that remembers the first
		var out bytes.Buffer
		require.NoError(t, run(t.Context(), server.Addr, &out))
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		require.Len(t, lines, 1+12+1)
		require.Contains(t, lines[13], "each handled once")
		for _, number := range []int{1, 2, 3} {
			require.Contains(t, out.String(), name(number))
		}
		require.Contains(t, out.String(), "200 duplicate")
		keys, err := server.Do("dbsize")
		require.NoError(t, err)
		require.Equal(t, "0", keys, "nothing is left behind")
	}
}

func TestItNeedsARedis(t *testing.T) {
	t.Parallel()
	require.ErrorContains(t, run(t.Context(), "127.0.0.1:1", new(bytes.Buffer)), "redis at 127.0.0.1:1")
}
