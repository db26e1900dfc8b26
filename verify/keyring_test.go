package verify_test

import (
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/verify"
)

// accepted are those of the texts whose signature the ring accepts now.
func accepted(t *testing.T, ring *verify.Keyring, texts ...string) []string {
	t.Helper()
	all, err := ring.Secrets(t.Context())
	require.NoError(t, err)
	var good []string
	for _, text := range texts {
		h := http.Header{"X-Signature": {hexMAC(text, body)}}
		if _, err := plain().Verify(all, h, []byte(body)); err == nil {
			good = append(good, text)
		} else {
			require.ErrorIs(t, err, verify.ErrMismatch)
		}
	}
	return good
}

// current is the text among texts that the ring signs with.
func current(t *testing.T, ring *verify.Keyring, texts ...string) string {
	t.Helper()
	all, err := ring.Secrets(t.Context())
	require.NoError(t, err)
	require.NotEmpty(t, all)
	good := accepted(t, verify.NewKeyring(all[0]), texts...)
	require.Len(t, good, 1)
	return good[0]
}

func TestRotateMakesASecretCurrentAndKeepsTheOthers(t *testing.T) {
	t.Parallel()
	ring := verify.NewKeyring(verify.NewSecret("b"), verify.NewSecret("a"))
	require.Equal(t, "b", current(t, ring, "a", "b", "c", "d"))
	require.Equal(t, []string{"a", "b"}, accepted(t, ring, "a", "b", "c", "d"))

	require.NoError(t, ring.Rotate(verify.NewSecret("c")))
	require.NoError(t, ring.Rotate(verify.NewSecret("d")))
	require.Equal(t, "d", current(t, ring, "a", "b", "c", "d"))
	require.Equal(t, []string{"a", "b", "c", "d"}, accepted(t, ring, "a", "b", "c", "d"))
}

func TestRotateToASecretThatIsOnTheRing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ring := verify.NewKeyring(verify.NewSecret("b"), verify.NewSecret("a"))
		for range 3 { // the same file, loaded again and again
			require.NoError(t, ring.Rotate(verify.NewSecret("b")))
		}
		all, err := ring.Secrets(t.Context())
		require.NoError(t, err)
		require.Len(t, all, 2, "each costs a MAC a request")

		ring.RetireAfter(time.Hour)
		require.NoError(t, ring.Rotate(verify.NewSecret("a")), "back to the old one")
		time.Sleep(2 * time.Hour)
		require.Equal(t, "a", current(t, ring, "a", "b"))
		require.Equal(t, []string{"a", "b"}, accepted(t, ring, "a", "b"), "b was current when a was to be retired")
	})
}

func TestRotateToAnEmptySecretChangesNothing(t *testing.T) {
	t.Parallel()
	ring := verify.NewKeyring(verify.NewSecret("b"), verify.NewSecret("a"))
	before, err := ring.Secrets(t.Context())
	require.NoError(t, err)
	require.ErrorIs(t, ring.Rotate(verify.Secret{}), verify.ErrEmptySecret)
	require.ErrorIs(t, ring.Rotate(verify.NewSecret("")), verify.ErrEmptySecret)
	after, err := ring.Secrets(t.Context())
	require.NoError(t, err)
	require.True(t, slices.Equal(before, after))
}

func TestRetireDropsAllButTheCurrentSecretAtOnce(t *testing.T) {
	t.Parallel()
	for name, retire := range map[string]func(*verify.Keyring){
		"Retire":                         (*verify.Keyring).Retire,
		"RetireAfter nothing":            func(k *verify.Keyring) { k.RetireAfter(0) },
		"RetireAfter a time in the past": func(k *verify.Keyring) { k.RetireAfter(-time.Hour) },
		"Retire before a later end":      func(k *verify.Keyring) { k.RetireAfter(time.Hour); k.Retire() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ring := verify.NewKeyring(verify.NewSecret("c"), verify.NewSecret("b"), verify.NewSecret("a"))
			seen, err := ring.Secrets(t.Context())
			require.NoError(t, err)
			retire(ring)
			require.Equal(t, []string{"c"}, accepted(t, ring, "a", "b", "c"))
			require.Len(t, seen, 3, "a request under way keeps what it saw")
			require.False(t, slices.ContainsFunc(seen, verify.Secret.IsZero))
		})
	}
}

func TestRetireAfterEndsToTheNanosecond(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ring := verify.NewKeyring(verify.NewSecret("b"), verify.NewSecret("a"))
		ring.RetireAfter(time.Hour)
		require.Equal(t, []string{"a", "b"}, accepted(t, ring, "a", "b"))
		time.Sleep(time.Hour - time.Nanosecond)
		require.Equal(t, []string{"a", "b"}, accepted(t, ring, "a", "b"))
		time.Sleep(time.Nanosecond)
		require.Equal(t, []string{"b"}, accepted(t, ring, "a", "b"))
		time.Sleep(time.Hour)
		require.Equal(t, []string{"b"}, accepted(t, ring, "a", "b"), "the current one has no end")
	})
}

func TestALaterRetireAfterDoesNotProlongAnEarlierEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ring := verify.NewKeyring(verify.NewSecret("b"), verify.NewSecret("a"))
		ring.RetireAfter(time.Hour)
		time.Sleep(30 * time.Minute)
		ring.RetireAfter(time.Hour)
		time.Sleep(30*time.Minute - time.Nanosecond)
		require.Equal(t, []string{"a", "b"}, accepted(t, ring, "a", "b"))
		time.Sleep(time.Nanosecond)
		require.Equal(t, []string{"b"}, accepted(t, ring, "a", "b"))
	})
}

func TestAnEarlierRetireAfterShortensALaterEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ring := verify.NewKeyring(verify.NewSecret("b"), verify.NewSecret("a"))
		ring.RetireAfter(time.Hour)
		ring.RetireAfter(time.Minute)
		time.Sleep(time.Minute - time.Nanosecond)
		require.Equal(t, []string{"a", "b"}, accepted(t, ring, "a", "b"))
		time.Sleep(time.Nanosecond)
		require.Equal(t, []string{"b"}, accepted(t, ring, "a", "b"))
	})
}

func TestEachSecretEndsAtItsOwnTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ring := verify.NewKeyring(verify.NewSecret("b"), verify.NewSecret("a"))
		ring.RetireAfter(time.Hour) // a
		require.NoError(t, ring.Rotate(verify.NewSecret("c")))
		time.Sleep(30 * time.Minute)
		ring.RetireAfter(time.Hour) // b; a ends earlier
		require.NoError(t, ring.Rotate(verify.NewSecret("d")))
		time.Sleep(30*time.Minute - time.Nanosecond)
		require.Equal(t, []string{"a", "b", "c", "d"}, accepted(t, ring, "a", "b", "c", "d"))
		time.Sleep(time.Nanosecond)
		require.Equal(t, []string{"b", "c", "d"}, accepted(t, ring, "a", "b", "c", "d"))
		time.Sleep(30*time.Minute - time.Nanosecond)
		require.Equal(t, []string{"b", "c", "d"}, accepted(t, ring, "a", "b", "c", "d"))
		time.Sleep(time.Nanosecond)
		require.Equal(t, []string{"c", "d"}, accepted(t, ring, "a", "b", "c", "d"))
		require.Equal(t, "d", current(t, ring, "a", "b", "c", "d"))
	})
}

func TestARingDoesNotShareWhatItIsMadeOf(t *testing.T) {
	t.Parallel()
	previous := secrets("b", "a")
	ring := verify.NewKeyring(verify.NewSecret("c"), previous...)
	clear(previous)
	require.Equal(t, []string{"a", "b", "c"}, accepted(t, ring, "a", "b", "c"))
}

func TestTheZeroKeyringHoldsNoneUntilItIsRotated(t *testing.T) {
	t.Parallel()
	var ring verify.Keyring
	_, err := ring.Secrets(t.Context())
	require.ErrorIs(t, err, verify.ErrNoSecrets)
	require.NoError(t, ring.Rotate(verify.NewSecret("a")))
	require.Equal(t, []string{"a"}, accepted(t, &ring, "a", ""))
}

// Retiring nobody left a ring that had no secrets and called that a success.
func TestTheZeroKeyringHoldsNoneAlsoAfterRetire(t *testing.T) {
	t.Parallel()
	var ring verify.Keyring
	ring.Retire()
	_, err := ring.Secrets(t.Context())
	require.ErrorIs(t, err, verify.ErrNoSecrets)
}

func TestNoRequestFailsWhileTheRingIsRotated(t *testing.T) {
	t.Parallel()
	ring := verify.NewKeyring(verify.NewSecret("0"))
	done := make(chan struct{})
	errs := make([]error, 8)
	var rounds atomic.Int64
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() {
			for open := true; open; rounds.Add(1) {
				if err := deliver(t, ring); err != nil && errs[i] == nil {
					errs[i] = err
				}
				select {
				case <-done:
					open = false
				default:
					runtime.Gosched() // or the one who rotates waits for time slices
				}
			}
		})
	}
	pass := func() { // until every verifier may have seen the ring as it is now
		for before := rounds.Load(); rounds.Load() < before+int64(len(errs)); {
			runtime.Gosched()
		}
	}
	for n := range 20 {
		require.NoError(t, ring.Rotate(verify.NewSecret(fmt.Sprint("next ", n))))
		pass()
		ring.RetireAfter(time.Hour) // nobody's end comes within this test
	}
	pass()
	close(done)
	wg.Wait()
	require.NoError(t, errors.Join(errs...))
	all, err := ring.Secrets(t.Context())
	require.NoError(t, err)
	require.Len(t, all, 21)
}

// deliver signs with the secret that is current, then verifies with those that are accepted.
func deliver(t *testing.T, ring *verify.Keyring) error {
	t.Helper()
	signers, err := ring.Secrets(t.Context())
	if err != nil {
		return err
	}
	h := http.Header{}
	if err := plain().Sign(signers[0], h, []byte(body), time.Now()); err != nil {
		return err
	}
	verifiers, err := ring.Secrets(t.Context())
	if err != nil {
		return err
	}
	matched, err := plain().Verify(verifiers, h, []byte(body))
	switch want := slices.Index(verifiers, signers[0]); {
	case want < 0: // retired in between
		return fmt.Errorf("%w: of %d", errRetired, len(verifiers))
	case matched != want:
		return fmt.Errorf("secret %d of %d signed, %d matched: %w", want, len(verifiers), matched, err)
	}
	return err
}

var errRetired = errors.New("retired between signing and verifying")

func TestARequestSeesTheRingAsItWasOrAsItIs(t *testing.T) {
	t.Parallel()
	ring := verify.NewKeyring(verify.NewSecret("0"))
	errs := make([]error, 8)
	var running atomic.Int64
	var wg sync.WaitGroup
	running.Store(int64(len(errs)))
	for i := range errs {
		wg.Go(func() {
			defer running.Add(-1)
			for range 200 {
				// A secret may be retired under a request; then it is not on the ring, and nothing worse happens.
				if err := deliver(t, ring); err != nil && !errors.Is(err, errRetired) {
					errs[i] = err
					return
				}
			}
		})
	}
	for n := 0; running.Load() > 0; n++ {
		require.NoError(t, ring.Rotate(verify.NewSecret(fmt.Sprint("next ", n))))
		ring.Retire()
		all, err := ring.Secrets(t.Context())
		require.NoError(t, err)
		require.Len(t, all, 1)
		runtime.Gosched()
	}
	wg.Wait()
	require.NoError(t, errors.Join(errs...))
}
