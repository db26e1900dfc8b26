package testserver_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/testserver"
)

// Nothing is waited for between the events, and yet all goes in the order in which they were sent.
func TestWhatIsDueAtOnceGoesInTheOrderOfSending(t *testing.T) {
	t.Parallel()
	for range 20 {
		p := hookmitt.CDHosting()
		var order []string
		s := with(t, p, statuses(500), testserver.Options{
			Clock: testserver.Manual(),
			Observe: func(a testserver.Attempt) {
				if a.Number == 2 {
					order = append(order, a.Event.ID)
				}
			},
		})
		ep := subscribeTo(t, s, receiverURL)
		ep.Arm(testserver.Times(1, testserver.LostReply()))
		var sent []*testserver.Delivery
		for _, id := range []string{"a", "b", "c", "d", "e", "f"} {
			e := of(t, p)
			e.ID = id
			sent = append(sent, ep.Send(t.Context(), e))
		}
		_, err := s.AdvanceNext(t.Context())
		require.NoError(t, err)
		require.Equal(t, []string{"a", "b", "c", "d", "e", "f"}, order)
		require.Equal(t, []string{"lost-reply"}, sent[0].Timeline()[0].Faults, "the fault that happens once happens to the first")
	}
}

func TestAnAnswerAtTheDeadlineIsTooLate(t *testing.T) {
	t.Parallel()
	for range 30 {
		inBubble(t, func(t *testing.T) {
			p := hookmitt.Civo()
			ep := subscribe(t, p, taking(p.Deadline, 200))
			d := ep.Send(t.Context(), of(t, p))
			time.Sleep(time.Minute)
			require.Equal(t, "0s timeout", d.Timeline().String())
		})
	}
}

// The provider goes by the first of two requests, and so does its next gap.
func TestACopyDoesNotShiftTheLadder(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		p := hookmitt.Civo()
		ep := subscribe(t, p, taking(3*time.Second, 500))
		d := ep.Send(t.Context(), of(t, p), testserver.OnAttempt(1, testserver.Twice()))
		time.Sleep(10 * time.Minute)
		require.Equal(t, "0s 500, 3s 500, 5m3s 500", d.Timeline().String())
	})
}

func TestFramingIsOurs(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		p := hookmitt.Civo()
		ep := subscribe(t, p, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Saw", r.Host)
		}))
		timeline, err := ep.Send(t.Context(), of(t, p), testserver.WithHeader("Host", "other.test")).Wait(t.Context())
		require.NoError(t, err)
		require.Equal(t, "other.test", timeline[0].AnswerHeader.Get("Saw"))

		d := ep.Send(t.Context(), of(t, p), testserver.WithHeader("Content-Length", "5", "6"))
		time.Sleep(time.Minute)
		require.Equal(t, "0s 400", d.Timeline().String(), "net/http refuses two lengths")
	})
}
