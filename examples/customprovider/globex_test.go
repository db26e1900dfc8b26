package customprovider_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
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

// replay sends a captured request again.
func replay(h http.Handler, captured testserver.Attempt) *httptest.ResponseRecorder {
	r := httptest.NewRequest(captured.Method, captured.URL, bytes.NewReader(captured.Body))
	r.Header = captured.Header.Clone()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestACapturedRequestOfGlobexIsWorthNothingAfterFiveMinutes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newStand(t, customprovider.Globex(), verify.NewKeyring(secret))
		timeline, _ := s.send(customprovider.Globex(), events.New(refund))
		time.Sleep(5 * time.Minute)
		got := replay(s.handler, timeline[0])
		require.Equal(t, 200, got.Code)
		require.Equal(t, "duplicate", got.Header().Get("Hookmitt-Outcome"), "still fresh, and done already")
		time.Sleep(time.Second)
		require.Equal(t, 401, replay(s.handler, timeline[0]).Code)
		require.Len(t, s.got, 1)
	})
}

// Each retry is stamped anew, or none after the first five minutes would be taken.
func TestGlobexsRetriesAreFreshForHalfADay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newStand(t, customprovider.Globex(), verify.NewKeyring(secret))
		lost := testserver.Times(4, testserver.LostReply())
		timeline, outcomes := s.send(customprovider.Globex(), events.New(refund), lost)
		require.Equal(t, "0s lost, 30s lost, 10m30s lost, 1h10m30s lost, 13h10m30s 200", timeline.String())
		require.Equal(t, ", , , , duplicate", outcomes)
		require.Equal(t, []any{refund}, s.got)
	})
}

// rotating is Globex's scheme while a secret is rotated: it signs with the old one too.
type rotating struct {
	verify.HMAC
	old verify.Secret
}

// Sign implements [verify.Scheme].
func (r rotating) Sign(secret verify.Secret, h http.Header, body []byte, at time.Time) error {
	if err := r.HMAC.Sign(r.old, h, body, at); err != nil {
		return err
	}
	_, old, _ := strings.Cut(h.Get(r.Header), ",")
	if err := r.HMAC.Sign(secret, h, body, at); err != nil {
		return err
	}
	h.Set(r.Header, h.Get(r.Header)+","+old)
	return nil
}

// globexRotating signs with secret and with what was the secret before.
func globexRotating(before verify.Secret) hookmitt.Provider {
	p := customprovider.Globex()
	p.Scheme = rotating{p.Scheme.(verify.HMAC), before}
	return p
}

// Whichever of the two the receiver knows, it misses no event: it may be told of the new secret late, and forget the
// old one early.
func TestWhileGlobexRotatesEitherSecretIsEnough(t *testing.T) {
	t.Parallel()
	before, stranger := verify.NewSecret("the one before"), verify.NewSecret("a stranger's")
	for name, c := range map[string]struct {
		ring   *verify.Keyring
		status int
	}{
		"the receiver has the old one":  {verify.NewKeyring(before), 200},
		"the receiver has the new one":  {verify.NewKeyring(secret), 200},
		"the receiver has both":         {verify.NewKeyring(secret, before), 200},
		"the receiver has another's":    {verify.NewKeyring(stranger), 401},
		"the receiver retired both":     {retired(t, stranger, secret, before), 401},
		"the receiver retired just one": {retired(t, before, secret), 200},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newStand(t, customprovider.Globex(), c.ring)
				a := s.attempt(globexRotating(before), events.New(refund))
				require.Equal(t, 2, strings.Count(a.Header.Get("Globex-Signature"), "v1="))
				require.Equal(t, c.status, a.Status)
			})
		})
	}
}

// retired is a ring on which only the last rotation is left.
func retired(t *testing.T, current verify.Secret, before ...verify.Secret) *verify.Keyring {
	t.Helper()
	ring := verify.NewKeyring(before[0], before[1:]...)
	require.NoError(t, ring.Rotate(current))
	ring.Retire()
	return ring
}
