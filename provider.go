package hookmitt

import (
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/verify"
)

// Provider is how one provider sends webhooks. Both directions of the wire are methods of it, and everything else is
// derived from it: how long ids are remembered, how long a handler may take, what recognising repeats is worth.
//
// A Provider is a value: copy it and change a field to have another one. [Civo], [Mixpost], [CDHosting],
// [StandardWebhooks] and [GitHub] are built in; one of your own is a literal of ten lines.
type Provider struct {
	Name         string         // scopes ids and log lines: letters, digits, dots, dashes, underscores. Required.
	Scheme       verify.Scheme  // which bytes are signed, how, in which header. Required.
	Codec        events.Codec   // where id, type, time and data travel. Required.
	Events       events.Catalog // what it can send, with samples. Optional: types are an open set.
	Test         string         // type of the test event that it sends when asked to. Default: the first of Events.
	Method       string         // Default: POST.
	Acks         []int          // statuses that count as success, 200 among them. Default: every 2xx.
	Retry        Schedule       // when it tries again. Default: never.
	DisableAfter int            // failed attempts of one delivery that switch the endpoint off. Default: never.
	Mails        bool           // whether it writes an e-mail when it does. Default: no.
	Secretless   Secretless     // what it does with a webhook that is registered without a secret. Default: refuses it.
	Deadline     time.Duration  // how long it waits for an answer. Required.

	mistake error // what a With… method was asked and could not do
}

// Secretless is what a provider does with a webhook that is registered without a secret.
type Secretless uint8

// Do not reorder.
const (
	SecretRequired Secretless = iota // It refuses it.
	SecretMade                       // It makes one up: 32 letters and digits.
	SecretAbsent                     // It sends unsigned requests, which a receiver here always refuses.
)

// Validate reports what is wrong with the provider. Both a receiver and a test server call it when they are made.
func (p Provider) Validate() error {
	switch {
	case p.mistake != nil:
		return p.mistake
	case p.Name == "" || strings.Trim(p.Name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") != "":
		return fmt.Errorf("hookmitt: Name %q must be letters, digits, dots, dashes and underscores", p.Name)
	case p.Scheme == nil:
		return errors.New("hookmitt: Scheme is missing")
	case p.Codec == nil:
		return errors.New("hookmitt: Codec is missing")
	case strings.ToUpper(p.Method) != p.Method || strings.ContainsAny(p.Method, " \t\r\n"):
		return fmt.Errorf("hookmitt: Method %q is not an HTTP method in capitals", p.Method)
	case len(p.Acks) > 0 && !slices.Contains(p.Acks, http.StatusOK):
		return fmt.Errorf("hookmitt: Acks %v lacks 200, which is what a receiver answers", p.Acks)
	case p.Test != "" && len(p.Events) > 0 && p.Events[p.Test] == nil:
		return fmt.Errorf("hookmitt: Test: Events has no sample of %q", p.Test)
	case p.DisableAfter < 0:
		return fmt.Errorf("hookmitt: DisableAfter is %d", p.DisableAfter)
	case p.Secretless > SecretAbsent:
		return fmt.Errorf("hookmitt: Secretless %d is not known", p.Secretless)
	case p.Deadline <= 0:
		return errors.New("hookmitt: Deadline is missing")
	}
	for _, status := range p.Acks {
		if status < 200 || status > 299 {
			return fmt.Errorf("hookmitt: Acks: %d is not a 2xx", status)
		}
	}
	for _, part := range []any{p.Scheme, p.Codec} {
		if v, ok := part.(interface{ Validate() error }); ok {
			if err := v.Validate(); err != nil {
				return fmt.Errorf("hookmitt: provider %s: %w", p.Name, err)
			}
		}
	}
	return p.Retry.validate()
}

// Seal makes the headers and the body of a request that brings e, signed at the given time.
func (p Provider) Seal(secret verify.Secret, e events.Event, at time.Time) (http.Header, []byte, error) {
	h := http.Header{"Content-Type": {"application/json"}}
	body, err := p.Codec.Seal(e, h)
	if err != nil {
		return nil, nil, err
	}
	if err := p.Scheme.Sign(secret, h, body, at); err != nil {
		return nil, nil, err
	}
	return h, body, nil
}

// Open verifies a request and reads its event. matched is the index of the secret that signed it, -1 if none did.
// An error from package verify says that the request is not from the provider; one from package events, that it is,
// and cannot be read. The event shares body's memory.
func (p Provider) Open(secrets []verify.Secret, h http.Header, body []byte) (e events.Event, matched int, err error) {
	if matched, err = p.Scheme.Verify(secrets, h, body); err != nil {
		return events.Event{}, -1, err
	}
	e, err = p.Codec.Open(h, body)
	return e, matched, err
}

// SecretOf makes a secret of text in the form that the scheme takes: see [Provider.SecretText]. It is for tests;
// real secrets come from the provider. If no form fits it is the zero Secret.
func (p Provider) SecretOf(text string) verify.Secret { return verify.NewSecret(p.SecretText(text)) }

// SecretText puts text into the form that the scheme takes for a secret: as it is, or if the scheme decodes its secrets
// whsec_ and base64, or base64 alone. If none fits it is empty.
func (p Provider) SecretText(text string) string {
	encoded := base64.StdEncoding.EncodeToString([]byte(text))
	forms := []string{"whsec_" + encoded, encoded, text}
	if p.takes("- no base64") {
		forms = []string{text}
	}
	for _, form := range forms {
		if p.takes(form) {
			return form
		}
	}
	return ""
}

// takes reports whether the scheme takes text for a secret.
func (p Provider) takes(text string) bool {
	return !errors.Is(p.Scheme.Sign(verify.NewSecret(text), http.Header{}, nil, time.Now()), verify.ErrSecretForm)
}

// Acknowledges reports whether the provider counts an answer of this status as success.
func (p Provider) Acknowledges(status int) bool {
	if len(p.Acks) == 0 {
		return status >= 200 && status <= 299
	}
	return slices.Contains(p.Acks, status)
}

// Verb is the HTTP method the provider uses.
func (p Provider) Verb() string {
	if p.Method == "" {
		return http.MethodPost
	}
	return p.Method
}

// WithSignatureHeader is the provider with its signature in another header. The scheme must be a [verify.HMAC], or
// Validate says so.
func (p Provider) WithSignatureHeader(name string) Provider {
	scheme, ok := p.Scheme.(verify.HMAC)
	if !ok {
		p.mistake = fmt.Errorf("hookmitt: WithSignatureHeader works on a verify.HMAC, not on a %T", p.Scheme)
		return p
	}
	scheme.Header = name
	p.Scheme = scheme
	return p
}

// WithID is the provider with its id elsewhere: Civo().WithID(events.BodyDigest()), say. The codec must be an
// [events.JSON], or Validate says so.
func (p Provider) WithID(f events.Field) Provider {
	codec, ok := p.Codec.(events.JSON)
	if !ok {
		p.mistake = fmt.Errorf("hookmitt: WithID works on an events.JSON, not on a %T", p.Codec)
		return p
	}
	codec.ID = f
	p.Codec = codec
	return p
}

// Horizon is the latest that a retry of an event may still arrive, counted from its first attempt: all gaps, and a
// deadline for every attempt. A receiver that forgets an id earlier may do the event twice.
func (p Provider) Horizon() time.Duration {
	total, waiting := p.Retry.Total(), time.Duration(p.Retry.Retries()+1)*p.Deadline
	if total > math.MaxInt64-waiting {
		return math.MaxInt64
	}
	return total + waiting
}
