package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/testserver"
	"github.com/hookmitt/hookmitt/verify"
)

func TestTenantsHaveIDsOfTheirOwn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newStand(t)
		for _, step := range []struct{ path, secret, outcome string }{
			{"/webhooks/acme", "acme-secret", "accepted"},
			{"/webhooks/globex", "globex-secret", "accepted"}, // the same id, and another's event
			{"/webhooks/acme", "acme-secret", "duplicate"},
			{"/webhooks/globex", "globex-secret", "duplicate"},
		} {
			status, outcome := s.send(step.path, step.secret, event("evt_1"))
			require.Equal(t, 200, status)
			require.Equal(t, step.outcome, outcome)
		}
		require.Equal(t, []string{"acme web", "globex web"}, s.ran)
	})
}

func TestATenantsSecretIsGoodForNoOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newStand(t)
		status, _ := s.send("/webhooks/acme", "globex-secret", event("evt_1"))
		require.Equal(t, 401, status)
		require.Empty(t, s.ran)
		_, outcome := s.send("/webhooks/acme", "acme-secret", event("evt_1"))
		require.Equal(t, "accepted", outcome, "globex has not burnt acme's id")
	})
}

// The mux unescapes the name and the vault opens a file by it, so a name is where a stranger would try.
func TestANameLeadsToNoOtherTenant(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		path   string
		status int
	}{
		"an escaped slash after it":       {"/webhooks/acme%2F", 401},
		"an escaped slash before it":      {"/webhooks/%2Facme", 401},
		"up and down again":               {"/webhooks/globex%2F..%2Facme", 401},
		"up":                              {"/webhooks/..%2Facme", 401},
		"a file further down":             {"/webhooks/team%2Facme", 401},
		"in capitals":                     {"/webhooks/ACME", 401},
		"the directory itself":            {"/webhooks/.", 307}, // cleaned by the mux, like the next
		"a name that ends":                {"/webhooks/acme%00", 401},
		"a space":                         {"/webhooks/acme%20", 401},
		"a name of 65 letters":            {"/webhooks/" + strings.Repeat("a", 65), 401},
		"a slash, so this is another URL": {"/webhooks/globex/acme", 404},
		"the last slash, likewise":        {"/webhooks/acme/", 404},
		"no name, likewise":               {"/webhooks/", 404},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newStand(t)
				s.write("team/acme", "acme-secret")
				s.write("ACME", "acme-secret")
				s.write(strings.Repeat("a", 65), "acme-secret")
				status, _ := s.send(c.path, "acme-secret", event("evt_1"))
				require.Equal(t, c.status, status)
				require.Empty(t, s.ran)
				_, outcome := s.send("/webhooks/acme", "acme-secret", event("evt_1"))
				require.Equal(t, "accepted", outcome)
			})
		})
	}
}

// Whoever looks for customers of ours sees the same bytes everywhere.
func TestNobodyLearnsWhoIsATenant(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	server := httptest.NewServer(s.handler)
	defer server.Close()
	answer := func(path, secret string) string {
		h, body, err := hookmitt.CDHosting().Seal(verify.NewSecret(secret), event("evt_1"), time.Now())
		require.NoError(t, err)
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+path, bytes.NewReader(body))
		require.NoError(t, err)
		r.Header = h
		got, err := server.Client().Do(r)
		require.NoError(t, err)
		defer got.Body.Close()
		require.NotEmpty(t, got.Header.Get("Date"))
		got.Header.Del("Date")
		dump, err := httputil.DumpResponse(got, true)
		require.NoError(t, err)
		return string(dump)
	}
	want := answer("/webhooks/acme", "a stranger's")
	require.Contains(t, want, "401 Unauthorized")
	for name, c := range map[string]struct{ path, secret string }{
		"an unknown tenant":                           {"/webhooks/initech", "a stranger's"},
		"an unknown tenant, with a tenant's secret":   {"/webhooks/initech", "acme-secret"},
		"another tenant's secret":                     {"/webhooks/globex", "acme-secret"},
		"a name that cannot be one":                   {"/webhooks/a%2Fb", "acme-secret"},
		"a name that cannot be one, and a stranger's": {"/webhooks/a%2Fb", "a stranger's"},
	} {
		require.Equal(t, want, answer(c.path, c.secret), name)
	}
	require.Contains(t, answer("/webhooks/acme", "acme-secret"), "200 OK")
}

// The program itself, on a real directory.
func TestRun(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "acme"), []byte("acme-secret\n"), 0o600))
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	out, in := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, "127.0.0.1:0", dir, in) }()
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	_, url, _ := strings.Cut(strings.TrimSpace(line), "receiving at ")

	provider, err := testserver.New(hookmitt.CDHosting(), &testserver.Options{Clock: testserver.Manual()})
	require.NoError(t, err)
	defer provider.Close()
	for tenant, want := range map[string]int{"acme": 200, "initech": 401} {
		endpoint, err := provider.Subscribe(testserver.Subscription{
			URL: strings.Replace(url, "{tenant}", tenant, 1), Secret: verify.NewSecret("acme-secret"),
		})
		require.NoError(t, err)
		timeline, _ := endpoint.Send(t.Context(), event("evt_1")).Wait(t.Context())
		require.Equal(t, want, timeline[0].Status, tenant)
	}
	stop()
	require.NoError(t, <-ended)
	require.Error(t, run(t.Context(), "127.0.0.1:0", filepath.Join(dir, "none"), in))
}
