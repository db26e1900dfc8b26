package testserver_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/testserver"
)

// happened is the names of the faults of each attempt: "lost-reply+tampered, , tampered".
func happened(timeline testserver.Timeline) string {
	all := make([]string, len(timeline))
	for i, a := range timeline {
		all[i] = strings.Join(a.Faults, "+")
	}
	return strings.Join(all, ", ")
}

func TestFaultBounds(t *testing.T) {
	t.Parallel()
	p := hookmitt.Mixpost() // three attempts
	bad, lost := testserver.Tampered(), testserver.LostReply()
	typ := p.Events.Types()[0]
	group := typ[:strings.IndexByte(typ, '.')+1]
	for name, c := range map[string]struct {
		faults []testserver.Fault
		want   string
	}{
		"unbound it happens to every attempt":  {[]testserver.Fault{bad}, "tampered, tampered, tampered"},
		"in the order in which they are given": {[]testserver.Fault{lost, bad}, "lost-reply+tampered, lost-reply+tampered, lost-reply+tampered"},
		"and the other way round":              {[]testserver.Fault{bad, lost}, "tampered+lost-reply, tampered+lost-reply, tampered+lost-reply"},
		"to the second attempt":                {[]testserver.Fault{lost, testserver.OnAttempt(2, bad)}, "lost-reply, lost-reply+tampered, lost-reply"},
		"once":                                 {[]testserver.Fault{lost, testserver.Times(1, bad)}, "lost-reply+tampered, lost-reply, lost-reply"},
		"twice":                                {[]testserver.Fault{lost, testserver.Times(2, bad)}, "lost-reply+tampered, lost-reply+tampered, lost-reply"},
		"not once":                             {[]testserver.Fault{lost, testserver.Times(0, bad)}, "lost-reply, lost-reply, lost-reply"},
		"once, of those it is bound to":        {[]testserver.Fault{lost, testserver.Times(1, testserver.OnAttempt(3, bad))}, "lost-reply, lost-reply, lost-reply+tampered"},
		"to events of the type":                {[]testserver.Fault{lost, testserver.OnEvent(typ, bad)}, "lost-reply+tampered, lost-reply+tampered, lost-reply+tampered"},
		"to events of the group":               {[]testserver.Fault{lost, testserver.OnEvent(group+"*", bad)}, "lost-reply+tampered, lost-reply+tampered, lost-reply+tampered"},
		"to every event":                       {[]testserver.Fault{lost, testserver.OnEvent("*", bad)}, "lost-reply+tampered, lost-reply+tampered, lost-reply+tampered"},
		"to events of another type":            {[]testserver.Fault{lost, testserver.OnEvent(typ+"x", bad)}, "lost-reply, lost-reply, lost-reply"},
		"to events of another group":           {[]testserver.Fault{lost, testserver.OnEvent("other.*", bad)}, "lost-reply, lost-reply, lost-reply"},
		"a type is not its beginning":          {[]testserver.Fault{lost, testserver.OnEvent(group, bad)}, "lost-reply, lost-reply, lost-reply"},
		"with certainty":                       {[]testserver.Fault{lost, testserver.Chance(1, bad)}, "lost-reply+tampered, lost-reply+tampered, lost-reply+tampered"},
		"with no chance":                       {[]testserver.Fault{lost, testserver.Chance(0, bad)}, "lost-reply, lost-reply, lost-reply"},
		"once, though it was held up":          {[]testserver.Fault{lost, testserver.Times(1, testserver.Reorder())}, "lost-reply+reorder, lost-reply, lost-reply"},
		"once, though another was held up":     {[]testserver.Fault{lost, testserver.Reorder(), testserver.Times(1, bad)}, "lost-reply+reorder+tampered, lost-reply+reorder, lost-reply+reorder"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T) {
				h, _ := capturing(p)
				timeline, _ := deliver(t, p, h, c.faults...)
				require.Equal(t, c.want, happened(timeline))
			})
		})
	}
}

// A bound fault is a value of its own: to bind it does not bind what it was made of.
func TestFaultBoundsAreCopied(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		once := testserver.OnAttempt(1, testserver.LostReply())
		_, _ = testserver.OnEvent("other", once), testserver.OnAttempt(2, once)
		h, _ := capturing(hookmitt.Civo())
		timeline, _ := deliver(t, hookmitt.Civo(), h, once)
		require.Equal(t, "lost-reply, ", happened(timeline))
		require.Equal(t, "lost-reply", once.String())
	})
}

func TestChance(t *testing.T) {
	t.Parallel()
	p := hookmitt.Mixpost()
	p.Retry = hookmitt.Schedule{}
	// run is the course of 400 events, each of which is delivered once.
	run := func(t *testing.T, seed uint64, faults ...testserver.Fault) string {
		t.Helper()
		s := with(t, p, statuses(200), testserver.Options{Seed: seed})
		ep := endpoint(t, s)
		var course strings.Builder
		for range 400 {
			timeline, _ := ep.Send(t.Context(), of(t, p), faults...).Wait(t.Context())
			fmt.Fprint(&course, len(timeline[0].Faults))
		}
		return course.String()
	}
	half, quarter := testserver.Chance(0.5, testserver.Tampered()), testserver.Chance(0.5, testserver.Chance(0.5, testserver.Tampered()))
	for _, seed := range []uint64{0, 1, 42} {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T) {
				course := run(t, seed, half)
				require.Equal(t, course, run(t, seed, half), "seed %d: the same course", seed)
				require.NotEqual(t, course, run(t, seed+1, half), "seed %d: another one for another", seed)
				require.InDelta(t, 200, strings.Count(course, "1"), 50, "seed %d", seed)
				require.InDelta(t, 100, strings.Count(run(t, seed, quarter), "1"), 45, "seed %d: a chance of a chance", seed)
				both := run(t, seed, half, half)
				require.InDelta(t, 100, strings.Count(both, "2"), 45, "seed %d: two faults have a chance each", seed)
			})
		})
	}
}

func TestArm(t *testing.T) {
	t.Parallel()
	p := hookmitt.Mixpost()
	inBubbles(t, map[string]func(t *testing.T){
		"every delivery from now on, until it is disarmed": func(t *testing.T) {
			h, _ := capturing(p)
			ep := subscribe(t, p, h)
			send := func(faults ...testserver.Fault) string {
				timeline, _ := ep.Send(t.Context(), of(t, p), faults...).Wait(t.Context())
				return happened(timeline)
			}
			require.Empty(t, send())
			ep.Arm(testserver.OnAttempt(1, testserver.LostReply()))
			require.Equal(t, "lost-reply, ", send())
			require.Equal(t, "lost-reply+tampered, ", send(testserver.OnAttempt(1, testserver.Tampered())), "its own come first")
			timeline, _ := ep.SendTest(t.Context()).Wait(t.Context())
			require.Equal(t, "lost-reply", happened(timeline))
			ep.Arm(testserver.Times(2, testserver.WrongKey()))
			require.Equal(t, "wrong-key, wrong-key, ", send())
			require.Empty(t, send(), "all deliveries are counted together")
			ep.Arm()
			require.Empty(t, send())
		},
		"what is on its way keeps its own": func(t *testing.T) {
			h, _ := capturing(p)
			ep := subscribe(t, p, h)
			ep.Arm(testserver.LostReply())
			d := ep.Send(t.Context(), of(t, p))
			time.Sleep(time.Second)
			ep.Arm()
			timeline, err := d.Wait(t.Context())
			require.ErrorIs(t, err, testserver.ErrExhausted)
			require.Equal(t, "lost-reply, lost-reply, lost-reply", happened(timeline))
		},
		"another endpoint is not armed": func(t *testing.T) {
			h, _ := capturing(p)
			s := newServer(t, p, h)
			endpoint(t, s).Arm(testserver.LostReply())
			timeline, err := endpoint(t, s).Send(t.Context(), of(t, p)).Wait(t.Context())
			require.NoError(t, err)
			require.Empty(t, timeline[0].Faults)
		},
	})
}

func TestReorder(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		p := hookmitt.CDHosting()
		h, arrivals := capturing(p)
		ep := subscribe(t, p, h)
		first := ep.Send(t.Context(), events.Named("first", struct{}{}), testserver.OnAttempt(1, testserver.Reorder()))
		time.Sleep(time.Second)
		second := ep.Send(t.Context(), events.Named("second", struct{}{}))
		timeline, err := first.Wait(t.Context())
		require.NoError(t, err)
		require.Equal(t, []string{"reorder"}, timeline[0].Faults)
		require.Equal(t, 1, timeline[0].Number)
		require.Contains(t, string((<-arrivals).body), "second")
		require.Contains(t, string((<-arrivals).body), "first")
		require.Equal(t, 29*time.Second, timeline[0].At.Sub(second.Timeline()[0].At))
	})
	inBubble(t, func(t *testing.T) {
		s, ep := manual(t, hookmitt.Civo(), statuses(200))
		d := ep.Send(t.Context(), of(t, hookmitt.Civo()), testserver.Reorder())
		_, err := d.Wait(t.Context())
		require.ErrorIs(t, err, testserver.ErrStill, "it is on its way until the clock is moved")
		took, err := s.Drain(t.Context())
		require.NoError(t, err)
		require.Equal(t, 30*time.Second, took)
		require.Equal(t, testserver.Delivered, d.State())
	})
}
