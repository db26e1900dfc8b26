package conform_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/testserver/conform"
)

// What a bubble cannot show: buffers between the two, resets, and answers that are lost with them.
func TestACorrectReceiverPassesOverTheNetwork(t *testing.T) {
	t.Parallel()
	target, _ := newStand(hookmitt.Civo(), "", &manner{})
	target = (&front{}).before(t, target)
	report, err := conform.Probe(t.Context(), target, &conform.Options{
		Only: []string{"BASE-*", "SIZE-*", "HTTP-1*", "HDR-0[45]", "IDEM-02", "TIME-0[3478]", "CONC-01", "RETRY-02"}, Strict: true, Seed: seed,
	})
	require.NoError(t, err)
	for _, r := range report.Results {
		require.Contains(t, []conform.Verdict{conform.OK, conform.Informational}, r.Verdict, conform.Explain(r))
	}
}

// A server that refuses and resets before it has read everything has refused.
func TestARefusalThatBreaksOff(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			if r, err := http.ReadRequest(bufio.NewReader(conn)); err == nil && r.Header.Get("X-Civo-Signature") != "" {
				_, _ = io.Copy(io.Discard, r.Body)
				_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
			} else {
				_, _ = io.WriteString(conn, "HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Length: 10\r\n\r\n431")
			}
			_ = conn.Close()
		}
	}()
	target, _ := newStand(hookmitt.Civo(), "", &manner{})
	target.Handler, target.URL, target.Effects = nil, "http://"+listener.Addr().String(), nil
	got := probe(t, target, false, "SIG-01")["SIG-01"]
	require.Equal(t, conform.NonStrict, got.Verdict)
	require.Equal(t, "answered 431 Request Header Fields Too Large; 401 says what is wrong", got.Found)
}
