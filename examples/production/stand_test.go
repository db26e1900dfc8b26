package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/internal/redistest"
	"github.com/hookmitt/hookmitt/testserver"
	"github.com/hookmitt/hookmitt/verify"
)

const secretText = "production-secret"

// The test binary is the program too: the tests run processes of it.
func TestMain(m *testing.M) {
	if os.Getenv("BE_PRODUCTION") != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// stand is a Redis, an inventory, and processes of the service.
type stand struct {
	t         *testing.T
	redis     *redistest.Server
	inventory *inventory
	secrets   string // directory
	dead      string // directory
}

func newStand(t *testing.T) *stand {
	t.Helper()
	s := &stand{t: t, redis: redistest.Start(t), inventory: &inventory{servers: map[string]map[string]string{}, keys: map[string]bool{}}, secrets: t.TempDir(), dead: t.TempDir()}
	s.write("civo", secretText)
	s.write("reseller", secretText)
	return s
}

// write is the operator's: it writes a provider's file of secrets.
func (s *stand) write(provider, text string) {
	s.t.Helper()
	require.NoError(s.t, os.WriteFile(filepath.Join(s.secrets, provider), []byte(text+"\n"), 0o600))
}

// provider plays p for processes, in turn, on the Manual clock.
func (s *stand) provider(p hookmitt.Provider, processes ...*process) (*testserver.Server, *testserver.Endpoint) {
	s.t.Helper()
	server, err := testserver.New(p, &testserver.Options{Clock: testserver.Manual(), Transport: &balancer{processes: processes}})
	require.NoError(s.t, err)
	s.t.Cleanup(func() { require.NoError(s.t, server.Close()) })
	endpoint, err := server.Subscribe(testserver.Subscription{URL: processes[0].url + "/webhooks/" + p.Name, Secret: verify.NewSecret(secretText)})
	require.NoError(s.t, err)
	return server, endpoint
}

// balancer sends each request to the next process.
type balancer struct {
	mu        sync.Mutex
	processes []*process
	sent      int
}

// RoundTrip implements [http.RoundTripper].
func (b *balancer) RoundTrip(r *http.Request) (*http.Response, error) {
	b.mu.Lock()
	p := b.processes[b.sent%len(b.processes)]
	b.sent++
	b.mu.Unlock()
	r = r.Clone(r.Context())
	r.URL.Host = strings.TrimPrefix(p.url, "http://")
	return http.DefaultTransport.RoundTrip(r)
}

// advance makes the next attempt. Redis's clock follows the provider's.
func (s *stand) advance(server *testserver.Server) {
	s.t.Helper()
	next, ok := server.Next()
	require.True(s.t, ok, "nothing is due")
	s.redis.Pass(next.Sub(server.Now()))
	_, err := server.AdvanceNext(s.t.Context())
	require.NoError(s.t, err)
}

// outcomes is what the attempts of a delivery were told.
func outcomes(timeline testserver.Timeline) string {
	var all []string
	for _, a := range timeline {
		all = append(all, a.Outcome())
	}
	return strings.Join(all, ", ")
}
