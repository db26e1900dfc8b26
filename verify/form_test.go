package verify_test

import (
	"crypto"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/verify"
)

func TestASignatureThatIsNoneIsRefusedAtTheDoor(t *testing.T) {
	t.Parallel()
	good := hexMAC(secretText, body)
	good64 := base64.StdEncoding.EncodeToString(mac(crypto.SHA256, secretText, body))
	require.True(t, strings.HasSuffix(good64, "="), "the rows below take the padding off")

	form := func(f verify.Form, e verify.Encoding) verify.HMAC {
		return verify.HMAC{Header: "X-Signature", Hash: crypto.SHA256, Form: f, Encoding: e}
	}
	hex, prefixed, b64 := plain(), form(verify.Bare("sha256="), verify.Hex), form(verify.Bare(""), verify.Base64)
	list := form(verify.List(" ", "v1,"), verify.Hex)
	pairs := form(verify.Pairs(",", "", "v1"), verify.Hex)

	for name, tt := range map[string]struct {
		scheme verify.HMAC
		values []string
		want   error
	}{
		"no header":                              {hex, nil, verify.ErrMissing},
		"an empty header":                        {hex, []string{""}, verify.ErrMissing},
		"an empty header of a prefixed form":     {prefixed, []string{""}, verify.ErrMissing},
		"an empty header of a list":              {list, []string{""}, verify.ErrMissing},
		"an empty header of pairs":               {pairs, []string{""}, verify.ErrMissing},
		"doubled, good and bad":                  {hex, []string{good, strings.Repeat("0", 64)}, verify.ErrMalformed},
		"doubled, bad and good":                  {hex, []string{strings.Repeat("0", 64), good}, verify.ErrMalformed},
		"doubled, both good":                     {hex, []string{good, good}, verify.ErrMalformed},
		"doubled, empty and good":                {hex, []string{"", good}, verify.ErrMalformed},
		"doubled, good and empty":                {hex, []string{good, ""}, verify.ErrMalformed},
		"doubled, both empty":                    {hex, []string{"", ""}, verify.ErrMalformed},
		"doubled, where a list could hold both":  {list, []string{"v1," + good, "v1," + good}, verify.ErrMalformed},
		"doubled, and joined by a proxy":         {hex, []string{good + ", " + good}, verify.ErrMalformed},
		"over-long":                              {hex, []string{strings.Repeat("a", 4097)}, verify.ErrMalformed},
		"over-long for the sake of skipped ones": {list, []string{"v1," + good + " " + strings.Repeat("x", 4097-68)}, verify.ErrMalformed},
		"one digit short":                        {hex, []string{good[:63]}, verify.ErrMalformed},
		"one byte short":                         {hex, []string{good[:62]}, verify.ErrMalformed},
		"one digit alone":                        {hex, []string{good[:1]}, verify.ErrMalformed},
		"one digit long":                         {hex, []string{good + "0"}, verify.ErrMalformed},
		"one byte long":                          {hex, []string{good + "00"}, verify.ErrMalformed},
		"with a space before":                    {hex, []string{" " + good}, verify.ErrMalformed},
		"with a space after":                     {hex, []string{good + " "}, verify.ErrMalformed},
		"with 0x":                                {hex, []string{"0x" + good[2:]}, verify.ErrMalformed},
		"no hex in the first place":              {hex, []string{"g" + good[1:]}, verify.ErrMalformed},
		"no hex in the last place":               {hex, []string{good[:63] + "g"}, verify.ErrMalformed},
		"just below the digits":                  {hex, []string{"/" + good[1:]}, verify.ErrMalformed},
		"just above the digits":                  {hex, []string{":" + good[1:]}, verify.ErrMalformed},
		"just below the letters":                 {hex, []string{"@" + good[1:]}, verify.ErrMalformed},
		"just below the small letters":           {hex, []string{"`" + good[1:]}, verify.ErrMalformed},
		"just above the letters":                 {hex, []string{"G" + good[1:]}, verify.ErrMalformed},
		"full-width digits as many bytes long":   {hex, []string{"１" + good[3:]}, verify.ErrMalformed},
		"bytes that are no UTF-8":                {hex, []string{"\xff\xfe" + good[2:]}, verify.ErrMalformed},
		"with a zero byte":                       {hex, []string{"\x00" + good[1:]}, verify.ErrMalformed},
		"with a prefix where there is none":      {hex, []string{"sha256=" + good}, verify.ErrMalformed},
		"without the prefix":                     {prefixed, []string{good}, verify.ErrMalformed},
		"with another prefix":                    {prefixed, []string{"sha1=" + good}, verify.ErrMalformed},
		"with the prefix in capitals":            {prefixed, []string{"SHA256=" + good}, verify.ErrMalformed},
		"the prefix alone":                       {prefixed, []string{"sha256="}, verify.ErrMalformed},
		"the prefix twice":                       {prefixed, []string{"sha256=sha256=" + good}, verify.ErrMalformed},
		"hex for base64":                         {b64, []string{good}, verify.ErrMalformed},
		"base64 for hex":                         {hex, []string{good64}, verify.ErrMalformed},
		"base64 without padding":                 {b64, []string{good64[:43]}, verify.ErrMalformed},
		"base64 with more padding":               {b64, []string{good64 + "="}, verify.ErrMalformed},
		"base64 of another alphabet":             {b64, []string{"-_" + good64[2:]}, verify.ErrMalformed},
		"base64 of one byte more":                {b64, []string{good64[:43] + "A"}, verify.ErrMalformed},
		"base64 of one byte less":                {b64, []string{good64[:42] + "=="}, verify.ErrMalformed},
		"base64 with a second spelling":          {b64, []string{respell(good64)}, verify.ErrMalformed},
		"base64 with a line break inside":        {b64, []string{good64[:20] + "\n" + good64[20:43]}, verify.ErrMalformed},
		"a list of other versions":               {list, []string{"v2," + good + " v1a," + good}, verify.ErrMissing},
		"a list of an entry without version":     {list, []string{good}, verify.ErrMissing},
		"a list of separators":                   {list, []string{"   "}, verify.ErrMissing},
		"a list of a version and no digest":      {list, []string{"v1,"}, verify.ErrMalformed},
		"a list of broken and foreign entries":   {list, []string{"v2," + good + " v1," + good[1:] + " v3,"}, verify.ErrMalformed},
		"a list with another separator":          {list, []string{"v1," + good + ";v1," + good}, verify.ErrMalformed},
		"a list of 17":                           {list, []string{strings.Repeat("v1, ", 16) + "v1," + good}, verify.ErrMalformed},
		"a list of 17, the first good":           {list, []string{"v1," + good + strings.Repeat(" v2,", 16)}, verify.ErrMalformed},
		"a list of 16 and a separator":           {list, []string{"v1," + good + strings.Repeat(" v2,", 15) + " "}, verify.ErrMalformed},
		"pairs of other names":                   {pairs, []string{"t=1,v0=" + good + ",v11=" + good}, verify.ErrMissing},
		"pairs without a value":                  {pairs, []string{"v1="}, verify.ErrMalformed},
		"pairs without a name":                   {pairs, []string{"=" + good}, verify.ErrMissing},
		"pairs with the name in capitals":        {pairs, []string{"V1=" + good}, verify.ErrMissing},
		"17 pairs":                               {pairs, []string{"v1=" + good + strings.Repeat(",a=b", 16)}, verify.ErrMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := http.Header{}
			if tt.values != nil {
				h["X-Signature"] = tt.values
			}
			requireRefused(t, tt.scheme, secrets(secretText), h, tt.want)
		})
	}
}

// respell sets a trailing bit that is not part of any byte: a lax decoder reads the same digest.
func respell(text string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	last := len(text) - 2 // before one =
	return text[:last] + string(alphabet[strings.IndexByte(alphabet, text[last])|1]) + text[last+1:]
}

func TestOneGoodEntryIsEnoughWhereverItStands(t *testing.T) {
	t.Parallel()
	good, bad := hexMAC(secretText, body), strings.Repeat("0", 64)
	list := verify.HMAC{Header: "X-Signature", Hash: crypto.SHA256, Form: verify.List(" ", "v1,")}
	pairs := verify.HMAC{Header: "X-Signature", Hash: crypto.SHA256, Form: verify.Pairs(";", "", "v1")}
	for name, tt := range map[string]struct {
		scheme verify.HMAC
		value  string
	}{
		"alone":                     {list, "v1," + good},
		"before a bad one":          {list, "v1," + good + " v1," + bad},
		"after a bad one":           {list, "v1," + bad + " v1," + good},
		"between broken ones":       {list, "v1,zz v1," + good + " v1,"},
		"after one broken half way": {list, "v1," + good[:62] + "zz v1," + good},
		"among other versions":      {list, "v1a,xyz v2," + bad + " v1," + good + " v3"},
		"twice":                     {list, "v1," + good + " v1," + good},
		"last of 16":                {list, strings.Repeat("v1,"+bad+" ", 15) + "v1," + good},
		"first of 16":               {list, "v1," + good + strings.Repeat(" v1,"+bad, 15)},
		"after empty entries":       {list, "   v1," + good},
		"in a header of 4096 bytes": {list, "v1," + good + " " + strings.Repeat("x", 4096-68)},
		"a pair alone":              {pairs, "v1=" + good},
		"a pair after a bad one":    {pairs, "v1=" + bad + ";v1=" + good},
		"a pair among other names":  {pairs, "t=12;t=13;v0=zz;v1=" + good + ";;x"},
		"a pair last of 16":         {pairs, strings.Repeat("v1="+bad+";", 15) + "v1=" + good},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := http.Header{"X-Signature": {tt.value}}
			require.NoError(t, tt.scheme.Precheck(h))
			matched, err := tt.scheme.Verify(secrets("another", secretText), h, []byte(body))
			require.NoError(t, err)
			require.Equal(t, 1, matched)

			_, err = tt.scheme.Verify(secrets("another"), h, []byte(body))
			require.ErrorIs(t, err, verify.ErrMismatch)
		})
	}
}

func TestSignReplacesAnEarlierSignature(t *testing.T) {
	t.Parallel()
	h := http.Header{"X-Signature": {"stale", "doubled"}}
	require.NoError(t, plain().Sign(verify.NewSecret(secretText), h, []byte(body), time.Now()))
	require.Equal(t, []string{hexMAC(secretText, body)}, h.Values("X-Signature"))
}

func TestAHeaderIsFoundHoweverItsNameIsSpelled(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("Long-", 20)
	for _, name := range []string{"x-az09", "X-AZ09", "X-Az09", "x-aZ09", "X_a.z", "0a-9Z", "A", "z", long + "Name", strings.ToLower(long) + "NAME"} {
		s := verify.HMAC{Header: name, Hash: crypto.SHA256, Signed: []verify.Part{verify.Header("p" + name), verify.Body()}}
		require.NoError(t, s.Validate(), name)
		h := http.Header{http.CanonicalHeaderKey(name): {hexMAC(secretText, "part"+body)}, http.CanonicalHeaderKey("p" + name): {"part"}}
		_, err := s.Verify(secrets(secretText), h, []byte(body))
		require.NoError(t, err, name)
		require.True(t, s.Covers("P"+strings.ToUpper(name)), name)
	}
}
