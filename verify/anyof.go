package verify

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

var _ Scheme = anyOf{}

// AnyOf is a scheme for a provider that signs in one of several ways, or in several at once: Standard Webhooks' v1 and
// v1a. A secret belongs to the schemes that it has the form for, and the others are not tried with it: give each its
// own form. A secret that has none of them is [ErrSecretForm].
//
// A request verifies if one of the schemes verifies it; all are tried. Only what all of them cover is covered. Sign uses
// the first scheme that the secret has the form for.
func AnyOf(schemes ...Scheme) Scheme {
	var all anyOf
	for _, s := range schemes {
		if several, ok := s.(anyOf); ok {
			all = append(all, several...)
		} else {
			all = append(all, s)
		}
	}
	return all
}

type anyOf []Scheme

// Validate reports what is wrong with the schemes.
func (a anyOf) Validate() error {
	if len(a) == 0 {
		return errors.New("verify: AnyOf of no schemes")
	}
	var errs []error
	for i, s := range a {
		if s == nil {
			errs = append(errs, fmt.Errorf("verify: AnyOf: scheme %d is nil", i))
		} else if v, ok := s.(interface{ Validate() error }); ok {
			errs = append(errs, v.Validate())
		}
	}
	return errors.Join(errs...)
}

// Sign implements [Scheme].
func (a anyOf) Sign(secret Secret, h http.Header, body []byte, at time.Time) error {
	var forms []string
	for _, s := range a {
		err := s.Sign(secret, h, body, at)
		if !errors.Is(err, ErrSecretForm) {
			return err
		}
		forms = append(forms, strings.TrimPrefix(err.Error(), ErrSecretForm.Error()+": "))
	}
	return fmt.Errorf("%w: %s", ErrSecretForm, strings.Join(forms, "; "))
}

// Precheck implements [Scheme].
func (a anyOf) Precheck(h http.Header) error {
	var first error
	for _, s := range a {
		err := s.Precheck(h)
		if err == nil {
			return nil
		}
		if first == nil || errors.Is(first, ErrMissing) { // a signature that is there and wrong says more
			first = err
		}
	}
	return first
}

// Verify implements [Scheme].
func (a anyOf) Verify(secrets []Secret, h http.Header, body []byte) (int, error) {
	if len(secrets) == 0 {
		return -1, ErrNoSecrets
	}
	fit := make([]bool, len(secrets)) // some scheme
	matched, refused := -1, error(nil)
	for _, s := range a {
		var own []Secret
		var index []int
		for i, secret := range secrets {
			switch err := fits(s, secret); {
			case err == nil:
				own, index, fit[i] = append(own, secret), append(index, i), true
			case !errors.Is(err, ErrSecretForm):
				return -1, err
			}
		}
		if len(own) == 0 {
			continue
		}
		i, err := s.Verify(own, h, body)
		if err == nil && (matched < 0 || index[i] < matched) {
			matched = index[i]
		}
		refused = worse(refused, err)
	}
	if slices.Contains(fit, false) { //constanttime:public forms
		return -1, ErrSecretForm
	}
	if matched >= 0 {
		return matched, nil
	}
	return -1, refused
}

// Covers implements [Scheme].
func (a anyOf) Covers(header string) bool {
	return len(a) > 0 && !slices.ContainsFunc(a, func(s Scheme) bool { return !s.Covers(header) })
}

// fits reports why a secret is not one for the scheme, if the scheme is one of ours; another is tried with all.
func fits(s Scheme, secret Secret) error {
	if f, ok := s.(interface{ fits(secret Secret) error }); ok {
		return f.fits(secret)
	}
	if secret.IsZero() {
		return ErrEmptySecret
	}
	return nil
}

// worse is the refusal that says more: that a signature matched and was stale, that it did not match, that it was
// malformed; or only that it was missing.
func worse(a, b error) error {
	for _, kind := range []error{ErrStale, ErrMismatch, ErrMalformed} {
		if errors.Is(a, kind) {
			return a
		}
		if errors.Is(b, kind) {
			return b
		}
	}
	if a == nil {
		return b
	}
	return a
}
