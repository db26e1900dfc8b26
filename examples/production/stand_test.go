package main

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
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

// process is one of the service.
type process struct {
	t    *testing.T
	cmd  *exec.Cmd
	url  string
	logs chan string
}

func (s *stand) start(flags ...string) *process {
	s.t.Helper()
	server := httptest.NewServer(s.inventory)
	s.t.Cleanup(server.Close)
	p := &process{t: s.t, logs: make(chan string, 1000)}
	p.cmd = exec.CommandContext(context.Background(), os.Args[0], append([]string{"-addr", "127.0.0.1:0", "-drain", "0", //nolint:gosec // ourselves
		"-redis", s.redis.Addr, "-secrets", s.secrets, "-dead", s.dead, "-inventory", server.URL}, flags...)...)
	p.cmd.Env = append(os.Environ(), "BE_PRODUCTION=1")
	stderr, err := p.cmd.StderrPipe()
	require.NoError(s.t, err)
	require.NoError(s.t, p.cmd.Start())
	s.t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
	})
	go func() {
		defer close(p.logs)
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			p.logs <- lines.Text()
		}
	}()
	_, url, _ := strings.Cut(p.says("receiving at="), "at=")
	p.url, _, _ = strings.Cut(url, " ")
	return p
}

// says waits for a line of the log that holds a text.
func (p *process) says(text string) string {
	p.t.Helper()
	for line := range p.logs {
		if strings.Contains(line, text) {
			return line
		}
	}
	p.t.Fatalf("the service ended without saying %q", text)
	return ""
}

// ends waits until the service has ended.
func (p *process) ends() error {
	for range p.logs { //nolint:revive // Wait would close the pipe before all of it is read
	}
	return p.cmd.Wait()
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

// inventory is the service behind the service.
type inventory struct {
	mu      sync.Mutex
	down    int                          // requests that it will not serve
	servers map[string]map[string]string // by id
	keys    map[string]bool              // of the requests it served
	visits  int
	hold    chan struct{} // if set, a request waits for it
	visited chan struct{} // and tells so
}

// ServeHTTP implements [http.Handler].
func (i *inventory) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if i.hold != nil {
		i.visited <- struct{}{}
		<-i.hold
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.visits++; i.visits <= i.down {
		http.Error(w, "down", http.StatusBadGateway)
		return
	}
	key := r.Header.Get("Idempotency-Key")
	if i.keys[key] {
		return
	}
	i.keys[key] = true
	server := map[string]string{}
	_ = json.NewDecoder(r.Body).Decode(&server)
	i.servers[strings.TrimPrefix(r.URL.Path, "/servers/")] = server
}

// served is how many events were.
func (i *inventory) served() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return len(i.keys)
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
