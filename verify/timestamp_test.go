package verify_test

import (
	"crypto"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/verify"
)

// standardAt is a request of the standard scheme whose timestamp is any text, rightly signed.
func standardAt(stamp string) http.Header {
	key, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(standardSecret, "whsec_"))
	digest := mac(crypto.SHA256, string(key), "msg_1."+stamp+"."+body)
	return http.Header{
		"Webhook-Id":        {"msg_1"},
		"Webhook-Timestamp": {stamp},
		"Webhook-Signature": {"v1," + base64.StdEncoding.EncodeToString(digest)},
	}
}

// pairedAt is the same of the paired scheme.
func pairedAt(stamp string) http.Header {
	return http.Header{"X-Signature": {"t=" + stamp + ",v1=" + hexMAC(standardSecret, stamp+"."+body)}}
}

func TestTheToleranceHoldsOnBothSidesOfNow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(365*24*time.Hour + 300*time.Millisecond) // off the whole second
		for _, tt := range []struct {
			name   string
			age    time.Duration // of the stamp, at the time of Verify
			behind time.Duration // how far the clock is then past a whole second
			want   error
		}{
			{"now", 0, 0, nil},
			{"2 s inside, old", 5*time.Minute - 2*time.Second, 0, nil},
			{"exactly the tolerance, old", 5 * time.Minute, 0, nil},
			{"a nanosecond over, old", 5 * time.Minute, 1, verify.ErrStale},
			{"2 s over, old", 5*time.Minute + 2*time.Second, 0, verify.ErrStale},
			{"an hour old", time.Hour, 0, verify.ErrStale},
			{"2 s inside, ahead", -5*time.Minute + 2*time.Second, 0, nil},
			{"exactly the tolerance, ahead", -5 * time.Minute, 0, nil},
			{"less than a second over, ahead", -5*time.Minute - time.Second, 999_999_999, verify.ErrStale},
			{"2 s over, ahead", -5*time.Minute - 2*time.Second, 0, verify.ErrStale},
			{"an hour ahead", -time.Hour, 0, verify.ErrStale},
		} {
			time.Sleep(time.Until(time.Now().Truncate(time.Second).Add(time.Second + tt.behind)))
			at := time.Now().Truncate(time.Second).Add(-tt.age)
			for _, s := range []verify.HMAC{standard(), paired()} {
				h := http.Header{"Webhook-Id": {"msg_1"}}
				require.NoError(t, s.Sign(verify.NewSecret(standardSecret), h, []byte(body), at), tt.name)
				require.NoError(t, s.Precheck(h), tt.name)
				matched, err := s.Verify(secrets(standardSecret), h, []byte(body))
				require.ErrorIs(t, err, tt.want, tt.name)
				require.Equal(t, tt.want == nil, matched == 0, tt.name)
				require.Equal(t, tt.want != nil, matched == -1, tt.name)

				// A stamp that nobody signed says nothing, however stale: the signature is judged first.
				_, err = s.Verify(secrets("whsec_YW5vdGhlcg=="), h, []byte(body))
				require.ErrorIs(t, err, verify.ErrMismatch, tt.name)
			}
		}
	})
}

func TestATimestampHasOneReading(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		stamp string
		want  error
	}{
		"empty":                        {"", verify.ErrMissing},
		"negative":                     {"-946684800", verify.ErrMalformed},
		"with a plus":                  {"+946684800", verify.ErrMalformed},
		"a space before":               {" 946684800", verify.ErrMalformed},
		"a space after":                {"946684800 ", verify.ErrMalformed},
		"a space alone":                {" ", verify.ErrMalformed},
		"a tab before":                 {"\t946684800", verify.ErrMalformed},
		"a fraction":                   {"946684800.5", verify.ErrMalformed},
		"an exponent":                  {"9e8", verify.ErrMalformed},
		"hex":                          {"0x386d4380", verify.ErrMalformed},
		"underscores":                  {"946_684_800", verify.ErrMalformed},
		"thousands":                    {"946.684.800", verify.ErrMalformed},
		"text":                         {"now", verify.ErrMalformed},
		"a date":                       {"2000-01-01", verify.ErrMalformed},
		"Arabic-Indic digits":          {"٩٤٦٦٨٤٨٠٠", verify.ErrMalformed},
		"few Arabic-Indic digits":      {"٩٤٦", verify.ErrMalformed},
		"just below the digits":        {"/46684800", verify.ErrMalformed},
		"just above the digits":        {":46684800", verify.ErrMalformed},
		"a zero byte":                  {"\x00946684800", verify.ErrMalformed},
		"13 digits, milliseconds, say": {"9466848000000", verify.ErrMalformed},
		"a year's worth of digits":     {strings.Repeat("9", 365), verify.ErrMalformed},
		"what overflows to now":        {"18446744074656236416", verify.ErrMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			requireRefused(t, standard(), secrets(standardSecret), standardAt(tt.stamp), tt.want)
			requireRefused(t, paired(), secrets(standardSecret), pairedAt(tt.stamp), tt.want)
		})
	}
}

func TestATimestampMustBeThereExactlyOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := standardAt("946684800")
		require.NoError(t, standard().Precheck(h))
		h.Del("Webhook-Timestamp")
		requireRefused(t, standard(), secrets(standardSecret), h, verify.ErrMissing)
		for _, stamps := range [][]string{
			{"946684800", "946684800"}, {"946684800", "946684801"}, {"946684801", "946684800"},
			{"946684800", ""}, {"", "946684800"}, {"", ""},
		} {
			h["Webhook-Timestamp"] = stamps
			requireRefused(t, standard(), secrets(standardSecret), h, verify.ErrMalformed)
		}

		v1 := "v1=" + hexMAC(standardSecret, "946684800."+body)
		for value, want := range map[string]error{
			"t=946684800," + v1:                   nil,
			v1 + ",t=946684800":                   nil,
			"t0=1,tt=2,t=946684800," + v1 + ",T=": nil,
			v1:                                    verify.ErrMissing,
			"t," + v1:                             verify.ErrMissing,
			"t=946684800,t=946684800," + v1:       verify.ErrMalformed,
			"t=946684800," + v1 + ",t=946684801":  verify.ErrMalformed,
			"t=946684801,t=946684800," + v1:       verify.ErrMalformed,
			"t=946684800,t=," + v1:                verify.ErrMalformed,
		} {
			h := http.Header{"X-Signature": {value}}
			if want != nil {
				requireRefused(t, paired(), secrets(standardSecret), h, want)
				continue
			}
			_, err := paired().Verify(secrets(standardSecret), h, []byte(body))
			require.NoError(t, err, value)
		}
	})
}

// An empty first stamp was taken for none, so the second one counted.
func TestATimestampIsDoubledAlsoIfTheFirstIsEmpty(t *testing.T) {
	t.Parallel()
	h := http.Header{"X-Signature": {"t=,t=946684800,v1=" + hexMAC(standardSecret, "946684800."+body)}}
	requireRefused(t, paired(), secrets(standardSecret), h, verify.ErrMalformed)
}

func TestWhatIsSignedIsTheTimestampsText(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, err := standard().Verify(secrets(standardSecret), standardAt("000946684800"), []byte(body))
		require.NoError(t, err, "12 digits, the first of them zeros, signed as they stand")
		_, err = paired().Verify(secrets(standardSecret), pairedAt("0946684800"), []byte(body))
		require.NoError(t, err)

		h := standardAt("946684800")
		h.Set("Webhook-Timestamp", "0946684800") // the same time, another text
		_, err = standard().Verify(secrets(standardSecret), h, []byte(body))
		require.ErrorIs(t, err, verify.ErrMismatch)
	})
}

func TestATimestampFarFromNowIsStaleAndDoesNotOverflow(t *testing.T) {
	t.Parallel()
	for _, stamp := range []string{"0", "1", "999999999999", "000000000000"} {
		_, err := standard().Verify(secrets(standardSecret), standardAt(stamp), []byte(body))
		require.ErrorIs(t, err, verify.ErrStale, stamp)
		_, err = paired().Verify(secrets(standardSecret), pairedAt(stamp), []byte(body))
		require.ErrorIs(t, err, verify.ErrStale, stamp)
	}
}

// "What Sign wrote, Verify accepts": a time before 1970 has no text that Verify can read.
func TestSignRefusesATimeThatItCannotWrite(t *testing.T) {
	t.Parallel()
	for name, at := range map[string]time.Time{
		"the zero time":                {},
		"a second before 1970":         time.Unix(-1, 0),
		"the first of thirteen digits": time.Unix(1_000_000_000_000, 0),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := http.Header{"Webhook-Id": {"msg_1"}}
			require.Error(t, standard().Sign(verify.NewSecret(standardSecret), h, []byte(body), at))
			require.Empty(t, h.Get("Webhook-Signature"))
		})
	}
}
