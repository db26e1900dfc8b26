package testserver

import (
	"crypto/rand"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/verify"
)

// Subscription is what a user registers with the provider. Zero values are the provider's own.
type Subscription struct {
	Name        string        // for people. Optional.
	URL         string        // where to deliver: loopback, unless Options.Allow says otherwise. Required.
	Method      string        // Default: the provider's.
	ContentType string        // Default: application/json.
	MaxAttempts int           // of a delivery, the first one counted. Default: as the provider's schedule has it.
	Inactive    bool          // nothing is sent but test events; what is under way is given up.
	Events      []string      // types, or "*" for all. Default: all.
	Secret      verify.Secret // signs the deliveries. Default: as the provider does, see hookmitt.Secretless.
}

// SubscriptionError says what a provider refuses a subscription for.
type SubscriptionError struct {
	Field string // of Subscription
	Err   error  // the rest of the sentence that begins with the field
}

// Error implements error.
func (e *SubscriptionError) Error() string {
	return "testserver: Subscription." + e.Field + " " + e.Err.Error()
}

// Unwrap gives errors.Is and errors.As the cause.
func (e *SubscriptionError) Unwrap() error { return e.Err }

func misfit(field, format string, args ...any) error {
	return &SubscriptionError{Field: field, Err: fmt.Errorf(format, args...)}
}

// maxAttempts is how many attempts a webhook may ask for.
const maxAttempts = 1000

// complete fills in what the provider would, and refuses what it would refuse. A secret that the provider makes up is
// the only one whose text is known.
func (s *Server) complete(sub Subscription) (full Subscription, made string, err error) {
	u, err := url.Parse(sub.URL)
	switch {
	case err == nil && u.User != nil:
		return sub, "", misfit("URL", "holds a user, and perhaps a password, which would show in every record")
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		return sub, "", misfit("URL", "is not an http or https URL")
	case u.Port() != "" && !isPort(u.Port()):
		return sub, "", misfit("URL", "has a port that there is not")
	case !s.allowed(u.Hostname()):
		return sub, "", misfit("URL", "leads to %s, which is not on this machine, and is not allowed", u.Hostname())
	case sub.MaxAttempts > 1 && s.provider.Retry.Retries() == 0:
		return sub, "", misfit("MaxAttempts", "is %d, and %s never retries", sub.MaxAttempts, s.provider.Name)
	case sub.MaxAttempts < 0 || sub.MaxAttempts > maxAttempts:
		return sub, "", misfit("MaxAttempts", "is %d, and not from 0 to %d", sub.MaxAttempts, maxAttempts)
	case sub.Method != "" && (sub.Method != strings.ToUpper(sub.Method) || !token(sub.Method)):
		return sub, "", misfit("Method", "%q is not an HTTP method in capitals", sub.Method)
	case strings.ContainsFunc(sub.ContentType, unicode.IsControl):
		return sub, "", misfit("ContentType", "%q cannot be sent in a header", sub.ContentType)
	case slices.Contains(sub.Events, ""):
		return sub, "", misfit("Events", "has an empty name")
	case slices.ContainsFunc(sub.Events, func(name string) bool { return name != "*" && strings.Contains(name, "*") }):
		return sub, "", misfit("Events", "has a pattern, and a webhook takes whole types, or * for all")
	}
	if sub.Method == "" {
		sub.Method = s.provider.Verb()
	}
	if sub.ContentType == "" {
		sub.ContentType = "application/json"
	}
	if sub.Secret.IsZero() {
		switch s.provider.Secretless {
		case hookmitt.SecretRequired:
			return sub, "", misfit("Secret", "is empty, and %s requires one", s.provider.Name)
		case hookmitt.SecretMade:
			made = RandomSecret()
			sub.Secret = verify.NewSecret(made)
		case hookmitt.SecretAbsent:
		}
	}
	sub.Events = slices.Clone(sub.Events)
	return sub, made, s.trySeal(sub.Secret)
}

// trySeal seals a sample of the provider's: a secret that is not of the scheme's form, a public key, a signed header that
// the codec does not write, are better known now than at the first event.
func (s *Server) trySeal(secret verify.Secret) error {
	types := s.provider.Events.Types()
	if len(types) == 0 || secret.IsZero() {
		return nil
	}
	e, _ := s.provider.Events.Sample(types[0])
	e.ID, e.Time = newID(s.provider.Codec.IDField()), time.Now()
	if _, _, err := s.provider.Seal(secret, e, time.Now()); err != nil {
		return &SubscriptionError{Field: "Secret", Err: fmt.Errorf("does not do: %s cannot send %s with it: %w", s.provider.Name, e.Type, err)}
	}
	return nil
}

// isPort reports whether text is a port that can be called.
func isPort(text string) bool {
	port, err := strconv.ParseUint(text, 10, 16)
	return err == nil && port > 0
}

// wants reports whether the subscription is for events of a type.
func (sub Subscription) wants(typ string) bool {
	return !sub.Inactive && (len(sub.Events) == 0 || slices.Contains(sub.Events, "*") || slices.Contains(sub.Events, typ))
}

// allowed reports whether requests may go to a host. A simulator that can be told to call any URL is a weapon.
func (s *Server) allowed(host string) bool {
	if s.inProcess || slices.Contains(s.allow, host) || host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// RandomSecret is a text of 32 random letters and digits, as Civo's secrets are.
func RandomSecret() string {
	const n = 32
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	text := make([]byte, 0, n)
	var b [1]byte
	for len(text) < n {
		_, _ = rand.Read(b[:]) // never fails
		if int(b[0]) < 256/len(letters)*len(letters) {
			text = append(text, letters[int(b[0])%len(letters)])
		}
	}
	return string(text)
}
