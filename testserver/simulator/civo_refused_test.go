package simulator_test

import (
	"net/http"
	"testing"

	"github.com/hookmitt/hookmitt"
)

// readCivoRefusal reads {code, reason}.
func readCivoRefusal(t *testing.T, answer []byte) (code, field, says string) {
	t.Helper()
	var body struct{ Code, Reason string }
	strictly(t, answer, &body)
	return body.Code, "", body.Reason
}

func TestCivoRefuses(t *testing.T) {
	t.Parallel()
	const (
		all       = "/v2/webhooks"
		one       = all + "/$ID"
		unknown   = all + "/00000000-0000-4000-8000-000000000000"
		good      = `{"events":["*"],"url":"http://127.0.0.1:1/third"}`
		get, post = http.MethodGet, http.MethodPost
		put, del  = http.MethodPut, http.MethodDelete

		key, notFound, conflict = "authentication_invalid_key", "database_webhook_not_found", "database_webhook_would_conflict"
		parameter               = "parameter_invalid"
	)
	refuses(t, hookmitt.Civo(), map[string]refused{
		"a list without a key":          {method: get, path: all, key: "none", status: 401, code: key, says: "Authorization"},
		"a creation without a key":      {method: post, path: all, body: good, key: "none", status: 401, code: key},
		"a deletion without a key":      {method: del, path: one, key: "none", status: 401, code: key},
		"a key that is empty":           {method: get, path: all, key: "bearer  ", status: 401, code: key},
		"a key of another scheme":       {method: get, path: all, key: "Basic dXNlcjpwYXNz", status: 401, code: key},
		"an update of no webhook":       {method: put, path: unknown, body: good, status: 404, code: notFound, says: "00000000-0000-4000-8000-000000000000"},
		"a deletion of no webhook":      {method: del, path: unknown, status: 404, code: notFound},
		"a test of no webhook":          {method: post, path: unknown + "/test", status: 404, code: notFound},
		"a path that is unknown":        {method: get, path: "/v2/instances", status: 404, code: notFound, says: "nothing at this path"},
		"a path with a slash too many":  {method: get, path: all + "/", status: 404, code: notFound, says: "nothing at this path"},
		"a method that no list takes":   {method: put, path: all, status: 405, code: "method_not_allowed", says: "GET, HEAD, POST", allow: "GET, HEAD, POST"},
		"a method that no webhook has":  {method: get, path: one, status: 405, code: "method_not_allowed", says: "PUT, DELETE", allow: "PUT, DELETE"},
		"a method that no test has":     {method: get, path: one + "/test", status: 405, code: "method_not_allowed", allow: "POST"},
		"a creation of nothing":         {method: post, path: all, status: 422, code: parameter, says: "url is missing"},
		"a form of nothing":             {method: post, path: all, form: true, status: 422, code: parameter, says: "url is missing"},
		"a creation without a URL":      {method: post, path: all, body: `{"events":["*"]}`, status: 422, code: parameter, says: "url is missing"},
		"a creation without events":     {method: post, path: all, body: `{"url":"http://127.0.0.1:1/third"}`, status: 422, code: parameter, says: "events is missing"},
		"a form without events":         {method: post, path: all, body: `url=http://127.0.0.1:1/third`, form: true, status: 422, code: parameter, says: "events is missing"},
		"a creation with no events":     {method: post, path: all, body: `{"events":[],"url":"http://127.0.0.1:1/third"}`, status: 422, code: parameter, says: "events is missing"},
		"an event that is unknown":      {method: post, path: all, body: `{"events":["*","instance.exploded"],"url":"http://127.0.0.1:1/third"}`, status: 422, code: parameter, says: "instance.exploded is none"},
		"an event that has no name":     {method: post, path: all, body: `{"events":[""],"url":"http://127.0.0.1:1/third"}`, status: 422, code: parameter, says: "events has an empty name"},
		"an update to an unknown event": {method: put, path: one, body: `{"events":["instance.exploded"]}`, status: 422, code: parameter, says: "instance.exploded is none"},
		"a URL that is none":            {method: post, path: all, body: `{"events":["*"],"url":"third"}`, status: 422, code: parameter, says: "url is not an http or https URL"},
		"a URL of another scheme":       {method: post, path: all, body: `{"events":["*"],"url":"file:///etc/passwd"}`, status: 422, code: parameter, says: "url "},
		"a URL with a password":         {method: post, path: all, body: `{"events":["*"],"url":"http://a:b@127.0.0.1/"}`, status: 422, code: parameter, says: "url holds a user"},
		"a URL of another machine":      {method: post, path: all, body: `{"events":["*"],"url":"https://example.com/"}`, status: 422, code: parameter, says: "example.com, which is not on this machine"},
		"an update to another machine":  {method: put, path: one, body: `{"url":"https://example.com/"}`, status: 422, code: parameter, says: "example.com, which is not on this machine"},
		"a URL that another one has":    {method: post, path: all, body: `{"events":["*"],"url":"http://127.0.0.1:1/first"}`, status: 409, code: conflict, says: "this URL already"},
		"an update to another's URL":    {method: put, path: one, body: `{"url":"http://127.0.0.1:1/second"}`, status: 409, code: conflict, says: "this URL already"},
		"JSON that breaks off":          {method: post, path: all, body: `{"events":["*"`, status: 400, code: parameter, says: "JSON"},
		"JSON that is no object":        {method: post, path: all, body: `["*"]`, status: 400, code: parameter, says: "JSON"},
		"JSON of another type":          {method: put, path: one, body: `{"events":"*"}`, status: 400, code: parameter, says: "events"},
		"JSON with something behind it": {method: post, path: all, body: good + good, status: 400, code: parameter, says: "JSON"},
		"a form that is none":           {method: post, path: all, body: `url=%zz`, form: true, status: 400, code: parameter, says: "form"},
		"a body that is too long":       {method: post, path: all, body: `{"url":"` + big + `"}`, status: 413, code: "request_too_large", says: "4194304 bytes"},
		"a form that is too long":       {method: put, path: one, body: `url=` + big, form: true, status: 413, code: "request_too_large", says: "4194304 bytes"},
	}, readCivoRefusal)
}
