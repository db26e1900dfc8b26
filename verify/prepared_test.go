package verify_test

import (
	"crypto"
	"crypto/fips140"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/verify"
)

func TestTheSchemeDecodesTheSecretsText(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		form verify.KeyForm
		text string
		key  string
		want error
	}{
		"raw":                              {verify.RawKey, "whsec_a2V5", "whsec_a2V5", nil},
		"raw, a trailing newline included": {verify.RawKey, "key\n", "key\n", nil},
		"base64 with the prefix":           {verify.Base64Key("whsec_"), "whsec_a2V5", "key", nil},
		"base64 without the prefix":        {verify.Base64Key("whsec_"), "a2V5", "key", nil},
		"base64 that has none":             {verify.Base64Key(""), "a2V5", "key", nil},
		"base64 with a trailing newline":   {verify.Base64Key("whsec_"), "whsec_a2V5\n", "key", nil},
		"not base64":                       {verify.Base64Key("whsec_"), "whsec_k-y!", "", verify.ErrSecretForm},
		"base64 of another alphabet":       {verify.Base64Key(""), "-_-_", "", verify.ErrSecretForm},
		"base64 with another prefix":       {verify.Base64Key("whsec_"), "whpk_a2V5", "", verify.ErrSecretForm},
		"base64 with the prefix twice":     {verify.Base64Key("whsec_"), "whsec_whsec_a2V5", "", verify.ErrSecretForm},
		"base64 without its padding":       {verify.Base64Key(""), "a2V5cw", "", verify.ErrSecretForm},
		"the prefix alone":                 {verify.Base64Key("whsec_"), "whsec_", "", verify.ErrEmptySecret},
		"the prefix and a newline":         {verify.Base64Key("whsec_"), "whsec_\n", "", verify.ErrEmptySecret},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := plain()
			s.Key = tt.form
			require.NoError(t, s.Validate())

			h := http.Header{"X-Signature": {hexMAC(tt.key, body)}}
			matched, err := s.Verify(secrets(tt.text), h, []byte(body))
			require.ErrorIs(t, err, tt.want)
			signed := http.Header{}
			require.ErrorIs(t, s.Sign(verify.NewSecret(tt.text), signed, []byte(body), time.Now()), tt.want)
			if tt.want != nil {
				require.Equal(t, -1, matched)
				require.Empty(t, signed)
				return
			}
			require.Equal(t, h, signed)
		})
	}
}

// HMAC fills a key up with zeros: one of zeros alone is the empty key, which anybody has.
func TestAKeyOfZerosIsAnEmptySecret(t *testing.T) {
	t.Parallel()
	encoded := plain()
	encoded.Key = verify.Base64Key("whsec_")
	forged := http.Header{"X-Signature": {hexMAC("", body)}}
	for name, tt := range map[string]struct {
		scheme verify.HMAC
		secret verify.Secret
	}{
		"one zero":              {plain(), verify.NewSecret("\x00")},
		"a buffer never filled": {plain(), verify.NewSecret(make([]byte, 32))},
		"a key never made":      {encoded, verify.NewSecret("whsec_" + base64.StdEncoding.EncodeToString(make([]byte, 24)))},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := tt.scheme.Verify([]verify.Secret{tt.secret}, forged, []byte(body))
			require.ErrorIs(t, err, verify.ErrEmptySecret)
		})
	}
}

func TestASecretServesSeveralSchemesAtOnce(t *testing.T) {
	t.Parallel()
	secret := verify.NewSecret(standardSecret)
	schemes := []verify.HMAC{plain(), standard(), paired(), {Header: "X-Signature", Hash: crypto.SHA1}, {Header: "X-Signature", Hash: crypto.SHA512}}
	errs := make([]error, 8)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() {
			for n := range 100 {
				h := http.Header{"Webhook-Id": {"msg_1"}}
				s := schemes[(i+n)%len(schemes)]
				errs[i] = errors.Join(errs[i], s.Sign(secret, h, []byte(body), time.Now()), s.Precheck(h))
				_, err := s.Verify([]verify.Secret{secret}, h, []byte(body))
				errs[i] = errors.Join(errs[i], err)
			}
		})
	}
	wg.Wait()
	require.NoError(t, errors.Join(errs...))
}

// countedHash is SHA-512 that notes the work it is given.
type countedHash struct {
	hash.Hash
	work *work
}

type work struct{ sums, bytes int }

func (h countedHash) Sum(b []byte) []byte {
	h.work.sums++
	return h.Hash.Sum(b)
}

func (h countedHash) Write(b []byte) (int, error) {
	h.work.bytes += len(b)
	return h.Hash.Write(b)
}

// Not parallel, as the tests that are wait until it is over: it exchanges SHA-512 for a hash that counts.
func TestTheNumberOfMACsDoesNotDependOnWhichSecretMatched(t *testing.T) { //nolint:paralleltest // see above
	good := hex.EncodeToString(mac(crypto.SHA512, secretText, body))
	var did work
	crypto.RegisterHash(crypto.SHA512, func() hash.Hash { return countedHash{sha512.New(), &did} })
	t.Cleanup(func() { crypto.RegisterHash(crypto.SHA512, sha512.New) })

	bare := verify.HMAC{Header: "X-Signature", Hash: crypto.SHA512}
	list, pairs := bare, bare
	list.Form, pairs.Form = verify.List(" ", "v1,"), verify.Pairs(",", "", "v1")
	bad := strings.Repeat("0", 128)

	for form, tt := range map[string]struct {
		scheme verify.HMAC
		value  string
	}{
		"bare":                     {bare, good},
		"list, good entry first":   {list, "v1," + good + " v1," + bad + " v1," + bad},
		"list, good entry last":    {list, "v1," + bad + " v1," + bad + " v1," + good},
		"list, every entry good":   {list, "v1," + good + " v1," + good},
		"pairs, good one in there": {pairs, "v1=" + bad + ",v1=" + good + ",v1=" + bad},
	} {
		h := http.Header{"X-Signature": {tt.value}}
		// With fresh secrets each time, or the keys that are prepared already would be missing from the count.
		count := func(texts ...string) (int, work) {
			did = work{}
			matched, err := tt.scheme.Verify(secrets(texts...), h, []byte(body))
			if matched < 0 {
				require.ErrorIs(t, err, verify.ErrMismatch)
			} else {
				require.NoError(t, err)
			}
			return matched, did
		}
		_, one := count(strings.Repeat("x", len(secretText)))
		require.Positive(t, one.sums)
		require.Greater(t, one.bytes, len(body))
		five := work{5 * one.sums, 5 * one.bytes}

		for _, where := range []struct {
			name    string
			texts   []string
			matched int
		}{
			{"none", []string{"a", "b", "c", "d", "e"}, -1},
			{"the first", []string{secretText, "b", "c", "d", "e"}, 0},
			{"the middle one", []string{"a", "b", secretText, "d", "e"}, 2},
			{"the last", []string{"a", "b", "c", "d", secretText}, 4},
			{"all", []string{secretText, secretText, secretText, secretText, secretText}, 0},
		} {
			matched, got := count(where.texts...)
			require.Equal(t, where.matched, matched, "%s: %s matches", form, where.name)
			require.Equal(t, five, got, "%s: %s matches", form, where.name)
		}
	}
}

const fipsMarker = "HOOKMITT_TEST_IN_FIPS_MODE"

// The mode is decided when a process starts, so the test runs itself once more under it.
func TestFIPS140OnlyModeIsAnsweredWithErrorsAndNoPanic(t *testing.T) {
	t.Parallel()
	if os.Getenv(fipsMarker) == "" {
		exe, err := os.Executable()
		require.NoError(t, err)
		again := exec.CommandContext(t.Context(), exe, "-test.run=^"+t.Name()+"$", "-test.v", "-test.count=1")
		again.Env = append(os.Environ(), "GODEBUG=fips140=only", fipsMarker+"=1")
		out, err := again.CombinedOutput()
		require.NoError(t, err, "%s", out)
		require.Contains(t, string(out), "--- PASS: "+t.Name())
		return
	}
	require.True(t, fips140.Enforced())

	sha1 := verify.HMAC{Header: "X-Signature", Hash: crypto.SHA1}
	long := verify.NewSecret("fourteen bytes")
	require.Error(t, sha1.Validate())
	require.Error(t, sha1.Sign(long, http.Header{}, []byte(body), time.Now()))
	_, err := sha1.Verify([]verify.Secret{long}, http.Header{"X-Signature": {strings.Repeat("0", 40)}}, []byte(body))
	require.Error(t, err)
	require.NotErrorIs(t, err, verify.ErrMismatch)

	encoded := plain()
	encoded.Key = verify.Base64Key("whsec_")
	for _, tt := range []struct {
		scheme verify.HMAC
		text   string
		want   error
	}{
		{plain(), "x", verify.ErrSecretForm},
		{plain(), "thirteenbytes", verify.ErrSecretForm},
		{plain(), "fourteen bytes", nil},
		{plain(), standardSecret, nil},
		{encoded, "whsec_" + base64.StdEncoding.EncodeToString([]byte("thirteenbytes")), verify.ErrSecretForm},
		{encoded, "whsec_" + base64.StdEncoding.EncodeToString([]byte("fourteen bytes")), nil},
	} {
		name := fmt.Sprintf("a secret of %d bytes, key form %q", len(tt.text), tt.scheme.Key)
		require.NoError(t, tt.scheme.Validate(), name)
		h := http.Header{}
		require.ErrorIs(t, tt.scheme.Sign(verify.NewSecret(tt.text), h, []byte(body), time.Now()), tt.want, name)
		if tt.want != nil {
			require.Empty(t, h, name)
			h.Set("X-Signature", strings.Repeat("0", 64))
		}
		_, err := tt.scheme.Verify(secrets(tt.text), h, []byte(body))
		require.ErrorIs(t, err, tt.want, name)

		// One short key among good ones is the same mistake: it is not skipped.
		_, err = tt.scheme.Verify(append(secrets(standardSecret), secrets(tt.text)...), h, []byte(body))
		require.ErrorIs(t, err, tt.want, name)
	}
}
