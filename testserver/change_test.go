package testserver_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/testserver"
	"github.com/hookmitt/hookmitt/verify"
)

// story is the kinds of changes in their order.
func story(changes []testserver.Change) string {
	kinds := make([]string, len(changes))
	for i, c := range changes {
		kinds[i] = string(c.Kind)
	}
	return strings.Join(kinds, " ")
}

// TestChangeKinds lets something happen to a server with a webhook, a delivery whose second attempt is due, and an
// armed fault that never happens; the receiver never says yes.
func TestChangeKinds(t *testing.T) {
	t.Parallel()
	p := hookmitt.Mixpost()
	type stage struct {
		s      *testserver.Server
		ep     *testserver.Endpoint
		d      *testserver.Delivery
		disarm func()
	}
	// rest waits until a delivery's attempt has ended.
	rest := func(t *testing.T, d *testserver.Delivery) { require.NoError(t, d.WaitAttempt(t.Context())) }
	for name, c := range map[string]struct {
		happens func(t *testing.T, g stage)
		want    string
	}{
		"a webhook is registered":                      {func(t *testing.T, g stage) { endpoint(t, g.s) }, "webhook"},
		"one is refused":                               {func(_ *testing.T, g stage) { _, _ = g.s.Subscribe(testserver.Subscription{}) }, ""},
		"it is saved":                                  {func(_ *testing.T, g stage) { _ = g.ep.Update(testserver.Subscription{URL: receiverURL}) }, "webhook"},
		"it is not saved, for it is refused":           {func(_ *testing.T, g stage) { _ = g.ep.Update(testserver.Subscription{}) }, ""},
		"its secret is rotated":                        {func(_ *testing.T, g stage) { _ = g.ep.Rotate(verify.NewSecret("next")) }, "webhook"},
		"its secret is not rotated, for there is none": {func(_ *testing.T, g stage) { _ = g.ep.Rotate(verify.Secret{}) }, ""},
		"it is removed, and what it had to deliver":    {func(_ *testing.T, g stage) { g.s.Remove(g.ep) }, "delivery webhook-removed"},
		"it is removed twice":                          {func(_ *testing.T, g stage) { g.s.Remove(g.ep); g.s.Remove(g.ep) }, "delivery webhook-removed"},
		"an event fails":                               {func(t *testing.T, g stage) { rest(t, g.ep.Send(t.Context(), of(t, p))) }, "delivery attempt webhook delivery"},
		"an event is sent again and fails":             {func(t *testing.T, g stage) { rest(t, g.d.Resend(t.Context())) }, "delivery attempt webhook delivery"},
		"a test fails, which does not count":           {func(t *testing.T, g stage) { rest(t, g.ep.SendTest(t.Context())) }, "delivery attempt delivery"},
		"an attempt is made with a copy": {
			func(t *testing.T, g stage) { rest(t, g.ep.Send(t.Context(), of(t, p), testserver.Twice())) }, "delivery attempt attempt webhook delivery",
		},
		"an attempt is held up":       {func(t *testing.T, g stage) { g.ep.Send(t.Context(), of(t, p), testserver.Reorder()) }, "delivery delivery"},
		"the delivery is cancelled":   {func(_ *testing.T, g stage) { g.d.Cancel() }, "delivery"},
		"it is cancelled twice":       {func(_ *testing.T, g stage) { g.d.Cancel(); g.d.Cancel() }, "delivery"},
		"the clock is moved a little": {func(t *testing.T, g stage) { require.NoError(t, g.s.Advance(t.Context(), time.Second)) }, "clock"},
		"the clock is moved to the next attempt": {
			func(t *testing.T, g stage) { _, err := g.s.AdvanceNext(t.Context()); require.NoError(t, err) }, "attempt webhook delivery clock",
		},
		"the clock is moved to the end": {
			func(t *testing.T, g stage) { _, err := g.s.Drain(t.Context()); require.NoError(t, err) },
			"attempt webhook delivery attempt webhook delivery clock",
		},
		"the clock does not go back": {func(t *testing.T, g stage) { require.Error(t, g.s.Advance(t.Context(), -1)) }, ""},
		"the clock is moved for somebody who has given up": {func(t *testing.T, g stage) {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			require.Error(t, g.s.Advance(ctx, time.Hour))
		}, "clock"},
		"a fault is armed":                      {func(_ *testing.T, g stage) { g.s.Arm(testserver.Twice()) }, "fault"},
		"a fault is armed for the webhook only": {func(_ *testing.T, g stage) { g.ep.Arm(testserver.Twice()) }, ""},
		"a fault is disarmed":                   {func(_ *testing.T, g stage) { g.disarm() }, "fault"},
		"a fault is disarmed twice":             {func(_ *testing.T, g stage) { g.disarm(); g.disarm() }, "fault"},
		"an effect is reported":                 {func(_ *testing.T, g stage) { _, _ = g.s.ReportEffect("evt_1") }, "effect"},
		"all is reset":                          {func(t *testing.T, g stage) { require.NoError(t, g.s.Reset(t.Context())) }, "delivery reset"},
		"the server is closed":                  {func(t *testing.T, g stage) { require.NoError(t, g.s.Close()) }, "delivery"},
		"the server is only looked at": {
			func(_ *testing.T, g stage) { g.s.Effects(); g.s.Deliveries(); g.d.Plan(); g.s.Changes(0) }, "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T) {
				s, ep := manual(t, p, statuses(500))
				g := stage{s, ep, sendAll(t, ep, p, 1)[0], s.Arm(testserver.OnEvent("no event", testserver.Tampered()))}
				_, before, _, _ := s.Changes(0)
				c.happens(t, g)
				since, latest, missed, _ := s.Changes(before)
				require.Equal(t, c.want, story(since))
				require.Equal(t, before+uint64(len(since)), latest)
				require.False(t, missed)
			})
		})
	}
}

func TestChange(t *testing.T) {
	t.Parallel()
	inBubbles(t, map[string]func(t *testing.T){
		"each has its number, its time, and what it is about": func(t *testing.T) {
			p, start := hookmitt.Civo(), time.Now()
			s := newServer(t, p, inTurn(taking(time.Second, 500), statuses(200)))
			ep := endpoint(t, s)
			d := ep.Send(t.Context(), of(t, p), testserver.Twice())
			_, err := d.Wait(t.Context())
			require.NoError(t, err)
			_, err = s.ReportEffect("evt_1")
			require.NoError(t, err)
			s.Arm(testserver.Twice())
			all, latest, missed, _ := s.Changes(0)
			require.Equal(t, "webhook delivery attempt attempt webhook delivery attempt attempt delivery effect fault", story(all))
			require.EqualValues(t, len(all), latest)
			require.False(t, missed)
			timeline := d.Timeline()
			retry := start.Add(5*time.Minute + time.Second)
			about := func(number uint64, at time.Time, kind testserver.ChangeKind) testserver.Change {
				return testserver.Change{Number: number, At: at, Kind: kind, Endpoint: ep}
			}
			behind := func(c testserver.Change, a *testserver.Attempt) testserver.Change {
				c.Delivery, c.Attempt = d, a
				return c
			}
			then := func(c testserver.Change, state testserver.State, next time.Time) testserver.Change {
				c.State, c.Next = state, next
				return c
			}
			answered := start.Add(time.Second)
			require.Equal(t, []testserver.Change{
				about(1, start, testserver.EndpointChanged),
				behind(about(2, start, testserver.DeliveryChanged), nil),
				behind(about(3, answered, testserver.AttemptMade), &timeline[0]),
				behind(about(4, answered, testserver.AttemptMade), &timeline[1]),
				about(5, answered, testserver.EndpointChanged),
				then(behind(about(6, answered, testserver.DeliveryChanged), nil), testserver.Pending, retry),
				behind(about(7, retry, testserver.AttemptMade), &timeline[2]),
				behind(about(8, retry, testserver.AttemptMade), &timeline[3]),
				then(behind(about(9, retry, testserver.DeliveryChanged), nil), testserver.Delivered, time.Time{}),
				{Number: 10, At: retry, Kind: testserver.EffectReported, EventID: "evt_1"},
				{Number: 11, At: retry, Kind: testserver.FaultsChanged},
			}, all)
		},
		"an e-mail is there for him who is told of it": func(t *testing.T) {
			p := hookmitt.CDHosting()
			s := newServer(t, p, statuses(500))
			ep := endpoint(t, s)
			exhaust(t, ep, p)
			all, _, _, _ := s.Changes(0)
			require.Equal(t, "attempt notice webhook delivery", story(all[len(all)-4:]))
			told := all[len(all)-3]
			require.Same(t, ep, told.Endpoint)
			require.Nil(t, told.Delivery)
			notices := s.Notices()
			require.Len(t, notices, 1)
			require.Equal(t, notices[0], *told.Notice)
			require.Equal(t, told.At, told.Notice.At)
		},
		"its time is the clock's": func(t *testing.T) {
			s, _ := manual(t, hookmitt.Civo(), statuses(200))
			require.NoError(t, s.Advance(t.Context(), time.Hour))
			all, _, _, _ := s.Changes(1)
			require.Equal(t, s.Now(), all[0].At)
			require.Equal(t, time.Now().Add(time.Hour), all[0].At)
		},
		"who is told of the end finds it": func(t *testing.T) {
			s := newServer(t, hookmitt.Civo(), taking(time.Second, 200))
			d := endpoint(t, s).Send(t.Context(), of(t, hookmitt.Civo()))
			for after := uint64(0); ; {
				since, latest, _, more := s.Changes(after)
				if after = latest; latest == 4 {
					require.Equal(t, "delivery", story(since[len(since)-1:]))
					require.Equal(t, testserver.Delivered, d.State())
					require.Len(t, d.Timeline(), 1)
					return
				}
				<-more
			}
		},
		"a webhook that sends nothing tells of what it did not send": func(t *testing.T) {
			s := newServer(t, hookmitt.Civo(), http.NotFoundHandler())
			ep, err := s.Subscribe(testserver.Subscription{URL: receiverURL, Secret: secret, Events: []string{"instance.created"}})
			require.NoError(t, err)
			d := ep.Send(t.Context(), events.Named("instance.deleted", struct{}{}))
			all, _, _, _ := s.Changes(1)
			require.Equal(t, "delivery", story(all))
			require.Same(t, d, all[0].Delivery)
		},
	})
}
