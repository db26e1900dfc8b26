package openapitest_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

var (
	pathSegment = regexp.MustCompile(`^([a-z0-9_.-]+|\{[a-z_]+\})$`)
	camelCase   = regexp.MustCompile(`^[a-z][A-Za-z0-9]*$`)
	pascalCase  = regexp.MustCompile(`^[A-Z][A-Za-z0-9]*$`)
	snakeCase   = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
)

var nameRules = map[string]rule{
	"paths are in small letters, and end in no slash": {
		check: func(d document) (wrong []string) {
			for path := range under(d.tree, "paths") {
				for segment := range strings.SplitSeq(strings.TrimPrefix(path, "/"), "/") {
					if !pathSegment.MatchString(segment) {
						wrong = append(wrong, fmt.Sprintf("%s: the segment %q", path, segment))
					}
				}
			}
			return wrong
		},
		breaks: func(tree object) { under(tree, "paths")["/_sim/v1/state/"] = under(tree, "paths", "/_sim/v1/state") },
	},
	"operations are named likeThis": {
		check: func(d document) (wrong []string) {
			for _, o := range d.operations() {
				if id, _ := o.node["operationId"].(string); !camelCase.MatchString(id) {
					wrong = append(wrong, fmt.Sprintf("%v: %s", o, id))
				}
			}
			return wrong
		},
		breaks: func(tree object) { under(tree, "paths", "/healthz", "get")["operationId"] = "get_health" },
	},
	"components are named LikeThis": {
		check: func(d document) (wrong []string) {
			for kind, components := range under(d.tree, "components") {
				for name := range components.(object) {
					if kind != "securitySchemes" && !pascalCase.MatchString(name) {
						wrong = append(wrong, kind+"/"+name)
					}
				}
			}
			return wrong
		},
		breaks: func(tree object) { under(tree, "components", "schemas")["clock_view"] = object{"type": "object"} },
	},
	"members are named like_this": {
		check: func(d document) (wrong []string) {
			walk(d.tree["components"], func(path []string, node object) {
				properties, _ := node["properties"].(object)
				for name := range properties {
					if !snakeCase.MatchString(name) {
						wrong = append(wrong, strings.Join(path, "/")+"/"+name)
					}
				}
			})
			return wrong
		},
		breaks: func(tree object) { under(tree, "components", "schemas", "Clock", "properties")["nextDue"] = object{} },
	},
	"every reference leads somewhere, and every component is used": {
		check: func(d document) (wrong []string) {
			used := map[string]bool{}
			walk(d.tree, func(path []string, node object) {
				if ref, ok := node["$ref"].(string); ok {
					used[ref] = true
				}
				security, _ := node["security"].([]any)
				for _, alternative := range security {
					for name := range alternative.(object) {
						used["#/components/securitySchemes/"+name] = true
					}
				}
			})
			for kind, components := range under(d.tree, "components") {
				for name := range components.(object) {
					ref := "#/components/" + kind + "/" + name
					if !used[ref] {
						wrong = append(wrong, ref+" is not used")
					}
					delete(used, ref)
				}
			}
			for _, ref := range slices.Sorted(maps.Keys(used)) {
				wrong = append(wrong, ref+" is not there")
			}
			return wrong
		},
		breaks: func(tree object) {
			under(tree, "components", "schemas")["Forgotten"] = object{"type": "object", "description": "Left over."}
		},
	},
}
