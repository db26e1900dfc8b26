package testserver_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/testserver"
)

// planned is a delivery's plan, counted from a time.
func planned(d *testserver.Delivery, from time.Time) string {
	var all []time.Duration
	for _, at := range d.Plan() {
		all = append(all, at.Sub(from))
	}
	return fmt.Sprint(all)
}

// TestPlan looks at the plan of an event that fails again and again, after each attempt.
func TestPlan(t *testing.T) {
	t.Parallel()
	early := hookmitt.CDHosting()
	early.DisableAfter = 3
	never := hookmitt.CDHosting()
	never.Retry, never.DisableAfter = hookmitt.Schedule{}, 0
	for name, c := range map[string]struct {
		provider hookmitt.Provider
		attempts int // that the subscription asks for
		want     []string
	}{
		"Civo's ladder": {hookmitt.Civo(), 0, []string{
			"[5m0s 35m0s 1h35m0s 3h35m0s 9h35m0s]", "[35m0s 1h35m0s 3h35m0s 9h35m0s]", "[1h35m0s 3h35m0s 9h35m0s]", "[3h35m0s 9h35m0s]", "[9h35m0s]", "[]",
		}},
		"Mixpost's":                          {hookmitt.Mixpost(), 0, []string{"[10s 1m10s]", "[1m10s]", "[]"}},
		"Mixpost's, of one attempt":          {hookmitt.Mixpost(), 1, []string{"[]"}},
		"Mixpost's, of two attempts":         {hookmitt.Mixpost(), 2, []string{"[10s]", "[]"}},
		"the last gap again and again":       {hookmitt.Mixpost(), 5, []string{"[10s 1m10s 2m10s 3m10s]", "[1m10s 2m10s 3m10s]", "[2m10s 3m10s]", "[3m10s]", "[]"}},
		"no further than to the disabling":   {early, 0, []string{"[1m0s 6m0s]", "[6m0s]", "[]"}},
		"nor if more attempts are asked for": {early, 9, []string{"[1m0s 6m0s]", "[6m0s]", "[]"}},
		"a provider that never retries":      {never, 0, []string{"[]"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T) {
				s, ep := manual(t, c.provider, statuses(500))
				require.NoError(t, ep.Update(testserver.Subscription{URL: receiverURL, MaxAttempts: c.attempts}))
				start := s.Now()
				d := ep.Send(t.Context(), of(t, c.provider))
				for i, want := range c.want {
					require.NoError(t, d.WaitAttempt(t.Context()))
					require.Len(t, d.Timeline(), i+1)
					require.Equal(t, want, planned(d, start))
					next, due := d.Next()
					require.Equal(t, len(d.Plan()) > 0, due)
					if due {
						require.Equal(t, next, d.Plan()[0])
					}
					_, err := s.AdvanceNext(t.Context())
					require.NoError(t, err)
				}
				require.Len(t, d.Timeline(), len(c.want))
				require.Equal(t, testserver.Exhausted, d.State())
			})
		})
	}
}

func TestPlanOf(t *testing.T) {
	t.Parallel()
	p := hookmitt.Civo()
	inBubbles(t, map[string]func(t *testing.T){
		"an attempt that is being made: none is due before it ends": func(t *testing.T) {
			d := subscribe(t, p, taking(time.Second, 500)).Send(t.Context(), of(t, p))
			start := time.Now()
			require.Empty(t, d.Plan())
			require.NoError(t, d.WaitAttempt(t.Context()))
			require.Equal(t, "[5m1s 35m1s 1h35m1s 3h35m1s 9h35m1s]", planned(d, start))
		},
		"one that is held up: it is the first of all": func(t *testing.T) {
			s, ep := manual(t, p, statuses(500))
			start := s.Now()
			d := ep.Send(t.Context(), of(t, p), testserver.OnAttempt(1, testserver.Reorder()))
			require.Equal(t, "[30s 5m30s 35m30s 1h35m30s 3h35m30s 9h35m30s]", planned(d, start))
			require.NoError(t, s.Advance(t.Context(), 30*time.Second))
			require.Equal(t, "[5m30s 35m30s 1h35m30s 3h35m30s 9h35m30s]", planned(d, start))
		},
		"a test event: it is tried once": func(t *testing.T) {
			s, ep := manual(t, p, statuses(500))
			d := ep.SendTest(t.Context())
			require.NoError(t, d.WaitAttempt(t.Context()))
			require.Empty(t, d.Plan())
			s.Arm(testserver.Reorder())
			d = ep.SendTest(t.Context())
			require.Equal(t, "[30s]", planned(d, s.Now()), "even one that is held up")
		},
		"what has arrived, what is cancelled, what is unwanted": func(t *testing.T) {
			ep := subscribe(t, p, statuses(200, 500))
			arrived := ep.Send(t.Context(), of(t, p))
			require.NoError(t, arrived.WaitAttempt(t.Context()))
			cancelled := ep.Send(t.Context(), of(t, p))
			require.NoError(t, cancelled.WaitAttempt(t.Context()))
			require.Len(t, cancelled.Plan(), 5)
			require.True(t, cancelled.Cancel())
			require.NoError(t, ep.Update(testserver.Subscription{URL: receiverURL, Inactive: true}))
			for _, d := range []*testserver.Delivery{arrived, cancelled, ep.Send(t.Context(), of(t, p))} {
				require.Empty(t, d.Plan())
				_, due := d.Next()
				require.False(t, due)
			}
		},
		"more attempts than anybody looks at": func(t *testing.T) {
			p := hookmitt.Mixpost()
			s, ep := manual(t, p, statuses(500))
			require.NoError(t, ep.Update(testserver.Subscription{URL: receiverURL, MaxAttempts: 1000}))
			d := sendAll(t, ep, p, 1)[0]
			plan := d.Plan()
			require.Len(t, plan, 100)
			require.Equal(t, 10*time.Second+99*time.Minute, plan[99].Sub(s.Now()))
		},
		"a subscription that is saved meanwhile": func(t *testing.T) {
			p := hookmitt.Mixpost()
			s, ep := manual(t, p, statuses(500))
			start := s.Now()
			d := sendAll(t, ep, p, 1)[0]
			require.NoError(t, ep.Update(testserver.Subscription{URL: receiverURL, MaxAttempts: 4}))
			require.Equal(t, "[10s 1m10s 2m10s]", planned(d, start))
			_, err := s.Drain(t.Context())
			require.NoError(t, err)
			require.Len(t, d.Timeline(), 4)
		},
		"a clock that runs faster: its own time": func(t *testing.T) {
			s := with(t, p, statuses(500), testserver.Options{Clock: testserver.Scaled(60)})
			start := s.Now()
			d := endpoint(t, s).Send(t.Context(), of(t, p))
			require.NoError(t, d.WaitAttempt(t.Context()))
			require.Equal(t, "[5m0s 35m0s 1h35m0s 3h35m0s 9h35m0s]", planned(d, start))
		},
	})
}

func TestOutages(t *testing.T) {
	t.Parallel()
	p := hookmitt.Civo()
	p.Retry, p.DisableAfter = hookmitt.Schedule{}, 1
	saved := testserver.Subscription{URL: receiverURL}
	inBubbles(t, map[string]func(t *testing.T){
		"there are none without a failure": func(t *testing.T) {
			ep := subscribe(t, p, statuses(200))
			_, err := ep.Send(t.Context(), of(t, p)).Wait(t.Context())
			require.NoError(t, err)
			require.NoError(t, ep.Update(saved))
			require.Empty(t, ep.Outages())
		},
		"one begins with the failure, and ends when the webhook is saved": func(t *testing.T) {
			s, ep := manual(t, p, statuses(500))
			start := s.Now()
			var want []testserver.Outage
			for range 3 {
				require.NoError(t, s.Advance(t.Context(), time.Hour))
				require.NoError(t, ep.Send(t.Context(), of(t, p)).WaitAttempt(t.Context()))
				from := s.Now()
				require.Equal(t, append(want[:len(want):len(want)], testserver.Outage{From: from}), ep.Outages(), "it is still open")
				require.NoError(t, s.Advance(t.Context(), time.Minute))
				ep.Send(t.Context(), of(t, p))
				require.Error(t, ep.Update(testserver.Subscription{}), "what is refused does not end it")
				require.NoError(t, ep.Update(saved))
				require.NoError(t, s.Advance(t.Context(), time.Second))
				require.NoError(t, ep.Update(saved), "what is on has no outage that could end")
				want = append(want, testserver.Outage{From: from, Until: from.Add(time.Minute)})
				require.Equal(t, want, ep.Outages())
			}
			require.Equal(t, 3*time.Hour+2*time.Minute+2*time.Second, want[2].From.Sub(start))
		},
		"two that fail at once are one": func(t *testing.T) {
			ep := subscribe(t, p, taking(time.Second, 500))
			first, second := ep.Send(t.Context(), of(t, p)), ep.Send(t.Context(), of(t, p))
			require.NoError(t, first.WaitAttempt(t.Context()))
			require.NoError(t, second.WaitAttempt(t.Context()))
			require.Equal(t, []testserver.Outage{{From: time.Now()}}, ep.Outages())
		},
		"the latest 100 are kept, and the caller's own": func(t *testing.T) {
			ep, start := subscribe(t, p, taking(time.Second, 500)), time.Now()
			for range 130 {
				require.NoError(t, ep.Send(t.Context(), of(t, p)).WaitAttempt(t.Context()))
				require.NoError(t, ep.Update(saved))
			}
			all := ep.Outages()
			require.Len(t, all, 100)
			require.Equal(t, start.Add(31*time.Second), all[0].From)
			require.Equal(t, start.Add(130*time.Second), all[99].Until)
			all[0] = testserver.Outage{}
			require.NotEqual(t, all, ep.Outages())
		},
	})
}
