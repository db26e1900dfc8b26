package simulator

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"

	"github.com/hookmitt/hookmitt/testserver"
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
