package conform_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/testserver/conform"
	"github.com/hookmitt/hookmitt/verify"
)

func TestProbeSaysWhatIsWrongWithItsTarget(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change  func(target *conform.Target)
		options conform.Options
		want    string
	}{
		"no provider": {change: func(target *conform.Target) { target.Provider = hookmitt.Provider{} }, want: `hookmitt: Name "" must be letters`},
		"no secret":   {change: func(target *conform.Target) { target.Secret = verify.Secret{} }, want: "conform: Target.Secret is missing"},
		"nowhere": {
			change: func(target *conform.Target) { target.URL, target.Handler = "", nil }, want: "conform: Target.URL is missing",
		},
		"another protocol": {
			change: func(target *conform.Target) { target.URL = "ftp://receiver.test/" },
			want:   `conform: Target.URL "ftp://receiver.test/" is no http or https URL`,
		},
		"no host": {
			change: func(target *conform.Target) { target.URL = "http:///hooks" }, want: `conform: Target.URL "http:///hooks" is no http or https URL`,
		},
		"no URL": {
			change: func(target *conform.Target) { target.URL = "http://a b" }, want: `conform: Target.URL "http://a b" is no http or https URL`,
		},
		"a negative limit": {
			change: func(target *conform.Target) { target.MaxBody = -1 }, want: "conform: Target.MaxBody is negative: -1",
		},
		"no event, of a provider without samples": {
			change: func(target *conform.Target) {
				target.Provider.Events, target.Provider.Test, target.Event = nil, "", events.Event{}
			},
			want: "conform: Target.Event is missing: the provider has no test event",
		},
		"an event without data, of which there is no sample": {
			change: func(target *conform.Target) { target.Event = events.Event{Type: "moon.landed"} },
			want:   "conform: Target.Event has no data, and the provider has no sample of moon.landed",
		},
		"an event that the provider cannot send": {
			change: func(target *conform.Target) { target.Event.Data = []byte(`[]`) },
			want:   "conform: Target.Secret or Target.Event does not fit the provider: events: cannot seal",
		},
		"a secret of another provider": {
			change: func(target *conform.Target) {
				target.Provider, target.Event = hookmitt.StandardWebhooks(), events.Event{}
				target.Secret = verify.NewSecret("no base64!")
			},
			want: "conform: Target.Secret or Target.Event does not fit the provider: verify: ",
		},
		"a check that is none":         {options: conform.Options{Only: []string{"SIG-01", "SIG-99"}}, want: `conform: no check is called "SIG-99"`},
		"a pattern of none":            {options: conform.Options{Skip: []string{"MOON-*"}}, want: `conform: no check is called "MOON-*"`},
		"a pattern that is none":       {options: conform.Options{Skip: []string{"[SIG"}}, want: `conform: no check is called "[SIG"`},
		"a check in small letters":     {options: conform.Options{Only: []string{"sig-01"}}, want: `conform: no check is called "sig-01"`},
		"a check without its number":   {options: conform.Options{Only: []string{"SIG"}}, want: `conform: no check is called "SIG"`},
		"a check that is no check yet": {options: conform.Options{Only: []string{""}}, want: `conform: no check is called ""`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target, _ := newStand(hookmitt.Civo(), "", &manner{})
			if c.change != nil {
				c.change(&target)
			}
			_, err := conform.Probe(t.Context(), target, &c.options)
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestATargetIsCompleted(t *testing.T) {
	t.Parallel()
	var host, path, typ string
	target := conform.Target{
		Provider: hookmitt.GitHub(), Secret: hookmitt.GitHub().SecretOf("the current secret"),
		Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			host, path, typ = r.Host, r.URL.Path, r.Header.Get("X-GitHub-Event")
		}),
	}
	report, err := conform.Probe(t.Context(), target, &conform.Options{Only: []string{"BASE-01"}})
	require.NoError(t, err)
	require.Equal(t, conform.OK, report.Results[0].Verdict, conform.Explain(report.Results[0]))
	require.Equal(t, []string{"receiver.test", "/", "ping"}, []string{host, path, typ})
	require.NotZero(t, report.Seed)
}

func TestOnlyAndSkip(t *testing.T) {
	t.Parallel()
	target, _ := newStand(hookmitt.Civo(), "", &manner{})
	report, err := conform.Probe(t.Context(), target, &conform.Options{Only: []string{"SIG-0*", "BASE-02"}, Skip: []string{"SIG-0[1-7]"}})
	require.NoError(t, err)
	var ids []string
	for _, r := range report.Results {
		ids = append(ids, r.Check.ID)
	}
	require.Equal(t, []string{"BASE-02", "SIG-08", "SIG-09"}, ids)
}

func TestEachCheckSaysWhatItIs(t *testing.T) {
	t.Parallel()
	groups, seen := map[string]bool{}, map[string]bool{}
	for _, g := range conform.Groups() {
		groups[g.Name] = true
	}
	for _, c := range conform.Checks() {
		require.Regexp(t, `^[A-Z]+-\d\d$`, c.ID)
		require.False(t, seen[c.ID], c.ID)
		seen[c.ID] = true
		require.True(t, groups[c.Group()], c.ID)
		for what, text := range map[string]string{"sent": c.Sent, "want": c.Want, "why": c.Why} {
			require.NotEmpty(t, text, "%s: %s", c.ID, what)
		}
	}
}
