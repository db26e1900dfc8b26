package simulator

import (
	"net/http"
	"strings"
	"time"

	"github.com/hookmitt/hookmitt/testserver"
)

// cdhosting is the webhooks part of CDHosting's API.
//
// Documented (cdhosting.host/docs/api-webhooks): POST /v1/webhooks with url, events and secret.
//
// Assumed: all the rest. A bearer key; GET /v1/webhooks, and GET, PATCH, DELETE and POST …/test of one of them; id, url,
// events, status and created_at as its members, the secret in the answer to its creation alone; 201, 204 and 202; errors
// of code, message and param.
func cdhosting(s *simulator) tree {
	return tree{prefix: "/v1/webhooks", enter: bearer, refuse: refuseCDHosting, routes: []route{
		{http.MethodGet, "", s.cdhostingList},
		{http.MethodPost, "", s.cdhostingCreate},
		{http.MethodGet, "/{webhook}", s.cdhostingShow},
		{http.MethodPatch, "/{webhook}", s.cdhostingUpdate},
		{http.MethodDelete, "/{webhook}", s.deleteWebhook},
		{http.MethodPost, "/{webhook}/test", s.cdhostingTest},
	}}
}

type cdhostingWebhook struct {
	ID        string    `json:"id"`
	URL       string    `json:"url"`
	Events    []string  `json:"events"`
	Status    string    `json:"status"` // active or disabled
	CreatedAt time.Time `json:"created_at"`
	Secret    string    `json:"secret,omitempty"`
}

func viewCDHosting(ep *testserver.Endpoint) cdhostingWebhook {
	sub := ep.Subscription()
	status := "active"
	if _, disabled := ep.Disabled(); disabled || sub.Inactive {
		status = "disabled"
	}
	return cdhostingWebhook{ID: ep.ID(), URL: sub.URL, Events: eventsOf(sub), Status: status, CreatedAt: utc(ep.Created()).Truncate(time.Second)}
}

func (s *simulator) cdhostingList(w http.ResponseWriter, _ *http.Request) error {
	return answer(w, http.StatusOK, map[string]any{"data": listOf(s, viewCDHosting)})
}

func (s *simulator) cdhostingCreate(w http.ResponseWriter, r *http.Request) error {
	form, err := readBody[threeForm](r)
	if err == nil {
		err = form.lacks()
	}
	switch {
	case err != nil:
		return err
	case form.Secret == "":
		return invalid("secret", "secret is missing")
	}
	if name := s.unknownEvent(form.Events); name != "" {
		return invalid("events", "%s is no event type", name)
	}
	var sub testserver.Subscription
	form.fill(&sub)
	ep, err := s.subscribe(sub, form.Secret)
	if err != nil {
		return refusedField(err, threeFields)
	}
	v := viewCDHosting(ep)
	v.Secret = form.Secret
	return answer(w, http.StatusCreated, v)
}

func (s *simulator) cdhostingShow(w http.ResponseWriter, r *http.Request) error {
	ep, err := s.webhook(r)
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, viewCDHosting(ep))
}

// cdhostingUpdate saves a webhook again, which enables it.
func (s *simulator) cdhostingUpdate(w http.ResponseWriter, r *http.Request) error {
	form, err := readBody[threeForm](r)
	if err == nil {
		err = form.saves()
	}
	if err != nil {
		return err
	}
	if name := s.unknownEvent(form.Events); name != "" {
		return invalid("events", "%s is no event type", name)
	}
	s.managing.Lock()
	defer s.managing.Unlock()
	ep, sub, err := s.managed(r)
	if err != nil {
		return err
	}
	form.fill(&sub)
	if err := s.update(ep, sub, form.Secret); err != nil {
		return refusedField(err, threeFields)
	}
	return answer(w, http.StatusOK, viewCDHosting(ep))
}

func (s *simulator) cdhostingTest(w http.ResponseWriter, r *http.Request) error {
	d, err := s.tested(r)
	if err != nil {
		return err
	}
	return answer(w, http.StatusAccepted, map[string]string{"id": d.Event().ID, "type": d.Event().Type})
}

// refuseCDHosting says no with a code that is the status's name, and the member it is about.
func refuseCDHosting(w http.ResponseWriter, r *refusal) {
	_ = answer(w, r.status, map[string]any{"error": cdhostingError{
		strings.ReplaceAll(strings.ToLower(http.StatusText(r.status)), " ", "_"), r.detail, r.field,
	}})
}

type cdhostingError struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Param   string `json:"param,omitempty"`
}
