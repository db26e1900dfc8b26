package simulator

import (
	"github.com/hookmitt/hookmitt/testserver"
	"github.com/hookmitt/hookmitt/verify"
)

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
