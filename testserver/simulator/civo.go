package simulator

import (
	"bytes"
	"cmp"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/hookmitt/hookmitt/testserver"
)

// civo is the webhooks part of Civo's API.
//
// From its public clients (civo/civogo, webhook.go and errors.go; civo/client-rubygem, app/models/civo/webhook.rb;
// Lazarus404/civo, lib/civo/webhooks.ex): the paths, the members of a webhook, the secret in every answer, 202 for a
// deletion, errors of code and reason, the codes database_webhook_… and authentication_invalid_key. Clients send forms
// or, since civogo's commit 0961777, JSON.
//
// Assumed: the statuses of the errors, 401, 404, 409 and 422; the code parameter_invalid; a conflict when another
// webhook has the same URL; an update that keeps what it leaves out; the event names as an array of strings. The
// answer to a test comes when the attempt has ended, so that a script can look at it.
func civo(s *simulator) tree {
	return tree{prefix: "/v2/webhooks", enter: bearer, refuse: refuseCivo, routes: []route{
		{http.MethodGet, "", s.civoList},
		{http.MethodPost, "", s.civoCreate},
		{http.MethodGet, "/events", s.civoEvents},
		{http.MethodPut, "/{webhook}", s.civoUpdate},
		{http.MethodDelete, "/{webhook}", s.civoDelete},
		{http.MethodPost, "/{webhook}/test", s.civoTest},
	}}
}

type civoWebhook struct {
	ID                string   `json:"id"`
	Events            []string `json:"events"`
	URL               string   `json:"url"`
	Secret            string   `json:"secret"`
	Disabled          bool     `json:"disabled"`
	Failures          int      `json:"failures"`
	LastFailureReason string   `json:"last_failure_reason"`
}

func (s *simulator) viewCivo(ep *testserver.Endpoint) civoWebhook {
	sub := ep.Subscription()
	reason, disabled := ep.Disabled()
	return civoWebhook{ep.ID(), eventsOf(sub), sub.URL, s.secretText(ep), disabled, ep.Failures(), reason}
}

// readCivo reads a form in JSON, or as application/x-www-form-urlencoded.
func readCivo(r *http.Request) (threeForm, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return threeForm{}, err
	}
	if text := bytes.TrimSpace(body); len(text) > 0 && text[0] == '{' || strings.Contains(r.Header.Get("Content-Type"), "json") {
		return readLoose[threeForm](body)
	}
	values, err := url.ParseQuery(string(body))
	if err != nil {
		return threeForm{}, &refusal{status: http.StatusBadRequest, detail: "the body is no form: " + err.Error()}
	}
	return threeForm{URL: values.Get("url"), Secret: values.Get("secret"), Events: formList(values, "events")}, nil
}

// formList is a list in a form, as the provider's clients write them: events several times, events[], events.0 and
// events.1, or one with commas.
func formList(values url.Values, list string) []string {
	var names, texts []string
	for name := range values {
		if name == list || strings.HasPrefix(name, list+".") || strings.HasPrefix(name, list+"[") {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b)) }) // 2 before 10
	for _, name := range names {
		for _, value := range values[name] {
			for text := range strings.SplitSeq(value, ",") {
				if text = strings.TrimSpace(text); text != "" {
					texts = append(texts, text)
				}
			}
		}
	}
	return texts
}

func (s *simulator) civoList(w http.ResponseWriter, _ *http.Request) error {
	return answer(w, http.StatusOK, listOf(s, s.viewCivo))
}

func (s *simulator) civoCreate(w http.ResponseWriter, r *http.Request) error {
	form, err := readCivo(r)
	if err == nil {
		err = form.lacks()
	}
	if err != nil {
		return err
	}
	s.managing.Lock() // or two could find that there is no webhook with this URL
	defer s.managing.Unlock()
	if err := s.civoMay(form, nil); err != nil {
		return err
	}
	var sub testserver.Subscription
	form.fill(&sub)
	ep, err := s.subscribe(sub, form.Secret)
	if err != nil {
		return refusedField(err, threeFields)
	}
	return answer(w, http.StatusOK, s.viewCivo(ep))
}

// civoMay reports what Civo has against a form, for a new webhook or for one that there is.
func (s *simulator) civoMay(form threeForm, own *testserver.Endpoint) error {
	if name := s.unknownEvent(form.Events); name != "" {
		return invalid("events", "%s is none of the events that GET /v2/webhooks/events lists", name)
	}
	for _, ep := range s.server.Endpoints() {
		if ep != own && ep.Subscription().URL == form.URL {
			return &refusal{status: http.StatusConflict, field: "url", detail: "there is a webhook with this URL already"}
		}
	}
	return nil
}

func (s *simulator) civoEvents(w http.ResponseWriter, _ *http.Request) error {
	return answer(w, http.StatusOK, slices.Concat([]string{"*"}, s.server.Provider().Events.Types()))
}

// civoUpdate saves a webhook again, which enables it.
func (s *simulator) civoUpdate(w http.ResponseWriter, r *http.Request) error {
	form, err := readCivo(r)
	if err == nil {
		err = form.saves()
	}
	if err != nil {
		return err
	}
	s.managing.Lock()
	defer s.managing.Unlock()
	ep, sub, err := s.managed(r)
	if err != nil {
		return err
	}
	if err := s.civoMay(form, ep); err != nil {
		return err
	}
	form.fill(&sub)
	if err := s.update(ep, sub, form.Secret); err != nil {
		return refusedField(err, threeFields)
	}
	return answer(w, http.StatusOK, s.viewCivo(ep))
}

func (s *simulator) civoDelete(w http.ResponseWriter, r *http.Request) error {
	ep, err := s.webhook(r)
	if err != nil {
		return err
	}
	s.remove(ep)
	return answer(w, http.StatusAccepted, map[string]string{"result": "success"})
}

func (s *simulator) civoTest(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.tested(r); err != nil {
		return err
	}
	return answer(w, http.StatusOK, map[string]string{"result": "success"})
}

// refuseCivo says no as Civo does: with a code to tell errors apart by, and a reason for people.
func refuseCivo(w http.ResponseWriter, r *refusal) {
	code := map[int]string{
		http.StatusUnauthorized:          "authentication_invalid_key",
		http.StatusForbidden:             "authentication_access_denied",
		http.StatusNotFound:              "database_webhook_not_found",
		http.StatusConflict:              "database_webhook_would_conflict",
		http.StatusMethodNotAllowed:      "method_not_allowed",
		http.StatusRequestEntityTooLarge: "request_too_large",
		http.StatusInternalServerError:   "internal_error",
		http.StatusServiceUnavailable:    "service_unavailable",
	}[r.status]
	_ = answer(w, r.status, map[string]string{"code": cmp.Or(code, "parameter_invalid"), "reason": r.detail})
}
