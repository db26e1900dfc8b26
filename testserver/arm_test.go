package testserver_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/testserver"
)

func TestServerArm(t *testing.T) {
	t.Parallel()
	p := hookmitt.Mixpost()
	bad, lost := testserver.Tampered(), testserver.LostReply()
	// sent is what happened to each attempt of an event.
	sent := func(t *testing.T, ep *testserver.Endpoint, faults ...testserver.Fault) string {
		t.Helper()
		timeline, _ := ep.Send(t.Context(), of(t, p), faults...).Wait(t.Context())
		return happened(timeline)
	}
	inBubbles(t, map[string]func(t *testing.T){
		"every webhook's attempts, until it is disarmed": func(t *testing.T) {
			s := newServer(t, p, statuses(500))
			before := endpoint(t, s)
			disarm := s.Arm(lost)
			after := endpoint(t, s)
			require.Equal(t, "lost-reply, lost-reply, lost-reply", sent(t, before))
			require.Equal(t, "lost-reply, lost-reply, lost-reply", sent(t, after))
			timeline, _ := after.SendTest(t.Context()).Wait(t.Context())
			require.Equal(t, "lost-reply", happened(timeline))
			disarm()
			require.Equal(t, ", , ", sent(t, before))
		},
		"of what is under way the attempts that begin from now on": func(t *testing.T) {
			s := newServer(t, p, taking(time.Second, 500))
			d := endpoint(t, s).Send(t.Context(), of(t, p))
			disarm := s.Arm(lost) // the first attempt is running
			time.Sleep(15 * time.Second)
			require.Equal(t, ", lost-reply", happened(d.Timeline()))
			disarm()
			_, err := d.Wait(t.Context())
			require.ErrorIs(t, err, testserver.ErrExhausted)
			require.Equal(t, ", lost-reply, ", happened(d.Timeline()))
		},
		"how an attempt goes that is held up was decided before": func(t *testing.T) {
			s, ep := manual(t, p, statuses(200))
			first := ep.Send(t.Context(), of(t, p), testserver.Reorder())
			disarm := s.Arm(lost)
			second := ep.Send(t.Context(), of(t, p), testserver.Reorder(), testserver.OnAttempt(1, bad))
			disarm()
			require.NoError(t, s.Advance(t.Context(), 30*time.Second))
			require.Equal(t, "reorder", happened(first.Timeline()))
			require.Equal(t, "reorder+tampered+lost-reply", happened(second.Timeline()))
		},
		"after those of the delivery and the webhook, as they were armed": func(t *testing.T) {
			s := newServer(t, p, statuses(500))
			ep := endpoint(t, s)
			first := s.Arm(testserver.OnAttempt(1, bad))
			s.Arm(lost)
			ep.Arm(testserver.OnAttempt(1, testserver.Oversize(1)))
			require.Equal(t, "oversize=1+unsigned+tampered+lost-reply, unsigned+lost-reply, unsigned+lost-reply", sent(t, ep, testserver.Unsigned()))
			first()
			s.Arm(testserver.OnAttempt(1, bad))
			require.Equal(t, "oversize=1+lost-reply+tampered, lost-reply, lost-reply", sent(t, ep))
		},
		"who disarms twice disarms no other": func(t *testing.T) {
			s := newServer(t, p, statuses(500))
			disarm := s.Arm(lost)
			s.Arm(bad)
			s.Arm(lost)
			disarm()
			disarm()
			require.Equal(t, "tampered+lost-reply, tampered+lost-reply, tampered+lost-reply", sent(t, endpoint(t, s)))
		},
		"one webhook's, of the whole server": func(t *testing.T) {
			s := newServer(t, p, statuses(500))
			ep, other := endpoint(t, s), endpoint(t, s)
			s.Arm(testserver.OnEndpoint(ep, testserver.OnAttempt(2, lost)))
			require.Equal(t, ", lost-reply, ", sent(t, ep))
			require.Equal(t, ", , ", sent(t, other))
		},
		"so many times, whosever attempts they are": func(t *testing.T) {
			s := newServer(t, p, statuses(500))
			s.Arm(testserver.Times(4, lost))
			require.Equal(t, "lost-reply, lost-reply, lost-reply", sent(t, endpoint(t, s)))
			require.Equal(t, "lost-reply, , ", sent(t, endpoint(t, s)))
		},
		"a reset disarms, and what disarms no longer does": func(t *testing.T) {
			s := newServer(t, p, statuses(500))
			disarm := s.Arm(lost)
			require.NoError(t, s.Reset(t.Context()))
			require.Equal(t, ", , ", sent(t, endpoint(t, s)))
			s.Arm(lost)
			disarm()
			require.Equal(t, "lost-reply, lost-reply, lost-reply", sent(t, endpoint(t, s)))
		},
	})
}

func TestServerArmChance(t *testing.T) {
	t.Parallel()
	p := hookmitt.Mixpost()
	p.Retry = hookmitt.Schedule{}
	half := testserver.Chance(0.5, testserver.LostReply())
	// run is what a fault of chance that is armed second does to 100 events, of which the first is disarmed at one.
	run := func(t *testing.T, disarmedAt int) string {
		t.Helper()
		s := newServer(t, p, statuses(200))
		ep, disarm := endpoint(t, s), s.Arm(testserver.Chance(0.5, testserver.Tampered()))
		s.Arm(half)
		var course strings.Builder
		for i := range 100 {
			if i == disarmedAt {
				disarm()
			}
			timeline, _ := ep.Send(t.Context(), of(t, p)).Wait(t.Context())
			fmt.Fprint(&course, strings.Count(happened(timeline), "lost-reply"))
		}
		return course.String()
	}
	inBubbles(t, map[string]func(t *testing.T){
		"it does not depend on what is disarmed": func(t *testing.T) {
			course := run(t, -1)
			require.InDelta(t, 50, strings.Count(course, "1"), 25)
			require.Equal(t, course, run(t, 0))
			require.Equal(t, course, run(t, 50))
		},
		"two that are armed have a chance each, and so has a delivery's own": func(t *testing.T) {
			s := newServer(t, p, statuses(200))
			ep := endpoint(t, s)
			disarm := s.Arm(half)
			s.Arm(half)
			disarm()
			s.Arm(half) // the number of the first is not given again
			counts := map[int]int{}
			for range 200 {
				timeline, _ := ep.Send(t.Context(), of(t, p), half).Wait(t.Context())
				counts[len(timeline[0].Faults)]++
			}
			require.InDelta(t, 25, counts[0], 20)
			require.InDelta(t, 75, counts[1], 30)
			require.InDelta(t, 75, counts[2], 30)
			require.InDelta(t, 25, counts[3], 20)
		},
	})
}
