package openapitest_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/gorilla/mux"
	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
)

// providers are those with a management API, and one without.
var providers = map[string]hookmitt.Provider{
	"civo": hookmitt.Civo(), "cdhosting": hookmitt.CDHosting(), "mixpost": hookmitt.Mixpost(), "github": hookmitt.GitHub(),
}

func TestTheDocumentHasTheRoutes(t *testing.T) {
	t.Parallel()
	doc := load(t)
	for name, provider := range providers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Empty(t, differences(doc, name, routes(t, newStand(t, provider))))
		})
	}
}

func TestEveryOperationIsOfSomeProvider(t *testing.T) {
	t.Parallel()
	for _, o := range load(t).operations() {
		_, known := providers[o.tag()]
		require.True(t, known || o.tag() == "control", "%v has the tag %q", o, o.tag())
	}
}

func TestAMissingOrSuperfluousPathIsNoticed(t *testing.T) {
	t.Parallel()
	served := routes(t, newStand(t, hookmitt.Civo()))
	for says, change := range map[string]func(tree object){
		"a path is dropped":   func(tree object) { delete(under(tree, "paths"), "/_sim/v1/clock") },
		"a method is dropped": func(tree object) { delete(under(tree, "paths", "/v2/webhooks/{webhook}"), "delete") },
		"a path is added":     func(tree object) { under(tree, "paths")["/_sim/v1/time"] = under(tree, "paths", "/_sim/v1/clock") },
		"a parameter is called otherwise": func(tree object) {
			paths := under(tree, "paths")
			paths["/_sim/v1/faults/{id}"] = paths["/_sim/v1/faults/{fault}"]
			delete(paths, "/_sim/v1/faults/{fault}")
		},
		"an operation is of another provider": func(tree object) {
			under(tree, "paths", "/v2/webhooks", "get")["tags"] = []any{"mixpost"}
		},
	} {
		t.Run(says, func(t *testing.T) {
			t.Parallel()
			require.NotEmpty(t, differences(load(t, change), "civo", served))
		})
	}
}

// routes are what a simulator serves: GET /healthz. HEAD has to accompany GET, and is left out.
func routes(t *testing.T, s *stand) []string {
	t.Helper()
	var served []string
	require.NoError(t, s.handler.(*mux.Router).Walk(func(route *mux.Route, _ *mux.Router, _ []*mux.Route) error {
		path, err := route.GetPathTemplate()
		if err != nil || path == "/" { // the page, which is for people
			return err
		}
		methods, err := route.GetMethods()
		if err != nil {
			return err
		}
		require.Equal(t, slices.Contains(methods, http.MethodGet), slices.Contains(methods, http.MethodHead), "GET and HEAD of %s", path)
		for _, method := range methods {
			if method != http.MethodHead {
				served = append(served, method+" "+path)
			}
		}
		return nil
	}))
	return served
}

// differences are between what a simulator of a provider serves and what the document says of it.
func differences(doc document, provider string, served []string) (wrong []string) {
	var documented []string
	for _, o := range doc.operations() {
		if tag := o.tag(); tag == "control" || tag == provider {
			documented = append(documented, o.String())
		}
	}
	for _, route := range served {
		if !slices.Contains(documented, route) {
			wrong = append(wrong, fmt.Sprintf("%s is served, and not documented", route))
		}
	}
	for _, o := range documented {
		if !slices.Contains(served, o) {
			wrong = append(wrong, fmt.Sprintf("%s is documented, and not served", o))
		}
	}
	return wrong
}
