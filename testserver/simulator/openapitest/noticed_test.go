package openapitest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
)

func TestAnAnswerThatIsNotAsDocumentedIsNoticed(t *testing.T) {
	t.Parallel()
	doc, s := load(t), newStand(t, hookmitt.Civo())
	clock := step{says: "the clock", call: "GET /_sim/v1/clock"}
	nowhere := step{says: "no webhook", call: "GET /_sim/v1/webhooks/{webhook}", with: none("webhook")}
	health := step{says: "health", call: "GET /healthz"}
	for says, test := range map[string]struct {
		step   step
		change func(tree object)
	}{
		"a path is dropped":   {clock, func(tree object) { delete(under(tree, "paths"), "/_sim/v1/clock") }},
		"a method is dropped": {clock, func(tree object) { delete(under(tree, "paths", "/_sim/v1/clock"), "get") }},
		"a status is dropped": {nowhere, func(tree object) {
			delete(under(tree, "paths", "/_sim/v1/webhooks/{webhook}", "get", "responses"), "404")
		}},
		"a member is called otherwise": {clock, func(tree object) {
			properties := under(tree, "components", "schemas", "Clock", "properties")
			properties["time"] = properties["now"]
			delete(properties, "now")
		}},
		"a member is of another type": {clock, func(tree object) {
			under(tree, "components", "schemas", "Clock", "properties", "mode")["type"] = "integer"
		}},
		"a member that can be null may not be": {clock, func(tree object) {
			under(tree, "components", "schemas", "Clock", "properties", "next")["type"] = "string"
		}},
		"a member has another format": {clock, func(tree object) {
			under(tree, "components", "schemas", "Clock", "properties", "now")["format"] = "date"
		}},
		"another member is required": {nowhere, func(tree object) {
			under(tree, "components", "schemas", "Problem")["required"] = []any{"title", "field"}
		}},
		"an answer has another type": {nowhere, func(tree object) {
			content := under(tree, "components", "responses", "NotFound", "content")
			content["application/json"] = content["application/problem+json"]
			delete(content, "application/problem+json")
		}},
		"an answer has no body": {health, func(tree object) {
			delete(under(tree, "paths", "/healthz", "get", "responses", "200"), "content")
		}},
		"a text is another": {health, func(tree object) {
			under(tree, "paths", "/healthz", "get", "responses", "200", "content", "text/plain", "schema")["const"] = "fine\n"
		}},
	} {
		t.Run(says, func(t *testing.T) {
			t.Parallel()
			answer, path := s.do(t, test.step)
			r, _ := s.request(t, test.step)
			require.Empty(t, doc.refusals(r, path, answer))
			require.NotEmpty(t, load(t, test.change).refusals(r, path, answer))
		})
	}
}

func TestAnAnswerThatIsNeverGivenIsNoticed(t *testing.T) {
	t.Parallel()
	seen := produced{}
	for _, o := range load(t).operations() {
		for _, status := range o.statuses() {
			seen[o.String()+" "+status] = true
		}
	}
	require.Empty(t, seen.missing(load(t)))
	require.Equal(t, []string{"GET /_sim/v1/clock 404"}, seen.missing(load(t, func(tree object) {
		under(tree, "paths", "/_sim/v1/clock", "get", "responses")["404"] = object{"description": "There is no clock."}
	})))
}
