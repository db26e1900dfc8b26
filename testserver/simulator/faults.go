package simulator

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/hookmitt/hookmitt/testserver"
)

// faultForm is a fault, and to which attempts it is bound. As JSON it may also be the fault's name alone.
type faultForm struct {
	Fault   string   `json:"fault"`             // as ParseFault reads it: "lost-reply", "together=3"
	Webhook string   `json:"webhook,omitempty"` // default: every webhook
	Event   string   `json:"event,omitempty"`   // a type, or a pattern: "server.*"
	Attempt int      `json:"attempt,omitempty"` // 1 for the first
	Chance  *float64 `json:"chance,omitempty"`  // from 0 to 1
	Times   int      `json:"times,omitempty"`
}

// UnmarshalJSON implements [json.Unmarshaler].
func (f *faultForm) UnmarshalJSON(text []byte) error {
	if strings.HasPrefix(string(text), `"`) {
		return json.Unmarshal(text, &f.Fault)
	}
	type plain faultForm
	return decode(text, (*plain)(f))
}

// fault is what the form says.
func (s *simulator) fault(form faultForm) (testserver.Fault, error) {
	fault, err := testserver.ParseFault(form.Fault)
	switch {
	case err != nil:
		return fault, invalid("fault", "%s", strings.TrimPrefix(err.Error(), "testserver: "))
	case form.Attempt < 0:
		return fault, invalid("attempt", "%d is no attempt: the first is 1", form.Attempt)
	case form.Times < 0:
		return fault, invalid("times", "%d is no number of times", form.Times)
	case form.Chance != nil && !(*form.Chance >= 0 && *form.Chance <= 1):
		return fault, invalid("chance", "%g is not from 0 to 1", *form.Chance)
	}
	if form.Webhook != "" {
		ep, ok := s.server.Endpoint(form.Webhook)
		if !ok {
			return fault, invalid("webhook", "there is no webhook %s", form.Webhook)
		}
		fault = testserver.OnEndpoint(ep, fault)
	}
	if form.Event != "" {
		fault = testserver.OnEvent(form.Event, fault)
	}
	if form.Attempt != 0 {
		fault = testserver.OnAttempt(form.Attempt, fault)
	}
	if form.Chance != nil {
		fault = testserver.Chance(*form.Chance, fault)
	}
	if form.Times != 0 {
		fault = testserver.Times(form.Times, fault)
	}
	return fault, nil
}

// armedFault is a fault that is armed until it is removed.
type armedFault struct {
	view   faultView
	disarm func()
}

// faultView is an armed fault.
type faultView struct {
	ID string `json:"id"`
	faultBounds
}

// faultBounds is a faultForm that marshals field by field.
type faultBounds faultForm

func (s *simulator) armedFaults() []faultView {
	s.mu.Lock()
	defer s.mu.Unlock()
	views := []faultView{}
	for _, a := range s.faults {
		views = append(views, a.view)
	}
	return views
}

func (s *simulator) listFaults(w http.ResponseWriter, _ *http.Request) error {
	return answer(w, http.StatusOK, map[string]any{"faults": s.armedFaults(), "names": testserver.FaultNames()})
}

// maxFaults is how many can be armed at a time.
const maxFaults = 100

// armFault lets a fault happen to every attempt it is bound to, until it is removed.
func (s *simulator) armFault(w http.ResponseWriter, r *http.Request) error {
	form, err := read[faultForm](r)
	if err != nil {
		return err
	}
	armed, err := s.arm(form)
	if err != nil {
		return err
	}
	return answer(w, http.StatusCreated, armed)
}

func (s *simulator) arm(form faultForm) (faultView, error) {
	fault, err := s.fault(form)
	if err != nil {
		return faultView{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.faults) >= maxFaults {
		return faultView{}, &refusal{status: http.StatusConflict, detail: fmt.Sprintf("%d faults are armed: remove one first", maxFaults)}
	}
	s.armed++
	armed := &armedFault{faultView{fmt.Sprintf("flt_%d", s.armed), faultBounds(form)}, s.server.Arm(fault)}
	s.faults = append(s.faults, armed)
	return armed.view, nil
}

func (s *simulator) disarmFault(w http.ResponseWriter, r *http.Request) error {
	if err := s.disarm(r.PathValue("fault")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *simulator) disarm(id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := slices.IndexFunc(s.faults, func(a *armedFault) bool { return a.view.ID == id })
	if at < 0 {
		return &refusal{status: http.StatusNotFound, detail: "there is no fault " + id}
	}
	s.faults[at].disarm()
	s.faults = slices.Delete(s.faults, at, at+1)
	return nil
}
