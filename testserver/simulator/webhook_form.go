package simulator

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/hookmitt/hookmitt/testserver"
)

// webhookInput is what was typed into the webhook form.
type webhookInput struct {
	URL, Name, Method, ContentType, MaxAttempts, Which string
	Active                                             bool
}

// webhookForm is what was typed: as it was, for the form to show again, and as the API takes it.
func (s *simulator) webhookForm(r *http.Request) (webhookInput, webhookForm, error) {
	f := r.PostForm
	typed := webhookInput{
		URL: f.Get("url"), Name: f.Get("name"), Method: f.Get("method"), ContentType: f.Get("content_type"), MaxAttempts: f.Get("max_attempts"),
		Which: f.Get("which"), Active: f.Get("active") != "",
	}
	if f.Get("secret") != "" && typed.Which != "none" {
		typed.Which = "given" // whoever types one means it
	}
	chosen := f["events"]
	if slices.Contains(chosen, "*") {
		chosen = []string{"*"}
	}
	form := webhookForm{URL: &typed.URL, Events: &chosen, MakeSecret: typed.Which == "make"}
	if typed.Which == "given" {
		if form.Secret = f.Get("secret"); form.Secret == "" {
			return typed, form, invalid("secret", "secret is empty")
		}
	}
	if s.server.Provider().Name == "mixpost" { // whose own form has these
		attempts := 0
		if typed.MaxAttempts != "" {
			var err error
			if attempts, err = strconv.Atoi(typed.MaxAttempts); err != nil {
				return typed, form, invalid("max_attempts", "max_attempts is no number")
			}
		}
		form.Name, form.ContentType, form.MaxAttempts, form.Active = &typed.Name, &typed.ContentType, &attempts, &typed.Active
		form.Method = new(strings.ToUpper(typed.Method))
	}
	if len(chosen) == 0 {
		return typed, form, invalid("events", "choose the events, or all of them")
	}
	return typed, form, nil
}

func (s *simulator) doCreate(r *http.Request) (string, *view) {
	typed, form, err := s.webhookForm(r)
	var made string
	if err == nil {
		made, err = s.makeSecret(&form)
	}
	if err == nil {
		var sub testserver.Subscription
		form.fill(&sub)
		var ep *testserver.Endpoint
		if ep, err = s.subscribe(sub, form.Secret); err == nil {
			s.showOnce(ep.ID(), made)
			return "?webhook=" + url.QueryEscape(ep.ID()) + "&done=created", nil
		}
	}
	v := s.newView("new", "New webhook")
	v.Form = typed
	v.choose(r.PostForm["events"])
	v.errorAt(refusedField(err, controlFields))
	return "", v
}

// named is the webhook that a form is about.
func (s *simulator) named(r *http.Request) (*testserver.Endpoint, bool) {
	return s.server.Endpoint(r.PostForm.Get("webhook"))
}

func (s *simulator) doUpdate(r *http.Request) (string, *view) {
	ep, ok := s.named(r)
	if !ok {
		return "", s.missing("There is no such webhook.")
	}
	_, was := ep.Disabled()
	typed, form, err := s.webhookForm(r)
	s.managing.Lock()
	defer s.managing.Unlock()
	if err == nil {
		sub := ep.Subscription()
		form.fill(&sub)
		if err = s.update(ep, sub, ""); err == nil {
			done := "saved"
			if was {
				done = "enabled"
			}
			return "?webhook=" + url.QueryEscape(ep.ID()) + "&done=" + done, nil
		}
	}
	v := s.webhookView(ep)
	v.Form, v.All = typed, false
	v.choose(r.PostForm["events"])
	v.errorAt(refusedField(err, controlFields))
	return "", v
}

func (s *simulator) doRotate(r *http.Request) (string, *view) {
	ep, ok := s.named(r)
	if !ok {
		return "", s.missing("There is no such webhook.")
	}
	text := s.newSecret()
	if err := s.rotate(ep, text); err != nil {
		return s.alert(refusalOf(err).detail)
	}
	s.showOnce(ep.ID(), text)
	return "?webhook=" + url.QueryEscape(ep.ID()) + "&done=rotated", nil
}

func (s *simulator) doDelete(r *http.Request) (string, *view) {
	if ep, ok := s.named(r); ok {
		s.remove(ep)
	}
	return "?done=deleted", nil
}

// showOnce keeps a secret that was made until the page has shown it.
func (s *simulator) showOnce(id, text string) {
	if text == "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.made[id] = func() string { return text }
}

// takeSecret is the secret that is to be shown of a webhook, once.
func (s *simulator) takeSecret(id string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	made, ok := s.made[id]
	delete(s.made, id)
	if !ok {
		return ""
	}
	return made()
}
