package simulator

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/hookmitt/hookmitt/testserver"
)

// How many deliveries are in one drawing.
const (
	drawn    = 12
	maxDrawn = 50
)

// drawDelivery draws one delivery.
func (s *simulator) drawDelivery(w http.ResponseWriter, r *http.Request) error {
	d, err := s.delivery(r)
	if err != nil {
		return err
	}
	return s.draw(w, d)
}

// drawDeliveries draws the newest of those that the query asks for, the newest on top.
func (s *simulator) drawDeliveries(w http.ResponseWriter, r *http.Request) error {
	q, err := queryOf(r)
	if err != nil {
		return err
	}
	chosen, _, err := s.chosen(q)
	if err != nil {
		return err
	}
	limit, err := limitOf(r, drawn, maxDrawn)
	if err != nil {
		return err
	}
	return s.draw(w, chosen[:min(limit, len(chosen))]...)
}

func (s *simulator) draw(w http.ResponseWriter, deliveries ...*testserver.Delivery) error {
	w.Header().Set("Content-Type", "image/svg+xml")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'") // it may be opened by itself
	_, _ = w.Write(s.plot(deliveries).svg("<style>" + plotStyle + "</style>\n"))
	return nil
}

// plot is the drawing of deliveries, in their order.
func (s *simulator) plot(deliveries []*testserver.Delivery) plot {
	p := plot{title: "Deliveries by " + s.server.Provider().Name, now: s.server.Now()}
	for _, d := range deliveries {
		p.lanes = append(p.lanes, laneOf(d))
	}
	return p
}

// laneOf is a delivery as it is drawn.
func laneOf(d *testserver.Delivery) lane {
	now := d.Snapshot()
	l := lane{name: deliveryID(d) + " " + d.Event().Type, state: now.State.String()}
	for _, a := range now.Timeline {
		l.marks = append(l.marks, mark{kind: kindOf(a), at: a.At, until: a.Ended, label: a.Mark(), tells: tells(a), copy: a.Copy > 0})
	}
	for i, due := range now.Plan {
		l.marks = append(l.marks, mark{kind: planned, at: due, until: due, tells: fmt.Sprintf("attempt %d: planned", number(l.marks)+1), label: plannedLabel(i)})
	}
	first := d.Created()
	last := slices.MaxFunc(append(l.marks, mark{until: first}), func(a, b mark) int { return a.until.Compare(b.until) }).until
	for _, o := range d.Endpoint().Outages() {
		under := now.State == testserver.Pending || now.State == testserver.Dropped || !o.From.After(last.Add(time.Second))
		if under && (o.Until.IsZero() || o.Until.After(first)) { // those that this delivery saw
			l.outages = append(l.outages, outage{from: later(o.From, first), until: o.Until})
		}
	}
	l.created, l.ends = first, last
	return l
}

// kindOf is what an attempt's mark looks like.
func kindOf(a testserver.Attempt) kind {
	switch {
	case a.Succeeded:
		return succeeded
	case a.Status != 0:
		return failed
	case a.Mark() == "timeout":
		return timedOut
	case a.Mark() == "lost":
		return lost
	}
	return broken
}

// tells says what came of an attempt.
func tells(a testserver.Attempt) string {
	text := fmt.Sprintf("attempt %d", a.Number)
	if a.Copy > 0 {
		text += fmt.Sprintf(", copy %d", a.Copy)
	}
	switch kindOf(a) {
	case succeeded:
		text += ": answered " + a.Mark()
	case lost:
		text += ": answered, and the answer was lost"
	case failed, timedOut, broken, planned:
		text += ": " + a.Reason()
	}
	if len(a.Faults) > 0 {
		text += " (" + strings.Join(a.Faults, ", ") + ")"
	}
	return text
}

// number is the number of the last attempt among the marks.
func number(marks []mark) int {
	n := 0
	for _, m := range marks {
		if !m.copy {
			n++
		}
	}
	return n
}

// plannedLabel is next for the first, and nothing for those of which nobody knows whether they come.
func plannedLabel(i int) string {
	if i == 0 {
		return "next"
	}
	return ""
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
