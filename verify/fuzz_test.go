package verify_test

import (
	"bytes"
	"crypto"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/verify"
)

// ageless makes a scheme that judges timestamps, but not by the day on which the fuzzer runs.
func ageless(s verify.HMAC) verify.HMAC {
	s.Tolerance = 200 * 365 * 24 * time.Hour
	return s
}

func FuzzPrecheckAgreesWithVerify(f *testing.F) {
	good := hexMAC(secretText, body)
	good64 := base64.StdEncoding.EncodeToString(mac(crypto.SHA256, secretText, body))
	timed := hexMAC(secretText, "1700000000."+body)
	bad := strings.Repeat("0", 64)
	list := verify.HMAC{Header: "X-Signature", Hash: crypto.SHA256, Encoding: verify.Base64, Form: verify.List(" ", "v1,")}
	header := ageless(paired())
	header.Form, header.Timestamp = verify.Bare("v1="), verify.TimeHeader("X-Time")
	schemes := []verify.HMAC{plain(), list, ageless(paired()), header}

	for _, value := range []string{
		"", good, strings.ToUpper(good), bad, good[1:], good + "0", "z" + good[1:], "\xff" + good[1:], good + "," + good, strings.Repeat("a", 5000),
		"v1," + good64, "v1,AAAA v1," + good64, "v2," + good64, "v1,", strings.Repeat("v1, ", 16), "v1," + strings.TrimRight(good64, "="),
		"t=1700000000,v1=" + timed, "v1=" + timed + ",t=1700000000", "t=1700000000,v1=" + bad + ",v1=" + timed, "t=1700000000,t=1,v1=" + timed,
		"t=,v1=" + timed, "t=-1,v1=" + timed, "t=01700000000,v1=" + timed, "v1=" + timed, "t=1700000000", "v1=", ",,,=", "t=١٧,v1=" + timed,
	} {
		for form := range schemes {
			f.Add(uint8(form), value, "", false, "1700000000")
		}
	}
	f.Add(uint8(0), good, good, true, "")
	f.Add(uint8(3), "v1="+timed, "", true, "1700000000")
	f.Add(uint8(3), "v1="+timed, "", false, "+1700000000")
	f.Add(uint8(3), "v1="+timed, "", false, "")

	f.Fuzz(func(t *testing.T, form uint8, value, second string, doubled bool, stamp string) {
		s := schemes[int(form)%len(schemes)]
		require.NoError(t, s.Validate())
		h := http.Header{"X-Signature": {value}, "X-Time": {stamp}}
		if doubled {
			h.Add("X-Signature", second)
		}
		door := s.Precheck(h)
		matched, err := s.Verify(secrets("another", secretText), h, []byte(body))
		if door != nil {
			require.Equal(t, door, err)
			require.Equal(t, -1, matched)
			return
		}
		require.False(t, doubled)
		if err != nil {
			require.Equal(t, verify.ErrMismatch, err)
			return
		}
		require.Equal(t, 1, matched)
		require.True(t, rightful(s, value, stamp), "accepted %q at %q", value, stamp)
	})
}

// rightful reports whether a digest that the secret's holder would have sent is anywhere in the value.
func rightful(s verify.HMAC, value, stamp string) bool {
	if s.Encoding == verify.Base64 {
		return strings.Contains(value, base64.StdEncoding.EncodeToString(mac(s.Hash, secretText, body)))
	}
	message := body
	if s.Timestamp == verify.InSignature() {
		_, stamp, _ = strings.Cut(","+value, ",t=")
		stamp, _, _ = strings.Cut(stamp, ",")
	}
	if s.Timestamp != (verify.Source{}) {
		message = stamp + "." + body
	}
	return strings.Contains(strings.ToLower(value), hexMAC(secretText, message))
}

func FuzzSignVerify(f *testing.F) {
	for _, text := range []string{"", " ", "test-secret", standardSecret, "test-secret\n", "\xff\xfe", strings.Repeat("k", 200)} {
		f.Add([]byte(body), text)
		f.Add([]byte{}, text)
		f.Add([]byte("\x00\xff\r\n"), text)
	}
	f.Fuzz(func(t *testing.T, payload []byte, text string) {
		secret, at := verify.NewSecret(text), time.Now()
		for _, s := range []verify.HMAC{plain(), paired(), {Header: "X-Signature", Hash: crypto.SHA512, Encoding: verify.Base64}} {
			h, sent := http.Header{}, string(payload)
			err := s.Sign(secret, h, payload, at)
			if strings.Trim(text, "\x00") == "" && err != nil {
				require.ErrorIs(t, err, verify.ErrEmptySecret)
				continue
			}
			require.NoError(t, err)
			require.NotEmpty(t, text, "an empty secret signed")
			require.NoError(t, s.Precheck(h))
			matched, err := s.Verify([]verify.Secret{verify.NewSecret("x" + text), secret}, h, payload)
			require.NoError(t, err)
			require.Equal(t, 1, matched)
			require.Equal(t, sent, string(payload))

			_, err = s.Verify([]verify.Secret{secret}, h, append(payload, 0))
			require.ErrorIs(t, err, verify.ErrMismatch)
			_, err = s.Verify([]verify.Secret{verify.NewSecret("x" + text)}, h, payload)
			require.ErrorIs(t, err, verify.ErrMismatch)
			_, err = s.Verify([]verify.Secret{secret, {}}, h, payload)
			require.ErrorIs(t, err, verify.ErrEmptySecret)
		}
	})
}

// FuzzExplain looks for captures that take explaining down, or that it changes.
func FuzzExplain(f *testing.F) {
	f.Add([]byte(`{"a":"\ud83d\n"}`), "sha256=00", "secret")
	f.Add([]byte("\xef\xbb\xbf{\r\n}"), "t=1700000000000,v1=00", " secret")
	f.Add([]byte(`["\ud83d\ude00","<>&","\/"]`), `"00"`, "whsec_c2VjcmV0")
	schemes := []verify.Scheme{bareHex, withPrefix, stampedPairs, standardList, either}
	f.Fuzz(func(t *testing.T, body []byte, signature, secret string) {
		before := bytes.Clone(body)
		for _, s := range schemes {
			h := http.Header{"X-Signature": {signature}, "Webhook-Signature": {signature}, "Webhook-Id": {"msg_1"}, "Webhook-Timestamp": {"1700000000000"}}
			report := verify.Explain(s, []verify.Secret{verify.NewSecret(secret)}, h, body)
			require.Equal(t, before, body)
			require.NotEmpty(t, report.String())
		}
	})
}
