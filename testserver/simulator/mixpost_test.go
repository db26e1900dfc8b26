package simulator_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/testserver"
)

const mixpostAll = "/mixpost/api/9f0f2ab6-0a41-4e4e-a2c6-7a3b1d1c9a11/webhooks"

// mixpostWebhook is a webhook as Mixpost's form has it: without its secret.
type mixpostWebhook struct {
	UUID        string   `json:"uuid"`
	Name        string   `json:"name"`
	CallbackURL string   `json:"callback_url"`
	Method      string   `json:"method"`
	ContentType string   `json:"content_type"`
	MaxAttempts int      `json:"max_attempts"`
	Active      bool     `json:"active"`
	Events      []string `json:"events"`
	CreatedAt   string   `json:"created_at"`
}

// mixpostData is what Laravel puts around a resource.
type mixpostData[T any] struct {
	Data T `json:"data"`
}

type form = map[string]any

func createMixpost(a api, f form) mixpostWebhook {
	a.t.Helper()
	return ask[mixpostData[mixpostWebhook]](a, http.StatusCreated, http.MethodPost, mixpostAll, f).Data
}

func updateMixpost(a api, uuid string, f form) mixpostWebhook {
	a.t.Helper()
	return ask[mixpostData[mixpostWebhook]](a, http.StatusOK, http.MethodPut, mixpostAll+"/"+uuid, f).Data
}

func listMixpost(a api) []mixpostWebhook {
	a.t.Helper()
	return ask[mixpostData[[]mixpostWebhook]](a, http.StatusOK, http.MethodGet, mixpostAll, nil).Data
}

func mixpostManual(t *testing.T, rc http.Handler) (*client, api) {
	t.Helper()
	c := newSimulator(t, hookmitt.Mixpost(), rc, testserver.Manual())
	return c, c.api()
}

func TestMixpostClientsManageWebhooks(t *testing.T) {
	t.Parallel()
	rc := answering(http.StatusOK)
	c, a := mixpostManual(t, rc)
	require.Equal(t, []mixpostWebhook{}, listMixpost(a))

	plain := createMixpost(a, form{"callback_url": receiverURL, "events": []string{"post.deleted"}})
	require.Regexp(t, `T\d\d:\d\d:\d\dZ$`, plain.CreatedAt, "in whole seconds")
	created, err := time.Parse(time.RFC3339, plain.CreatedAt)
	require.NoError(t, err)
	require.WithinDuration(t, c.server.Now(), created, time.Second)
	require.Regexp(t, "^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$", plain.UUID)
	require.Equal(t, mixpostWebhook{
		UUID: plain.UUID, CallbackURL: receiverURL, Method: "post", ContentType: "application/json", MaxAttempts: 3, Active: true,
		Events: []string{"post.deleted"}, CreatedAt: plain.CreatedAt,
	}, plain, "what a form leaves out is Mixpost's own")

	full := createMixpost(a, form{
		"name": "all", "callback_url": receiverURL + "/all", "method": "put", "content_type": "application/vnd.api+json", "max_attempts": 5,
		"active": false, "events": []string{"*"}, "secret": "first-secret", "unknown": "member",
	})
	require.Equal(t, mixpostWebhook{
		UUID: full.UUID, Name: "all", CallbackURL: receiverURL + "/all", Method: "put", ContentType: "application/vnd.api+json", MaxAttempts: 5,
		Events: []string{"*"}, CreatedAt: full.CreatedAt,
	}, full)
	require.Equal(t, []mixpostWebhook{plain, full}, listMixpost(a))
	one := mixpostAll + "/" + full.UUID
	require.Equal(t, full, ask[mixpostData[mixpostWebhook]](a, http.StatusOK, http.MethodGet, one, nil).Data)
	elsewhere := "/mixpost/api/another%20workspace/webhooks/" + full.UUID
	require.Equal(t, full, ask[mixpostData[mixpostWebhook]](a, http.StatusOK, http.MethodGet, elsewhere, nil).Data)

	test := ask[mixpostData[map[string]string]](a, http.StatusOK, http.MethodPost, one+"/test", nil)
	require.Equal(t, map[string]string{"event": "post.published"}, test.Data)
	require.Len(t, rc.got(), 1, "an inactive webhook gets tests, and the answer comes after the attempt")
	got := rc.got()[0]
	require.Equal(t, []string{"PUT", "/webhooks/all", "application/vnd.api+json"}, []string{got.method, got.path, got.header.Get("Content-Type")})
	opens(t, hookmitt.Mixpost(), "first-secret", got)

	status, _, answer := a.call(http.MethodDelete, one, "", "")
	require.Equal(t, http.StatusNoContent, status)
	require.Empty(t, answer)
	require.Equal(t, []mixpostWebhook{plain}, listMixpost(a))

	events := ask[mixpostData[[]string]](a, http.StatusOK, http.MethodGet, mixpostAll+"/events", nil).Data
	require.Equal(t, hookmitt.Mixpost().Events.Types(), events)
	require.Len(t, events, 9)
}

func TestMixpostUpdatesWhatIsInTheForm(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change form
		want   func(*mixpostWebhook)
	}{
		"nothing":          {form{}, func(*mixpostWebhook) {}},
		"nulls":            {form{"name": nil, "events": nil, "active": nil, "max_attempts": nil}, func(*mixpostWebhook) {}},
		"a secret":         {form{"secret": "never read back"}, func(*mixpostWebhook) {}},
		"the name":         {form{"name": "renamed"}, func(w *mixpostWebhook) { w.Name = "renamed" }},
		"no name":          {form{"name": ""}, func(w *mixpostWebhook) { w.Name = "" }},
		"the URL":          {form{"callback_url": receiverURL + "/x"}, func(w *mixpostWebhook) { w.CallbackURL = receiverURL + "/x" }},
		"the method":       {form{"method": "Post"}, func(w *mixpostWebhook) { w.Method = "post" }},
		"the content type": {form{"content_type": "application/json"}, func(w *mixpostWebhook) { w.ContentType = "application/json" }},
		"the attempts":     {form{"max_attempts": 1}, func(w *mixpostWebhook) { w.MaxAttempts = 1 }},
		"inactive":         {form{"active": false}, func(w *mixpostWebhook) { w.Active = false }},
		"the events":       {form{"events": []string{"account.added"}}, func(w *mixpostWebhook) { w.Events = []string{"account.added"} }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, a := mixpostManual(t, answering(http.StatusOK))
			was := createMixpost(a, form{
				"name": "all", "callback_url": receiverURL, "method": "patch", "content_type": "text/json", "max_attempts": 4, "events": []string{"*"},
			})
			want := was
			c.want(&want)
			require.Equal(t, want, updateMixpost(a, was.UUID, c.change))
			require.Equal(t, []mixpostWebhook{want}, listMixpost(a))
		})
	}
}

func TestMixpostSignsIfThereIsASecret(t *testing.T) {
	t.Parallel()
	rc := answering(http.StatusOK)
	c, a := mixpostManual(t, rc)
	made := createMixpost(a, form{"callback_url": receiverURL, "events": []string{"post.deleted"}})
	send := func() received {
		want[any](c, http.StatusOK, http.MethodPost, "/_sim/v1/events", `{"type":"post.deleted"}`)
		return rc.got()[len(rc.got())-1]
	}
	require.NotContains(t, send().header, "X-Signature")
	updateMixpost(a, made.UUID, form{"secret": "a-secret"})
	opens(t, hookmitt.Mixpost(), "a-secret", send())
	updateMixpost(a, made.UUID, form{"name": "renamed"})
	opens(t, hookmitt.Mixpost(), "a-secret", send())
	require.Len(t, rc.got(), 3)
}

func TestMixpostTriesAsOftenAsTheFormSaysAndNeverDisables(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		form     form
		timeline string
	}{
		"as Mixpost does": {form{}, "0s 500, 10s 500, 1m10s 500"},
		"once":            {form{"max_attempts": 1}, "0s 500"},
		"five times":      {form{"max_attempts": 5}, "0s 500, 10s 500, 1m10s 500, 2m10s 500, 3m10s 500"},
		"inactive":        {form{"active": false}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, a := mixpostManual(t, answering(http.StatusInternalServerError))
			c.form["callback_url"], c.form["events"] = receiverURL, []string{"*"}
			made := createMixpost(a, c.form)
			require.Equal(t, c.timeline != "", made.Active)
			sent := s.server.Send(t.Context(), mixpostSample(t))
			_, err := s.server.Drain(t.Context())
			require.NoError(t, err)
			timeline := ""
			for _, d := range sent {
				timeline += d.Timeline().String()
			}
			require.Equal(t, c.timeline, timeline)
			require.Equal(t, made, listMixpost(a)[0])
		})
	}
}
