package openapitest_test

import "github.com/hookmitt/hookmitt"

// managementStories are the providers' own APIs.
var managementStories = []story{
	{says: "webhooks by Civo's API", provider: hookmitt.Civo(), steps: []step{
		{says: "no webhooks", call: "GET /v2/webhooks", want: 200},
		{says: "the events", call: "GET /v2/webhooks/events", want: 200},
		{says: "a webhook", call: "POST /v2/webhooks", body: `{"url": "http://receiver.test/200", "events": ["*"], "name": "ignored"}`, want: 200},
		{says: "a webhook by a form", call: "POST /v2/webhooks", as: form, body: "url=http://receiver.test/500&events.0=instance.created&secret=abc", want: 200, keep: "webhook"},
		{says: "a form that is none", call: "POST /v2/webhooks", as: form, body: "url=%zz", want: 400},
		{says: "a webhook without a URL", call: "POST /v2/webhooks", body: `{"events": ["*"]}`, want: 422},
		{says: "a webhook without events", call: "POST /v2/webhooks", body: `{"url": "http://receiver.test/201", "events": []}`, want: 422},
		{says: "a webhook for an event that is not there", call: "POST /v2/webhooks", body: `{"url": "http://receiver.test/201", "events": ["no.such"]}`, want: 422},
		{says: "a webhook with the URL of another", call: "POST /v2/webhooks", body: `{"url": "http://receiver.test/200", "events": ["*"]}`, want: 409},
		{says: "a webhook is saved as it is", call: "PUT /v2/webhooks/{webhook}", want: 200},
		{says: "a webhook is changed", call: "PUT /v2/webhooks/{webhook}", body: `{"secret": "def"}`, want: 200},
		{says: "a webhook gets the URL of another", call: "PUT /v2/webhooks/{webhook}", body: `{"url": "http://receiver.test/200"}`, want: 409},
		{says: "a webhook gets what is no URL", call: "PUT /v2/webhooks/{webhook}", body: `{"url": "here"}`, want: 422},
		{says: "the test event, which fails", call: "POST /v2/webhooks/{webhook}/test", want: 200},
		{says: "an event, which fails", call: "POST /_sim/v1/events", body: `{"type": "instance.created"}`, want: 200},
		{says: "every attempt fails", call: "POST /_sim/v1/clock/advance", body: `{"drain": true}`, want: 200},
		{says: "all webhooks, one of them disabled", call: "GET /v2/webhooks", want: 200},
		{says: "a webhook goes", call: "DELETE /v2/webhooks/{webhook}", want: 202},
	}},
	{says: "webhooks by CDHosting's API", provider: hookmitt.CDHosting(), refusals: true, steps: []step{
		{says: "no webhooks", call: "GET /v1/webhooks", want: 200},
		{
			says: "a webhook", call: "POST /v1/webhooks", want: 201, keep: "webhook",
			body: `{"url": "http://receiver.test/500", "events": ["server.started"], "secret": "abc", "name": "ignored"}`,
		},
		{says: "a webhook without a secret", call: "POST /v1/webhooks", body: `{"url": "http://receiver.test/500", "events": ["*"]}`, want: 422},
		{says: "one webhook", call: "GET /v1/webhooks/{webhook}", want: 200},
		{says: "a webhook is changed", call: "PATCH /v1/webhooks/{webhook}", body: `{"events": ["*"], "secret": "def"}`, want: 200},
		{says: "a webhook gets an event that is not there", call: "PATCH /v1/webhooks/{webhook}", body: `{"events": ["no.such"]}`, want: 422},
		{says: "the test event", call: "POST /v1/webhooks/{webhook}/test", want: 202},
		{says: "an event, which fails", call: "POST /_sim/v1/events", body: `{"type": "server.started"}`, want: 200, keep: "delivery"},
		{says: "every attempt fails", call: "POST /_sim/v1/clock/advance", body: `{"drain": true}`, want: 200},
		{says: "all webhooks, one of them disabled", call: "GET /v1/webhooks", want: 200},
		{says: "a fault, for what is refused", call: "POST /_sim/v1/faults", body: `"twice"`, want: 201, keep: "fault"},
		{says: "a webhook goes", call: "DELETE /v1/webhooks/{webhook}", want: 204},
		{
			says: "a webhook, for what is refused", call: "POST /v1/webhooks", want: 201, keep: "webhook",
			body: `{"url": "http://receiver.test/500", "events": ["*"], "secret": "abc"}`,
		},
	}},
	{says: "webhooks by Mixpost's API", provider: hookmitt.Mixpost(), refusals: true, steps: []step{
		{says: "no webhooks", call: "GET /mixpost/api/{workspace}/webhooks", want: 200},
		{says: "the events", call: "GET /mixpost/api/{workspace}/webhooks/events", want: 200},
		{says: "a webhook without a secret", call: "POST /mixpost/api/{workspace}/webhooks", body: `{"callback_url": "http://receiver.test/200", "events": ["*"]}`, want: 201},
		{
			says: "a webhook with all that there is", call: "POST /mixpost/api/{workspace}/webhooks", want: 201, keep: "webhook",
			body: `{"name": "posts", "callback_url": "http://receiver.test/500", "method": "post", "content_type": "application/json", "max_attempts": 5,
				"active": true, "events": ["post.published"], "secret": "abc"}`,
		},
		{says: "a webhook without events", call: "POST /mixpost/api/{workspace}/webhooks", body: `{"callback_url": "http://receiver.test/200"}`, want: 422},
		{says: "a webhook without a URL", call: "POST /mixpost/api/{workspace}/webhooks", want: 422},
		{says: "all webhooks", call: "GET /mixpost/api/{workspace}/webhooks", want: 200},
		{says: "one webhook", call: "GET /mixpost/api/{workspace}/webhooks/{webhook}", want: 200},
		{says: "a webhook is changed", call: "PUT /mixpost/api/{workspace}/webhooks/{webhook}", body: `{"active": false}`, want: 200},
		{says: "a webhook gets no events", call: "PUT /mixpost/api/{workspace}/webhooks/{webhook}", body: `{"events": []}`, want: 422},
		{says: "the test event", call: "POST /mixpost/api/{workspace}/webhooks/{webhook}/test", want: 200},
		{says: "an event whose id is made of its body", call: "POST /_sim/v1/events", body: `{"type": "post.published"}`, want: 200, keep: "delivery"},
		{says: "a fault, for what is refused", call: "POST /_sim/v1/faults", body: `"twice"`, want: 201, keep: "fault"},
		{says: "a webhook goes", call: "DELETE /mixpost/api/{workspace}/webhooks/{webhook}", want: 204},
		{
			says: "a webhook, for what is refused", call: "POST /mixpost/api/{workspace}/webhooks", want: 201, keep: "webhook",
			body: `{"callback_url": "http://receiver.test/200", "events": ["*"]}`,
		},
	}},
}
