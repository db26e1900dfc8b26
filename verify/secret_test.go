package verify_test

import (
	"bytes"
	"context"
	"crypto"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/verify"
)

const unprintable = "do-not-print-me" // short enough for one line of a hex dump

// holder has a secret wherever a struct may have one. T is a Secret, or a string to show that the test would see it.
type holder[T any] struct {
	Exported   T
	unexported T
	Pointer    *T
	pointer    *T
	Slice      []T
	slice      []T
	Map        map[string]T
	values     map[string]T
	Any        any
	any        any
	Nested     struct{ Inner, inner T }
}

func hold[T any](v T) holder[T] {
	h := holder[T]{
		Exported: v, unexported: v, Pointer: &v, pointer: &v, Slice: []T{v}, slice: []T{v},
		Map: map[string]T{"k": v}, values: map[string]T{"k": v}, Any: v, any: v,
	}
	h.Nested.Inner, h.Nested.inner = v, v
	return h
}

// verbs of fmt, most of which do not fit: fmt's complaint must not quote a secret either.
func verbs() []string {
	return strings.Fields("%v %+v %#v %s %q %#q %x %X %#x %d %o %b %c %U %t %e %g %60v %-60s %z")
}

// renderings are all the ways in which a value gets into a log, or an answer, by mistake.
func renderings(v any) map[string]string {
	all := map[string]string{"Println": fmt.Sprintln(v), "Errorf": fmt.Errorf("failed with %v", v).Error()}
	for _, verb := range verbs() {
		all[verb] = fmt.Sprintf(verb, v)
	}
	j, err := json.Marshal(v)
	all["JSON"] = fmt.Sprint(string(j), err)
	x, err := xml.Marshal(v)
	all["XML"] = fmt.Sprint(string(x), err)

	var text, jsonText bytes.Buffer
	for _, handler := range []slog.Handler{slog.NewTextHandler(&text, nil), slog.NewJSONHandler(&jsonText, nil)} {
		logger := slog.New(handler).With("with", v)
		logger.Info("message", "any", v, slog.Group("group", "in", v), "error", fmt.Errorf("failed with %+v", v))
	}
	all["slog text"], all["slog JSON"] = text.String(), jsonText.String()
	return all
}

// shows reports whether text gives the unprintable away, in any spelling of it.
func shows(text string) bool {
	secret := []byte(unprintable)
	spellings := []string{unprintable, base64.StdEncoding.EncodeToString(secret)}
	for _, verb := range verbs() {
		spellings = append(spellings, strings.TrimPrefix(strings.Trim(fmt.Sprintf(verb, secret), "[]{}"), "byte{"))
	}
	return slices.ContainsFunc(spellings, func(s string) bool { return strings.Contains(text, s) })
}

func TestASecretNeverShowsItself(t *testing.T) {
	t.Parallel()
	secret := verify.NewSecret(unprintable)
	_, err := plain().Verify([]verify.Secret{secret}, http.Header{"X-Signature": {hexMAC("another", body)}}, nil)
	require.ErrorIs(t, err, verify.ErrMismatch, "from here on, the secret also holds a prepared key")
	ring := verify.NewKeyring(secret, secret)

	for name, v := range map[string]any{
		"alone":                  secret,
		"behind a pointer":       &secret,
		"in a slice":             []verify.Secret{secret},
		"in an array":            [1]verify.Secret{secret},
		"in a map":               map[string]verify.Secret{"k": secret},
		"as the key of a map":    map[verify.Secret]int{secret: 1},
		"in a struct":            hold(secret),
		"behind a struct":        new(hold(secret)),
		"in a keyring":           ring,
		"in a struct's keyring":  struct{ Exported, unexported *verify.Keyring }{ring, ring},
		"in a slice of keyrings": []*verify.Keyring{ring},
		"as the keyring's list":  hold[verify.Secrets](ring),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for how, text := range renderings(v) {
				require.False(t, shows(text), "%s: %s", how, text)
			}
		})
	}
}

func TestWhatLooksForASecretWouldFindIt(t *testing.T) {
	t.Parallel()
	for _, v := range []any{unprintable, hold(unprintable), []byte(unprintable), hold([]byte(unprintable))} {
		for how, text := range renderings(v) {
			if how == "XML" && strings.Contains(text, "unsupported") {
				continue // a map, which XML does not have
			}
			require.True(t, shows(text), "%T, %s: %s", v, how, text)
		}
	}
}

// assertions notes what a failed assertion prints.
type assertions struct{ bytes.Buffer }

func (a *assertions) Errorf(format string, args ...any) { _, _ = fmt.Fprintf(a, format, args...) }
func (a *assertions) FailNow()                          {}

func TestAFailedAssertionDoesNotShowASecret(t *testing.T) {
	t.Parallel()
	var failed, plain assertions
	require.Equal(&plain, struct{ text []byte }{}, struct{ text []byte }{[]byte(unprintable)})
	require.True(t, shows(plain.String()), "what looks for a secret would find it: %s", plain.String())

	a, b := verify.NewSecret("a"), verify.NewSecret(unprintable)
	require.Equal(&failed, a, b)
	require.Equal(&failed, hold(a), hold(b))
	require.Equal(&failed, verify.NewKeyring(a), verify.NewKeyring(b))
	require.Equal(&failed, []verify.Secret{a}, []verify.Secret{b})
	require.NotEmpty(t, failed.String())
	require.False(t, shows(failed.String()), failed.String())
}

func TestASecretSaysThatItIsOne(t *testing.T) {
	t.Parallel()
	secret := verify.NewSecret(unprintable)
	for _, verb := range strings.Fields("%v %+v %#v %s %q %x %d %z") {
		require.Equal(t, "[secret]", fmt.Sprintf(verb, secret), verb)
	}
	require.Equal(t, "[secret]", secret.String())
	require.Equal(t, "[secret]", secret.LogValue().String())
	j, err := json.Marshal(map[string]verify.Secret{"key": secret, "none": {}})
	require.NoError(t, err)
	require.JSONEq(t, `{"key":"[secret]","none":"[secret]"}`, string(j))
	x, err := xml.Marshal(struct {
		XMLName struct{}      `xml:"x"`
		Attr    verify.Secret `xml:"a,attr"`
		Element verify.Secret `xml:"e"`
	}{Attr: secret, Element: secret})
	require.NoError(t, err)
	require.Equal(t, `<x a="[secret]"><e>[secret]</e></x>`, string(x))
}

func TestNoErrorShowsASecret(t *testing.T) {
	t.Parallel()
	b64 := plain()
	b64.Key = verify.Base64Key("whsec_")
	all := []verify.Secret{verify.NewSecret("whsec_" + unprintable)} // which is not base64
	good := http.Header{"X-Signature": {hexMAC(unprintable, body)}}

	_, malformed := b64.Verify(all, good, []byte(body))
	require.ErrorIs(t, malformed, verify.ErrSecretForm)
	unsigned := b64.Sign(all[0], http.Header{}, []byte(body), time.Now())
	require.ErrorIs(t, unsigned, verify.ErrSecretForm)
	_, mismatch := plain().Verify(all, good, []byte(body))
	require.ErrorIs(t, mismatch, verify.ErrMismatch)
	for _, err := range []error{malformed, unsigned, mismatch} {
		for ; err != nil; err = errors.Unwrap(err) {
			for how, text := range renderings(err) {
				require.False(t, shows(text), "%s: %s", how, text)
			}
		}
	}
}

func TestAnEmptySecretNeverVerifies(t *testing.T) {
	t.Parallel()
	const unset = "HOOKMITT_TEST_SECRET_THAT_NOBODY_SETS"
	_, set := os.LookupEnv(unset)
	require.False(t, set)
	list := func(s verify.Secret) verify.Secrets {
		return verify.SecretsFunc(func(context.Context) ([]verify.Secret, error) { return []verify.Secret{s}, nil })
	}
	nothing := verify.SecretsFunc(func(context.Context) ([]verify.Secret, error) { return nil, nil })
	none := verify.SecretsFunc(func(context.Context) ([]verify.Secret, error) { return []verify.Secret{}, nil })
	good := verify.NewSecret(secretText)

	for name, tt := range map[string]struct {
		source verify.Secrets
		want   error
	}{
		"the zero Secret":              {list(verify.Secret{}), verify.ErrEmptySecret},
		"of an empty string":           {list(verify.NewSecret("")), verify.ErrEmptySecret},
		"of no bytes":                  {list(verify.NewSecret([]byte{})), verify.ErrEmptySecret},
		"of nil":                       {list(verify.NewSecret([]byte(nil))), verify.ErrEmptySecret},
		"of an unset variable":         {list(verify.NewSecret(os.Getenv(unset))), verify.ErrEmptySecret},
		"of a function":                {list(verify.Secret{}), verify.ErrEmptySecret},
		"a function with nothing":      {nothing, verify.ErrNoSecrets},
		"a function with an empty one": {none, verify.ErrNoSecrets},
		"a ring of it":                 {verify.NewKeyring(verify.Secret{}), verify.ErrEmptySecret},
		"a ring before a good one":     {verify.NewKeyring(verify.Secret{}, good), verify.ErrEmptySecret},
		"a ring after a good one":      {verify.NewKeyring(good, verify.Secret{}), verify.ErrEmptySecret},
		"a ring between good ones":     {verify.NewKeyring(good, verify.NewSecret(""), good), verify.ErrEmptySecret},
		"the zero ring":                {new(verify.Keyring), verify.ErrNoSecrets},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all, err := tt.source.Secrets(t.Context())
			if err != nil {
				require.ErrorIs(t, err, tt.want)
			}
			for _, hash := range []crypto.Hash{crypto.SHA1, crypto.SHA256, crypto.SHA512} {
				for _, key := range []string{"", secretText} { // forged, and good but for the company it is in
					s := verify.HMAC{Header: "X-Signature", Hash: hash}
					h := http.Header{"X-Signature": {hex.EncodeToString(mac(hash, key, body))}}
					matched, err := s.Verify(all, h, []byte(body))
					require.ErrorIs(t, err, tt.want)
					require.Equal(t, -1, matched)
				}
			}
		})
	}
}

func TestAnEmptySecretDoesNotSign(t *testing.T) {
	t.Parallel()
	h := http.Header{}
	require.ErrorIs(t, plain().Sign(verify.Secret{}, h, []byte(body), time.Now()), verify.ErrEmptySecret)
	require.ErrorIs(t, plain().Sign(verify.NewSecret([]byte{}), h, []byte(body), time.Now()), verify.ErrEmptySecret)
	require.Empty(t, h)
	require.True(t, verify.NewSecret("").IsZero())
	require.False(t, verify.NewSecret(" ").IsZero())
}

func TestASecretKeepsItsOwnBytes(t *testing.T) {
	t.Parallel()
	text := []byte(secretText)
	secret := verify.NewSecret(text)
	clear(text)
	_, err := plain().Verify([]verify.Secret{secret}, http.Header{"X-Signature": {hexMAC(secretText, body)}}, []byte(body))
	require.NoError(t, err)
}
