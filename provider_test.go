package hookmitt_test

import (
	"crypto"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/verify"
)

func builtIn() map[string]hookmitt.Provider {
	return map[string]hookmitt.Provider{"civo": hookmitt.Civo(), "mixpost": hookmitt.Mixpost(), "cdhosting": hookmitt.CDHosting()}
}

// uuid is an id that every provider's field takes.
const uuid = "3f2a6c1e-9d4b-4e0a-8f7c-1b2d3e4f5a6b"

// sealed is a request of a provider's, for each event of its catalogue.
func sealed(t *testing.T, p hookmitt.Provider, secret verify.Secret, see func(e events.Event, h http.Header, body []byte)) {
	t.Helper()
	require.NotEmpty(t, p.Events.Types())
	for _, typ := range p.Events.Types() {
		e, _ := p.Events.Sample(typ)
		e.ID, e.Time = uuid, time.Date(2025, 1, 15, 10, 30, 0, 0, time.UTC)
		h, body, err := p.Seal(secret, e, time.Now())
		require.NoError(t, err)
		see(e, h, body)
	}
}

func TestOpenUndoesSeal(t *testing.T) {
	t.Parallel()
	secret := verify.NewSecret("test-secret")
	for name, p := range builtIn() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.NoError(t, p.Validate())
			sealed(t, p, secret, func(e events.Event, h http.Header, body []byte) {
				got, matched, err := p.Open([]verify.Secret{verify.NewSecret("another"), secret}, h, body)
				require.NoError(t, err)
				require.Equal(t, 1, matched)
				require.Equal(t, e.Type, got.Type)
				require.JSONEq(t, string(e.Data), string(got.Data))
				require.Equal(t, body, got.Raw)
				if p.Identity() != hookmitt.DerivedID {
					require.Equal(t, e.ID, got.ID)
				}
				if p.SignsTime() {
					require.True(t, e.Time.Equal(got.Time))
				}
			})
		})
	}
}

func TestOpenRefusesEveryFlippedBit(t *testing.T) {
	t.Parallel()
	secret := verify.NewSecret("test-secret")
	for name, p := range builtIn() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sealed(t, p, secret, func(_ events.Event, h http.Header, body []byte) {
				for bit := range 8 * len(body) {
					body[bit/8] ^= 1 << (bit % 8)
					_, matched, err := p.Open([]verify.Secret{secret}, h, body)
					require.ErrorIs(t, err, verify.ErrMismatch)
					require.Equal(t, -1, matched)
					body[bit/8] ^= 1 << (bit % 8)
				}
				for header := range h {
					if field, ok := p.Codec.IDField().Header(); ok && header == field {
						require.False(t, p.Scheme.Covers(header), "and Identity says so")
						require.Equal(t, hookmitt.UnsignedID, p.Identity())
					}
				}
			})
		})
	}
}

func TestWhatFollowsFromTheProvider(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		provider  hookmitt.Provider
		identity  hookmitt.Identity
		signsTime bool
		horizon   time.Duration
	}{
		"civo":      {hookmitt.Civo(), hookmitt.UnsignedID, false, 9*time.Hour + 35*time.Minute + 30*time.Second},
		"mixpost":   {hookmitt.Mixpost(), hookmitt.DerivedID, false, 100 * time.Second},
		"cdhosting": {hookmitt.CDHosting(), hookmitt.SignedID, true, 26*time.Hour + 37*time.Minute},
		"standardwebhooks": {
			hookmitt.StandardWebhooks(), hookmitt.SignedID, true, 75*time.Hour + 35*time.Minute + 5*time.Second + 10*15*time.Second,
		},
		"github": {hookmitt.GitHub(), hookmitt.UnsignedID, false, 10 * time.Second},
		"civo keyed by the body": {
			hookmitt.Civo().WithID(events.BodyDigest()), hookmitt.DerivedID, false, 9*time.Hour + 35*time.Minute + 30*time.Second,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.identity, c.provider.Identity())
			require.Equal(t, c.signsTime, c.provider.SignsTime())
			require.Equal(t, c.horizon, c.provider.Horizon())
		})
	}
}

func TestAHorizonPastTheEndOfTimeWasNegative(t *testing.T) {
	t.Parallel()
	p := hookmitt.Civo()
	p.Retry = hookmitt.Exponential(time.Second, 10, 30)
	require.Equal(t, time.Duration(math.MaxInt64), p.Horizon())
}

func TestAnIDInACoveredHeaderIsSigned(t *testing.T) {
	t.Parallel()
	p := hookmitt.Civo()
	scheme := verify.HMAC{Header: "X-Civo-Signature", Hash: crypto.SHA1, Signed: []verify.Part{verify.Header("x-civo-event"), verify.Text("."), verify.Body()}}
	p.Scheme = scheme
	require.Equal(t, hookmitt.SignedID, p.Identity())
	secret := verify.NewSecret("test-secret")
	sealed(t, p, secret, func(_ events.Event, h http.Header, body []byte) {
		h.Set("X-Civo-Event", strings.Replace(uuid, "3", "4", 1))
		_, _, err := p.Open([]verify.Secret{secret}, h, body)
		require.ErrorIs(t, err, verify.ErrMismatch)
	})
}

func TestWithReplacesOneThing(t *testing.T) {
	t.Parallel()
	p := hookmitt.CDHosting().WithSignatureHeader("X-Webhook-Signature")
	h, _, err := p.Seal(verify.NewSecret("test-secret"), events.Event{ID: "evt_1", Type: "server.started"}, time.Now())
	require.NoError(t, err)
	require.NotEmpty(t, h.Get("X-Webhook-Signature"))
	require.Empty(t, h.Get("X-CDHosting-Signature"))
	require.Equal(t, "X-CDHosting-Signature", hookmitt.CDHosting().Scheme.(verify.HMAC).Header, "the original is as it was")
}

// foreign is a scheme and a codec that With… knows nothing of.
type (
	foreignScheme struct{ verify.Scheme }
	foreignCodec  struct{ events.Codec }
)

func TestValidateSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*hookmitt.Provider)
		want   string
	}{
		"no name":                            {func(p *hookmitt.Provider) { p.Name = "" }, "Name"},
		"a slash in the name":                {func(p *hookmitt.Provider) { p.Name = "a/b" }, "Name"},
		"no scheme":                          {func(p *hookmitt.Provider) { p.Scheme = nil }, "Scheme"},
		"a scheme that is wrong itself":      {func(p *hookmitt.Provider) { p.Scheme = verify.HMAC{Header: "X"} }, "Hash"},
		"no codec":                           {func(p *hookmitt.Provider) { p.Codec = nil }, "Codec"},
		"a codec that is wrong itself":       {func(p *hookmitt.Provider) { p.Codec = events.JSON{} }, "JSON.ID"},
		"a method in small letters":          {func(p *hookmitt.Provider) { p.Method = "post" }, "Method"},
		"acks without 200":                   {func(p *hookmitt.Provider) { p.Acks = []int{202} }, "lacks 200"},
		"acks that are no success":           {func(p *hookmitt.Provider) { p.Acks = []int{200, 302} }, "302"},
		"a negative gap":                     {func(p *hookmitt.Provider) { p.Retry = hookmitt.Fixed(1, -1) }, "gap 2"},
		"a negative DisableAfter":            {func(p *hookmitt.Provider) { p.DisableAfter = -1 }, "DisableAfter"},
		"an unknown Secretless":              {func(p *hookmitt.Provider) { p.Secretless = 3 }, "Secretless"},
		"a test event without a sample":      {func(p *hookmitt.Provider) { p.Test = "instance.flown" }, "instance.flown"},
		"no deadline":                        {func(p *hookmitt.Provider) { p.Deadline = 0 }, "Deadline"},
		"a header for a scheme without one":  {func(p *hookmitt.Provider) { p.Scheme = foreignScheme{p.Scheme}; *p = p.WithSignatureHeader("X") }, "WithSignatureHeader"},
		"an id for a codec that has its own": {func(p *hookmitt.Provider) { p.Codec = foreignCodec{p.Codec}; *p = p.WithID(events.BodyDigest()) }, "WithID"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := hookmitt.Civo()
			c.change(&p)
			require.ErrorContains(t, p.Validate(), c.want)
		})
	}
}

func TestAcknowledges(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		provider hookmitt.Provider
		status   int
		want     bool
	}{
		"civo counts 204":            {hookmitt.Civo(), 204, true},
		"civo counts no redirect":    {hookmitt.Civo(), 302, false},
		"mixpost counts 202":         {hookmitt.Mixpost(), 202, true},
		"mixpost does not count 204": {hookmitt.Mixpost(), 204, false},
		"nobody counts no answer":    {hookmitt.CDHosting(), 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, c.provider.Acknowledges(c.status))
		})
	}
}

func TestSealAndOpenPassErrorsOn(t *testing.T) {
	t.Parallel()
	p := hookmitt.CDHosting()
	_, _, err := p.Seal(verify.NewSecret("s"), events.Event{Type: "server.started"}, time.Now())
	require.ErrorIs(t, err, events.ErrMalformed, "an event without an id")
	_, _, err = p.Seal(verify.Secret{}, events.Event{ID: "1", Type: "server.started"}, time.Now())
	require.ErrorIs(t, err, verify.ErrEmptySecret)

	secret := verify.NewSecret("s")
	h, body, err := p.Seal(secret, events.Event{Raw: []byte("no JSON")}, time.Now())
	require.NoError(t, err, "raw bytes are sent as they are")
	_, matched, err := p.Open([]verify.Secret{secret}, h, body)
	require.ErrorIs(t, err, events.ErrMalformed)
	require.Zero(t, matched, "the provider did send it")
	require.NotErrorIs(t, err, verify.ErrMalformed)
}

// fussy is a scheme that takes one secret only.
type fussy struct {
	verify.Scheme
	takes string
}

func (f fussy) Sign(secret verify.Secret, h http.Header, body []byte, at time.Time) error {
	if err := f.Scheme.Sign(secret, h, body, at); err != nil {
		return err
	}
	if _, err := f.Verify([]verify.Secret{verify.NewSecret(f.takes)}, h, body); err != nil {
		return verify.ErrSecretForm
	}
	return nil
}

func TestSecretText(t *testing.T) {
	t.Parallel()
	fussyAbout := func(secret string) hookmitt.Provider {
		p := hookmitt.Civo()
		p.Scheme = fussy{p.Scheme, secret}
		return p
	}
	for name, c := range map[string]struct {
		provider hookmitt.Provider
		want     string
	}{
		"civo takes the text as it is":         {hookmitt.Civo(), "test-secret"},
		"standardwebhooks wants whsec_":        {hookmitt.StandardWebhooks(), "whsec_dGVzdC1zZWNyZXQ="},
		"a scheme may want the prefix with it": {fussyAbout("whsec_dGVzdC1zZWNyZXQ="), "whsec_dGVzdC1zZWNyZXQ="},
		"a scheme that takes none of them":     {fussyAbout("another"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, c.provider.SecretText("test-secret"))
			secret := c.provider.SecretOf("test-secret")
			require.Equal(t, c.want == "", secret.IsZero())
			if c.want != "" {
				sealed(t, c.provider, secret, func(_ events.Event, h http.Header, body []byte) {
					_, _, err := c.provider.Open([]verify.Secret{verify.NewSecret(c.want)}, h, body)
					require.NoError(t, err, "SecretOf is the secret of that text")
				})
			}
		})
	}
}
