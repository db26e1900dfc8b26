package simulator_test

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/testserver"
)

// civoWebhook is a webhook as Civo documents it.
type civoWebhook struct {
	ID                string   `json:"id"`
	Events            []string `json:"events"`
	URL               string   `json:"url"`
	Secret            string   `json:"secret"`
	Disabled          bool     `json:"disabled"`
	Failures          int      `json:"failures"`
	LastFailureReason string   `json:"last_failure_reason"`
}

// civoForm is what a client of Civo's sends.
type civoForm struct {
	Events []string `json:"events,omitempty"`
	URL    string   `json:"url,omitempty"`
	Secret string   `json:"secret,omitempty"`
}

// civoAPI is a client of Civo's API.
type civoAPI struct {
	api
	mediaType string
	encode    func(*testing.T, civoForm) string
}

func (a civoAPI) webhook(method, path string, form civoForm) (webhook civoWebhook) {
	a.t.Helper()
	status, header, answer := a.call(method, path, a.mediaType, a.encode(a.t, form))
	require.Equal(a.t, http.StatusOK, status, string(answer))
	require.Equal(a.t, "application/json", header.Get("Content-Type"))
	strictly(a.t, answer, &webhook)
	return webhook
}

func (a civoAPI) create(form civoForm) civoWebhook {
	a.t.Helper()
	return a.webhook(http.MethodPost, "/v2/webhooks", form)
}

func (a civoAPI) update(id string, form civoForm) civoWebhook {
	a.t.Helper()
	return a.webhook(http.MethodPut, "/v2/webhooks/"+id, form)
}

func (a civoAPI) list() []civoWebhook {
	a.t.Helper()
	return ask[[]civoWebhook](a.api, http.StatusOK, http.MethodGet, "/v2/webhooks", nil)
}

const formType = "application/x-www-form-urlencoded"

// civoForms are the ways in which Civo's clients write a form.
var civoForms = map[string]civoAPI{
	"JSON": {mediaType: "application/json", encode: func(t *testing.T, f civoForm) string { return jsonOf(t, f) }},
	"JSON of which no header tells": {encode: func(t *testing.T, f civoForm) string {
		return "\n " + jsonOf(t, f)
	}},
	"JSON with capitals and a name, as from civogo": {mediaType: "application/json; charset=utf-8", encode: func(t *testing.T, f civoForm) string {
		return jsonOf(t, struct {
			Name, URL, Secret string
			Events            []string
		}{"a webhook", f.URL, f.Secret, f.Events})
	}},
	"a form with numbered events": {mediaType: formType, encode: encoded(func(i int) string { return "events." + strconv.Itoa(i) })},
	"a form with indexed events":  {mediaType: formType, encode: encoded(func(i int) string { return "events[" + strconv.Itoa(i) + "]" })},
	"a form with events[]":        {mediaType: formType, encode: encoded(func(int) string { return "events[]" })},
	"a form with repeated events": {mediaType: formType, encode: encoded(func(int) string { return "events" })},
	"a form with commas": {mediaType: formType, encode: func(t *testing.T, f civoForm) string {
		f.Events = []string{strings.Join(f.Events, ", ")}
		return encoded(func(int) string { return "events" })(t, f)
	}},
}

// encoded writes a form with the name that each event has.
func encoded(name func(i int) string) func(*testing.T, civoForm) string {
	return func(_ *testing.T, f civoForm) string {
		values := url.Values{"name": {"a webhook"}}
		for i, event := range f.Events {
			values.Add(name(i), event)
		}
		if f.URL != "" {
			values.Set("url", f.URL)
		}
		if f.Secret != "" {
			values.Set("secret", f.Secret)
		}
		return values.Encode()
	}
}

// civoManual plays Civo with a clock that stands.
func civoManual(t *testing.T, rc http.Handler) (*client, civoAPI) {
	t.Helper()
	c := newSimulator(t, hookmitt.Civo(), rc, testserver.Manual())
	a := civoForms["JSON"]
	a.api = c.api()
	return c, a
}

func TestCivoClientsManageWebhooks(t *testing.T) {
	t.Parallel()
	for name, a := range civoForms {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rc := answering(http.StatusOK)
			c, _ := civoManual(t, rc)
			a.api = c.api()
			require.Equal(t, []civoWebhook{}, a.list())

			many := []string{
				"instance.created", "instance.deleted", "instance.stopped", "instance.started", "instance.resized", "instance.rebuilt",
				"volume.created", "volume.deleted", "network.created", "network.deleted", "ssh_key.created", "domain.created",
			}
			made := a.create(civoForm{Events: many, URL: receiverURL})
			require.Regexp(t, "^[A-Za-z0-9]{32}$", made.Secret, "a secret is made up")
			require.Regexp(t, "^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$", made.ID)
			require.Equal(t, civoWebhook{ID: made.ID, Events: many, URL: receiverURL, Secret: made.Secret}, made, "the events in their order")
			other := a.create(civoForm{Events: []string{"*"}, URL: receiverURL + "/other", Secret: "given & kept"})
			require.Equal(t, "given & kept", other.Secret)
			require.Equal(t, []civoWebhook{made, other}, a.list())

			kept := a.update(made.ID, civoForm{Events: []string{"volume.created"}, URL: receiverURL + "/moved"})
			require.Equal(t, civoWebhook{ID: made.ID, Events: []string{"volume.created"}, URL: receiverURL + "/moved", Secret: made.Secret}, kept)
			given := a.update(made.ID, civoForm{Events: kept.Events, URL: kept.URL, Secret: "another"})
			require.Equal(t, "another", given.Secret)
			require.Equal(t, given, a.update(made.ID, civoForm{URL: kept.URL}), "what an update leaves out is kept, a given secret too")
			require.Equal(t, given, a.update(made.ID, civoForm{Events: kept.Events}))
			require.Equal(t, []civoWebhook{given, other}, a.list())

			done := map[string]string{"result": "success"}
			require.Equal(t, done, ask[map[string]string](a.api, http.StatusOK, http.MethodPost, "/v2/webhooks/"+made.ID+"/test", nil))
			require.Len(t, rc.got(), 1, "the answer comes after the attempt")
			require.Equal(t, "/webhooks/moved", rc.got()[0].path)
			require.Contains(t, rc.got()[0].body, `"event":"instance.created"`)
			opens(t, hookmitt.Civo(), "another", rc.got()[0])

			require.Equal(t, done, ask[map[string]string](a.api, http.StatusAccepted, http.MethodDelete, "/v2/webhooks/"+made.ID, nil))
			require.Equal(t, []civoWebhook{other}, a.list())
		})
	}
}

func TestCivoDisablesAfterItsLadderAndAnUpdateEnables(t *testing.T) {
	t.Parallel()
	rc := answering(http.StatusInternalServerError, http.StatusFound, http.StatusBadGateway)
	c, a := civoManual(t, rc)
	made := a.create(civoForm{Events: []string{"*"}, URL: receiverURL})
	send := func() string {
		sent := want[struct{ Deliveries []struct{ State string } }](c, http.StatusOK, http.MethodPost, "/_sim/v1/events", `{"type":"instance.created"}`)
		require.Len(t, sent.Deliveries, 1)
		return sent.Deliveries[0].State
	}
	require.Equal(t, "pending", send())
	made.Failures, made.LastFailureReason = 1, "answered 500"
	require.Equal(t, []civoWebhook{made}, a.list())
	for _, reason := range []string{"answered 302", "answered 502", "answered 502", "answered 502", "answered 502"} {
		require.False(t, made.Disabled)
		_, err := c.server.AdvanceNext(t.Context())
		require.NoError(t, err)
		made.Failures++
		made.LastFailureReason, made.Disabled = reason, made.Failures == 6
		require.Equal(t, []civoWebhook{made}, a.list())
	}
	require.True(t, made.Disabled)
	require.Equal(t, "dropped", send())
	require.Len(t, rc.got(), 6, "a disabled webhook gets nothing")

	made.Disabled, made.Failures, made.LastFailureReason = false, 0, ""
	require.Equal(t, made, a.update(made.ID, civoForm{}), "an update enables and resets, and may say nothing else")
	rc.answer(http.StatusNoContent)
	require.Equal(t, "delivered", send())
	require.Equal(t, []civoWebhook{made}, a.list())
}

func TestCivoTestThatFailsCountsNothing(t *testing.T) {
	t.Parallel()
	rc := answering(http.StatusInternalServerError)
	c, a := civoManual(t, rc)
	made := a.create(civoForm{Events: []string{"volume.created"}, URL: receiverURL})
	ask[map[string]string](a.api, http.StatusOK, http.MethodPost, "/v2/webhooks/"+made.ID+"/test", nil)
	require.Equal(t, []civoWebhook{made}, a.list())
	_, due := c.server.Next()
	require.False(t, due, "a test is tried once")
	require.Len(t, rc.got(), 1)
}

func TestCivoListsItsEvents(t *testing.T) {
	t.Parallel()
	_, a := civoManual(t, answering(http.StatusOK))
	names := ask[[]string](a.api, http.StatusOK, http.MethodGet, "/v2/webhooks/events", nil)
	require.Equal(t, append([]string{"*"}, hookmitt.Civo().Events.Types()...), names)
	require.Len(t, names, 59)
	all := a.create(civoForm{Events: names, URL: receiverURL})
	require.Equal(t, names, all.Events, "each of them can be subscribed to")
}

func TestCivoReadsBackNoSecretThatWasGivenElsewhere(t *testing.T) {
	t.Parallel()
	c, a := civoManual(t, answering(http.StatusOK))
	_, err := c.server.Subscribe(testserver.Subscription{URL: receiverURL, Secret: hookmitt.Civo().SecretOf("registered in Go")})
	require.NoError(t, err)
	require.Empty(t, a.list()[0].Secret, "its text is not known")
	made := a.create(civoForm{Events: []string{"*"}, URL: receiverURL + "/made"})
	rotated := want[struct{ Secret string }](c, http.StatusOK, http.MethodPost, "/_sim/v1/webhooks/"+made.ID+"/rotate", "{}")
	require.NotEqual(t, made.Secret, rotated.Secret)
	require.Equal(t, rotated.Secret, a.list()[1].Secret, "a secret that the simulator rotates in is read back")
	ep, ok := c.server.Endpoint(made.ID)
	require.True(t, ok)
	require.NoError(t, ep.Rotate(hookmitt.Civo().SecretOf("rotated in Go")))
	require.Empty(t, a.list()[1].Secret, "and not in place of another")
}
