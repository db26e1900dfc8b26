package simulator_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/events"
)

func mixpostSample(t *testing.T) events.Event {
	t.Helper()
	e, ok := hookmitt.Mixpost().Events.Sample("post.published")
	require.True(t, ok)
	return e
}

// readMixpostRefusal reads {message, errors}, in which a member at fault has its message.
func readMixpostRefusal(t *testing.T, answer []byte) (code, field, says string) {
	t.Helper()
	var body struct {
		Message string
		Errors  map[string][]string
	}
	strictly(t, answer, &body)
	for member, messages := range body.Errors {
		require.Len(t, body.Errors, 1)
		require.Equal(t, []string{body.Message}, messages)
		field = member
	}
	return "", field, body.Message
}

func TestMixpostRefuses(t *testing.T) {
	t.Parallel()
	const (
		all       = mixpostAll
		one       = all + "/$ID"
		unknown   = all + "/00000000-0000-4000-8000-000000000000"
		get, post = http.MethodGet, http.MethodPost
		put, del  = http.MethodPut, http.MethodDelete
		url       = "callback_url"
	)
	refuses(t, hookmitt.Mixpost(), map[string]refused{
		"a list without a key":          {method: get, path: all, key: "none", status: 401, says: "Unauthenticated."},
		"a deletion without a key":      {method: del, path: one, key: "none", status: 401, says: "Unauthenticated."},
		"no such webhook":               {method: get, path: unknown, status: 404, says: "00000000-0000-4000-8000-000000000000"},
		"an update of no webhook":       {method: put, path: unknown, body: `{}`, status: 404, says: "no webhook"},
		"a deletion of no webhook":      {method: del, path: unknown, status: 404, says: "no webhook"},
		"a test of no webhook":          {method: post, path: unknown + "/test", status: 404, says: "no webhook"},
		"a path that is unknown":        {method: get, path: "/mixpost/api/a/posts", status: 404, says: "nothing at this path"},
		"a path without a workspace":    {method: get, path: "/mixpost/api/webhooks", status: 404, says: "nothing at this path"},
		"a method that no list takes":   {method: put, path: all, status: 405, says: "GET, HEAD, POST", allow: "GET, HEAD, POST"},
		"a method that no webhook has":  {method: http.MethodPatch, path: one, status: 405, says: "PUT, DELETE", allow: "GET, HEAD, PUT, DELETE"},
		"a creation of nothing":         {method: post, path: all, status: 422, field: url, says: "The callback url field is required."},
		"a creation without a URL":      {method: post, path: all, body: `{"events":["*"]}`, status: 422, field: url, says: "The callback url field is required."},
		"a creation without events":     {method: post, path: all, body: `{"callback_url":"http://127.0.0.1/"}`, status: 422, field: "events", says: "The events field is required."},
		"a creation with no events":     {method: post, path: all, body: `{"callback_url":"http://127.0.0.1/","events":[]}`, status: 422, field: "events", says: "The events field is required."},
		"an update to no events":        {method: put, path: one, body: `{"events":[]}`, status: 422, field: "events", says: "The events field is required."},
		"an update to no URL":           {method: put, path: one, body: `{"callback_url":""}`, status: 422, field: url, says: "not an http or https URL"},
		"an event that is unknown":      {method: post, path: all, body: `{"callback_url":"http://127.0.0.1/","events":["post.exploded"]}`, status: 422, field: "events", says: "post.exploded"},
		"an update to an unknown event": {method: put, path: one, body: `{"events":["post.created","post.exploded"]}`, status: 422, field: "events", says: "post.exploded"},
		"a URL of another machine":      {method: post, path: all, body: `{"callback_url":"https://example.com/","events":["*"]}`, status: 422, field: url, says: "not on this machine"},
		"an update to another machine":  {method: put, path: one, body: `{"callback_url":"https://example.com/"}`, status: 422, field: url, says: "not on this machine"},
		"a method that is none":         {method: put, path: one, body: `{"method":"po st"}`, status: 422, field: "method", says: "not an HTTP method"},
		"a content type that is none":   {method: put, path: one, body: `{"content_type":"a\nb"}`, status: 422, field: "content_type", says: "cannot be sent"},
		"fewer attempts than none":      {method: put, path: one, body: `{"max_attempts":-1}`, status: 422, field: "max_attempts", says: "is -1"},
		"JSON that breaks off":          {method: post, path: all, body: `{"events":`, status: 400, says: "JSON"},
		"JSON of another type":          {method: put, path: one, body: `{"max_attempts":"3"}`, status: 400, says: "max_attempts"},
		"a body that is too long":       {method: post, path: all, body: `{"secret":"` + big + `"}`, status: 413, says: "4194304 bytes"},
	}, readMixpostRefusal)
}
