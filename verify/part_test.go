package verify_test

import (
	"crypto"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/verify"
)

// stamped signs two headers and a text beside the body.
func stamped() verify.HMAC {
	return verify.HMAC{
		Header: "X-Signature",
		Hash:   crypto.SHA256,
		Signed: []verify.Part{verify.Header("X-Id"), verify.Text("."), verify.Header("x-type"), verify.Text("."), verify.Body()},
	}
}

func TestASignedHeaderMustBeThereExactlyOnce(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		ids  []string
		want error
	}{
		"missing":                    {nil, verify.ErrMissing},
		"doubled, the same twice":    {[]string{"msg_1", "msg_1"}, verify.ErrMalformed},
		"doubled, the right first":   {[]string{"msg_1", "msg_2"}, verify.ErrMalformed},
		"doubled, the right last":    {[]string{"msg_2", "msg_1"}, verify.ErrMalformed},
		"doubled, one of them empty": {[]string{"msg_1", ""}, verify.ErrMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.NoError(t, stamped().Validate())
			h := http.Header{"X-Type": {"created"}, "X-Signature": {hexMAC(secretText, "msg_1.created."+body)}}
			if tt.ids != nil {
				h["X-Id"] = tt.ids
			}
			requireRefused(t, stamped(), secrets(secretText), h, tt.want)

			h.Del("X-Signature")
			require.ErrorIs(t, stamped().Sign(verify.NewSecret(secretText), h, []byte(body), time.Now()), tt.want)
			require.Empty(t, h.Values("X-Signature"))
		})
	}
}

func TestPartsAreSignedInTheirOrder(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		parts   []verify.Part
		message string
	}{
		"body between headers": {[]verify.Part{verify.Header("X-Id"), verify.Body(), verify.Header("X-Type")}, "msg_1" + body + "created"},
		"headers exchanged":    {[]verify.Part{verify.Header("X-Type"), verify.Header("X-Id"), verify.Body()}, "createdmsg_1" + body},
		"body twice":           {[]verify.Part{verify.Body(), verify.Text("\n"), verify.Body()}, body + "\n" + body},
		"an empty header":      {[]verify.Part{verify.Header("X-Empty"), verify.Text("."), verify.Body()}, "." + body},
		"a text with no ASCII": {[]verify.Part{verify.Text("§\x00"), verify.Body()}, "§\x00" + body},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := plain()
			s.Signed = tt.parts
			require.NoError(t, s.Validate())
			h := http.Header{"X-Id": {"msg_1"}, "X-Type": {"created"}, "X-Empty": {""}}
			require.NoError(t, s.Sign(verify.NewSecret(secretText), h, []byte(body), time.Now()))
			require.Equal(t, hexMAC(secretText, tt.message), h.Get("X-Signature"))
			_, err := s.Verify(secrets(secretText), h, []byte(body))
			require.NoError(t, err)
		})
	}
}

func TestCoversIsTrueOfTheHeadersThatAreSigned(t *testing.T) {
	t.Parallel()
	viaHeader := standard()
	viaHeader.Signed = []verify.Part{verify.Header("Webhook-Timestamp"), verify.Text("."), verify.Body()}
	require.NoError(t, viaHeader.Validate(), "the timestamp may be signed as the header that it is")

	for name, tt := range map[string]struct {
		scheme verify.HMAC
		header string
		want   bool
	}{
		"a signed header":                         {stamped(), "X-Id", true},
		"a signed header in small letters":        {stamped(), "x-id", true},
		"a header signed in small letters":        {stamped(), "X-Type", true},
		"another header":                          {stamped(), "X-Event", false},
		"the signature's own header":              {stamped(), "X-Signature", false},
		"no header":                               {stamped(), "", false},
		"any header where the body alone counts":  {plain(), "X-Id", false},
		"a signed timestamp":                      {standard(), "Webhook-Timestamp", true},
		"a signed timestamp in capitals":          {standard(), "WEBHOOK-TIMESTAMP", true},
		"a timestamp signed as a header":          {viaHeader, "webhook-timestamp", true},
		"a header beside the signed timestamp":    {viaHeader, "webhook-id", false},
		"the header of a timestamp in pairs":      {paired(), "X-Signature", false},
		"no header where the timestamp is inside": {paired(), "", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, tt.scheme.Covers(tt.header))
		})
	}
}
