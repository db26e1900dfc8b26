package middleware_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/middleware"
	"github.com/hookmitt/hookmitt/testserver"
	"github.com/hookmitt/hookmitt/verify"
)

// Both versions of Standard Webhooks' signatures, on one ring: as while a sender moves from one to the other.
func TestStandardWebhooksEndToEnd(t *testing.T) {
	t.Parallel()
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, ed25519.SeedSize))
	private := verify.NewSecret("whsk_" + base64.StdEncoding.EncodeToString(key))
	public := verify.NewSecret("whpk_" + base64.StdEncoding.EncodeToString(key.Public().(ed25519.PublicKey)))
	shared := verify.NewSecret("whsec_" + base64.StdEncoding.EncodeToString([]byte("a secret of some twenty-four bytes")))
	for name, c := range map[string]struct {
		signs verify.Secret
		index int
	}{
		"v1":  {shared, 1},
		"v1a": {private, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				a := act(failing, nothing)
				s := standWith(t, hookmitt.StandardWebhooks(), verify.NewKeyring(public, shared), middleware.Options{}, a.HandleEvent)
				server, err := testserver.New(s.provider, &testserver.Options{Transport: &network{stand: s}, Allow: []string{"receiver.test"}})
				require.NoError(t, err)
				defer server.Close()
				endpoint, err := server.Subscribe(testserver.Subscription{URL: "http://receiver.test/webhooks", Secret: c.signs})
				require.NoError(t, err)
				e, _ := s.provider.Events.Sample("example.event")
				timeline, outcomes, err := deliver(t, endpoint, e, testserver.OnAttempt(2, testserver.Stale(6*time.Minute)), testserver.OnAttempt(3, testserver.Tampered()), testserver.OnAttempt(4, testserver.WrongKey()), testserver.OnAttempt(5, testserver.Twice()))
				require.NoError(t, err)
				require.Equal(t, "0s 500, 5s 401, 5m5s 401, 35m5s 401, 2h35m5s 200, 2h35m5s 200", timeline)
				require.Equal(t, "failed, , , , accepted, duplicate", outcomes)
				records := s.all()
				require.Equal(t, c.index, records[0].SecretIndex)
				require.ErrorIs(t, records[1].Err, verify.ErrStale)
				require.ErrorIs(t, records[2].Err, verify.ErrMismatch)
				a.requireRuns(t, 1, 2)
			})
		})
	}
}

// counting counts what it is asked to verify with.
type counting struct {
	verify.Scheme
	fits *int
}

func (c counting) Verify(secrets []verify.Secret, h http.Header, body []byte) (int, error) {
	matched, err := c.Scheme.Verify(secrets, h, body)
	if !errors.Is(err, verify.ErrSecretForm) {
		*c.fits++
	}
	return matched, err
}

// A stranger's request costs a MAC whether the tenant is known or not, whatever the form of the provider's secrets: a
// stopwatch must not tell who is a tenant.
func TestTheDecoyIsOfTheSchemesForm(t *testing.T) {
	t.Parallel()
	for _, p := range []hookmitt.Provider{hookmitt.Civo(), hookmitt.StandardWebhooks(), hookmitt.GitHub()} {
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				h, body, err := p.Seal(p.SecretOf("a stranger's"), sampleOf(t, p), time.Now())
				require.NoError(t, err)
				fits := 0
				p.Scheme = counting{p.Scheme, &fits}
				s := standWith(t, p, vault{"known": {p.SecretOf("known")}}, middleware.Options{Tenant: tenantOf}, nothing)
				for n, tenant := range []string{"known", "unknown"} {
					require.Equal(t, 401, s.do(as(tenant, s.raw(h.Clone(), body))).Status)
					require.Equal(t, n+1, fits)
				}
			})
		})
	}
}

func sampleOf(t *testing.T, p hookmitt.Provider) events.Event {
	t.Helper()
	e, ok := p.Events.Sample(p.Events.Types()[0])
	require.True(t, ok)
	e.ID = firstID
	return e
}

// GitHub never tries again by itself, and what somebody asks it to deliver again has the id that it had.
func TestGitHubRedelivers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := act(failing, nothing)
		s := newStand(t, hookmitt.GitHub(), a.HandleEvent, middleware.Options{})
		push := events.Named("push", map[string]any{"ref": "refs/heads/main"})
		push.ID = firstID
		require.Equal(t, "500 failed", brief(s.send(push)))
		require.Equal(t, "200 accepted", brief(s.send(push)), "it had failed, so it runs")
		require.Equal(t, "200 duplicate", brief(s.send(push)))
		require.NoError(t, s.receiver.Forget(t.Context(), "", firstID))
		require.Equal(t, "200 accepted", brief(s.send(push)))
		a.requireRuns(t, 1, 2, 1)
		require.Equal(t, http.MethodPost, s.provider.Verb())
	})
}
