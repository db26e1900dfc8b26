package simulator_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/testserver"
)

// cdhostingWebhook is a webhook as CDHosting's API has it.
type cdhostingWebhook struct {
	ID        string   `json:"id"`
	URL       string   `json:"url"`
	Events    []string `json:"events"`
	Status    string   `json:"status"`
	CreatedAt string   `json:"created_at"`
	Secret    *string  `json:"secret,omitempty"`
}

type cdhostingPage struct {
	Data []cdhostingWebhook `json:"data"`
}

func listCDHosting(a api) []cdhostingWebhook {
	a.t.Helper()
	return ask[cdhostingPage](a, http.StatusOK, http.MethodGet, "/v1/webhooks", nil).Data
}

func createCDHosting(a api, url, secret string, events ...string) cdhostingWebhook {
	a.t.Helper()
	form := map[string]any{"url": url, "events": events, "secret": secret, "description": "an unknown member"}
	return ask[cdhostingWebhook](a, http.StatusCreated, http.MethodPost, "/v1/webhooks", form)
}

func TestCDHostingClientsManageWebhooks(t *testing.T) {
	t.Parallel()
	rc := answering(http.StatusOK)
	c := newSimulator(t, hookmitt.CDHosting(), rc, testserver.Manual())
	a := c.api()
	require.Equal(t, []cdhostingWebhook{}, listCDHosting(a))

	made := createCDHosting(a, receiverURL, "first-secret", "server.created", "billing.payment.failed")
	require.NotNil(t, made.Secret)
	require.Equal(t, "first-secret", *made.Secret, "the secret is in the answer to the creation")
	require.Regexp(t, "^wh_[0-9a-f]{24}$", made.ID)
	require.Regexp(t, `T\d\d:\d\d:\d\dZ$`, made.CreatedAt, "in whole seconds")
	created, err := time.Parse(time.RFC3339, made.CreatedAt)
	require.NoError(t, err)
	require.WithinDuration(t, c.server.Now(), created, time.Second)
	made.Secret = nil
	require.Equal(t, cdhostingWebhook{
		ID: made.ID, URL: receiverURL, Events: []string{"server.created", "billing.payment.failed"}, Status: "active", CreatedAt: made.CreatedAt,
	}, made)
	other := createCDHosting(a, receiverURL, "other-secret", "*")
	other.Secret = nil
	require.Equal(t, []cdhostingWebhook{made, other}, listCDHosting(a), "and in no other; two webhooks may have one URL")
	one := "/v1/webhooks/" + made.ID
	require.Equal(t, made, ask[cdhostingWebhook](a, http.StatusOK, http.MethodGet, one, nil))

	made.URL += "/moved"
	require.Equal(t, made, ask[cdhostingWebhook](a, http.StatusOK, http.MethodPatch, one, map[string]any{"url": made.URL}))
	made.Events = []string{"server.stopped"}
	require.Equal(t, made, ask[cdhostingWebhook](a, http.StatusOK, http.MethodPatch, one, map[string]any{"events": made.Events}))
	require.Equal(t, made, ask[cdhostingWebhook](a, http.StatusOK, http.MethodPatch, one, map[string]any{}))
	require.Equal(t, []cdhostingWebhook{made, other}, listCDHosting(a))

	test := func() map[string]string {
		return ask[map[string]string](a, http.StatusAccepted, http.MethodPost, one+"/test", nil)
	}
	sent := test()
	require.Equal(t, "server.started", sent["type"])
	require.Len(t, rc.got(), 1, "the answer comes after the attempt")
	require.Equal(t, "/webhooks/moved", rc.got()[0].path)
	require.Contains(t, rc.got()[0].body, `"id":"`+sent["id"]+`"`)
	opens(t, hookmitt.CDHosting(), "first-secret", rc.got()[0])
	require.Equal(t, made, ask[cdhostingWebhook](a, http.StatusOK, http.MethodPatch, one, map[string]any{"secret": "second-secret"}))
	require.NotEqual(t, sent["id"], test()["id"])
	opens(t, hookmitt.CDHosting(), "second-secret", rc.got()[1])

	status, _, answer := a.call(http.MethodDelete, one, "", "")
	require.Equal(t, http.StatusNoContent, status)
	require.Empty(t, answer)
	require.Equal(t, []cdhostingWebhook{other}, listCDHosting(a))
}

func TestCDHostingDisablesAfterItsLadderAndAnUpdateEnables(t *testing.T) {
	t.Parallel()
	rc := answering(http.StatusInternalServerError)
	c := newSimulator(t, hookmitt.CDHosting(), rc, testserver.Manual())
	a := c.api()
	made := createCDHosting(a, receiverURL, "a-secret", "*")
	one := "/v1/webhooks/" + made.ID
	status := func() string { return ask[cdhostingWebhook](a, http.StatusOK, http.MethodGet, one, nil).Status }
	send := func() {
		want[any](c, http.StatusOK, http.MethodPost, "/_sim/v1/events", `{"type":"server.created"}`)
	}
	send()
	for _, attempts := range []int{2, 3, 4, 5, 6} {
		require.Equal(t, "active", status())
		_, err := c.server.AdvanceNext(t.Context())
		require.NoError(t, err)
		require.Len(t, rc.got(), attempts)
	}
	require.Equal(t, "disabled", status())
	require.Equal(t, "disabled", listCDHosting(a)[0].Status)
	require.Len(t, c.server.Notices(), 1)
	send()
	require.Len(t, rc.got(), 6, "a disabled webhook gets nothing")
	require.Equal(t, "active", ask[cdhostingWebhook](a, http.StatusOK, http.MethodPatch, one, nil).Status, "an update enables")
	send()
	require.Len(t, rc.got(), 7)
}

func TestCDHostingCallsAnInactiveWebhookDisabled(t *testing.T) {
	t.Parallel()
	c := newSimulator(t, hookmitt.CDHosting(), answering(http.StatusOK), testserver.Manual())
	id := c.subscribe(receiverURL)
	require.Equal(t, "active", listCDHosting(c.api())[0].Status)
	require.Equal(t, []string{"*"}, listCDHosting(c.api())[0].Events, "no events in the control API are all")
	want[any](c, http.StatusOK, http.MethodPut, "/_sim/v1/webhooks/"+id, `{"active":false}`)
	require.Equal(t, "disabled", listCDHosting(c.api())[0].Status)
}

// readCDHostingRefusal reads {error: {code, message, param}}.
func readCDHostingRefusal(t *testing.T, answer []byte) (code, field, says string) {
	t.Helper()
	var body struct {
		Error struct{ Code, Message, Param string }
	}
	strictly(t, answer, &body)
	return body.Error.Code, body.Error.Param, body.Error.Message
}

func TestCDHostingRefuses(t *testing.T) {
	t.Parallel()
	const (
		all         = "/v1/webhooks"
		one         = all + "/$ID"
		unknown     = all + "/wh_000000000000000000000000"
		get, post   = http.MethodGet, http.MethodPost
		patch, del  = http.MethodPatch, http.MethodDelete
		bad, wrong  = "bad_request", "unprocessable_entity"
		key, absent = "unauthorized", "not_found"
	)
	refuses(t, hookmitt.CDHosting(), map[string]refused{
		"a list without a key":          {method: get, path: all, key: "none", status: 401, code: key, says: "Authorization"},
		"an update without a key":       {method: patch, path: one, body: `{"events":["*"]}`, key: "none", status: 401, code: key},
		"no such webhook":               {method: get, path: unknown, status: 404, code: absent, says: "wh_000000000000000000000000"},
		"an update of no webhook":       {method: patch, path: unknown, body: "{}", status: 404, code: absent},
		"a deletion of no webhook":      {method: del, path: unknown, status: 404, code: absent},
		"a test of no webhook":          {method: post, path: unknown + "/test", status: 404, code: absent},
		"a path that is unknown":        {method: get, path: "/v1/servers", status: 404, code: absent, says: "nothing at this path"},
		"a method that no list takes":   {method: del, path: all, status: 405, code: "method_not_allowed", says: "GET, HEAD, POST", allow: "GET, HEAD, POST"},
		"a method that no webhook has":  {method: http.MethodPut, path: one, status: 405, code: "method_not_allowed", allow: "GET, HEAD, PATCH, DELETE"},
		"a creation of nothing":         {method: post, path: all, status: 422, code: wrong, field: "url", says: "missing"},
		"a creation without a URL":      {method: post, path: all, body: `{"events":["*"],"secret":"s"}`, status: 422, code: wrong, field: "url", says: "missing"},
		"a creation without events":     {method: post, path: all, body: `{"url":"http://127.0.0.1/","secret":"s"}`, status: 422, code: wrong, field: "events", says: "missing"},
		"a creation without a secret":   {method: post, path: all, body: `{"url":"http://127.0.0.1/","events":["*"]}`, status: 422, code: wrong, field: "secret", says: "missing"},
		"an event that is unknown":      {method: post, path: all, body: `{"url":"http://127.0.0.1/","events":["server.exploded"],"secret":"s"}`, status: 422, code: wrong, field: "events", says: "server.exploded"},
		"an update to an unknown event": {method: patch, path: one, body: `{"events":["server.started","server.exploded"]}`, status: 422, code: wrong, field: "events", says: "server.exploded"},
		"a URL that is none":            {method: post, path: all, body: `{"url":"third","events":["*"],"secret":"s"}`, status: 422, code: wrong, field: "url", says: "not an http or https URL"},
		"a URL of another machine":      {method: post, path: all, body: `{"url":"https://example.com/","events":["*"],"secret":"s"}`, status: 422, code: wrong, field: "url", says: "not on this machine"},
		"an update to another machine":  {method: patch, path: one, body: `{"url":"https://example.com/"}`, status: 422, code: wrong, field: "url", says: "not on this machine"},
		"JSON that breaks off":          {method: post, path: all, body: `{"url":`, status: 400, code: bad, says: "JSON"},
		"JSON of another type":          {method: patch, path: one, body: `{"events":"*"}`, status: 400, code: bad, says: "events"},
		"a form":                        {method: post, path: all, body: `url=http://127.0.0.1/&events=*&secret=s`, form: true, status: 400, code: bad, says: "JSON"},
		"a body that is too long":       {method: post, path: all, body: `{"url":"` + big + `"}`, status: 413, code: "request_entity_too_large", says: "4194304 bytes"},
	}, readCDHostingRefusal)
}
