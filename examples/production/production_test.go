package main

import (
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/testserver"
	"github.com/hookmitt/hookmitt/verify"
)

const (
	id       = "3f2a6c1e-9d4b-4e0a-8f7c-1b2d3e4f5a6b"
	instance = "84894d17-da88-45bb-8817-9b3b75cf61bf"
)

// created is an event of Civo's.
func created() events.Event {
	e := events.Named("instance.created", events.Resource{ResourceID: instance})
	e.ID = id
	return e
}

// started is an event of the reseller's.
func started(t *testing.T) events.Event {
	t.Helper()
	e, ok := events.CDHosting().Sample("server.started")
	require.True(t, ok)
	e.ID = id
	return e
}

// Scenario 22 on a real Redis, behind real HTTP servers: the attempts go to two processes in turn.
func TestTheWholeLadder(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	s.inventory.down = 5
	server, endpoint := s.provider(hookmitt.Civo(), s.start("-runs", "6"), s.start("-runs", "6"))

	d := endpoint.Send(t.Context(), created())
	_, err := d.Wait(t.Context())
	require.ErrorIs(t, err, testserver.ErrStill)
	for range 5 {
		s.advance(server)
	}
	require.NoError(t, d.Err())
	require.Equal(t, "0s 500, 5m0s 500, 35m0s 500, 1h35m0s 500, 3h35m0s 500, 9h35m0s 200", d.Timeline().String())
	require.Equal(t, "failed, failed, failed, failed, failed, accepted", outcomes(d.Timeline()))
	require.Equal(t, map[string]string{"state": "instance.created"}, s.inventory.servers[instance])
	_, disabled := endpoint.Disabled()
	require.False(t, disabled)

	for _, next := range []struct {
		pass time.Duration
		want string
	}{
		{0, "duplicate"},
		{48*time.Hour - time.Minute, "duplicate"},
		{2 * time.Minute, "accepted"}, // it is remembered for 48 h
	} {
		s.redis.Pass(next.pass)
		timeline, err := endpoint.Send(t.Context(), created()).Wait(t.Context())
		require.NoError(t, err)
		require.Equal(t, next.want, outcomes(timeline), "after another %v", next.pass)
	}
	require.Equal(t, 1, s.inventory.served(), "which knows the event by its key, all the same")
}

// Four runs make an event dead, so that two of the six attempts may be lost to something else.
func TestAnEventThatFailsTooOftenIsKept(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		faults   []testserver.Fault
		outcomes string
	}{
		"every attempt is a run":    {nil, "failed, failed, failed, dead"},
		"two attempts were no runs": {[]testserver.Fault{testserver.OnAttempt(1, testserver.Unsigned()), testserver.OnAttempt(3, testserver.Truncated())}, ", failed, , failed, failed, dead"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStand(t)
			s.inventory.down = 100
			server, endpoint := s.provider(hookmitt.Civo(), s.start(), s.start())
			d := endpoint.Send(t.Context(), created(), c.faults...)
			_, _ = d.Wait(t.Context())
			for d.State() == testserver.Pending {
				s.advance(server)
			}
			require.NoError(t, d.Err())
			require.Equal(t, c.outcomes, outcomes(d.Timeline()))
			_, disabled := endpoint.Disabled()
			require.False(t, disabled)
			letter, err := os.ReadFile(filepath.Join(s.dead, "civo-"+id+".json"))
			require.NoError(t, err)
			require.JSONEq(t, `{"event": "instance.created", "resourceID": "`+instance+`"}`, string(letter))
		})
	}
}

// The blend: Civo's headers around CDHosting's bodies, and what happens to them on the way.
func TestBlend(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		faults   []testserver.Fault
		timeline string
	}{
		"as sent":                     {nil, "0s 200"},
		"sent twice":                  {[]testserver.Fault{testserver.Twice()}, "0s 200, 0s 200"},
		"our answer is lost":          {[]testserver.Fault{testserver.OnAttempt(1, testserver.LostReply())}, "0s lost, 5m0s 200"},
		"tampered with, then as sent": {[]testserver.Fault{testserver.OnAttempt(1, testserver.Tampered())}, "0s 401, 5m0s 200"},
		"forged, then as sent":        {[]testserver.Fault{testserver.OnAttempt(1, testserver.WrongKey())}, "0s 401, 5m0s 200"},
		"unsigned, then as sent":      {[]testserver.Fault{testserver.OnAttempt(1, testserver.Unsigned())}, "0s 401, 5m0s 200"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStand(t)
			server, endpoint := s.provider(reseller(), s.start(), s.start())
			d := endpoint.Send(t.Context(), started(t), c.faults...)
			_, _ = d.Wait(t.Context())
			if _, more := server.Next(); more {
				s.advance(server)
			}
			require.NoError(t, d.Err())
			require.Equal(t, c.timeline, d.Timeline().String())
			require.Equal(t, 1, s.inventory.served())
			require.Equal(t, map[string]string{"state": "running", "name": "production-web-01", "ip": "192.168.1.100"}, s.inventory.servers["srv_abc123"])
		})
	}
}

func TestSecretsRotateWithoutARestart(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	p := s.start()
	_, endpoint := s.provider(hookmitt.Civo(), p)
	requireStatus := func(want int) {
		t.Helper()
		e := created()
		e.ID = "" // a fresh one
		timeline, _ := endpoint.Send(t.Context(), e).Wait(t.Context())
		require.Equal(t, want, timeline[0].Status)
	}
	signedBy := func(secret string) {
		t.Helper()
		require.NoError(t, endpoint.Rotate(verify.NewSecret(secret)))
	}
	read := func(lines string) {
		t.Helper()
		s.write("civo", lines)
		require.NoError(t, p.cmd.Process.Signal(syscall.SIGHUP))
		p.says("secrets read again")
		p.says("secrets read again") // the reseller's, too
	}
	requireStatus(200)
	signedBy("the next")
	requireStatus(401)
	read(secretText + "\nthe next") // made known before the provider uses it
	requireStatus(200)
	read("the next")
	requireStatus(200)
	signedBy(secretText)
	requireStatus(200) // taken out, and a retry may still be signed with it

	s.write("civo", "")
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGHUP))
	p.says("the secrets stay as they were")
	requireStatus(200)
}

func TestAShutdownLetsTheHandlerEnd(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	s.inventory.hold, s.inventory.visited = make(chan struct{}), make(chan struct{})
	leaving, staying := s.start(), s.start()
	_, endpoint := s.provider(hookmitt.Civo(), leaving, staying)
	d := endpoint.Send(t.Context(), created())
	<-s.inventory.visited // the handler is at work
	require.NoError(t, leaving.cmd.Process.Signal(syscall.SIGTERM))
	leaving.says("shutting down")
	close(s.inventory.hold)
	timeline, err := d.Wait(t.Context())
	require.NoError(t, err)
	require.Equal(t, "accepted", outcomes(timeline))
	require.NoError(t, leaving.ends())

	timeline, err = endpoint.Send(t.Context(), created()).Wait(t.Context())
	require.NoError(t, err)
	require.Equal(t, "duplicate", outcomes(timeline), "to the other process")
	require.Equal(t, 1, s.inventory.served())
}

func TestTheHealthCheckFailsBeforeRequestsAreRefused(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	p := s.start("-drain", "1h")
	_, endpoint := s.provider(hookmitt.Civo(), p)
	health := func() int {
		t.Helper()
		response, err := http.Get(p.url + "/healthz")
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		return response.StatusCode
	}
	require.Equal(t, 200, health())
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGTERM))
	p.says("shutting down")
	require.Equal(t, 503, health())
	timeline, err := endpoint.Send(t.Context(), created()).Wait(t.Context())
	require.NoError(t, err)
	require.Equal(t, "accepted", outcomes(timeline), "the balancer may not know yet")
}
