package testserver_test

import (
	"crypto"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/testserver"
	"github.com/hookmitt/hookmitt/verify"
)

func TestSubscriptionRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sub  testserver.Subscription
		want string
	}{
		"fewer than no attempts":    {testserver.Subscription{MaxAttempts: -1}, "MaxAttempts is -1"},
		"a method in small letters": {testserver.Subscription{Method: "put"}, `Method "put"`},
		"a method of two words":     {testserver.Subscription{Method: "PUT IT"}, `Method "PUT IT"`},
		"an event without a name":   {testserver.Subscription{Events: []string{"server.started", ""}}, "Events"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.sub.URL, c.sub.Secret = receiverURL, secret
			_, err := newServer(t, hookmitt.CDHosting(), statuses(200)).Subscribe(c.sub)
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestASubscriptionThatCouldSendNothing(t *testing.T) {
	t.Parallel()
	mismatched := hookmitt.CDHosting()
	mismatched.Scheme = verify.HMAC{
		Header: "X-Signature", Hash: crypto.SHA256, Signed: []verify.Part{verify.Header("X-Delivery"), verify.Body()},
	}
	for name, c := range map[string]struct {
		provider hookmitt.Provider
		secret   string
		want     error
	}{
		"the codec does not write a header that is signed": {mismatched, "test-secret", verify.ErrMissing},
		"the secret is not of the scheme's form":           {hookmitt.StandardWebhooks(), "test-secret", verify.ErrSecretForm},
		"the secret is a public key": {
			hookmitt.StandardWebhooks(), "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=", verify.ErrPublicKey,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := testserver.New(c.provider, nil)
			require.NoError(t, err)
			defer s.Close()
			_, err = s.Subscribe(testserver.Subscription{URL: "http://127.0.0.1/", Secret: verify.NewSecret(c.secret)})
			require.ErrorIs(t, err, c.want)
			require.ErrorContains(t, err, c.provider.Name)
		})
	}
}

func TestASecretThatCannotSignIsNotRotatedIn(t *testing.T) {
	t.Parallel()
	s, err := testserver.New(hookmitt.StandardWebhooks(), nil)
	require.NoError(t, err)
	defer s.Close()
	ep, err := s.Subscribe(testserver.Subscription{URL: "http://127.0.0.1/", Secret: hookmitt.StandardWebhooks().SecretOf("test-secret")})
	require.NoError(t, err)
	require.ErrorIs(t, ep.Rotate(verify.NewSecret("whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=")), verify.ErrPublicKey)
	require.ErrorIs(t, ep.Rotate(verify.NewSecret("whsec_!")), verify.ErrSecretForm)
}
