package simulator

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/hookmitt/hookmitt/testserver"
	"github.com/hookmitt/hookmitt/verify"
)

// webhookView is a webhook as the control API shows it: without its secret.
type webhookView struct {
	ID          string    `json:"id"`
	Name        string    `json:"name"`
	URL         string    `json:"url"`
	Method      string    `json:"method"`
	ContentType string    `json:"content_type"`
	MaxAttempts int       `json:"max_attempts"` // 0: as the provider's schedule has it
	Active      bool      `json:"active"`
	Events      []string  `json:"events"` // "*" for all
	Signed      bool      `json:"signed"` // whether there is a secret
	Disabled    bool      `json:"disabled"`
	Failures    int       `json:"failures"`
	LastFailure string    `json:"last_failure"`
	CreatedAt   time.Time `json:"created_at"`

	Secret string `json:"secret,omitempty"` // in the answer to the request that made it, and never again
}

func viewWebhook(ep *testserver.Endpoint) webhookView {
	sub := ep.Subscription()
	reason, disabled := ep.Disabled()
	return webhookView{
		ID: ep.ID(), Name: sub.Name, URL: sub.URL, Method: sub.Method, ContentType: sub.ContentType,
		MaxAttempts: sub.MaxAttempts, Active: !sub.Inactive, Events: eventsOf(sub), Signed: !sub.Secret.IsZero(),
		Disabled: disabled, Failures: ep.Failures(), LastFailure: reason, CreatedAt: utc(ep.Created()),
	}
}

// eventsOf are the events of a subscription, with the star that stands for all.
func eventsOf(sub testserver.Subscription) []string {
	if len(sub.Events) == 0 {
		return []string{"*"}
	}
	return sub.Events
}

func (s *simulator) webhooks() []webhookView { return listOf(s, viewWebhook) }

func (s *simulator) listWebhooks(w http.ResponseWriter, _ *http.Request) error {
	return answer(w, http.StatusOK, map[string]any{"webhooks": s.webhooks()})
}

// webhookForm is what a webhook is created of. In an update, what is absent stays as it is.
type webhookForm struct {
	Name        *string   `json:"name"`
	URL         *string   `json:"url"`
	Method      *string   `json:"method"`
	ContentType *string   `json:"content_type"`
	MaxAttempts *int      `json:"max_attempts"`
	Active      *bool     `json:"active"`
	Events      *[]string `json:"events"`
	Secret      string    `json:"secret"`
	MakeSecret  bool      `json:"make_secret"` // instead of a secret; also where the provider would send unsigned requests
}

// fill writes what the form holds into a subscription.
func (f webhookForm) fill(sub *testserver.Subscription) {
	set(&sub.Name, f.Name)
	set(&sub.URL, f.URL)
	set(&sub.Method, f.Method)
	set(&sub.ContentType, f.ContentType)
	set(&sub.MaxAttempts, f.MaxAttempts)
	set(&sub.Events, f.Events)
	if f.Active != nil {
		sub.Inactive = !*f.Active
	}
	if f.Secret != "" {
		sub.Secret = verify.NewSecret(f.Secret)
	}
}

func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

func (s *simulator) createWebhook(w http.ResponseWriter, r *http.Request) error {
	form, err := read[webhookForm](r)
	if err != nil {
		return err
	}
	made, err := s.makeSecret(&form)
	if err != nil {
		return err
	}
	var sub testserver.Subscription
	form.fill(&sub)
	ep, err := s.subscribe(sub, form.Secret)
	if err != nil {
		return refusedField(err, controlFields)
	}
	if text, ok := ep.MadeSecret(); ok {
		made = text
	}
	v := viewWebhook(ep)
	v.Secret = made
	return answer(w, http.StatusCreated, v)
}

// webhook is the one that the path names.
func (s *simulator) webhook(r *http.Request) (*testserver.Endpoint, error) {
	id := r.PathValue("webhook")
	ep, ok := s.server.Endpoint(id)
	if !ok {
		return nil, &refusal{status: http.StatusNotFound, detail: "there is no webhook " + id}
	}
	return ep, nil
}

func (s *simulator) showWebhook(w http.ResponseWriter, r *http.Request) error {
	ep, err := s.webhook(r)
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, viewWebhook(ep))
}

// updateWebhook saves a webhook again, which enables it.
func (s *simulator) updateWebhook(w http.ResponseWriter, r *http.Request) error {
	form, err := read[webhookForm](r)
	if err != nil {
		return err
	}
	s.managing.Lock()
	defer s.managing.Unlock()
	ep, err := s.webhook(r)
	if err != nil {
		return err
	}
	made, err := s.makeSecret(&form)
	if err != nil {
		return err
	}
	sub := ep.Subscription()
	form.fill(&sub)
	if err := s.update(ep, sub, form.Secret); err != nil {
		return refusedField(err, controlFields)
	}
	v := viewWebhook(ep)
	v.Secret = made
	return answer(w, http.StatusOK, v)
}

func (s *simulator) deleteWebhook(w http.ResponseWriter, r *http.Request) error {
	ep, err := s.webhook(r)
	if err != nil {
		return err
	}
	s.remove(ep)
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// testWebhook presses the button with the lightning bolt, and answers after the attempt.
func (s *simulator) testWebhook(w http.ResponseWriter, r *http.Request) error {
	ep, err := s.webhook(r)
	if err != nil {
		return err
	}
	d := ep.SendTest(r.Context())
	return s.answerSent(w, r, d.Event(), d)
}

// rotateWebhook makes another secret sign. Without one in the request it is made up, and is in the answer.
func (s *simulator) rotateWebhook(w http.ResponseWriter, r *http.Request) error {
	ep, err := s.webhook(r)
	if err != nil {
		return err
	}
	form, err := read[struct {
		Secret string `json:"secret"`
	}](r)
	if err != nil {
		return err
	}
	text, made := form.Secret, ""
	if text == "" {
		text = s.newSecret()
		made = text
	}
	if err := s.rotate(ep, text); err != nil {
		return refusedField(err, controlFields)
	}
	v := viewWebhook(ep)
	v.Secret = made
	return answer(w, http.StatusOK, v)
}

// controlFields are the control API's words for the fields of a subscription.
var controlFields = map[string]string{
	"Name": "name", "URL": "url", "Method": "method", "ContentType": "content_type", "MaxAttempts": "max_attempts",
	"Events": "events", "Secret": "secret",
}

// refusedField is why a subscription is refused, with the API's own word for the field.
func refusedField(err error, words map[string]string) error {
	if refused, ok := errors.AsType[*testserver.SubscriptionError](err); ok {
		return invalid(words[refused.Field], "%s %s", words[refused.Field], refused.Err.Error())
	}
	if errors.Is(err, verify.ErrEmptySecret) {
		return invalid(words["Secret"], "%s is empty", words["Secret"])
	}
	return err
}

// unknownEvent is the first name that the provider does not send, "" if there is none. A provider without a catalogue
// sends anything.
func (s *simulator) unknownEvent(names []string) string {
	known := s.server.Provider().Events
	at := slices.IndexFunc(names, func(name string) bool { return name != "*" && len(known) > 0 && known[name] == nil })
	if at < 0 {
		return ""
	}
	return names[at]
}
