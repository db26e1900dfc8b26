package openapitest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheDocumentIsOpenAPI31(t *testing.T) {
	t.Parallel()
	doc := load(t)
	require.Equal(t, "3.1.0", doc.tree["openapi"])
	valid, errs := doc.validator.ValidateDocument()
	for _, err := range errs {
		for _, violation := range err.SchemaValidationErrors {
			t.Errorf("%s: %s", violation.Location, violation.Reason)
		}
	}
	require.True(t, valid)
}

// rule is something that the document keeps.
type rule struct {
	check  func(document) []string // what is wrong
	breaks func(tree object)       // a change that the check complains of
}

func TestTheDocumentKeepsTheRules(t *testing.T) {
	t.Parallel()
	for says, rule := range rules() {
		t.Run(says, func(t *testing.T) {
			t.Parallel()
			require.Empty(t, rule.check(load(t)))
			require.NotEmpty(t, rule.check(load(t, rule.breaks)), "the check does not notice a document that breaks the rule")
		})
	}
}

func rules() map[string]rule {
	all := map[string]rule{}
	for _, some := range []map[string]rule{operationRules, nameRules, schemaRules} {
		for says, r := range some {
			all[says] = r
		}
	}
	return all
}

// unrefused are the operations that take input and refuse none of it.
var unrefused = map[string]string{
	"getEffect":     "an event that nobody knows has no effects",
	"streamChanges": "an id that nobody knows is answered by the event missed",
}

var operationRules = map[string]rule{
	"every operation has an id of its own": {
		check: func(d document) (wrong []string) {
			seen := map[string]bool{}
			for _, o := range d.operations() {
				id, _ := o.node["operationId"].(string)
				switch {
				case id == "":
					wrong = append(wrong, fmt.Sprintf("%v has no operationId", o))
				case seen[id]:
					wrong = append(wrong, fmt.Sprintf("%v has operationId %s, as another has", o, id))
				}
				seen[id] = true
			}
			return wrong
		},
		breaks: func(tree object) { under(tree, "paths", "/_sim/v1/state", "get")["operationId"] = "getClock" },
	},
	"every operation has a summary without a full stop": {
		check: func(d document) (wrong []string) {
			for _, o := range d.operations() {
				if summary, _ := o.node["summary"].(string); summary == "" || strings.HasSuffix(summary, ".") {
					wrong = append(wrong, fmt.Sprintf("%v has the summary %q", o, summary))
				}
			}
			return wrong
		},
		breaks: func(tree object) { delete(under(tree, "paths", "/healthz", "get"), "summary") },
	},
	"every operation has one tag, which is declared and described": {
		check: func(d document) (wrong []string) {
			declared := map[string]bool{}
			for _, tag := range d.tree["tags"].([]any) {
				text, _ := tag.(object)["description"].(string)
				declared[tag.(object)["name"].(string)] = text != ""
			}
			for _, o := range d.operations() {
				if !declared[o.tag()] {
					wrong = append(wrong, fmt.Sprintf("%v: the tag %q is not declared and described", o, o.tag()))
				}
			}
			return wrong
		},
		breaks: func(tree object) { under(tree, "paths", "/healthz", "get")["tags"] = []any{"health"} },
	},
	"the providers' operations take a key, and no others": {
		check: func(d document) (wrong []string) {
			for _, o := range d.operations() {
				security, ok := o.node["security"].([]any)
				if !ok || (len(security) > 0) == (o.tag() == "control") {
					wrong = append(wrong, fmt.Sprintf("%v has the tag %s and the security %v", o, o.tag(), o.node["security"]))
				}
			}
			return wrong
		},
		breaks: func(tree object) { under(tree, "paths", "/v2/webhooks", "get")["security"] = []any{} },
	},
	"what takes input says how it refuses it": {
		check: func(d document) (wrong []string) {
			for _, o := range d.operations() {
				id, _ := o.node["operationId"].(string)
				refuses := strings.Contains(" "+strings.Join(o.statuses(), " "), " 4")
				takes := o.node["requestBody"] != nil || len(d.parameters(o)) > 0
				if _, except := unrefused[id]; takes && !refuses && !except {
					wrong = append(wrong, fmt.Sprintf("%v takes input, and has no answer with a status of 4xx", o))
				}
			}
			return wrong
		},
		breaks: func(tree object) {
			delete(under(tree, "paths", "/_sim/v1/deliveries", "get", "responses"), "422")
		},
	},
	"a path's parameters are declared and required, and no others": {
		check: func(d document) (wrong []string) {
			for _, o := range d.operations() {
				inPath := map[string]bool{}
				for _, p := range d.parameters(o) {
					if p["in"] == "path" {
						name := p["name"].(string)
						inPath[name] = true
						if p["required"] != true || !strings.Contains(o.path, "{"+name+"}") {
							wrong = append(wrong, fmt.Sprintf("%v: the parameter %s is not required, or not in the path", o, name))
						}
					}
				}
				for _, segment := range strings.Split(o.path, "/") {
					if name, ok := strings.CutPrefix(segment, "{"); ok && !inPath[strings.TrimSuffix(name, "}")] {
						wrong = append(wrong, fmt.Sprintf("%v: %s is not declared", o, segment))
					}
				}
			}
			return wrong
		},
		breaks: func(tree object) { delete(under(tree, "paths", "/_sim/v1/faults/{fault}"), "parameters") },
	},
	"every request body in JSON has an example": {
		check: func(d document) (wrong []string) {
			for _, o := range d.operations() {
				body, ok := o.node["requestBody"].(object)
				if !ok {
					continue
				}
				if examples, _ := under(body, "content", "application/json")["examples"].(object); len(examples) == 0 {
					wrong = append(wrong, fmt.Sprintf("%v: the request body has no example", o))
				}
			}
			return wrong
		},
		breaks: func(tree object) {
			delete(under(tree, "paths", "/_sim/v1/faults", "post", "requestBody", "content", "application/json"), "examples")
		},
	},
}
