package middleware_test

import (
	"context"
	"crypto"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/middleware"
	"github.com/hookmitt/hookmitt/verify"
)

// tenantOf finds the tenant where as puts it.
func tenantOf(r *http.Request) string { return r.Header.Get("Tenant") }

func as(tenant string, r *http.Request) *http.Request {
	r.Header.Set("Tenant", tenant)
	return r
}

// vault has a secret for every tenant it knows.
type vault map[string][]verify.Secret

func (v vault) Secrets(ctx context.Context) ([]verify.Secret, error) {
	all, ok := v[middleware.TenantFrom(ctx)]
	if !ok {
		return nil, verify.ErrNoSecrets
	}
	return all, nil
}

func TestTenantsHaveSecretsAndIDsOfTheirOwn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		other := verify.NewSecret("other-secret")
		var ran []string
		s := standWith(t, hookmitt.CDHosting(), vault{"a": {secret}, "b": {other, secret}},
			middleware.Options{Tenant: tenantOf}, func(ctx context.Context, e events.Event) error {
				ran = append(ran, middleware.TenantFrom(ctx)+" "+e.ID)
				return nil
			})
		require.Equal(t, "accepted", s.do(as("a", s.request(started("evt_1")))).Outcome)
		require.Equal(t, "a", s.last().Tenant)
		require.Equal(t, "accepted", s.do(as("b", s.request(started("evt_1")))).Outcome)
		require.Equal(t, "b", s.last().Tenant)
		require.Equal(t, 1, s.last().SecretIndex)
		require.Equal(t, "duplicate", s.do(as("b", s.request(started("evt_1")))).Outcome)
		require.Equal(t, []string{"a evt_1", "b evt_1"}, ran)

		h, body, err := s.provider.Seal(other, started("evt_2"), time.Now())
		require.NoError(t, err)
		require.Equal(t, 401, s.do(as("a", s.raw(h, body))).Status, "b's secret says nothing about a")
		require.Equal(t, 401, s.do(as("c", s.request(started("evt_2")))).Status)
		require.Equal(t, "c", s.last().Tenant)
		require.Equal(t, 401, s.do(as("", s.request(started("evt_2")))).Status)
		require.ErrorIs(t, s.last().Err, verify.ErrNoSecrets)
		require.Len(t, ran, 2)
	})
}

func TestATenantIsKnownInALateRunToo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		seen := make(chan string, 3)
		s := newStand(t, hookmitt.CDHosting(), func(ctx context.Context, _ events.Event) error {
			time.Sleep(20 * time.Second)
			seen <- "handler " + middleware.TenantFrom(ctx)
			return nil
		}, middleware.Options{Tenant: tenantOf, Observe: func(ctx context.Context, r middleware.Record) {
			seen <- r.Outcome.String() + " " + middleware.TenantFrom(ctx) + " " + r.Tenant
		}})
		require.Equal(t, "timed-out", s.do(as("acme", s.request(started("evt_1")))).Outcome)
		require.Equal(t, "timed-out acme acme", <-seen)
		require.Equal(t, "handler acme", <-seen)
		require.Equal(t, "accepted acme acme", <-seen)
	})
}

func TestWithoutTenantsThereIsNone(t *testing.T) {
	t.Parallel()
	require.Empty(t, middleware.TenantFrom(t.Context()))
	_, ok := middleware.EventFrom(t.Context())
	require.False(t, ok)
}

// Of twelve verifiers that were tried with an empty secret, nine accept what is signed with the empty key.
func TestAForgeryUnderTheEmptyKeyNeverRuns(t *testing.T) {
	t.Parallel()
	body := []byte(`{"id":"evt_1","type":"server.started","data":{}}`)
	mac := hmac.New(sha256.New, nil)
	mac.Write(body)
	forged := hex.EncodeToString(mac.Sum(nil))
	for name, secrets := range map[string][]verify.Secret{
		"the secret is empty":          {verify.NewSecret("")},
		"the secret is the zero one":   {{}},
		"the old secret is empty":      {secret, {}},
		"the current secret is empty":  {{}, secret},
		"all that there are are empty": {{}, {}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := standWith(t, hookmitt.CDHosting(), secretsAre(nil, secrets...), middleware.Options{Tenant: tenantOf},
				func(context.Context, events.Event) error {
					t.Error("the handler ran")
					return nil
				})
			got := s.do(as("acme", s.raw(http.Header{sigHeader: {forged}}, body)))
			require.Equal(t, 503, got.Status, "the fault is ours, so a genuine event must come again")
			require.Empty(t, got.Outcome)
			require.ErrorIs(t, s.last().Err, verify.ErrEmptySecret)
		})
	}
}

func TestASecretOfTheWrongFormIsOurFault(t *testing.T) {
	t.Parallel()
	p := hookmitt.CDHosting()
	p.Scheme = verify.HMAC{Header: "X-Cdhosting-Signature", Hash: crypto.SHA256, Key: verify.Base64Key("whsec_")}
	s := standWith(t, p, secretsAre(nil, verify.NewSecret("whsec_%")), middleware.Options{Tenant: tenantOf}, nothing)
	got := s.do(as("acme", s.raw(http.Header{sigHeader: {hex.EncodeToString(make([]byte, 32))}}, []byte(`{}`))))
	require.Equal(t, 503, got.Status)
	require.ErrorIs(t, s.last().Err, verify.ErrSecretForm)
	require.Equal(t, -1, s.last().SecretIndex)
}
