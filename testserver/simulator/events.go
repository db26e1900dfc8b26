package simulator

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/testserver"
)

// eventForm is an event to send: a type and its data, or the body as it is.
type eventForm struct {
	Type      string          `json:"type"`
	Data      json.RawMessage `json:"data"` // default: the provider's sample
	ID        string          `json:"id"`   // default: made up, where the provider sends one
	Time      time.Time       `json:"time"` // default: now, where the provider sends one
	Raw       *string         `json:"raw"`
	RawBase64 []byte          `json:"raw_base64"`
	Webhook   string          `json:"webhook"` // to this one alone, if it is subscribed; default: to all that are
	Faults    []faultForm     `json:"faults"`
}

// sent is what became of an event at once.
type sent struct {
	Event      eventView      `json:"event"`
	Deliveries []deliveryView `json:"deliveries"`
}

// sendEvent sends an event, and answers after the first attempts.
func (s *simulator) sendEvent(w http.ResponseWriter, r *http.Request) error {
	form, err := read[eventForm](r)
	if err != nil {
		return err
	}
	e, err := s.event(form)
	if err != nil {
		return err
	}
	if len(form.Faults) > maxFaults {
		return invalid("faults", "%d faults are over %d", len(form.Faults), maxFaults)
	}
	var faults []testserver.Fault
	for _, f := range form.Faults {
		fault, err := s.fault(f)
		if err != nil {
			return invalid("faults", "%v", err)
		}
		faults = append(faults, fault)
	}
	if form.Webhook == "" {
		return s.answerSent(w, r, e, s.server.Send(r.Context(), e, faults...)...)
	}
	ep, ok := s.server.Endpoint(form.Webhook)
	if !ok {
		return invalid("webhook", "there is no webhook %s", form.Webhook)
	}
	return s.answerSent(w, r, e, ep.Send(r.Context(), e, faults...))
}

// event is what the form says, if the provider can send it.
func (s *simulator) event(form eventForm) (events.Event, error) {
	e := events.Event{ID: form.ID, Type: form.Type, Time: form.Time, Data: form.Data}
	raw := form.Raw != nil || form.RawBase64 != nil
	if string(form.Data) == "null" {
		form.Data, e.Data = nil, nil
	}
	switch {
	case !form.Time.IsZero() && !writable(form.Time):
		return e, invalid("time", "time is not of the years 1 to 9999")
	case form.Raw != nil && form.RawBase64 != nil:
		return e, invalid("raw_base64", "there is a raw body already")
	case raw && form.Data != nil:
		return e, invalid("data", "a raw body holds its data already")
	case form.Raw != nil:
		e.Raw = []byte(*form.Raw)
	case raw:
		e.Raw = form.RawBase64
	case form.Type == "":
		return e, invalid("type", "say which event: one of GET %s/state's provider.events, or any other", control)
	case form.Data == nil:
		sample, ok := s.server.Provider().Events.Sample(form.Type)
		if !ok {
			return e, invalid("data", "%s has no sample of %s: give its data", s.server.Provider().Name, form.Type)
		}
		e.Data = sample.Data
	}
	if err := s.server.CanSend(e); err != nil {
		return e, invalid("", "%s cannot send this: %v", s.server.Provider().Name, err)
	}
	return e, nil
}

// writable reports whether JSON can hold a time, RFC 3339.
func writable(t time.Time) bool { return utc(t).Year() >= 1 && utc(t).Year() <= 9999 }

// answerSent waits until no attempt of the deliveries is being made, and shows them.
func (s *simulator) answerSent(w http.ResponseWriter, r *http.Request, e events.Event, deliveries ...*testserver.Delivery) error {
	v := sent{Event: viewEvent(e), Deliveries: []deliveryView{}}
	for _, d := range deliveries {
		if err := d.WaitAttempt(r.Context()); err != nil {
			return err
		}
		v.Deliveries = append(v.Deliveries, viewDelivery(d))
	}
	if len(v.Deliveries) > 0 {
		v.Event = v.Deliveries[0].Event // with the id that it was given
	}
	return answer(w, http.StatusOK, v)
}

// eventView is an event without its data, which are in the attempts' bodies.
type eventView struct {
	ID   string     `json:"id"` // "" where it is made from the body, or stands in a raw one
	Type string     `json:"type"`
	Time *time.Time `json:"time"`
}

func viewEvent(e events.Event) eventView {
	v := eventView{ID: e.ID, Type: e.Type}
	if !e.Time.IsZero() {
		v.Time = new(utc(e.Time))
	}
	return v
}
