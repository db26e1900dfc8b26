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

func (s *simulator) webhooks() []webhookView {
	views := []webhookView{}
	for _, ep := range s.server.Endpoints() {
		views = append(views, viewWebhook(ep))
	}
	return views
}

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

// makeSecret makes a secret up if the form asks for one.
func (s *simulator) makeSecret(form *webhookForm) (made string, err error) {
	if !form.MakeSecret {
		return "", nil
	}
	if form.Secret != "" {
		return "", invalid("make_secret", "there is a secret already, in the same request")
	}
	form.Secret = s.newSecret()
	return form.Secret, nil
}

// newSecret is the text of a secret in the provider's form.
func (s *simulator) newSecret() string {
	return s.server.Provider().SecretText(testserver.RandomSecret())
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
	ep, err := s.webhook(r)
	if err != nil {
		return err
	}
	form, err := read[webhookForm](r)
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

// given is a secret's text, out of reach of what prints by reflection.
type given struct {
	secret verify.Secret
	text   func() string
}

// subscribe registers a webhook. text is its secret's, if it was given.
func (s *simulator) subscribe(sub testserver.Subscription, text string) (*testserver.Endpoint, error) {
	s.mu.Lock() // so that nobody reads the webhook without its text
	defer s.mu.Unlock()
	ep, err := s.server.Subscribe(sub)
	if err == nil && text != "" {
		s.keep(ep, sub.Secret, text)
	}
	return ep, err
}

// update saves a webhook again. text is the new secret's, if there is one.
func (s *simulator) update(ep *testserver.Endpoint, sub testserver.Subscription, text string) error {
	if text == "" {
		sub.Secret = verify.Secret{} // keeps the one there is
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	err := ep.Update(sub)
	if err == nil && text != "" {
		s.keep(ep, sub.Secret, text)
	}
	return err
}

// rotate makes another secret sign.
func (s *simulator) rotate(ep *testserver.Endpoint, text string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	secret := verify.NewSecret(text)
	err := ep.Rotate(secret)
	if err == nil {
		s.keep(ep, secret, text)
	}
	return err
}

func (s *simulator) remove(ep *testserver.Endpoint) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.server.Remove(ep)
	delete(s.given, ep)
}

// keep remembers a secret's text, for the providers that read it back. mu is held.
func (s *simulator) keep(ep *testserver.Endpoint, secret verify.Secret, text string) {
	s.given[ep] = given{secret, func() string { return text }}
}

// secretText is the text of a webhook's secret, if it came through the simulator or was made up. Of one that was
// registered in Go there is none.
func (s *simulator) secretText(ep *testserver.Endpoint) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if text, ok := ep.MadeSecret(); ok {
		return text
	}
	if kept, ok := s.given[ep]; ok && kept.secret == ep.Subscription().Secret {
		return kept.text()
	}
	return ""
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
