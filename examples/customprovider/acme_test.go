package customprovider_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/examples/customprovider"
	"github.com/hookmitt/hookmitt/testserver"
	"github.com/hookmitt/hookmitt/verify"
)

// What follows from the description, nobody has to configure.
func TestAcmesScheduleIsPlayedToItsEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		down := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) })
		server, err := testserver.New(customprovider.Acme(), &testserver.Options{Transport: testserver.InProcess(down)})
		require.NoError(t, err)
		defer server.Close()
		endpoint, err := server.Subscribe(testserver.Subscription{URL: "http://service.test/webhooks", Secret: secret})
		require.NoError(t, err)
		timeline, err := endpoint.Send(t.Context(), events.New(shipped)).Wait(t.Context())
		require.ErrorIs(t, err, testserver.ErrExhausted)
		require.Equal(t, "0s 503, 1m0s 503, 4m0s 503, 13m0s 503, 40m0s 503", timeline.String())
		_, disabled := endpoint.Disabled()
		require.True(t, disabled)
		require.Equal(t, 40*time.Minute+5*10*time.Second, customprovider.Acme().Horizon())
	})
}

func TestAPayloadThatBreaksItsTagsReachesNoHandler(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newStand(t, customprovider.Acme(), verify.NewKeyring(secret))
		odd := shipped
		odd.Carrier = "pigeon"
		a := s.attempt(customprovider.Acme(), events.New(odd))
		require.Equal(t, 422, a.Status)
		require.Equal(t, "invalid", a.Outcome())
		require.Empty(t, s.got)
	})
}

// Not every scheme goes with every codec, and the first event says so: what is signed must be sent.
func TestASignedHeaderNeedsACodecThatSendsIt(t *testing.T) {
	t.Parallel()
	p := hookmitt.CDHosting()
	p.Scheme = customprovider.Acme().Scheme
	e := events.New(started)
	e.ID = "evt_1"
	_, _, err := p.Seal(secret, e, time.Now())
	require.ErrorIs(t, err, verify.ErrMissing)
}
