package simulator

import (
	"cmp"
	"net/http"
	"strings"
	"time"

	"github.com/hookmitt/hookmitt/testserver"
	"github.com/hookmitt/hookmitt/verify"
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

// cdhostingForm is what a client sends. In an update, what is absent stays as it is.
type cdhostingForm struct {
	URL    string   `json:"url"`
	Events []string `json:"events"`
	Secret string   `json:"secret"`
}

// cdhostingFields are CDHosting's words for the fields of a subscription.
var cdhostingFields = map[string]string{"URL": "url", "Events": "events", "Secret": "secret"}

func (s *simulator) cdhostingList(w http.ResponseWriter, _ *http.Request) error {
	webhooks := []cdhostingWebhook{}
	for _, ep := range s.server.Endpoints() {
		webhooks = append(webhooks, viewCDHosting(ep))
	}
	return answer(w, http.StatusOK, map[string]any{"data": webhooks})
}

func (s *simulator) cdhostingCreate(w http.ResponseWriter, r *http.Request) error {
	form, err := readBody[cdhostingForm](r)
	switch {
	case err != nil:
		return err
	case form.URL == "":
		return invalid("url", "url is missing")
	case len(form.Events) == 0:
		return invalid("events", `events is missing: a list of types, or ["*"] for all`)
	case form.Secret == "":
		return invalid("secret", "secret is missing")
	}
	if name := s.unknownEvent(form.Events); name != "" {
		return invalid("events", "%s is no event type", name)
	}
	sub := testserver.Subscription{URL: form.URL, Events: form.Events, Secret: verify.NewSecret(form.Secret)}
	ep, err := s.subscribe(sub, form.Secret)
	if err != nil {
		return refusedField(err, cdhostingFields)
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
	ep, sub, err := s.managed(r)
	if err != nil {
		return err
	}
	form, err := readBody[cdhostingForm](r)
	if err != nil {
		return err
	}
	if name := s.unknownEvent(form.Events); name != "" {
		return invalid("events", "%s is no event type", name)
	}
	sub.Inactive = false
	sub.URL = cmp.Or(form.URL, sub.URL)
	if len(form.Events) > 0 {
		sub.Events = form.Events
	}
	if form.Secret != "" {
		sub.Secret = verify.NewSecret(form.Secret)
	}
	if err := s.update(ep, sub, form.Secret); err != nil {
		return refusedField(err, cdhostingFields)
	}
	return answer(w, http.StatusOK, viewCDHosting(ep))
}

// cdhostingTest answers when the attempt has ended, so that a script can look at it.
func (s *simulator) cdhostingTest(w http.ResponseWriter, r *http.Request) error {
	ep, err := s.webhook(r)
	if err != nil {
		return err
	}
	d := ep.SendTest(r.Context())
	if err := d.Rest(r.Context()); err != nil {
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
