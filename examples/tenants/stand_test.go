package main

import (
	"context"
	"io/fs"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/testserver"
	"github.com/hookmitt/hookmitt/verify"
)

// stand is the service with the secrets of two tenants, acme and globex, and nothing on the network.
type stand struct {
	t       *testing.T
	files   directory
	handler http.Handler
	ran     []string // tenant and server
}

func newStand(t *testing.T) *stand {
	t.Helper()
	s := &stand{t: t, files: directory{MapFS: fstest.MapFS{}, down: new(error)}}
	s.write("acme", "acme-secret")
	s.write("globex", "globex-secret")
	receiver, err := newReceiver(s.files)
	require.NoError(t, err)
	s.handler = routes(receiver, func(_ context.Context, tenant string, v events.ServerStarted) error {
		s.ran = append(s.ran, tenant+" "+v.Name)
		return nil
	})
	return s
}

// directory is one in memory, which may fail.
type directory struct {
	fstest.MapFS
	down *error
}

// Open implements [fs.FS].
func (d directory) Open(name string) (fs.File, error) {
	if *d.down != nil {
		return nil, *d.down
	}
	return d.MapFS.Open(name)
}

// ReadFile implements [fs.ReadFileFS].
func (d directory) ReadFile(name string) ([]byte, error) {
	if *d.down != nil {
		return nil, *d.down
	}
	return d.MapFS.ReadFile(name)
}

// write is the operator's: it writes a tenant's file.
func (s *stand) write(tenant string, secrets ...string) {
	s.files.MapFS[tenant] = &fstest.MapFile{Data: []byte(strings.Join(secrets, "\n") + "\n")}
}

// endpoint registers a path with the provider, under a secret. It is tried so many times; 0 is as the provider does.
func (s *stand) endpoint(path, secret string, attempts int) *testserver.Endpoint {
	s.t.Helper()
	provider, err := testserver.New(hookmitt.CDHosting(), &testserver.Options{Transport: testserver.InProcess(s.handler)})
	require.NoError(s.t, err)
	s.t.Cleanup(func() { require.NoError(s.t, provider.Close()) })
	endpoint, err := provider.Subscribe(testserver.Subscription{
		URL: "http://service.test" + path, Secret: verify.NewSecret(secret), MaxAttempts: attempts,
	})
	require.NoError(s.t, err)
	return endpoint
}

// send sends an event to a path once, signed with a secret, and returns the answer and what it says became of it.
func (s *stand) send(path, secret string, e events.Event) (int, string) {
	s.t.Helper()
	timeline, _ := s.endpoint(path, secret, 1).Send(s.t.Context(), e).Wait(s.t.Context())
	require.Len(s.t, timeline, 1)
	return timeline[0].Status, timeline[0].Outcome()
}

// event is that of a server of a server, under an id.
func event(id string) events.Event {
	e := events.New(events.ServerStarted{ServerID: "srv_1", Name: "web", Status: "running", IP: "192.0.2.1"})
	e.ID = id
	return e
}
