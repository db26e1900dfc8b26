package testserver_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/testserver"
)

// TestEverythingAtOnce is for the race detector. What can be said of the end is that a last reset leaves nothing, and
// that who follows the changes misses none.
func TestEverythingAtOnce(t *testing.T) {
	t.Parallel()
	p := hookmitt.CDHosting()
	const each, rounds = 3, 16
	sub := testserver.Subscription{URL: receiverURL, Secret: secret}
	// Errors that come of what another does meanwhile, or of a clock that moves by itself, are nobody's fault.
	work := []func(t *testing.T, s *testserver.Server, round int){
		func(t *testing.T, s *testserver.Server, _ int) {
			ep, err := s.Subscribe(sub)
			if err != nil {
				t.Error(err)
				return
			}
			ep.Send(t.Context(), of(t, p), testserver.Times(1, testserver.Reorder()))
			_ = ep.SendTest(t.Context()).Resend(t.Context()).WaitAttempt(t.Context())
			_ = ep.Update(sub)
			ep.Outages()
		},
		func(t *testing.T, s *testserver.Server, _ int) { s.Send(t.Context(), of(t, p), testserver.Twice()) },
		func(_ *testing.T, s *testserver.Server, round int) {
			if all := s.Endpoints(); len(all) > 0 && round%4 == 0 {
				s.Endpoint(all[0].ID())
				s.Remove(all[0])
			}
		},
		func(_ *testing.T, s *testserver.Server, _ int) {
			kept, _ := s.Deliveries()
			for _, d := range kept {
				d.Plan()
				d.Next()
				if d.Number()%3 == 0 {
					d.Cancel()
				}
				s.Delivery(d.Number())
			}
		},
		func(t *testing.T, s *testserver.Server, round int) {
			defer s.Arm(testserver.Chance(0.5, testserver.LostReply()))()
			if _, err := s.ReportEffect(fmt.Sprint(round)); err != nil {
				t.Error(err)
			}
			s.Effects()
			s.Notices()
		},
		func(t *testing.T, s *testserver.Server, _ int) { _ = s.Advance(t.Context(), time.Minute) },
	}
	reset := func(t *testing.T, s *testserver.Server, round int) {
		if round%5 != 0 {
			return
		}
		if err := s.Reset(t.Context()); err != nil {
			t.Error(err)
		}
	}
	for name, c := range map[string]struct {
		clock testserver.Clock
		work  []func(t *testing.T, s *testserver.Server, round int)
	}{
		"on a real clock":                {testserver.Real(), work},
		"on a scaled clock":              {testserver.Scaled(60), work},
		"on a manual clock":              {testserver.Manual(), work},
		"on a real clock, with resets":   {testserver.Real(), append(work[:len(work):len(work)], reset)},
		"on a scaled clock, with resets": {testserver.Scaled(60), append(work[:len(work):len(work)], reset)},
		"on a manual clock, with resets": {testserver.Manual(), append(work[:len(work):len(work)], reset)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T) {
				s := with(t, p, taking(500*time.Millisecond, 500), testserver.Options{Clock: c.clock, Keep: 20})
				ctx, stop := context.WithCancel(t.Context())
				defer stop()
				var workers, followers sync.WaitGroup
				for range each {
					for _, do := range c.work {
						workers.Go(func() {
							for round := range rounds {
								do(t, s, round)
								time.Sleep(time.Duration(round) * 100 * time.Millisecond)
							}
						})
					}
					followers.Go(func() { follow(ctx, t, s) })
				}
				workers.Wait()
				stop()
				followers.Wait()
				require.NoError(t, s.Reset(t.Context()))
				requireBeginning(t, s)
			})
		})
	}
}

// follow reads what changes until ctx ends, and expects the numbers to have no gap.
func follow(ctx context.Context, t *testing.T, s *testserver.Server) {
	t.Helper()
	for after := uint64(0); ; {
		since, latest, missed, more := s.Changes(after)
		if missed {
			t.Error("some were missed")
		}
		for _, change := range since {
			if after++; change.Number != after {
				t.Errorf("change %d is told where %d is next", change.Number, after)
			}
		}
		if after != latest {
			t.Errorf("the latest is %d, and %d was told", latest, after)
		}
		select {
		case <-more:
		case <-ctx.Done():
			return
		}
	}
}
