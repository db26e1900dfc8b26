package hookmitt_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/hookmitt/hookmitt"

// layers is who may import whom, of what is not a test. "file: module" lets one file import a module, "*.go: module"
// every file of the package; what is not listed may import the standard library alone. A new edge is a decision: change
// the table with the reason in the commit, not to fix a build.
var layers = map[string][]string{
	"verify":                  {},
	"dedupe":                  {"dedupe/internal/bounded"},
	"dedupe/internal/bounded": {},
	"dedupe/redisstore":       {"dedupe", "dedupe/internal/bounded", "*.go: github.com/redis/go-redis/v9"},
	"dedupe/sqlstore":         {"dedupe", "dedupe/internal/bounded"},
	"events":                  {"validate.go: github.com/go-playground/validator/v10", "strict.go: github.com/go-json-experiment/json"},
	".":                       {"verify", "events"},
	"middleware":              {".", "verify", "events", "dedupe"},
	"testserver":              {".", "verify", "events", "internal/pipe"},
	"testserver/simulator":    {"testserver", ".", "verify", "events", "handler.go: github.com/gorilla/mux"},
	"dedupe/dedupetest":       {"dedupe"},
	"testserver/conform":      {".", "verify", "events", "internal/pipe"},
	"testserver/providertest": {"testserver", ".", "verify", "events"},
	"internal/needtest":       {},
	"internal/pipe":           {},
	"internal/redistest":      {"internal/needtest"},
	"internal/soaktest":       {"testserver", "middleware", "dedupe", ".", "verify", "events"},
	"examples/civo":           {"*"},
	"examples/integration":    {"*"},
	"examples/quickstart":     {"*"},
	"examples/production":     {"*"},
	"examples/many":           {"*"},
	"examples/customprovider": {"*"},
	"examples/tenants":        {"*"},
	"examples/email":          {"*"},
	"examples/sidecar":        {"*"},
}

func TestImportsFollowTheLayers(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && path != "." && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "testdata" || isOther(path)):
			return filepath.SkipDir
		case entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		dir := filepath.ToSlash(filepath.Dir(path))
		allowed, ok := layers[dir]
		require.True(t, ok, "%s: the package is not in the table", path)
		seen[dir] = true
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range file.Imports {
			name, _ := strconv.Unquote(spec.Path.Value)
			require.True(t, allows(allowed, filepath.Base(path), name), "%s must not import %s", path, name)
		}
		return nil
	})
	require.NoError(t, err)
	for dir := range layers {
		require.True(t, seen[dir], "%s is in the table, and is no package", dir)
	}
}

// isOther reports whether a directory is a module of its own, whose imports are its own business unless it is in the table.
func isOther(dir string) bool {
	if _, ok := layers[filepath.ToSlash(dir)]; ok {
		return false
	}
	_, err := os.Stat(filepath.Join(dir, "go.mod"))
	return err == nil
}

// allows reports whether a file of a package with these edges may import a package.
func allows(edges []string, file, name string) bool {
	first, _, _ := strings.Cut(name, "/")
	if !strings.Contains(first, ".") || slices.Contains(edges, "*") {
		return true // the standard library
	}
	if name == module {
		return slices.Contains(edges, ".")
	}
	if own, ok := strings.CutPrefix(name, module+"/"); ok {
		return slices.Contains(edges, own)
	}
	return slices.ContainsFunc(edges, func(edge string) bool {
		in, prefix, ok := strings.Cut(edge, ": ")
		return ok && (in == file || in == "*.go") && (name == prefix || strings.HasPrefix(name, prefix+"/"))
	})
}

func TestTheLayersCanBeBroken(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		dir, file, imports string
		want               bool
	}{
		"a leaf imports the standard library":        {"verify", "hmac.go", "crypto/hmac", true},
		"a leaf imports another leaf":                {"verify", "hmac.go", module + "/events", false},
		"a leaf imports the waist":                   {"events", "json.go", module, false},
		"the waist imports a leaf":                   {".", "provider.go", module + "/verify", true},
		"the waist imports a top":                    {".", "provider.go", module + "/middleware", false},
		"one top imports the other":                  {"middleware", "receiver.go", module + "/testserver", false},
		"the validator in its file":                  {"events", "validate.go", "github.com/go-playground/validator/v10", true},
		"the validator in another file":              {"events", "router.go", "github.com/go-playground/validator/v10", false},
		"the parser's sub-package in its file":       {"events", "strict.go", "github.com/go-json-experiment/json/jsontext", true},
		"a module whose name only begins like one's": {"events", "strict.go", "github.com/go-json-experiment/jsonx", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, allows(layers[c.dir], c.file, c.imports))
		})
	}
}
