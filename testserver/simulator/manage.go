package simulator

import (
	"bytes"
	"cmp"
	"encoding/json"
	"io"
	"net/http"
	"strings"

	"github.com/hookmitt/hookmitt/testserver"
	"github.com/hookmitt/hookmitt/verify"
)

// What the providers' own APIs have in common: a bearer key, JSON of which unknown members are ignored, and webhooks that
// are named in the path.

// bearer lets in whoever has a key, whichever: the simulator has no accounts.
func bearer(r *http.Request) error {
	scheme, key, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "bearer") || strings.TrimSpace(key) == "" {
		return &refusal{status: http.StatusUnauthorized, detail: "the Authorization header with a bearer key is missing; here any key will do"}
	}
	return nil
}

// readLoose reads the JSON of a request's body. Members that it does not know are ignored, as by the providers.
func readLoose[T any](body []byte) (into T, err error) {
	if len(bytes.TrimSpace(body)) == 0 {
		return into, nil
	}
	if err := json.Unmarshal(body, &into); err != nil {
		return into, notJSON(err)
	}
	return into, nil
}

// readBody reads a body in JSON.
func readBody[T any](r *http.Request) (into T, err error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return into, err
	}
	return readLoose[T](body)
}

// managed is the webhook that the path names, and subscription what is registered of it.
func (s *simulator) managed(r *http.Request) (*testserver.Endpoint, testserver.Subscription, error) {
	ep, err := s.webhook(r)
	if err != nil {
		return nil, testserver.Subscription{}, err
	}
	return ep, ep.Subscription(), nil
}

// listOf is every webhook, as a provider shows it.
func listOf[T any](s *simulator, view func(*testserver.Endpoint) T) []T {
	views := []T{}
	for _, ep := range s.server.Endpoints() {
		views = append(views, view(ep))
	}
	return views
}

// tested sends a test event to the webhook that the path names, and waits for the end of the attempt, so that a script
// can look at what came of it.
func (s *simulator) tested(r *http.Request) (*testserver.Delivery, error) {
	ep, err := s.webhook(r)
	if err != nil {
		return nil, err
	}
	d := ep.SendTest(r.Context())
	return d, d.WaitAttempt(r.Context())
}

// threeForm is what Civo's and CDHosting's clients send. In an update, what is absent stays as it is.
type threeForm struct {
	URL    string   `json:"url"`
	Events []string `json:"events"`
	Secret string   `json:"secret"`
}

// threeFields are their words for the fields of a subscription.
var threeFields = map[string]string{"URL": "url", "Events": "events", "Secret": "secret"}

// lacks reports which of url and events a form for a new webhook lacks.
func (f threeForm) lacks() error {
	switch {
	case f.URL == "":
		return invalid("url", "url is missing")
	case len(f.Events) == 0:
		return invalid("events", `events is missing: a list of names, or ["*"] for all`)
	}
	return nil
}

// saves reports what is wrong with a form for a webhook that there is.
func (f threeForm) saves() error {
	if f.Events != nil && len(f.Events) == 0 {
		return invalid("events", "events is empty: leave it out to keep them")
	}
	return nil
}

// fill writes what the form holds into a subscription. Neither provider knows of inactive ones.
func (f threeForm) fill(sub *testserver.Subscription) {
	sub.Inactive = false
	sub.URL = cmp.Or(f.URL, sub.URL)
	if len(f.Events) > 0 {
		sub.Events = f.Events
	}
	if f.Secret != "" {
		sub.Secret = verify.NewSecret(f.Secret)
	}
}
