package simulator

import (
	"net/http"
	"strings"
	"time"

	"github.com/hookmitt/hookmitt/testserver"
	"github.com/hookmitt/hookmitt/verify"
)

// mixpost is the webhook form of a Mixpost workspace, as REST.
//
// Documented (docs.inovector.com/books/webhooks/page/create-a-webhook): the form's members, of which the secret is
// optional. Also documented (docs.mixpost.app/api/authentication): the base /mixpost/api/{workspace} with a bearer key,
// where mixpost is the installation's core path.
//
// From a third party (sebastiendb/purrplan-mcp, docs/rest-api.md): the paths, callback_url and the other names of the
// members, a partial PUT, the secret never read back.
//
// Assumed: the list, the test, which Mixpost has as a button, and the answers around a webhook, data in an object and
// errors by member, as Laravel's resources have them. PurrPlan refuses URLs of a private network; here it is the other
// way round: only this machine may be called. Every workspace has the same webhooks.
func mixpost(s *simulator) tree {
	return tree{prefix: "/mixpost/api/{workspace}/webhooks", enter: bearer, refuse: refuseMixpost, routes: []route{
		{http.MethodGet, "", s.mixpostList},
		{http.MethodPost, "", s.mixpostCreate},
		{http.MethodGet, "/events", s.mixpostEvents},
		{http.MethodGet, "/{webhook}", s.mixpostShow},
		{http.MethodPut, "/{webhook}", s.mixpostUpdate},
		{http.MethodDelete, "/{webhook}", s.deleteWebhook},
		{http.MethodPost, "/{webhook}/test", s.mixpostTest},
	}}
}

type mixpostWebhook struct {
	UUID        string    `json:"uuid"`
	Name        string    `json:"name"`
	CallbackURL string    `json:"callback_url"`
	Method      string    `json:"method"` // in small letters
	ContentType string    `json:"content_type"`
	MaxAttempts int       `json:"max_attempts"`
	Active      bool      `json:"active"`
	Events      []string  `json:"events"`
	CreatedAt   time.Time `json:"created_at"`
}

func (s *simulator) viewMixpost(ep *testserver.Endpoint) mixpostWebhook {
	sub := ep.Subscription()
	attempts := sub.MaxAttempts
	if attempts == 0 {
		attempts = s.server.Provider().Retry.Retries() + 1
	}
	return mixpostWebhook{
		ep.ID(), sub.Name, sub.URL, strings.ToLower(sub.Method), sub.ContentType, attempts, !sub.Inactive, eventsOf(sub),
		utc(ep.Created()).Truncate(time.Second),
	}
}

// mixpostForm is what a client sends. In an update, what is absent stays as it is.
type mixpostForm struct {
	Name        *string   `json:"name"`
	CallbackURL *string   `json:"callback_url"`
	Method      *string   `json:"method"`
	ContentType *string   `json:"content_type"`
	MaxAttempts *int      `json:"max_attempts"`
	Active      *bool     `json:"active"`
	Events      *[]string `json:"events"`
	Secret      string    `json:"secret"`
}

// mixpostFields are Mixpost's words for the fields of a subscription.
var mixpostFields = map[string]string{
	"Name": "name", "URL": "callback_url", "Method": "method", "ContentType": "content_type", "MaxAttempts": "max_attempts",
	"Events": "events", "Secret": "secret",
}

// fill writes what the form holds into a subscription.
func (f mixpostForm) fill(sub *testserver.Subscription) {
	webhookForm{
		Name: f.Name, URL: f.CallbackURL, ContentType: f.ContentType, MaxAttempts: f.MaxAttempts, Active: f.Active, Events: f.Events,
	}.fill(sub)
	if f.Method != nil {
		sub.Method = strings.ToUpper(*f.Method)
	}
	if f.Secret != "" {
		sub.Secret = verify.NewSecret(f.Secret)
	}
}

// may reports what Mixpost has against the form.
func (f mixpostForm) may(s *simulator) error {
	if f.Events != nil {
		if len(*f.Events) == 0 {
			return invalid("events", "The events field is required.")
		}
		if name := s.unknownEvent(*f.Events); name != "" {
			return invalid("events", "The event %s is none of GET …/webhooks/events.", name)
		}
	}
	return nil
}

func (s *simulator) mixpostList(w http.ResponseWriter, _ *http.Request) error {
	return answer(w, http.StatusOK, map[string]any{"data": listOf(s, s.viewMixpost)})
}

func (s *simulator) mixpostCreate(w http.ResponseWriter, r *http.Request) error {
	form, err := readBody[mixpostForm](r)
	switch {
	case err != nil:
		return err
	case form.CallbackURL == nil || *form.CallbackURL == "":
		return invalid("callback_url", "The callback url field is required.")
	case form.Events == nil:
		return invalid("events", "The events field is required.")
	}
	if err := form.may(s); err != nil {
		return err
	}
	var sub testserver.Subscription
	form.fill(&sub)
	ep, err := s.subscribe(sub, form.Secret)
	if err != nil {
		return refusedField(err, mixpostFields)
	}
	return answer(w, http.StatusCreated, map[string]any{"data": s.viewMixpost(ep)})
}

func (s *simulator) mixpostEvents(w http.ResponseWriter, _ *http.Request) error {
	return answer(w, http.StatusOK, map[string]any{"data": append([]string{}, s.server.Provider().Events.Types()...)})
}

func (s *simulator) mixpostShow(w http.ResponseWriter, r *http.Request) error {
	ep, err := s.webhook(r)
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, map[string]any{"data": s.viewMixpost(ep)})
}

func (s *simulator) mixpostUpdate(w http.ResponseWriter, r *http.Request) error {
	form, err := readBody[mixpostForm](r)
	if err == nil {
		err = form.may(s)
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
	form.fill(&sub)
	if err := s.update(ep, sub, form.Secret); err != nil {
		return refusedField(err, mixpostFields)
	}
	return answer(w, http.StatusOK, map[string]any{"data": s.viewMixpost(ep)})
}

func (s *simulator) mixpostTest(w http.ResponseWriter, r *http.Request) error {
	d, err := s.tested(r)
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, map[string]any{"data": map[string]string{"event": d.Event().Type}})
}

// refuseMixpost says no as Laravel does: a message, and where a member is at fault the messages about it.
func refuseMixpost(w http.ResponseWriter, r *refusal) {
	body := mixpostError{Message: r.detail}
	if r.status == http.StatusUnauthorized {
		body.Message = "Unauthenticated."
	}
	if r.field != "" {
		body.Errors = map[string][]string{r.field: {r.detail}}
	}
	_ = answer(w, r.status, body)
}

type mixpostError struct {
	Message string              `json:"message"`
	Errors  map[string][]string `json:"errors,omitempty"`
}
