package main

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/verify"
)

// The operator writes the next secret first, and then tells the provider.
func TestAnOldSecretIsAcceptedUntilNoRetryCanCarryIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, number := newStand(t), 0
		status := func(tenant, secret string) int {
			number++
			got, _ := s.send("/webhooks/"+tenant, secret, event(fmt.Sprintf("evt_%d", number)))
			return got
		}
		require.Equal(t, 200, status("acme", "acme-secret"))
		require.Equal(t, 401, status("acme", "acme-next"))
		s.write("acme", "acme-next")
		time.Sleep(fresh)
		require.Equal(t, 200, status("acme", "acme-next"))
		require.Equal(t, 200, status("acme", "acme-secret"), "a retry, say")

		time.Sleep(hookmitt.CDHosting().Horizon() - time.Second)
		require.Equal(t, 200, status("acme", "acme-secret"))
		time.Sleep(time.Second)
		require.Equal(t, 401, status("acme", "acme-secret"), "its end has come")
		require.Equal(t, 200, status("acme", "acme-next"))
		require.Equal(t, 200, status("globex", "globex-secret"), "who did not rotate")
		require.Equal(t, 401, status("globex", "acme-next"))
	})
}

// If the provider is told first, the minute until the file is read again costs an attempt and no event.
func TestASecretThatTheProviderHasFirstCostsAnAttempt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newStand(t)
		_, _ = s.send("/webhooks/acme", "acme-secret", event("evt_1"))
		s.write("acme", "acme-next")
		timeline, err := s.endpoint("/webhooks/acme", "acme-next", 0).Send(t.Context(), event("evt_2")).Wait(t.Context())
		require.NoError(t, err)
		require.Equal(t, "0s 401, 1m0s 200", timeline.String())
		require.Equal(t, []string{"acme web", "acme web"}, s.ran)
	})
}

// A source that was down for a while is no rotation: the end of an old secret stays where it was.
func TestAnOutageOfTheSourceMovesNoEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, number := newStand(t), 0
		s.write("acme", "acme-next", "acme-secret")
		status := func(secret string) int {
			number++
			got, _ := s.send("/webhooks/acme", secret, event(fmt.Sprintf("evt_%d", number)))
			return got
		}
		require.Equal(t, 200, status("acme-secret"))
		time.Sleep(time.Hour)
		*s.files.down = errors.New("the disk is gone")
		require.Equal(t, 200, status("acme-next"))
		*s.files.down = nil
		time.Sleep(fresh)
		require.Equal(t, 200, status("acme-next"))
		time.Sleep(hookmitt.CDHosting().Horizon() - time.Hour - fresh)
		require.Equal(t, 401, status("acme-secret"))
	})
}

// Two rotations within a minute: what stands in the file is accepted, whether the process saw it come or not.
func TestARotationThatWasNotSeenIsReadFromTheFile(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newStand(t)
		status, _ := s.send("/webhooks/acme", "acme-secret", event("evt_1"))
		require.Equal(t, 200, status)
		s.write("acme", "acme-third", "acme-second", "acme-secret")
		time.Sleep(fresh)
		for i, secret := range []string{"acme-second", "acme-third", "acme-secret"} {
			status, _ := s.send("/webhooks/acme", secret, event(fmt.Sprintf("evt_2%d", i)))
			require.Equal(t, 200, status, secret)
		}
	})
}

// A process that starts during a rotation has not seen the secret before: the file says it.
func TestTheSecondLineIsAcceptedForAsLong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newStand(t)
		s.write("acme", "acme-next", "acme-secret")
		status, _ := s.send("/webhooks/acme", "acme-secret", event("evt_1"))
		require.Equal(t, 200, status)
		time.Sleep(hookmitt.CDHosting().Horizon())
		status, _ = s.send("/webhooks/acme", "acme-secret", event("evt_2"))
		require.Equal(t, 401, status, "though it still stands there")
	})
}

func TestTenantsComeAndGo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newStand(t)
		requireStatus := func(want int) {
			t.Helper()
			status, _ := s.send("/webhooks/initech", "initech-secret", event("evt_1"))
			require.Equal(t, want, status)
		}
		requireStatus(401)
		s.write("initech", "initech-secret")
		requireStatus(200) // at once: who was unknown was not kept
		delete(s.files.MapFS, "initech")
		requireStatus(200)
		time.Sleep(fresh)
		requireStatus(401)
		s.write("initech", "initech-next")
		requireStatus(401) // a tenant that comes back begins anew: so an old secret can be ended before its time
	})
}

func TestWhileTheSecretsCannotBeReadKnownTenantsAreServed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newStand(t)
		_, _ = s.send("/webhooks/acme", "acme-secret", event("evt_1"))
		*s.files.down = errors.New("the disk is gone")
		time.Sleep(fresh)
		status, _ := s.send("/webhooks/acme", "acme-secret", event("evt_2"))
		require.Equal(t, 200, status)
		timeline, _ := s.endpoint("/webhooks/globex", "globex-secret", 0).Send(t.Context(), event("evt_1")).Wait(t.Context())
		require.Equal(t, 503, timeline[0].Status, "not refused: it may well be a tenant")
	})
}

func TestAFileWithoutASecretIsOurFault(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newStand(t)
		s.write("acme", "")
		status, _ := s.send("/webhooks/acme", "acme-secret", event("evt_1"))
		require.Equal(t, 503, status)
	})
}

func TestStrangersNamesAreNotKept(t *testing.T) {
	t.Parallel()
	v := &vault{files: newStand(t).files, grace: time.Hour}
	for number := range 1000 {
		_, err := v.ring(fmt.Sprintf("stranger-%d", number))
		require.ErrorIs(t, err, verify.ErrNoSecrets)
	}
	first, err := v.ring("acme")
	require.NoError(t, err)
	again, err := v.ring("acme")
	require.NoError(t, err)
	require.Same(t, first, again)
	require.Len(t, v.rings, 1)
}
