package simulator_test

import (
	"maps"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/testserver"
)

func TestWebhooksRefused(t *testing.T) {
	t.Parallel()
	c := newSimulator(t, hookmitt.StandardWebhooks(), answering(200), testserver.Manual())
	url := `{"url":"` + receiverURL + `","secret":"` + givenSecret + `",`
	always := map[string]refusal{
		"a URL that is none":                {`{"secret":"` + givenSecret + `","url":"receiver"}`, 422, "url"},
		"a URL with a password":             {`{"secret":"` + givenSecret + `","url":"http://me:password@receiver.test/"}`, 422, "url"},
		"a method in small letters":         {url + `"method":"post"}`, 422, "method"},
		"a content type of two lines":       {url + `"content_type":"a\nb"}`, 422, "content_type"},
		"fewer attempts than none":          {url + `"max_attempts":-1}`, 422, "max_attempts"},
		"half an attempt":                   {url + `"max_attempts":0.5}`, 422, "max_attempts"},
		"an event without a name":           {url + `"events":[""]}`, 422, "events"},
		"one event":                         {url + `"events":"*"}`, 422, "events"},
		"a secret of another form":          {`{"url":"` + receiverURL + `","secret":"not base64!"}`, 422, "secret"},
		"a public key":                      {`{"url":"` + receiverURL + `","secret":"whpk_dGVzdC1zZWNyZXQ="}`, 422, "secret"},
		"a secret, and one that is made up": {url + `"make_secret":true}`, 422, "make_secret"},
		"a text for a truth":                {url + `"active":"yes"}`, 422, "active"},
		"an unknown member":                 {url + `"disabled":true}`, 400, ""},
		"no JSON":                           {`url=` + receiverURL, 400, ""},
	}
	created := maps.Clone(always)
	created["no URL"] = refusal{`{"secret":"` + givenSecret + `"}`, 422, "url"}
	created["no secret"] = refusal{`{"url":"` + receiverURL + `"}`, 422, "secret"}
	refusesAll(c, http.MethodPost, "/webhooks", created)
	require.Empty(t, c.server.Endpoints())

	w := makeWebhook(c, url+`"name":"as it was"}`)
	refusesAll(c, http.MethodPut, "/webhooks/"+w.ID, always)
	refusesAll(c, http.MethodPost, "/webhooks/"+w.ID+"/rotate", map[string]refusal{
		"a secret of another form": {`{"secret":"not base64!"}`, 422, "secret"},
		"a public key":             {`{"secret":"whpk_dGVzdC1zZWNyZXQ="}`, 422, "secret"},
		"a number":                 {`{"secret":5}`, 422, "secret"},
		"an unknown member":        {`{"make_secret":true}`, 400, ""},
	})
	require.Equal(t, w, want[webhookJSON](c, http.StatusOK, http.MethodGet, controlAPI+"/webhooks/"+w.ID, ""))
}

func TestWebhooksRefusedByProvider(t *testing.T) {
	t.Parallel()
	c := newSimulator(t, hookmitt.GitHub(), answering(200), testserver.Manual())
	refused := refusedAs(c, 422, http.MethodPost, "/webhooks", `{"url":"`+receiverURL+`","max_attempts":2}`)
	require.Equal(t, problemJSON{"Unprocessable Entity", 422, "max_attempts is 2, and github never retries", "max_attempts"}, refused)
	away := simulatorWith(t, hookmitt.GitHub(), testserver.Options{Clock: testserver.Manual(), Allow: []string{"allowed.test"}})
	require.Equal(t, "url", refusedAs(away, 422, http.MethodPost, "/webhooks", `{"url":"http://elsewhere.test/"}`).Field)
	makeWebhook(away, `{"url":"http://allowed.test/"}`)
	require.NoError(t, away.server.Close())
	require.Empty(t, refusedAs(away, http.StatusServiceUnavailable, http.MethodPost, "/webhooks", `{"url":"http://allowed.test/"}`).Field)
}

func TestWebhookSavedAgainIsEnabled(t *testing.T) {
	t.Parallel()
	rc := answering(500)
	c := newSimulator(t, hookmitt.Civo(), rc, testserver.Manual())
	id := c.subscribe(receiverURL)
	send(c, `{"type":"instance.created"}`)
	advance(c, `{"drain":true}`)
	w := want[webhookJSON](c, http.StatusOK, http.MethodGet, controlAPI+"/webhooks/"+id, "")
	require.True(t, w.Disabled)
	require.Equal(t, 6, w.Failures)
	require.Equal(t, "answered 500", w.LastFailure)
	dropped := send(c, `{"type":"instance.created","webhook":"`+id+`"}`).Deliveries[0]
	require.Equal(t, "dropped", dropped.State)
	require.Equal(t, "the endpoint is disabled", dropped.Reason)
	w = saveWebhook(c, id, `{"name":"again"}`)
	require.False(t, w.Disabled)
	require.Zero(t, w.Failures)
	require.Empty(t, w.LastFailure)
	rc.answer(200)
	require.Equal(t, "delivered", send(c, `{"type":"instance.created"}`).Deliveries[0].State)
	require.Zero(t, signer(hookmitt.Civo(), rc.got()[6], "test-secret"), "by the secret that it had")
}
