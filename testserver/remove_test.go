package testserver_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/testserver"
)

func TestRemove(t *testing.T) {
	t.Parallel()
	p := hookmitt.Civo()
	inBubbles(t, map[string]func(t *testing.T){
		"it is gone, and the others are as they were": func(t *testing.T) {
			s := newServer(t, p, statuses(500))
			first, second, third := endpoint(t, s), endpoint(t, s), endpoint(t, s)
			d := third.Send(t.Context(), of(t, p))
			listed := s.Endpoints()
			s.Remove(second)
			require.Equal(t, []*testserver.Endpoint{first, third}, s.Endpoints())
			require.Equal(t, []*testserver.Endpoint{first, second, third}, listed, "what was listed is the caller's own")
			_, found := s.Endpoint(second.ID())
			require.False(t, found)
			time.Sleep(10 * time.Minute)
			require.Len(t, d.Timeline(), 2)
		},
		"what waits for its next attempt is dropped": func(t *testing.T) {
			s := newServer(t, p, statuses(500))
			ep := endpoint(t, s)
			waits, held := ep.Send(t.Context(), of(t, p)), ep.Send(t.Context(), of(t, p), testserver.Reorder())
			time.Sleep(time.Second)
			s.Remove(ep)
			_, due := s.Next()
			require.False(t, due)
			for _, d := range []*testserver.Delivery{waits, held} {
				require.Equal(t, testserver.Dropped, d.State())
				require.ErrorIs(t, d.Err(), testserver.ErrRemoved)
			}
			time.Sleep(48 * time.Hour)
			require.Len(t, waits.Timeline(), 1)
			require.Empty(t, held.Timeline())
			got, found := s.Delivery(waits.Number())
			require.True(t, found, "its deliveries are kept")
			require.Same(t, waits, got)
		},
		"an attempt that is being made may succeed": func(t *testing.T) {
			s := newServer(t, p, taking(time.Second, 200))
			ep := endpoint(t, s)
			d := ep.Send(t.Context(), of(t, p))
			s.Remove(ep)
			require.Equal(t, testserver.Pending, d.State())
			_, err := d.Wait(t.Context())
			require.NoError(t, err)
			require.Equal(t, testserver.Delivered, d.State())
		},
		"one that is being made and fails was the last": func(t *testing.T) {
			s := newServer(t, p, taking(time.Second, 500))
			ep := endpoint(t, s)
			d := ep.Send(t.Context(), of(t, p))
			s.Remove(ep)
			require.False(t, d.Cancel(), "it is given up already")
			timeline, err := d.Wait(t.Context())
			require.ErrorIs(t, err, testserver.ErrRemoved)
			require.Equal(t, "0s 500", timeline.String())
			require.Equal(t, testserver.Dropped, d.State())
			_, due := s.Next()
			require.False(t, due)
		},
		"what is sent to it afterwards is dropped, a test too": func(t *testing.T) {
			s := newServer(t, p, http.NotFoundHandler())
			ep := endpoint(t, s)
			s.Remove(ep)
			require.Empty(t, s.Send(t.Context(), of(t, p)))
			for _, d := range []*testserver.Delivery{ep.Send(t.Context(), of(t, p)), ep.SendTest(t.Context())} {
				timeline, err := d.Wait(t.Context())
				require.ErrorIs(t, err, testserver.ErrRemoved)
				require.Empty(t, timeline)
				require.ErrorIs(t, d.Resend(t.Context()).Err(), testserver.ErrRemoved)
			}
		},
		"what is not there need not be removed": func(t *testing.T) {
			s, other := newServer(t, p, statuses(200)), newServer(t, p, statuses(200))
			ep, foreign := endpoint(t, s), endpoint(t, other)
			s.Remove(nil)
			s.Remove(foreign)
			require.Equal(t, []*testserver.Endpoint{ep}, s.Endpoints())
			_, err := foreign.Send(t.Context(), of(t, p)).Wait(t.Context())
			require.NoError(t, err, "and it is not removed where it is")
			s.Remove(ep)
			s.Remove(ep)
			require.Empty(t, s.Endpoints())
		},
		"a closed server's too": func(t *testing.T) {
			s := newServer(t, p, statuses(500))
			ep := endpoint(t, s)
			d := ep.Send(t.Context(), of(t, p))
			require.NoError(t, d.WaitAttempt(t.Context()))
			require.NoError(t, s.Close())
			s.Remove(ep)
			require.Empty(t, s.Endpoints())
			require.ErrorIs(t, d.Err(), testserver.ErrClosed)
		},
	})
}

func TestLookups(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		provider hookmitt.Provider
		id       string
	}{
		"Civo's webhooks have UUIDs, as its events":    {hookmitt.Civo(), "^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"},
		"Mixpost's have UUIDs, its events no ids":      {hookmitt.Mixpost(), "^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"},
		"CDHosting's begin with wh_, its events evt_…": {hookmitt.CDHosting(), "^wh_[0-9a-f]{24}$"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T) {
				s := with(t, c.provider, statuses(200), testserver.Options{Clock: testserver.Manual(), Keep: 2})
				require.NoError(t, s.Advance(t.Context(), time.Hour))
				start, ids := s.Now(), map[string]bool{}
				for range 5 {
					ep := endpoint(t, s)
					ids[ep.ID()] = true
					require.Regexp(t, c.id, ep.ID())
					require.Equal(t, start, ep.Created())
					got, found := s.Endpoint(ep.ID())
					require.True(t, found)
					require.Same(t, ep, got)
				}
				require.Len(t, ids, 5)
				_, found := s.Endpoint("")
				require.False(t, found)

				require.NoError(t, s.Advance(t.Context(), time.Hour))
				var sent []*testserver.Delivery
				for i, ep := range s.Endpoints() {
					sent = append(sent, ep.Send(t.Context(), of(t, c.provider)))
					require.NoError(t, sent[i].WaitAttempt(t.Context()))
					require.EqualValues(t, i+1, sent[i].Number())
					require.Equal(t, start.Add(time.Hour), sent[i].Created())
				}
				for i, d := range sent {
					got, found := s.Delivery(d.Number())
					require.Equal(t, i >= 3, found, "two are kept")
					if found {
						require.Same(t, d, got)
					}
				}
				for _, number := range []uint64{0, 6} {
					_, found := s.Delivery(number)
					require.False(t, found)
				}
			})
		})
	}
}

func TestServerSend(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		provider hookmitt.Provider
		event    events.Event
	}{
		"Civo's event under a new id":        {hookmitt.Civo(), events.Named("server.started", struct{}{})},
		"CDHosting's event under a new id":   {hookmitt.CDHosting(), events.Named("server.started", struct{}{})},
		"Mixpost's event, its id its body":   {hookmitt.Mixpost(), events.Named("server.started", struct{}{})},
		"an event under the id that it has":  {hookmitt.CDHosting(), events.Event{ID: "evt_mine", Type: "server.started", Data: []byte("{}")}},
		"a raw body whose id is in a header": {hookmitt.Civo(), events.Event{Type: "server.started", Raw: []byte(`{"event": "server.started"}`)}},
	} {
		t.Run(name+" goes to every webhook that is subscribed", func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T) {
				p := c.provider
				s := newServer(t, p, statuses(200))
				var want []*testserver.Endpoint
				for _, sub := range []testserver.Subscription{
					{Name: "wants all"}, {Name: "wants another", Events: []string{"server.stopped"}}, {Name: "is inactive", Inactive: true},
					{Name: "wants it", Events: []string{"server.stopped", "server.started"}}, {Name: "wants all, and says so", Events: []string{"*"}},
				} {
					sub.URL, sub.Secret = receiverURL, secret
					ep, err := s.Subscribe(sub)
					require.NoError(t, err)
					if sub.Name[:5] == "wants" && sub.Name != "wants another" {
						want = append(want, ep)
					}
				}
				sent := s.Send(t.Context(), c.event, testserver.OnAttempt(1, testserver.Twice()))
				require.Len(t, sent, len(want))
				kept, _ := s.Deliveries()
				require.Equal(t, sent, kept, "no other has a delivery")
				var ids []string
				for i, d := range sent {
					require.Same(t, want[i], d.Endpoint(), "as they were registered")
					require.Equal(t, sent[0].Event(), d.Event())
					timeline, err := d.Wait(t.Context())
					require.NoError(t, err)
					require.Equal(t, "twice, twice", happened(timeline))
					ids = append(ids, open(t, p, secret, timeline[:1])[0].ID)
				}
				require.NotEmpty(t, ids[0])
				require.Equal(t, []string{ids[0], ids[0], ids[0]}, ids)
				if c.event.ID != "" {
					require.Equal(t, c.event.ID, ids[0])
				}
			})
		})
	}
	inBubbles(t, map[string]func(t *testing.T){
		"to a disabled webhook it is dropped": func(t *testing.T) {
			p := hookmitt.Civo()
			p.DisableAfter, p.Retry = 1, hookmitt.Schedule{}
			s := newServer(t, p, statuses(500, 200))
			off, on := endpoint(t, s), endpoint(t, s)
			require.NoError(t, off.Send(t.Context(), of(t, p)).WaitAttempt(t.Context()))
			sent := s.Send(t.Context(), of(t, p))
			require.Len(t, sent, 2)
			require.ErrorIs(t, sent[0].Err(), testserver.ErrDisabled)
			require.Equal(t, testserver.Dropped, sent[0].State())
			require.Same(t, on, sent[1].Endpoint())
			_, err := sent[1].Wait(t.Context())
			require.NoError(t, err)
		},
		"nobody is there, or nobody is left": func(t *testing.T) {
			p := hookmitt.Civo()
			s := newServer(t, p, statuses(200))
			require.Empty(t, s.Send(t.Context(), of(t, p)))
			endpoint(t, s)
			require.NoError(t, s.Close())
			sent := s.Send(t.Context(), of(t, p))
			require.Len(t, sent, 1)
			require.ErrorIs(t, sent[0].Err(), testserver.ErrClosed)
		},
	})
}
