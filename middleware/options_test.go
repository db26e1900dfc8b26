package middleware_test

import (
	"context"
	"crypto"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/dedupe/dedupetest"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/middleware"
	"github.com/hookmitt/hookmitt/verify"
)

// patient is CDHosting with another deadline and other gaps.
func patient(deadline time.Duration, gaps ...time.Duration) hookmitt.Provider {
	p := hookmitt.CDHosting()
	p.Deadline, p.Retry = deadline, hookmitt.Fixed(gaps...)
	return p
}

// holdSpy is a store that keeps the Hold it was given first.
type holdSpy struct {
	dedupe.Store
	once  sync.Once
	first dedupe.Hold
}

func (s *holdSpy) Claim(ctx context.Context, k dedupe.Key, owner string, h dedupe.Hold) (dedupe.Claim, error) {
	s.once.Do(func() { s.first = h })
	return s.Store.Claim(ctx, k, owner, h)
}

func TestTimesAreDerivedFromTheProvider(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for name, c := range map[string]struct {
		provider                         hookmitt.Provider
		opts                             middleware.Options
		budget, lease, longest, remember time.Duration
	}{
		"Civo":      {hookmitt.Civo(), middleware.Options{}, 4 * time.Second, 15 * time.Second, 5 * time.Minute, 2 * day},
		"CDHosting": {hookmitt.CDHosting(), middleware.Options{}, 8 * time.Second, 24 * time.Second, time.Minute, 2 * day},
		"Mixpost":   {hookmitt.Mixpost(), middleware.Options{}, 8 * time.Second, 24 * time.Second, 24 * time.Second, time.Hour},
		"Civo by the digest of the body": {
			hookmitt.Civo().WithID(events.BodyDigest()), middleware.Options{},
			4 * time.Second, 15 * time.Second, 5 * time.Minute, 9*time.Hour + 35*time.Minute + 30*time.Second,
		},
		"a provider that never retries": {
			patient(10 * time.Second), middleware.Options{},
			8 * time.Second, 24 * time.Second, 5 * time.Minute, 2 * day,
		},
		"one that retries soon, so that the lease is over by then": {
			patient(10*time.Second, 22*time.Second, time.Hour), middleware.Options{},
			8 * time.Second, 12 * time.Second, 22 * time.Second, 2 * day,
		},
		"one that retries as soon as that can be": {
			patient(10*time.Second, 20*time.Second, time.Hour), middleware.Options{},
			8 * time.Second, 10 * time.Second, 20 * time.Second, 2 * day,
		},
		"one whose handlers have twice the budget, if nothing gives them more": {
			patient(10*time.Second, 5*time.Second, time.Hour), middleware.Options{Lease: 9 * time.Second},
			8 * time.Second, 9 * time.Second, 16 * time.Second, 2 * day,
		},
		"one that retries too soon for that": {
			patient(10*time.Second, 19*time.Second, time.Hour), middleware.Options{},
			8 * time.Second, 24 * time.Second, 24 * time.Second, 2 * day,
		},
		"one that retries for a week": {
			patient(10*time.Second, 7*day), middleware.Options{},
			8 * time.Second, 24 * time.Second, 5 * time.Minute, (7*day + 20*time.Second) * 3 / 2,
		},
		"one that is in no hurry": {
			patient(3*time.Minute, day), middleware.Options{},
			144 * time.Second, 5 * time.Minute, 5 * time.Minute, 2 * day,
		},
		"what is asked for": {
			hookmitt.Civo(), middleware.Options{Lease: 20 * time.Second, Remember: 10 * time.Hour},
			4 * time.Second, 20 * time.Second, 5 * time.Minute, 10 * time.Hour,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				outlive(t)
				store := &holdSpy{Store: dedupe.NewMemory(0)}
				c.opts.Store = store
				lasted := make(chan time.Duration, 1)
				s := newStand(t, c.provider, func(ctx context.Context, _ events.Event) error {
					start := time.Now()
					<-ctx.Done()
					lasted <- time.Since(start)
					return nil
				}, c.opts)
				start, took := time.Now(), make(chan time.Duration, 1)
				go func() {
					s.send(sample(s.provider))
					took <- time.Since(start)
				}()
				synctest.Wait()
				busy := s.send(sample(s.provider))
				require.Equal(t, strconv.Itoa(int(c.lease.Seconds())), busy.Header.Get("Retry-After"))
				require.Equal(t, dedupe.Hold{Lease: c.lease, Remember: c.remember}, store.first)
				require.Equal(t, c.budget, <-took)
				require.Equal(t, c.longest, <-lasted)
			})
		})
	}
}

func TestTheStoreHasAQuarterOfTheBudgetAndNoMoreThanASecond(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ deadline, want time.Duration }{
		"a quarter": {2 * time.Second, 400 * time.Millisecond},
		"a second":  {30 * time.Second, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				outlive(t)
				store := &dedupetest.Flaky{Store: dedupe.NewMemory(0)}
				mended(t, store)
				store.Next(dedupetest.Claim, dedupetest.Stall)
				s := newStand(t, patient(c.deadline), nothing, middleware.Options{Store: store})
				start := time.Now()
				require.Equal(t, 503, s.send(started("evt_1")).Status)
				require.Equal(t, c.want, time.Since(start))
				require.Equal(t, c.want, s.last().Claim)
			})
		})
	}
}

func TestNewRefusesWhatCannotWork(t *testing.T) {
	t.Parallel()
	takes := func(context.Context, events.Event, error) error { return nil }
	ring := verify.NewKeyring(secret)
	md5 := hookmitt.CDHosting()
	md5.Scheme = verify.HMAC{Header: "X-Signature", Hash: crypto.MD5}
	gets := hookmitt.CDHosting()
	gets.Method = http.MethodGet
	encoded := hookmitt.CDHosting()
	encoded.Scheme = verify.HMAC{Header: "X-Signature", Hash: crypto.SHA256, Key: verify.Base64Key("whsec_")}
	civo, mixpost, cdhosting := hookmitt.Civo(), hookmitt.Mixpost(), hookmitt.CDHosting()

	for name, c := range map[string]struct {
		provider hookmitt.Provider
		secrets  verify.Secrets
		opts     middleware.Options
		message  string
	}{
		"no provider":                     {hookmitt.Provider{}, ring, middleware.Options{}, `hookmitt: Name "" must be`},
		"an unknown hash":                 {md5, ring, middleware.Options{}, "verify: HMAC.Hash is MD5"},
		"a provider that was asked amiss": {hookmitt.Provider{}.WithSignatureHeader("X"), ring, middleware.Options{}, "hookmitt: WithSignatureHeader works on"},
		"no secrets":                      {civo, nil, middleware.Options{}, "middleware: no secrets"},
		"no ring":                         {civo, (*verify.Keyring)(nil), middleware.Options{}, "middleware: no secrets"},
		"no function":                     {civo, verify.SecretsFunc(nil), middleware.Options{Tenant: tenantOf}, "middleware: no secrets"},
		"a ring of none":                  {civo, new(verify.Keyring), middleware.Options{}, "middleware: verify: no secrets"},
		"an empty secret":                 {civo, verify.NewKeyring(verify.NewSecret("")), middleware.Options{}, "middleware: secret 0 of the ring: verify: empty secret"},
		"an empty secret, earlier":        {civo, verify.NewKeyring(secret, verify.Secret{}), middleware.Options{}, "middleware: secret 1 of the ring: verify: empty secret"},
		"a secret of another form":        {encoded, verify.NewKeyring(verify.NewSecret("whsec_%")), middleware.Options{}, "middleware: secret 0 of the ring: verify: secret is not of the form"},
		"a form with no secret in it":     {encoded, verify.NewKeyring(verify.NewSecret("whsec_")), middleware.Options{}, "middleware: secret 0 of the ring: verify: empty secret"},
		"secrets of nobody knows whom":    {civo, secretsAre(nil, secret), middleware.Options{}, "Options.Tenant must say whose ids are whose"},

		"MaxBody below zero":     {civo, ring, middleware.Options{MaxBody: -1}, "middleware: Options.MaxBody is negative"},
		"MaxAge below zero":      {civo, ring, middleware.Options{MaxAge: -1}, "middleware: Options.MaxAge is negative"},
		"MaxInFlight below zero": {civo, ring, middleware.Options{MaxInFlight: -1}, "middleware: Options.MaxInFlight is negative"},
		"ReadTimeout below zero": {civo, ring, middleware.Options{ReadTimeout: -1}, "middleware: Options.ReadTimeout is negative"},
		"Lease below zero":       {civo, ring, middleware.Options{Lease: -1}, "middleware: Options.Lease is negative"},
		"Remember below zero":    {civo, ring, middleware.Options{Remember: -1}, "middleware: Options.Remember is negative"},
		"BodyWindow below zero":  {civo, ring, middleware.Options{BodyWindow: -1}, "middleware: Options.BodyWindow is negative"},
		"MaxRuns below zero":     {civo, ring, middleware.Options{MaxRuns: -1, Dead: takes}, "middleware: Options.MaxRuns is negative"},

		"a memory below the horizon":         {cdhosting, ring, middleware.Options{Remember: 24 * time.Hour}, "ids are remembered for 24h0m0s, and cdhosting may retry for 26h37m0s"},
		"a memory a moment short":            {civo, ring, middleware.Options{Remember: civo.Horizon() - 1}, "and civo may retry for 9h35m30s"},
		"an age below the horizon":           {cdhosting, ring, middleware.Options{MaxAge: 5 * time.Minute}, "Options.MaxAge of 5m0s is under the 26h37m0s for which cdhosting may retry"},
		"an age, and no time that is signed": {civo, ring, middleware.Options{MaxAge: 10 * time.Hour}, "Options.MaxAge: civo signs no time to judge"},
		"a lease of the budget":              {civo, ring, middleware.Options{Lease: 4 * time.Second}, "the lease of 4s is not over the budget of 4s"},
		"a lease over the longest hold":      {cdhosting, ring, middleware.Options{Lease: 301 * time.Second}, "the lease of 5m1s is over the longest hold of 5m0s"},
		"a lease over all retries":           {mixpost, ring, middleware.Options{Lease: 70 * time.Second}, "the lease of 1m10s is not under the 1m10s in which mixpost retries"},
		"a deadline that leaves no lease":    {patient(time.Hour, 24*time.Hour), ring, middleware.Options{}, "the lease of 5m0s is not over the budget of 48m0s"},
		"retries that leave no lease":        {patient(10*time.Second, time.Second), ring, middleware.Options{}, "the lease of 24s is not under the 1s"},
		"a window below the lease":           {civo, ring, middleware.Options{BodyWindow: 15*time.Second - 1}, "is under the lease of 15s"},
		"a window over digests":              {mixpost, ring, middleware.Options{BodyWindow: time.Hour}, "Options.BodyWindow: mixpost's ids are digests of the body already"},
		"a last run, and nobody to take it":  {civo, ring, middleware.Options{MaxRuns: 3}, "middleware: Options.MaxRuns needs Options.Dead"},
		"somebody to take it, and no last":   {civo, ring, middleware.Options{Dead: takes}, "middleware: Options.Dead needs Options.MaxRuns"},
		"more runs than attempts":            {civo, ring, middleware.Options{MaxRuns: 7, Dead: takes}, "Options.MaxRuns is 7, and civo makes 6 attempts"},
		"GET":                                {civo, ring, middleware.Options{Methods: []string{"POST", "GET"}}, `Options.Methods: "GET"`},
		"HEAD":                               {civo, ring, middleware.Options{Methods: []string{"HEAD"}}, `Options.Methods: "HEAD"`},
		"a provider that GETs":               {gets, ring, middleware.Options{}, `Options.Methods: "GET"`},
		"a method in small letters":          {civo, ring, middleware.Options{Methods: []string{"post"}}, `Options.Methods: "post"`},
		"a method of nothing":                {civo, ring, middleware.Options{Methods: []string{""}}, `Options.Methods: ""`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			receiver, err := middleware.New(c.provider, c.secrets, &c.opts)
			require.ErrorContains(t, err, c.message)
			require.Nil(t, receiver)
			require.NotContains(t, err.Error(), "\n", "one mistake is one sentence")
		})
	}
}

func TestNewTakesWhatJustWorks(t *testing.T) {
	t.Parallel()
	takes := func(context.Context, events.Event, error) error { return nil }
	civo, cdhosting := hookmitt.Civo(), hookmitt.CDHosting()
	for name, c := range map[string]struct {
		provider hookmitt.Provider
		opts     *middleware.Options
	}{
		"nothing":                        {civo, nil},
		"a memory of the horizon":        {civo, &middleware.Options{Remember: civo.Horizon()}},
		"an age of the horizon":          {cdhosting, &middleware.Options{MaxAge: cdhosting.Horizon()}},
		"a lease just over the budget":   {civo, &middleware.Options{Lease: 4*time.Second + 1}},
		"a lease of the longest hold":    {civo, &middleware.Options{Lease: 5 * time.Minute}},
		"a lease just under all gaps":    {hookmitt.Mixpost(), &middleware.Options{Lease: 70*time.Second - 1}},
		"a window of the lease":          {civo, &middleware.Options{BodyWindow: 15 * time.Second}},
		"as many runs as attempts":       {civo, &middleware.Options{MaxRuns: 6, Dead: takes}},
		"one run, of no retries":         {patient(time.Second), &middleware.Options{MaxRuns: 1, Dead: takes}},
		"another verb":                   {civo, &middleware.Options{Methods: []string{"PUT", "PATCH", "DELETE"}}},
		"a tenant for one ring":          {civo, &middleware.Options{Tenant: tenantOf}},
		"a scheme that signs a header":   {signing(t, "X-Id"), nil},
		"a deadline of a blink":          {patient(time.Millisecond), nil},
		"retries that are soon all over": {patient(5*time.Second, 5*time.Second, 5*time.Second), nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := middleware.New(c.provider, verify.NewKeyring(secret), c.opts)
			require.NoError(t, err)
		})
	}
}

// signing is a provider whose signature covers a header that New, which tries the secrets, does not have.
func signing(t *testing.T, header string) hookmitt.Provider {
	t.Helper()
	p := hookmitt.CDHosting()
	p.Scheme = verify.HMAC{
		Header: "X-Signature", Hash: crypto.SHA256,
		Signed: []verify.Part{verify.Header(header), verify.Text("."), verify.Body()},
	}
	return p
}

// New must not change what it was given: one Options may serve several receivers.
func TestNewLeavesTheOptionsAlone(t *testing.T) {
	t.Parallel()
	opts := middleware.Options{}
	_, err := middleware.New(hookmitt.CDHosting(), verify.NewKeyring(secret), &opts)
	require.NoError(t, err)
	require.Equal(t, middleware.Options{}, opts)
}
