package openapitest_test

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"
	v3 "github.com/pb33f/libopenapi/datamodel/high/v3"
	"github.com/stretchr/testify/require"
)

const file = "../openapi.yaml"

// object is a part of the document, as JSON has it.
type object = map[string]any

// document is the description in three forms.
type document struct {
	tree      object
	model     *v3.Document
	validator validator.Validator
}

// load reads the description, after the changes that a test makes to it.
func load(t *testing.T, changes ...func(tree object)) document {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	parsed, err := libopenapi.NewDocument(text)
	require.NoError(t, err)
	text, err = json.Marshal(parsed.GetSpecInfo().SpecJSON)
	require.NoError(t, err)
	var tree object
	require.NoError(t, json.Unmarshal(text, &tree))
	if len(changes) > 0 {
		for _, change := range changes {
			change(tree)
		}
		text, err = json.Marshal(tree)
		require.NoError(t, err)
		parsed, err = libopenapi.NewDocument(text)
		require.NoError(t, err)
	}
	v, errs := validator.NewValidator(parsed)
	require.Empty(t, errs)
	model, errs := parsed.BuildV3Model()
	require.Empty(t, errs)
	return document{tree: tree, model: &model.Model, validator: v}
}

// under is the object that the names lead to. It panics where there is none.
func under(tree object, names ...string) object {
	for _, name := range names {
		tree = tree[name].(object)
	}
	return tree
}

// resolve follows a reference.
func (d document) resolve(node any) object {
	part, _ := node.(object)
	if ref, ok := part["$ref"].(string); ok {
		return under(d.tree, strings.Split(strings.TrimPrefix(ref, "#/"), "/")...)
	}
	return part
}

// operation is one method of one path.
type operation struct {
	method, path string
	node         object
	item         object // the path's
}

// String is the operation as tests call it: GET /healthz.
func (o operation) String() string { return o.method + " " + o.path }

// tag is the operation's, if it has just one.
func (o operation) tag() string {
	tags, _ := o.node["tags"].([]any)
	if len(tags) != 1 {
		return ""
	}
	tag, _ := tags[0].(string)
	return tag
}

// operations are all that the document has, in the order of their paths.
func (d document) operations() []operation {
	var all []operation
	for _, path := range slices.Sorted(maps.Keys(under(d.tree, "paths"))) {
		item := under(d.tree, "paths", path)
		for _, method := range []string{"get", "put", "post", "delete", "options", "head", "patch", "trace"} {
			if node, ok := item[method].(object); ok {
				all = append(all, operation{strings.ToUpper(method), path, node, item})
			}
		}
	}
	return all
}

// statuses are those that an operation documents.
func (o operation) statuses() []string {
	responses, _ := o.node["responses"].(object)
	return slices.Sorted(maps.Keys(responses))
}

// parameters are an operation's and its path's.
func (d document) parameters(o operation) []object {
	var all []object
	for _, node := range []object{o.item, o.node} {
		list, _ := node["parameters"].([]any)
		for _, p := range list {
			all = append(all, d.resolve(p))
		}
	}
	return all
}

// walk visits every part of the document, with the names that lead to it.
func walk(node any, visit func(path []string, node object), path ...string) {
	switch node := node.(type) {
	case object:
		visit(path, node)
		for _, name := range slices.Sorted(maps.Keys(node)) {
			walk(node[name], visit, append(slices.Clone(path), name)...)
		}
	case []any:
		for _, item := range node {
			walk(item, visit, append(slices.Clone(path), "[]")...)
		}
	}
}
