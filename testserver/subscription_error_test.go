package testserver_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/testserver"
	"github.com/hookmitt/hookmitt/verify"
)

func TestSubscriptionError(t *testing.T) {
	t.Parallel()
	never := hookmitt.Civo()
	never.Retry, never.DisableAfter = hookmitt.Schedule{}, 0
	for name, c := range map[string]struct {
		provider hookmitt.Provider
		sub      testserver.Subscription
		field    string
		says     string
	}{
		"no URL":                 {hookmitt.Civo(), testserver.Subscription{URL: "nowhere"}, "URL", `is not an http or https URL`},
		"a URL with a password":  {hookmitt.Civo(), testserver.Subscription{URL: "http://me:it@receiver.test"}, "URL", "holds a user, and perhaps a password, which would show in every record"},
		"attempts where one is":  {never, testserver.Subscription{MaxAttempts: 2}, "MaxAttempts", "is 2, and civo never retries"},
		"fewer than no attempts": {hookmitt.Civo(), testserver.Subscription{MaxAttempts: -1}, "MaxAttempts", "is -1, and not from 0 to 1000"},
		"a method in small":      {hookmitt.Civo(), testserver.Subscription{Method: "put"}, "Method", `"put" is not an HTTP method in capitals`},
		"a line break":           {hookmitt.Civo(), testserver.Subscription{ContentType: "a\nb"}, "ContentType", `"a\nb" cannot be sent in a header`},
		"a pattern": {
			hookmitt.Civo(), testserver.Subscription{Events: []string{"instance.*"}}, "Events", "has a pattern, and a webhook takes whole types, or * for all",
		},
		"an event without a name": {
			hookmitt.Civo(), testserver.Subscription{Events: []string{""}}, "Events", "has an empty name",
		},
		"no secret": {hookmitt.CDHosting(), testserver.Subscription{Secret: verify.Secret{}}, "Secret", "is empty, and cdhosting requires one"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c.sub.URL == "" {
				c.sub.URL = receiverURL
			}
			_, err := newServer(t, c.provider, statuses(200)).Subscribe(c.sub)
			var misfit *testserver.SubscriptionError
			require.ErrorAs(t, err, &misfit)
			require.Equal(t, c.field, misfit.Field)
			require.EqualError(t, misfit.Err, c.says)
			require.EqualError(t, err, "testserver: Subscription."+c.field+" "+c.says)
		})
	}
	t.Run("a secret that does not do, with its cause", func(t *testing.T) {
		t.Parallel()
		p := hookmitt.StandardWebhooks()
		s := newServer(t, p, statuses(200))
		bad := testserver.Subscription{URL: receiverURL, Secret: verify.NewSecret("no base64!")}
		_, err := s.Subscribe(bad)
		ep, good := s.Subscribe(testserver.Subscription{URL: receiverURL, Secret: p.SecretOf("test-secret")})
		require.NoError(t, good)
		for _, err := range []error{err, ep.Update(bad), ep.Rotate(bad.Secret)} {
			var misfit *testserver.SubscriptionError
			require.ErrorAs(t, err, &misfit)
			require.Equal(t, "Secret", misfit.Field)
			require.ErrorIs(t, err, verify.ErrSecretForm)
			require.ErrorContains(t, err, "Subscription.Secret does not do: standardwebhooks cannot send example.event with it: ")
			require.NotContains(t, err.Error(), "no base64!")
		}
	})
}
