package providertest_test

import (
	"bytes"
	"net/http"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/testserver/providertest"
	"github.com/hookmitt/hookmitt/verify"
)

// flawed is a scheme that breaks a law, each in a way in which one has been or could be written.
type flawed struct {
	verify.Scheme
	verify func(secrets []verify.Secret, h http.Header, body []byte) (int, error)
	pre    func(h http.Header) error
	covers func(header string) bool
}

func (f flawed) Verify(secrets []verify.Secret, h http.Header, body []byte) (int, error) {
	if f.verify != nil {
		return f.verify(secrets, h, body)
	}
	return f.Scheme.Verify(secrets, h, body)
}

func (f flawed) Precheck(h http.Header) error {
	if f.pre != nil {
		return f.pre(h)
	}
	return f.Scheme.Precheck(h)
}

func (f flawed) Covers(header string) bool {
	if f.covers != nil {
		return f.covers(header)
	}
	return f.Scheme.Covers(header)
}

var flaws = map[string]struct {
	law  string
	make func(good verify.Scheme) flawed
}{
	"any body verifies": {"a_changed_body_is_refused", func(good verify.Scheme) flawed {
		return flawed{Scheme: good, verify: func(secrets []verify.Secret, h http.Header, body []byte) (int, error) {
			if i, err := good.Verify(secrets, h, body); err == nil {
				return i, nil
			}
			return len(secrets) - 1, nil
		}}
	}},
	"white space at the end is cut off": {"a_changed_body_is_refused", func(good verify.Scheme) flawed {
		return flawed{Scheme: good, verify: func(secrets []verify.Secret, h http.Header, body []byte) (int, error) {
			return good.Verify(secrets, h, bytes.TrimSpace(body))
		}}
	}},
	"an empty secret is passed over": {"an_empty_secret_beside", func(good verify.Scheme) flawed {
		return flawed{Scheme: good, verify: func(secrets []verify.Secret, h http.Header, body []byte) (int, error) {
			for i, s := range secrets {
				if _, err := good.Verify([]verify.Secret{s}, h, body); err == nil {
					return i, nil
				}
			}
			return -1, verify.ErrMismatch
		}}
	}},
	"the first secret is the only one": {"Open_undoes_Seal", func(good verify.Scheme) flawed {
		return flawed{Scheme: good, verify: func(secrets []verify.Secret, h http.Header, body []byte) (int, error) {
			return good.Verify(secrets[:min(1, len(secrets))], h, body)
		}}
	}},
	"the stamp is not judged": {"what_is_stamped_is_refused", func(good verify.Scheme) flawed {
		stamped := good.(verify.HMAC)
		stamped.Tolerance = 100 * 365 * 24 * time.Hour
		return flawed{Scheme: stamped}
	}},
	"Precheck knows nothing": {"two_signatures_are_refused", func(good verify.Scheme) flawed {
		return flawed{Scheme: good, pre: func(http.Header) error { return nil }}
	}},
	"it covers what it does not": {"a_changed_header_is_refused", func(good verify.Scheme) flawed {
		return flawed{Scheme: good, covers: func(string) bool { return true }}
	}},
	"the body is changed on the way": {"neither_direction_changes", func(good verify.Scheme) flawed {
		return flawed{Scheme: good, verify: func(secrets []verify.Secret, h http.Header, body []byte) (int, error) {
			i, err := good.Verify(secrets, h, body)
			body[0] = '['
			return i, err
		}}
	}},
}

// stamped is a provider without a flaw.
func stamped() hookmitt.Provider {
	p := hookmitt.CDHosting()
	scheme := p.Scheme.(verify.HMAC)
	scheme.Timestamp, scheme.Tolerance = verify.TimeHeader("X-Time"), time.Minute
	scheme.Signed = []verify.Part{verify.Timestamp(), verify.Text("."), verify.Body()}
	p.Scheme = scheme
	return p
}

const flawVariable = "PROVIDERTEST_FLAW"

// TestFlaws runs the laws on each in a process of its own, where they must fail.
func TestFlaws(t *testing.T) {
	t.Parallel()
	for name, f := range flaws {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if os.Getenv(flawVariable) == name {
				p := stamped()
				p.Scheme = f.make(p.Scheme)
				providertest.Run(t, p)
				return
			}
			if os.Getenv(flawVariable) != "" {
				t.Skip("another's process")
			}
			laws := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestFlaws$", "-test.v") //nolint:gosec // ourselves
			laws.Env = append(os.Environ(), flawVariable+"="+name)
			out, err := laws.CombinedOutput()
			require.Error(t, err, "every law let it pass")
			require.Contains(t, string(out), "/"+f.law)
			require.Regexp(t, "--- FAIL: .*/"+f.law, string(out))
		})
	}
	if os.Getenv(flawVariable) == "" {
		t.Run("none", func(t *testing.T) {
			t.Parallel()
			providertest.Run(t, stamped())
		})
	}
}
