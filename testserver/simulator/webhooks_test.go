package simulator_test

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/testserver"
	"github.com/hookmitt/hookmitt/verify"
)

const (
	givenSecret = "whsec_Z2l2ZW4tc2VjcmV0LWdpdmVuLXNlY3JldA=="
	otherSecret = "whsec_b3RoZXItc2VjcmV0LW90aGVyLXNlY3JldA=="
)

func makeWebhook(c *client, body string) webhookJSON {
	c.t.Helper()
	return want[webhookJSON](c, http.StatusCreated, http.MethodPost, controlAPI+"/webhooks", body)
}

func saveWebhook(c *client, id, body string) webhookJSON {
	c.t.Helper()
	return want[webhookJSON](c, http.StatusOK, http.MethodPut, controlAPI+"/webhooks/"+id, body)
}

func rotateSecret(c *client, id, body string) webhookJSON {
	c.t.Helper()
	return want[webhookJSON](c, http.StatusOK, http.MethodPost, controlAPI+"/webhooks/"+id+"/rotate", body)
}

// signer says by which of the secrets a request is signed; -1 for none.
func signer(p hookmitt.Provider, r received, secrets ...string) int {
	var all []verify.Secret
	for _, text := range secrets {
		all = append(all, verify.NewSecret(text))
	}
	_, matched, _ := p.Open(all, r.header, []byte(r.body))
	return matched
}

// neverAgain looks for a secret wherever the control API shows webhooks.
func neverAgain(c *client, id, secret string) {
	c.t.Helper()
	require.NotEmpty(c.t, secret)
	for _, path := range []string{"/webhooks", "/webhooks/" + id, "/state"} {
		status, answer := c.get(controlAPI + path)
		require.Equal(c.t, http.StatusOK, status)
		require.NotContains(c.t, string(answer), secret, path)
		require.NotContains(c.t, string(answer), `"secret"`, path)
	}
	require.Empty(c.t, saveWebhook(c, id, `{}`).Secret)
}

func TestWebhooks(t *testing.T) {
	t.Parallel()
	c := newSimulator(t, hookmitt.StandardWebhooks(), answering(200), testserver.Manual())
	list := func() []webhookJSON {
		webhooks := want[map[string][]webhookJSON](c, http.StatusOK, http.MethodGet, controlAPI+"/webhooks", "")["webhooks"]
		require.NotNil(t, webhooks, "an empty list is one")
		return webhooks
	}
	require.Empty(t, list())
	first := makeWebhook(c, `{"url":"`+receiverURL+`","secret":"`+givenSecret+`"}`)
	require.NotEmpty(t, first.ID)
	require.Equal(t, webhookJSON{
		ID: first.ID, URL: receiverURL, Method: "POST", ContentType: "application/json", Active: true, Events: []string{"*"}, Signed: true,
	}, first)
	second := makeWebhook(c, `{"url":"`+receiverURL+`/2","name":"second","method":"PUT","content_type":"text/json","max_attempts":2,
		"active":false,"events":["example.event","other"],"secret":"`+givenSecret+`"}`)
	require.Equal(t, webhookJSON{
		ID: second.ID, Name: "second", URL: receiverURL + "/2", Method: "PUT", ContentType: "text/json", MaxAttempts: 2,
		Events: []string{"example.event", "other"}, Signed: true,
	}, second)
	require.Equal(t, []webhookJSON{first, second}, list())
	require.Equal(t, second, want[webhookJSON](c, http.StatusOK, http.MethodGet, controlAPI+"/webhooks/"+second.ID, ""))
	require.Equal(t, second, saveWebhook(c, second.ID, `{}`), "what is absent stays as it is")
	second.Active, second.Events, second.Name, second.MaxAttempts = true, []string{"*"}, "", 0
	require.Equal(t, second, saveWebhook(c, second.ID, `{"active":true,"events":[],"name":"","max_attempts":0}`))
	status, _, answer := c.do(http.MethodDelete, controlAPI+"/webhooks/"+first.ID, "")
	require.Equal(t, http.StatusNoContent, status)
	require.Empty(t, answer)
	require.Equal(t, []webhookJSON{second}, list())
	for _, gone := range []string{first.ID, "nonsense"} {
		for _, operation := range []string{"GET ", "PUT ", "DELETE ", "POST /test", "POST /rotate"} {
			method, action, _ := strings.Cut(operation, " ")
			refusedAs(c, http.StatusNotFound, method, "/webhooks/"+gone+action, "")
		}
	}
}

func TestWebhookSecrets(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]func(t *testing.T, c *client, rc *receiver){
		"one that is given is not told": func(t *testing.T, c *client, rc *receiver) {
			w := makeWebhook(c, `{"url":"`+receiverURL+`","secret":"`+givenSecret+`"}`)
			require.Empty(t, w.Secret)
			neverAgain(c, w.ID, givenSecret)
			send(c, `{"type":"ping","data":{}}`)
			require.Zero(t, signer(c.server.Provider(), rc.got()[0], givenSecret, otherSecret))
		},
		"one that is made is told once, and signs": func(t *testing.T, c *client, rc *receiver) {
			w := makeWebhook(c, `{"url":"`+receiverURL+`","make_secret":true}`)
			neverAgain(c, w.ID, w.Secret)
			send(c, `{"type":"ping","data":{}}`)
			require.Equal(t, 1, signer(c.server.Provider(), rc.got()[0], givenSecret, w.Secret))
		},
		"no two that are made are the same": func(t *testing.T, c *client, _ *receiver) {
			body := `{"url":"` + receiverURL + `","make_secret":true}`
			first, second := makeWebhook(c, body), makeWebhook(c, body)
			require.NotEqual(t, first.Secret, second.Secret)
		},
		"an update may give one": func(t *testing.T, c *client, rc *receiver) {
			w := makeWebhook(c, `{"url":"`+receiverURL+`","secret":"`+givenSecret+`"}`)
			require.Empty(t, saveWebhook(c, w.ID, `{"secret":"`+otherSecret+`"}`).Secret)
			neverAgain(c, w.ID, otherSecret)
			send(c, `{"type":"ping","data":{}}`)
			require.Equal(t, 1, signer(c.server.Provider(), rc.got()[0], givenSecret, otherSecret))
		},
		"an update may have one made": func(t *testing.T, c *client, rc *receiver) {
			w := makeWebhook(c, `{"url":"`+receiverURL+`","secret":"`+givenSecret+`"}`)
			made := saveWebhook(c, w.ID, `{"make_secret":true}`).Secret
			neverAgain(c, w.ID, made)
			send(c, `{"type":"ping","data":{}}`)
			require.Equal(t, 1, signer(c.server.Provider(), rc.got()[0], givenSecret, made))
		},
		"the next attempt is signed by the one that is rotated in": func(t *testing.T, c *client, rc *receiver) {
			rc.answer(500)
			w := makeWebhook(c, `{"url":"`+receiverURL+`","secret":"`+givenSecret+`"}`)
			send(c, `{"type":"ping","data":{}}`)
			require.Empty(t, rotateSecret(c, w.ID, `{"secret":"`+otherSecret+`"}`).Secret)
			neverAgain(c, w.ID, otherSecret)
			want[sentJSON](c, http.StatusOK, http.MethodPost, controlAPI+"/deliveries/dlv_1/resend", "")
			require.Zero(t, signer(c.server.Provider(), rc.got()[0], givenSecret, otherSecret))
			require.Equal(t, 1, signer(c.server.Provider(), rc.got()[1], givenSecret, otherSecret))
		},
		"without one in the request it is made up": func(t *testing.T, c *client, rc *receiver) {
			w := makeWebhook(c, `{"url":"`+receiverURL+`","make_secret":true}`)
			made := rotateSecret(c, w.ID, ``).Secret
			neverAgain(c, w.ID, made)
			require.NotEqual(t, w.Secret, made)
			send(c, `{"type":"ping","data":{}}`)
			require.Equal(t, 1, signer(c.server.Provider(), rc.got()[0], w.Secret, made))
		},
	} {
		for _, p := range []hookmitt.Provider{hookmitt.GitHub(), hookmitt.StandardWebhooks()} {
			t.Run(name+", "+p.Name, func(t *testing.T) {
				t.Parallel()
				rc := answering(200)
				test(t, newSimulator(t, p, rc, testserver.Manual()), rc)
			})
		}
	}
}

func TestWebhookSecretsByProvider(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		provider hookmitt.Provider
		form     func(t *testing.T, secret string)
	}{
		"GitHub's are letters and digits": {hookmitt.GitHub(), func(t *testing.T, secret string) {
			require.Regexp(t, "^[A-Za-z0-9]{32}$", secret)
		}},
		"Civo's too": {hookmitt.Civo(), func(t *testing.T, secret string) {
			require.Regexp(t, "^[A-Za-z0-9]{32}$", secret)
		}},
		"Standard Webhooks' are 24 bytes or more in base64": {hookmitt.StandardWebhooks(), func(t *testing.T, secret string) {
			key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
			require.NoError(t, err)
			require.GreaterOrEqual(t, len(key), 24)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim := newSimulator(t, c.provider, answering(200), testserver.Manual())
			w := makeWebhook(sim, `{"url":"`+receiverURL+`","make_secret":true}`)
			c.form(t, w.Secret)
			c.form(t, rotateSecret(sim, w.ID, `{}`).Secret)
			c.form(t, saveWebhook(sim, w.ID, `{"make_secret":true}`).Secret)
		})
	}
}

func TestWebhooksWithoutASecret(t *testing.T) {
	t.Parallel()
	const body = `{"url":"` + receiverURL + `"}`
	for name, test := range map[string]func(t *testing.T, rc *receiver){
		"GitHub sends unsigned requests": func(t *testing.T, rc *receiver) {
			c := newSimulator(t, hookmitt.GitHub(), rc, testserver.Manual())
			w := makeWebhook(c, body)
			require.False(t, w.Signed)
			require.Empty(t, w.Secret)
			send(c, `{"type":"push"}`)
			require.Empty(t, rc.got()[0].header.Values("X-Hub-Signature-256"))
			require.True(t, rotateSecret(c, w.ID, `{"secret":"`+givenSecret+`"}`).Signed)
		},
		"Civo makes one up, and tells it once": func(t *testing.T, rc *receiver) {
			c := newSimulator(t, hookmitt.Civo(), rc, testserver.Manual())
			w := makeWebhook(c, body)
			require.True(t, w.Signed)
			neverAgain(c, w.ID, w.Secret)
			send(c, `{"type":"instance.created"}`)
			require.Zero(t, signer(hookmitt.Civo(), rc.got()[0], w.Secret))
		},
		"Standard Webhooks requires one": func(t *testing.T, rc *receiver) {
			c := newSimulator(t, hookmitt.StandardWebhooks(), rc, testserver.Manual())
			require.Equal(t, "secret", refusedAs(c, 422, http.MethodPost, "/webhooks", body).Field)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, answering(200))
		})
	}
}

func TestWebhookTest(t *testing.T) {
	t.Parallel()
	rc := answering(503)
	c := newSimulator(t, hookmitt.GitHub(), rc, testserver.Manual())
	w := makeWebhook(c, `{"url":"`+receiverURL+`","secret":"`+givenSecret+`","events":["push"],"active":false}`)
	s := want[sentJSON](c, http.StatusOK, http.MethodPost, controlAPI+"/webhooks/"+w.ID+"/test", "")
	require.Equal(t, "ping", s.Event.Type)
	require.Len(t, s.Deliveries, 1)
	require.True(t, s.Deliveries[0].Test)
	require.Equal(t, "0s 503", s.Deliveries[0].Timeline, "it answers after the attempt")
	require.Equal(t, "ping", rc.got()[0].header.Get("X-GitHub-Event"))
	require.Equal(t, s.Event.ID, rc.got()[0].header.Get("X-GitHub-Delivery"))
	require.Zero(t, want[webhookJSON](c, http.StatusOK, http.MethodGet, controlAPI+"/webhooks/"+w.ID, "").Failures)
}
