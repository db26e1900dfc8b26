package simulator

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hookmitt/hookmitt/testserver"
)

// deliveryView is a delivery with what is known of its attempts but for their bytes.
type deliveryView struct {
	ID        string        `json:"id"`
	Webhook   string        `json:"webhook"`
	Event     eventView     `json:"event"`
	Test      bool          `json:"test"`
	State     string        `json:"state"`
	Reason    string        `json:"reason"` // why it did not arrive
	CreatedAt time.Time     `json:"created_at"`
	Plan      []time.Time   `json:"plan"`     // when the attempts to come are due, if each fails at once
	Timeline  string        `json:"timeline"` // the attempts in a line: 0s 500, 5m0s 200
	Attempts  []attemptView `json:"attempts"`
}

func viewDelivery(d *testserver.Delivery) deliveryView { return viewSnapshot(d, d.Snapshot()) }

func viewSnapshot(d *testserver.Delivery, now testserver.Snapshot) deliveryView {
	v := deliveryView{
		ID: deliveryID(d), Webhook: d.Endpoint().ID(), Event: viewEvent(d.Event()), Test: d.IsTest(), State: now.State.String(),
		CreatedAt: utc(d.Created()), Plan: []time.Time{}, Timeline: now.Timeline.String(), Attempts: []attemptView{},
	}
	if now.Err != nil {
		v.Reason = strings.TrimPrefix(now.Err.Error(), "testserver: ")
	}
	for _, due := range now.Plan {
		v.Plan = append(v.Plan, utc(due))
	}
	for _, a := range now.Timeline {
		v.Attempts = append(v.Attempts, viewAttempt(d, a))
	}
	return v
}

// deliveryID is a delivery's id: it counts from 1, and again after a reset.
func deliveryID(d *testserver.Delivery) string { return fmt.Sprintf("dlv_%d", d.Number()) }

// deliveryNumber reads an id.
func deliveryNumber(id string) (uint64, bool) {
	digits, ok := strings.CutPrefix(id, "dlv_")
	number, err := strconv.ParseUint(digits, 10, 64)
	return number, ok && err == nil && digits == strconv.FormatUint(number, 10)
}

// delivery is the one that the path names.
func (s *simulator) delivery(r *http.Request) (*testserver.Delivery, error) {
	id := r.PathValue("delivery")
	if number, ok := deliveryNumber(id); ok {
		if d, ok := s.server.Delivery(number); ok {
			return d, nil
		}
	}
	return nil, &refusal{status: http.StatusNotFound, detail: "there is no delivery " + id + ", or it is no longer kept"}
}

// How many deliveries are on a page of the list.
const (
	pageSize    = 50
	maxPageSize = 500
)

// deliveryPage is a page of the list, newest first.
type deliveryPage struct {
	Deliveries []deliveryView `json:"deliveries"`
	Next       *string        `json:"next"`      // the cursor of the next page, if there is one
	Forgotten  int            `json:"forgotten"` // settled ones that are no longer kept
}

func (s *simulator) listDeliveries(w http.ResponseWriter, r *http.Request) error {
	q, err := queryOf(r)
	if err != nil {
		return err
	}
	kept, forgotten, err := s.chosen(q)
	if err != nil {
		return err
	}
	limit, err := limitOf(r, pageSize, maxPageSize)
	if err != nil {
		return err
	}
	page := deliveryPage{Deliveries: []deliveryView{}, Forgotten: forgotten}
	for _, d := range kept {
		if len(page.Deliveries) == limit {
			page.Next = &page.Deliveries[limit-1].ID
			break
		}
		page.Deliveries = append(page.Deliveries, viewDelivery(d))
	}
	return answer(w, http.StatusOK, page)
}

// queryOf is a request's query, of which no part is left out in silence.
func queryOf(r *http.Request) (url.Values, error) {
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, &refusal{status: http.StatusBadRequest, detail: "the query is none: " + err.Error()}
	}
	return q, nil
}

// chosen are the deliveries that a query asks for, newest first, from its cursor on.
func (s *simulator) chosen(q url.Values) (chosen []*testserver.Delivery, forgotten int, err error) {
	for name := range q {
		if !slices.Contains([]string{"state", "type", "webhook", "event", "cursor", "limit"}, name) {
			return nil, 0, invalid(name, "there is no filter %s; there are state, type, webhook, event, cursor and limit", name)
		}
	}
	if state := q.Get("state"); state != "" && !slices.Contains(states(), state) {
		return nil, 0, invalid("state", "%q is none of %s", state, strings.Join(states(), ", "))
	}
	before := ^uint64(0)
	if cursor := q.Get("cursor"); cursor != "" {
		var ok bool
		if before, ok = deliveryNumber(cursor); !ok {
			return nil, 0, invalid("cursor", "%q is none that a page's next has given", cursor)
		}
	}
	kept, forgotten := s.server.Deliveries()
	for _, d := range slices.Backward(kept) {
		is := func(name, value string) bool { return q.Get(name) == "" || q.Get(name) == value }
		if d.Number() < before && is("state", d.State().String()) && is("type", d.Event().Type) && is("webhook", d.Endpoint().ID()) && is("event", d.Event().ID) {
			chosen = append(chosen, d)
		}
	}
	return chosen, forgotten, nil
}

func states() []string {
	var names []string
	for state := testserver.Pending; state <= testserver.Unwanted; state++ {
		names = append(names, state.String())
	}
	return names
}

func limitOf(r *http.Request, usual, most int) (int, error) {
	text := r.URL.Query().Get("limit")
	if text == "" {
		return usual, nil
	}
	limit, err := strconv.Atoi(text)
	if err != nil || limit < 1 || limit > most {
		return 0, invalid("limit", "%q is no number from 1 to %d", text, most)
	}
	return limit, nil
}

func (s *simulator) showDelivery(w http.ResponseWriter, r *http.Request) error {
	d, err := s.delivery(r)
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, viewDelivery(d))
}

// resendDelivery delivers the event again, under its id, and answers after the attempt.
func (s *simulator) resendDelivery(w http.ResponseWriter, r *http.Request) error {
	d, err := s.delivery(r)
	if err != nil {
		return err
	}
	return s.answerSent(w, r, d.Event(), d.Resend(r.Context()))
}

func (s *simulator) cancelDelivery(w http.ResponseWriter, r *http.Request) error {
	d, err := s.delivery(r)
	if err != nil {
		return err
	}
	if !d.Cancel() {
		return &refusal{status: http.StatusConflict, detail: deliveryID(d) + " is " + d.State().String() + " already, or being cancelled"}
	}
	return answer(w, http.StatusOK, viewDelivery(d))
}
