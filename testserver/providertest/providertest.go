// Package providertest checks that a [hookmitt.Provider] keeps the laws of one: that its two directions undo each
// other, that nothing that was changed on the way is let in, and that a simulator which plays it does what it says.
//
//	func TestAcme(t *testing.T) { providertest.Run(t, acme.Provider()) }
//
// It judges the provider's description, not the provider: whether the real one sends what is described, no test can
// know.
package providertest

import (
	"errors"
	"net/http"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/verify"
)

// subject is a provider under test, with two secrets that its scheme takes.
type subject struct {
	hookmitt.Provider
	secret, other verify.Secret
}

// id is one that every field takes.
const id = "3f2a6c1e-9d4b-4e0a-8f7c-1b2d3e4f5a6b"

// Run checks every law, each as a subtest, with secrets of the first form that the provider's scheme takes
// ([hookmitt.Provider.SecretOf]). The provider's Events must hold a sample.
func Run(t *testing.T, p hookmitt.Provider) {
	t.Helper()
	secret, other := verify.NewSecret("providertest, the secret"), verify.NewSecret("providertest, another one")
	if p.Scheme != nil { // or Validate says so
		secret, other = p.SecretOf("providertest, the secret"), p.SecretOf("providertest, another one")
	}
	RunWith(t, p, secret, other)
}

// RunWith is [Run] with two secrets of a form that Run does not know. Both must be able to sign.
func RunWith(t *testing.T, provider hookmitt.Provider, secret, other verify.Secret) {
	t.Helper()
	p := subject{provider, secret, other}
	if err := p.Validate(); err != nil {
		t.Fatalf("the provider does not validate: %v", err)
	}
	if len(p.Events) == 0 {
		t.Fatal("the provider's Events are empty: there is nothing to try it with")
	}
	for _, law := range []struct {
		name string
		test func(*testing.T, subject)
	}{
		{"Open undoes Seal", openUndoesSeal},
		{"a changed body is refused", changedBody},
		{"a changed header is refused, or Identity says that it is not covered", changedHeader},
		{"what is not signed with the secret is refused", notSigned},
		{"an empty secret beside a good one verifies nothing", emptyBeside},
		{"two signatures are refused, and Precheck knows", doubled},
		{"what is stamped is refused when it is old, or from the future", stale},
		{"neither direction changes what it is given", unchanged},
		{"the simulator makes the attempts of the schedule, within the horizon", ladder},
		{"a retry after a lost answer comes under the same id", once},
	} {
		t.Run(law.name, func(t *testing.T) { law.test(t, p) })
	}
}

// sealed is a request for each sample.
func sealed(t *testing.T, p subject, see func(e events.Event, h http.Header, body []byte)) {
	t.Helper()
	for _, typ := range p.Events.Types() {
		e, _ := p.Events.Sample(typ)
		e.ID, e.Time = id, time.Date(2025, 1, 15, 10, 30, 0, 0, time.UTC)
		h, body, err := p.Seal(p.secret, e, time.Now())
		if err != nil {
			t.Fatalf("%s: Seal: %v", typ, err)
		}
		see(e, h, body)
	}
}

func open(p subject, h http.Header, body []byte) (events.Event, error) {
	e, _, err := p.Open([]verify.Secret{p.secret}, h, body)
	return e, err
}

func openUndoesSeal(t *testing.T, p subject) {
	sealed(t, p, func(e events.Event, h http.Header, body []byte) {
		got, matched, err := p.Open([]verify.Secret{p.other, p.secret}, h, body)
		switch {
		case err != nil:
			t.Fatalf("%s: Open of what Seal made: %v", e.Type, err)
		case matched != 1:
			t.Errorf("%s: the secret that signed is 1, and Open says %d", e.Type, matched)
		case got.Type != e.Type:
			t.Errorf("%s: Open says the type is %q", e.Type, got.Type)
		case p.Identity() != hookmitt.DerivedID && got.ID != e.ID:
			t.Errorf("%s: the id was %q, and Open says %q", e.Type, e.ID, got.ID)
		case p.SignsTime() && !got.Time.Equal(e.Time):
			t.Errorf("%s: the time was %v, and Open says %v", e.Type, e.Time, got.Time)
		}
		again, err := open(p, h, body)
		if err != nil || again.ID != got.ID {
			t.Errorf("%s: opened again the id is %q, not %q: %v", e.Type, again.ID, got.ID, err)
		}
	})
}

func changedBody(t *testing.T, p subject) {
	sealed(t, p, func(e events.Event, h http.Header, body []byte) {
		body = slices.Clone(body)
		for bit := range 8 * len(body) {
			body[bit/8] ^= 1 << (bit % 8)
			if _, err := open(p, h, body); !errors.Is(err, verify.ErrMismatch) {
				t.Fatalf("%s: with bit %d of the body changed Open says %v", e.Type, bit, err)
			}
			body[bit/8] ^= 1 << (bit % 8)
		}
		if _, err := open(p, h, append(body, '\n')); !errors.Is(err, verify.ErrMismatch) {
			t.Fatalf("%s: with a line feed after the body Open says %v", e.Type, err)
		}
	})
}

func changedHeader(t *testing.T, p subject) {
	field, inHeader := p.Codec.IDField().Header()
	if inHeader && !p.Scheme.Covers(field) && p.Identity() != hookmitt.UnsignedID {
		t.Errorf("the signature does not cover the id in %s, and Identity is %v", field, p.Identity())
	}
	sealed(t, p, func(e events.Event, h http.Header, body []byte) {
		for name, values := range h {
			if !p.Scheme.Covers(name) {
				continue
			}
			changed := h.Clone()
			changed.Set(name, "0"+values[0][:len(values[0])-1])
			if _, err := open(p, changed, body); err == nil {
				t.Errorf("%s: the scheme covers %s, and Open takes it changed", e.Type, name)
			}
			changed.Del(name)
			if _, err := open(p, changed, body); err == nil {
				t.Errorf("%s: the scheme covers %s, and Open does without it", e.Type, name)
			}
		}
	})
}

func notSigned(t *testing.T, p subject) {
	sealed(t, p, func(e events.Event, h http.Header, body []byte) {
		if _, _, err := p.Open([]verify.Secret{p.other}, h, body); !errors.Is(err, verify.ErrMismatch) {
			t.Errorf("%s: under another secret Open says %v", e.Type, err)
		}
		if _, _, err := p.Open(nil, h, body); err == nil {
			t.Errorf("%s: without any secret Open takes it", e.Type)
		}
		if _, _, err := p.Open([]verify.Secret{{}}, h, body); err == nil {
			t.Errorf("%s: under the empty secret Open takes it", e.Type)
		}
		for _, name := range signatures(p, e, h) {
			bare := h.Clone()
			bare.Del(name)
			if _, err := open(p, bare, body); err == nil {
				t.Errorf("%s: without %s Open takes it", e.Type, name)
			}
			if p.Scheme.Precheck(bare) == nil {
				t.Errorf("%s: without %s Precheck takes it", e.Type, name)
			}
		}
	})
}

func emptyBeside(t *testing.T, p subject) {
	sealed(t, p, func(e events.Event, h http.Header, body []byte) {
		for _, secrets := range [][]verify.Secret{{p.secret, {}}, {{}, p.secret}} {
			if _, _, err := p.Open(secrets, h, body); !errors.Is(err, verify.ErrEmptySecret) {
				t.Errorf("%s: with an empty secret on the ring Open says %v", e.Type, err)
			}
		}
	})
}

// far is over every tolerance of a clock.
const far = 30 * 24 * time.Hour

// stale holds for schemes that stamp: whose signature of one event differs from one time to another.
func stale(t *testing.T, p subject) {
	typ := p.Events.Types()[0]
	e, _ := p.Events.Sample(typ)
	e.ID, e.Time = id, time.Date(2025, 1, 15, 10, 30, 0, 0, time.UTC)
	seal := func(at time.Time) (http.Header, []byte) {
		h, body, err := p.Seal(p.secret, e, at)
		if err != nil {
			t.Fatalf("%s: Seal: %v", typ, err)
		}
		return h, body
	}
	now, _ := seal(time.Now())
	for _, at := range []time.Time{time.Now().Add(-far), time.Now().Add(far)} {
		h, body := seal(at)
		if reflect.DeepEqual(now, h) {
			t.Skip("the scheme does not stamp")
		}
		if _, err := open(p, h, body); !errors.Is(err, verify.ErrStale) {
			t.Errorf("%s: signed at %v Open says %v", typ, at, err)
		}
	}
}

func unchanged(t *testing.T, p subject) {
	sealed(t, p, func(e events.Event, h http.Header, body []byte) {
		header, text := h.Clone(), slices.Clone(body)
		_, _, _ = p.Open([]verify.Secret{p.other, p.secret}, h, body)
		_ = p.Scheme.Precheck(h)
		if !reflect.DeepEqual(header, h) || !slices.Equal(text, body) {
			t.Errorf("%s: Open changed the request", e.Type)
		}
		if err := p.Scheme.Sign(p.secret, h.Clone(), body, time.Now()); err != nil || !slices.Equal(text, body) {
			t.Errorf("%s: Sign changed the body: %v", e.Type, err)
		}
	})
}

func doubled(t *testing.T, p subject) {
	sealed(t, p, func(e events.Event, h http.Header, body []byte) {
		for _, name := range signatures(p, e, h) {
			two := h.Clone()
			two.Add(name, h.Get(name))
			if _, err := open(p, two, body); err == nil {
				t.Errorf("%s: with %s doubled Open takes it", e.Type, name)
			}
			if p.Scheme.Precheck(two) == nil {
				t.Errorf("%s: with %s doubled Precheck takes it", e.Type, name)
			}
		}
	})
}

// signatures are the headers that signing adds.
func signatures(p subject, e events.Event, h http.Header) []string {
	before := http.Header{"Content-Type": nil}
	_, _ = p.Codec.Seal(e, before)
	var added []string
	for name := range h {
		if _, ok := before[name]; !ok {
			added = append(added, name)
		}
	}
	return added
}
