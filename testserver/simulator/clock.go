package simulator

import (
	"context"
	"net/http"
	"time"

	"github.com/hookmitt/hookmitt/testserver"
)

// clockView is the server's clock.
type clockView struct {
	Mode string     `json:"mode"` // real, manual, or how many times faster: 60x
	Now  time.Time  `json:"now"`
	Next *time.Time `json:"next"` // when the next attempt is due
}

func (s *simulator) clock() clockView {
	v := clockView{Mode: s.server.Clock().String(), Now: utc(s.server.Now())}
	if next, ok := s.server.Next(); ok {
		v.Next = new(utc(next))
	}
	return v
}

func (s *simulator) showClock(w http.ResponseWriter, _ *http.Request) error {
	return answer(w, http.StatusOK, s.clock())
}

// advancement is how far to move a manual clock: one of the three.
type advancement struct {
	By    string `json:"by"` // a duration: 5m, 1h30m
	To    string `json:"to"` // next
	Drain bool   `json:"drain"`
}

// maxAdvance is how far a clock moves at once: 100 years, under what a duration holds.
const maxAdvance = 100 * 365 * 24 * time.Hour

// advance moves the clock, and answers after the last attempt.
func (s *simulator) advance(w http.ResponseWriter, r *http.Request) error {
	a, err := read[advancement](r)
	if err != nil {
		return err
	}
	before := s.latest()
	if err := s.move(r.Context(), a); err != nil {
		return err
	}
	made := advanced{Attempts: []attemptView{}}
	since, _, missed, _ := s.server.Changes(before)
	for _, c := range since {
		if c.Kind == testserver.AttemptMade {
			made.Attempts = append(made.Attempts, viewAttempt(c.Delivery, *c.Attempt))
		}
	}
	made.Clock, made.Missed = s.clock(), missed
	return answer(w, http.StatusOK, made)
}

// move moves the clock, and returns after the last attempt.
func (s *simulator) move(ctx context.Context, a advancement) (err error) {
	switch {
	case a.By != "" && a.To == "" && !a.Drain:
		by, parseErr := time.ParseDuration(a.By)
		if parseErr != nil || by < 0 || by > maxAdvance {
			return invalid("by", "%q is no duration such as 30s, 5m or 1h30m, up to 876000h", a.By)
		}
		if !writable(s.server.Now().Add(by).Add(s.server.Provider().Horizon())) {
			return invalid("by", "the clock would leave the year 9999, which no answer could show")
		}
		err = s.server.Advance(ctx, by)
	case a.To == "next" && a.By == "" && !a.Drain:
		_, err = s.server.AdvanceNext(ctx)
	case a.Drain && a.By == "" && a.To == "":
		_, err = s.server.Drain(ctx)
	default:
		return invalid("", `say how far: {"by":"5m"}, {"to":"next"} or {"drain":true}`)
	}
	return err
}

// advanced is what happened while the clock moved.
type advanced struct {
	Clock    clockView     `json:"clock"`
	Attempts []attemptView `json:"attempts"`
	Missed   bool          `json:"missed"` // the first of very many attempts are not in the list
}
