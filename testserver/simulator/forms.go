package simulator

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hookmitt/hookmitt/testserver"
)

// doneTexts are what the page says after a form was sent. The form is answered by a redirect to a view, so that a reload
// does not do it again.
var doneTexts = map[string]string{
	"created":   "The webhook is registered. Press its bolt to send a test event.",
	"enabled":   "Saved. The webhook is enabled again, and its failures count from 0.",
	"saved":     "Saved.",
	"rotated":   "From the next attempt on, another secret signs.",
	"deleted":   "The webhook is deleted. What it still had to get is dropped.",
	"tested":    "A test event was sent.",
	"sent":      "The event was sent to every webhook that wants it.",
	"off":       "No webhook got it: those that want it are disabled. Save one to enable it.",
	"unwanted":  "No webhook wants this event, so it was sent to none.",
	"resent":    "The event was sent again, under its id.",
	"cancelled": "The delivery is given up.",
	"settled":   "It was settled already.",
	"advanced":  "The clock was moved, and what was due was sent.",
	"armed":     "The fault is armed, and happens to every attempt it is bound to.",
	"disarmed":  "The fault is removed.",
}

// patience is how long a form's answer waits for the attempts that it made. They go on behind it.
const patience = time.Second

// doForm does what a form of the page asks for.
func (s *simulator) doForm(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return err
		}
		return &refusal{status: http.StatusBadRequest, detail: "the body is no form: " + err.Error()}
	}
	do, ok := map[string]func(*http.Request) (string, *view){
		"create": s.doCreate, "update": s.doUpdate, "rotate": s.doRotate, "delete": s.doDelete, "test": s.doTest, "event": s.doEvent,
		"resend": s.doResend, "cancel": s.doCancel, "advance": s.doAdvance, "next": s.doAdvance, "drain": s.doAdvance,
		"arm": s.doArm, "disarm": s.doDisarm,
	}[r.PostForm.Get("do")]
	if !ok {
		return &refusal{status: http.StatusBadRequest, detail: "the page has no such form"}
	}
	to, wrong := do(r)
	if wrong != nil {
		return s.render(w, http.StatusUnprocessableEntity, wrong)
	}
	w.Header().Set("Location", to) // relative, so that it works under a prefix
	w.WriteHeader(http.StatusSeeOther)
	return nil
}

// back is where a form was sent from.
func back(r *http.Request, done string) string {
	q, err := url.ParseQuery(strings.TrimPrefix(r.PostForm.Get("back"), "?"))
	if err != nil {
		q = url.Values{}
	}
	q.Set("done", done)
	return "?" + q.Encode()
}

// alert is the home view with what could not be done.
func (s *simulator) alert(text string) (string, *view) {
	v := s.homeView(&http.Request{URL: &url.URL{}})
	v.Alert = text
	return "", v
}

// errorAt puts an error beside the field that it is about, or above the view.
func (v *view) errorAt(err error) {
	if refused := refusalOf(err); refused.field != "" {
		v.Errors[refused.field] = refused.detail
	} else {
		v.Alert = refused.detail
	}
}

// soon waits for the attempts of deliveries, but not for long.
func soon(r *http.Request, deliveries ...*testserver.Delivery) {
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	for _, d := range deliveries {
		_ = d.WaitAttempt(ctx)
	}
}

func (s *simulator) doTest(r *http.Request) (string, *view) {
	ep, ok := s.named(r)
	if !ok {
		return "", s.missing("There is no such webhook.")
	}
	d := ep.SendTest(r.Context())
	soon(r, d)
	return back(r, "tested") + "&sent=" + deliveryID(d), nil
}

func (s *simulator) doEvent(r *http.Request) (string, *view) {
	e, err := s.event(eventForm{Type: r.PostForm.Get("type")})
	if err != nil {
		return s.alert(refusalOf(err).detail)
	}
	deliveries := s.server.Send(r.Context(), e)
	if len(deliveries) == 0 {
		return "?done=unwanted", nil
	}
	soon(r, deliveries...)
	if !slices.ContainsFunc(deliveries, func(d *testserver.Delivery) bool { return d.State() != testserver.Dropped }) {
		return "?done=off", nil
	}
	return "?done=sent", nil
}

// sent is the delivery that a form is about.
func (s *simulator) sent(r *http.Request) (*testserver.Delivery, error) {
	r.SetPathValue("delivery", r.PostForm.Get("delivery"))
	return s.delivery(r)
}

func (s *simulator) doResend(r *http.Request) (string, *view) {
	d, err := s.sent(r)
	if err != nil {
		return "", s.missing(err.Error())
	}
	again := d.Resend(r.Context())
	soon(r, again)
	return "?delivery=" + deliveryID(again) + "&done=resent", nil
}

func (s *simulator) doCancel(r *http.Request) (string, *view) {
	d, err := s.sent(r)
	if err != nil {
		return "", s.missing(err.Error())
	}
	done := "settled"
	if d.Cancel() {
		done = "cancelled"
	}
	return "?delivery=" + deliveryID(d) + "&done=" + done, nil
}

func (s *simulator) doAdvance(r *http.Request) (string, *view) {
	a := advancement{By: r.PostForm.Get("by")}
	switch r.PostForm.Get("do") {
	case "next":
		a = advancement{To: "next"}
	case "drain":
		a = advancement{Drain: true}
	}
	if err := s.move(r.Context(), a); err != nil {
		_, v := s.alert("")
		v.By = a.By
		v.errorAt(err)
		return "", v
	}
	return back(r, "advanced"), nil
}

func (s *simulator) doArm(r *http.Request) (string, *view) {
	form := faultForm{Fault: strings.TrimSpace(r.PostForm.Get("fault"))}
	form.Attempt, _ = strconv.Atoi(r.PostForm.Get("attempt")) // the browser lets only numbers through; 0 is any
	form.Times, _ = strconv.Atoi(r.PostForm.Get("times"))
	if _, err := s.arm(form); err != nil {
		v := s.faultsView()
		v.FaultForm = form
		v.errorAt(err)
		return "", v
	}
	return "?view=faults&done=armed", nil
}

func (s *simulator) doDisarm(r *http.Request) (string, *view) {
	_ = s.disarm(r.PostForm.Get("fault")) // gone is gone
	return "?view=faults&done=disarmed", nil
}

// becameOf is what has become of a delivery so far.
func becameOf(d *testserver.Delivery) string {
	now := d.Snapshot()
	switch made := len(now.Timeline); {
	case now.State == testserver.Delivered:
		return "It arrived."
	case made > 0:
		return "It failed: " + now.Timeline[made-1].Reason() + "."
	case now.Err != nil:
		return "It did not go out: " + strings.TrimPrefix(now.Err.Error(), "testserver: ") + "."
	}
	return "The answer is awaited."
}
