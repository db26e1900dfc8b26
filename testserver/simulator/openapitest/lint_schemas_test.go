package openapitest_test

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/pb33f/libopenapi-validator/config"
	"github.com/pb33f/libopenapi-validator/schema_validation"
	"github.com/pb33f/libopenapi/datamodel/high/base"
)

var schemaRules = map[string]rule{
	"every schema, parameter and answer has a description that is a sentence": {
		check: func(d document) (wrong []string) {
			described := func(where string, node object) {
				text, _ := d.resolve(node)["description"].(string)
				if last := strings.TrimRight(text, "\n"); !strings.HasSuffix(last, ".") && !strings.HasSuffix(last, "|") { // or a table
					wrong = append(wrong, fmt.Sprintf("%s has the description %q", where, text))
				}
			}
			for kind, components := range under(d.tree, "components") {
				for name, node := range components.(object) {
					described(kind+"/"+name, node.(object))
				}
			}
			for _, o := range d.operations() {
				for _, p := range d.parameters(o) {
					described(fmt.Sprintf("%v: parameter %v", o, p["name"]), p)
				}
				for _, status := range o.statuses() {
					described(fmt.Sprintf("%v: %s", o, status), under(o.node, "responses", status))
				}
			}
			return wrong
		},
		breaks: func(tree object) { delete(under(tree, "components", "schemas", "Clock"), "description") },
	},
	"every member has a description, its own or its schema's": {
		check: func(d document) (wrong []string) {
			walk(d.tree["components"], func(path []string, node object) {
				properties, _ := node["properties"].(object)
				for name, property := range properties {
					if d.resolve(property)["description"] == nil && property.(object)["description"] == nil && !narrows(path) {
						wrong = append(wrong, strings.Join(path, "/")+"/"+name)
					}
				}
			})
			return wrong
		},
		breaks: func(tree object) {
			delete(under(tree, "components", "schemas", "Clock", "properties", "mode"), "description")
		},
	},
	"what is required is a member": {
		check: func(d document) (wrong []string) {
			walk(d.tree["components"], func(path []string, node object) {
				required, _ := node["required"].([]any)
				members := d.members(node)
				for _, name := range required {
					if !members[name.(string)] {
						wrong = append(wrong, fmt.Sprintf("%s requires %v, which is no member", strings.Join(path, "/"), name))
					}
				}
			})
			return wrong
		},
		breaks: func(tree object) {
			delete(under(tree, "components", "schemas", "Clock", "properties"), "mode")
		},
	},
	"every example satisfies its schema": {
		check: document.wrongExamples,
		breaks: func(tree object) {
			examples := under(tree, "paths", "/_sim/v1/clock/advance", "post", "requestBody", "content", "application/json", "examples")
			examples["by"] = object{"value": object{"by": "five minutes"}}
		},
	},
}

// narrows reports whether a part says more of members that are described elsewhere.
func narrows(path []string) bool { return len(path) > 1 && path[len(path)-2] == "allOf" }

// members are the names of an object's members, those of the schemas that it is made of among them.
func (d document) members(node object) map[string]bool {
	names := map[string]bool{}
	properties, _ := node["properties"].(object)
	for name := range properties {
		names[name] = true
	}
	parts, _ := node["allOf"].([]any)
	for _, part := range parts {
		for name := range d.members(d.resolve(part)) {
			names[name] = true
		}
	}
	return names
}

func (d document) wrongExamples() (wrong []string) {
	for name, schema := range d.model.Components.Schemas.FromOldest() {
		for i, example := range schema.Schema().Examples {
			var value any
			_ = example.Decode(&value)
			wrong = append(wrong, misfits(fmt.Sprintf("schema %s, example %d", name, i), schema.Schema(), value)...)
		}
	}
	for path, item := range d.model.Paths.PathItems.FromOldest() {
		for method, o := range item.GetOperations().FromOldest() {
			where := strings.ToUpper(method) + " " + path
			if o.RequestBody != nil {
				for mediaType, content := range o.RequestBody.Content.FromOldest() {
					for name, example := range content.Examples.FromOldest() {
						var value any
						_ = example.Value.Decode(&value)
						wrong = append(wrong, misfits(fmt.Sprintf("%s: %s, example %s", where, mediaType, name), content.Schema.Schema(), value)...)
					}
				}
			}
			for status, response := range o.Responses.Codes.FromOldest() {
				for _, content := range response.Content.FromOldest() {
					if content.Example != nil {
						var value any
						_ = content.Example.Decode(&value)
						wrong = append(wrong, misfits(fmt.Sprintf("%s: example of %s", where, status), content.Schema.Schema(), value)...)
					}
				}
			}
		}
	}
	return wrong
}

var formats = schema_validation.NewSchemaValidator(config.WithFormatAssertions())

// misfits is how a value does not satisfy a schema, formats counted.
func misfits(what string, schema *base.Schema, value any) (wrong []string) {
	text, err := json.Marshal(value)
	if err != nil {
		return []string{fmt.Sprintf("%s: %v", what, err)}
	}
	valid, errs := formats.ValidateSchemaBytes(schema, text)
	for _, err := range errs {
		for _, violation := range err.SchemaValidationErrors {
			wrong = append(wrong, fmt.Sprintf("%s: %s: %s", what, violation.Location, violation.Reason))
		}
	}
	if !valid && len(wrong) == 0 {
		wrong = append(wrong, what+" does not satisfy its schema")
	}
	return wrong
}
