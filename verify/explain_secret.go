package verify

import (
	"slices"
	"strings"
)

// secretChange undoes mistakes of the secrets. form is nil where their form stays as it is.
type secretChange struct {
	secrets  []Secret
	form     func(Scheme) Scheme
	findings []Finding
}

// secretChanges are the secrets as they are, and with one mistake undone.
func secretChanges(s Scheme, secrets []Secret) []secretChange {
	all := []secretChange{{secrets: secrets}}
	if slices.ContainsFunc(secrets, Secret.IsZero) {
		return all
	}
	each := func(change func(text string) string, f Finding) {
		changed, differs := make([]Secret, len(secrets)), false
		for i, secret := range secrets {
			text := string(secret.key.text())
			other := change(text)
			changed[i], differs = NewSecret(other), differs || len(other) != len(text)
			if changed[i].IsZero() {
				return
			}
		}
		if differs {
			all = append(all, secretChange{secrets: changed, findings: []Finding{f}})
		}
	}
	each(func(text string) string { return strings.Trim(text, " \t\r\n\"'") },
		Finding{SecretSpace, "white space or quotes stand around the secret here, and not at the sender"})
	each(func(text string) string { return text + "\n" }, Finding{SecretSpace, "the sender's secret has a newline at its end"})
	scheme, ok := s.(HMAC)
	if !ok {
		return all
	}
	form := func(key KeyForm) func(Scheme) Scheme {
		return func(s Scheme) Scheme {
			scheme := s.(HMAC)
			scheme.Key = key
			return scheme
		}
	}
	if scheme.Key == RawKey { //constanttime:public the name of a form
		return append(all, secretChange{secrets, form(Base64Key("whsec_")), []Finding{{SecretDecoded, "the sender decodes the secret from base64, and the scheme uses its text"}}})
	}
	undecoded := Finding{SecretUndecoded, "the sender uses the secret's text, and the scheme decodes it from base64"}
	bare := make([]Secret, len(secrets))
	for i, secret := range secrets {
		bare[i] = NewSecret(strings.TrimPrefix(string(secret.key.text()), strings.TrimPrefix(string(scheme.Key), string(base64Key))))
	}
	return append(all, secretChange{secrets, form(RawKey), []Finding{undecoded}}, secretChange{bare, form(RawKey), []Finding{undecoded}})
}
