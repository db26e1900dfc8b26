package integration_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/examples/integration"
	"github.com/hookmitt/hookmitt/testserver"
	"github.com/hookmitt/hookmitt/verify"
)

var (
	secret = verify.NewSecret("a secret of the test's")
	failed = events.PaymentFailed{InvoiceID: "inv_1"}
)

// failing is a mail server that comes back after so many failures.
func failing(times int) func(string) error {
	return func(string) error {
		if times--; times >= 0 {
			return errors.New("mail server down")
		}
		return nil
	}
}

// subscribe starts CDHosting and registers the service with it.
func subscribe(t *testing.T, url string, opts testserver.Options) (*testserver.Server, *testserver.Endpoint) {
	t.Helper()
	provider, err := testserver.New(hookmitt.CDHosting(), &opts)
	require.NoError(t, err)
	t.Cleanup(func() { _ = provider.Close() })
	endpoint, err := provider.Subscribe(testserver.Subscription{URL: url, Secret: secret})
	require.NoError(t, err)
	return provider, endpoint
}

// The ladder in a bubble: the mail server is down for a day, in virtual time.
func TestReminderSurvivesADayWithoutMail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dunning := &integration.Dunning{Remind: failing(5)}
		handler, err := dunning.Handler(secret)
		require.NoError(t, err)
		_, endpoint := subscribe(t, "http://service.test/webhooks", testserver.Options{Transport: testserver.InProcess(handler)})

		timeline, err := endpoint.Send(t.Context(), events.New(failed)).Wait(t.Context())

		require.NoError(t, err)
		require.Equal(t, "0s 500, 1m0s 500, 6m0s 500, 36m0s 500, 2h36m0s 500, 26h36m0s 200", timeline.String())
		require.Equal(t, 1, dunning.Reminders("inv_1"))
	})
}

// Duplicates and tampering, in process: the customer is reminded once, whatever happens on the way.
func TestReminderIsSentOnce(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]testserver.Fault{
		"sent twice":                  testserver.Twice(),
		"ten at once":                 testserver.Together(10),
		"our answer is lost":          testserver.OnAttempt(1, testserver.LostReply()),
		"tampered with, then as sent": testserver.OnAttempt(1, testserver.Tampered()),
		"forged, then as sent":        testserver.OnAttempt(1, testserver.WrongKey()),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				dunning := &integration.Dunning{Remind: failing(0)}
				handler, err := dunning.Handler(secret)
				require.NoError(t, err)
				_, endpoint := subscribe(t, "http://service.test/webhooks", testserver.Options{Transport: testserver.InProcess(handler)})

				_, err = endpoint.Send(t.Context(), events.New(failed), fault).Wait(t.Context())

				require.NoError(t, err)
				require.Equal(t, 1, dunning.Reminders("inv_1"))
			})
		})
	}
}

// A real server, with the Manual clock: nothing waits, and the provider disables and forgives.
func TestWebhookIsDisabledAndComesBack(t *testing.T) {
	t.Parallel()
	dunning := &integration.Dunning{Remind: failing(6)}
	handler, err := dunning.Handler(secret)
	require.NoError(t, err)
	service := httptest.NewServer(handler)
	defer service.Close()
	var mails []string
	provider, endpoint := subscribe(t, service.URL+"/webhooks", testserver.Options{
		Clock:  testserver.Manual(),
		Notify: func(n testserver.Notice) { mails = append(mails, n.Subject) },
	})

	lost := endpoint.Send(t.Context(), events.New(failed))
	passed, err := provider.Drain(t.Context())
	require.NoError(t, err)
	require.Equal(t, 26*time.Hour+36*time.Minute, passed)
	require.ErrorIs(t, lost.Err(), testserver.ErrExhausted)
	_, disabled := endpoint.Disabled()
	require.True(t, disabled)
	require.Len(t, mails, 1)

	require.NoError(t, endpoint.Update(endpoint.Subscription()))
	timeline, err := endpoint.Send(t.Context(), lost.Event()).Wait(t.Context())
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, timeline[0].Status)
	require.Equal(t, 1, dunning.Reminders("inv_1"))
}
