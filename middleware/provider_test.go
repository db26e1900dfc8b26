package middleware_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
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
				timeline, outcomes, err := deliver(t, endpoint, e, testserver.OnAttempt(2, testserver.Stale(6*time.Minute)), testserver.OnAttempt(3, testserver.Tampered()), testserver.OnAttempt(4, testserver.Twice()))
				require.NoError(t, err)
				require.Equal(t, "0s 500, 5s 401, 5m5s 401, 35m5s 200, 35m5s 200", timeline)
				require.Equal(t, "failed, , , accepted, duplicate", outcomes)
				records := s.all()
				require.Equal(t, c.index, records[0].SecretIndex)
				require.ErrorIs(t, records[1].Err, verify.ErrStale)
				require.ErrorIs(t, records[2].Err, verify.ErrMismatch)
				a.requireRuns(t, 1, 2)
			})
		})
	}
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
