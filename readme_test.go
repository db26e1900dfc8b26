package hookmitt_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/middleware"

	"github.com/hookmitt/hookmitt/internal/needtest"
)

// block returns the README's first code block of a language that holds a text.
func block(t *testing.T, language, holds string) string {
	t.Helper()
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	for _, m := range regexp.MustCompile("(?s)```(\\w+)\n(.*?)```").FindAllStringSubmatch(string(readme), -1) {
		if m[1] == language && strings.Contains(m[2], holds) {
			return m[2]
		}
	}
	t.Fatalf("the README has no %s block with %q", language, holds)
	return ""
}

// goCommand runs the go command in the repository's workspace, whatever these tests run by.
func goCommand(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Env = append(os.Environ(), "GOWORK=")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	return string(out)
}

// build makes a program of an example and returns its path.
func build(t *testing.T, example string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "program")
	goCommand(t, "build", "-o", path, "./examples/"+example)
	return path
}

func TestReadmeTenLinesAreTheExample(t *testing.T) {
	t.Parallel()
	example, err := os.ReadFile("examples/civo/main.go")
	require.NoError(t, err)
	lines := strings.ReplaceAll("\n"+strings.TrimSuffix(block(t, "go", "hookmitt.Civo()"), "\n"), "\n", "\n\t")
	require.Contains(t, string(example), strings.ReplaceAll(lines, "\n\t\n", "\n\n"))
}

func TestReadmeQuickstartPrintsItsTranscript(t *testing.T) {
	t.Parallel()
	_, want, _ := strings.Cut(block(t, "console", "go run ./examples/quickstart\n"), "\n")
	out, err := exec.CommandContext(t.Context(), build(t, "quickstart")).Output()
	require.NoError(t, err)
	require.Equal(t, want, string(out))
}

func TestReadmeOpensslAndCurlGetWhatItSays(t *testing.T) {
	t.Parallel()
	needtest.Programs(t, "sh", "openssl", "curl")
	receiver := exec.CommandContext(t.Context(), build(t, "civo"), "-addr", "127.0.0.1:0")
	receiver.Env = append(os.Environ(), "CIVO_WEBHOOK_SECRET=test-secret")
	log, err := receiver.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, receiver.Start())
	t.Cleanup(func() {
		_ = receiver.Process.Kill()
		_ = receiver.Wait()
	})
	url := ""
	for lines := bufio.NewScanner(log); url == "" && lines.Scan(); {
		_, url, _ = strings.Cut(lines.Text(), "receiving at ")
	}
	require.NotEmpty(t, url, "the example did not say where it receives")
	go func() { // it logs on; a full pipe would stop it
		for lines := bufio.NewScanner(log); lines.Scan(); {
		}
	}()

	script := block(t, "sh", "openssl")
	want := regexp.MustCompile(`# (\d{3})`).FindAllStringSubmatch(script, -1)
	require.Len(t, want, 6)
	script = regexp.MustCompile(`(?m)^URL=.*$`).ReplaceAllLiteralString(script, "URL="+url)
	out, err := exec.CommandContext(t.Context(), "sh", "-eu", "-c", script).CombinedOutput()
	require.NoError(t, err, string(out))
	got := strings.Fields(string(out))
	require.Len(t, got, len(want), string(out))
	for i := range want {
		require.Equal(t, want[i][1], got[i], "request %d", i+1)
	}
}

func TestReadmeListsEveryOutcome(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	for o := middleware.Accepted; o <= middleware.Unavailable; o++ {
		row := regexp.MustCompile(fmt.Sprintf(`(?m)^\| %s \|[^|]*\| %d[^|]*\|`, regexp.QuoteMeta(o.String()), o.Status()))
		require.True(t, row.Match(readme), "%v is answered %d, and the README has no such row", o, o.Status())
	}
	require.Equal(t, "Outcome(17)", (middleware.Unavailable + 1).String(), "an outcome was added: it needs a row above")
}

// inModule runs the go command on a test file that is inside the module, but in none of its packages.
func inModule(t *testing.T, program string, args ...string) string {
	t.Helper()
	dir, err := os.MkdirTemp("testdata", "readme-")
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	require.NoError(t, os.WriteFile(filepath.Join(dir, "readme_test.go"), []byte(program), 0o600))
	return goCommand(t, append(args, "./"+dir)...)
}

func TestReadmeProductionCompiles(t *testing.T) {
	t.Parallel()
	inModule(t, `package production

import (
	"context"
	"errors"
	"net/http"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/middleware"
	"github.com/hookmitt/hookmitt/verify"
)

func production(ctx context.Context, server *http.Server, current, next string, park func(context.Context, events.Event, error) error) error {
`+block(t, "go", "ring.Rotate")+`	return err
}
`, "vet")
}

func TestReadmeExplainsWhatItSays(t *testing.T) {
	t.Parallel()
	call := block(t, "go", "verify.Explain")
	out := inModule(t, `package explain

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/verify"
)

func TestExplain(t *testing.T) {
	secrets, header, body := []verify.Secret{verify.NewSecret("test-secret")}, http.Header{}, []byte("{}")
	_ = hookmitt.Civo().Scheme.Sign(secrets[0], header, body, time.Now())
	body = append(body, '\n')
`+call+`}
`, "test", "-v")
	for _, line := range regexp.MustCompile(`(?m)^// (.*)$`).FindAllStringSubmatch(call, -1) {
		require.Contains(t, out, line[1])
	}
}

func TestReadmeRedisCompiles(t *testing.T) {
	t.Parallel()
	inModule(t, `package several

import (
	"context"
	"errors"
	"log"

	"github.com/redis/go-redis/v9"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/dedupe/redisstore"
	"github.com/hookmitt/hookmitt/middleware"
	"github.com/hookmitt/hookmitt/verify"
)

func several(ctx context.Context, addr string, ring *verify.Keyring) (*middleware.Receiver, error) {
`+block(t, "go", "redisstore.New")+`	return receiver, errors.Join(err, client.Ping(ctx).Err())
}
`, "vet")
}

func TestReadmeTransactionCompiles(t *testing.T) {
	t.Parallel()
	inModule(t, `package transaction

import (
	"context"
	"database/sql"
	"errors"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/dedupe/sqlstore"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/middleware"
	"github.com/hookmitt/hookmitt/verify"
)

func transaction(ctx context.Context, ring *verify.Keyring, router *events.Router) (*middleware.Receiver, error) {
`+block(t, "go", "sqlstore.New")+`	return receiver, errors.Join(err, ctx.Err())
}
`, "vet")
}

// A workspace takes the newest version of what any of its modules requires: it must not be newer than what the main
// module says, or the tests would run with other packages than users have.
func TestTheWorkspaceChoosesNoVersions(t *testing.T) {
	t.Parallel()
	required := regexp.MustCompile(`(?m)^\s(\S+) (v\S+)`)
	file, err := os.ReadFile("go.mod")
	require.NoError(t, err)
	chosen := goCommand(t, "list", "-m", "all")
	for _, one := range required.FindAllStringSubmatch(string(file), -1) {
		require.Contains(t, chosen, "\n"+one[1]+" "+one[2]+"\n")
	}
}

func TestReadmeManualClockCompiles(t *testing.T) {
	t.Parallel()
	inModule(t, `package manual

import (
	"context"
	"errors"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/testserver"
	"github.com/hookmitt/hookmitt/verify"
)

func manual(ctx context.Context, secret verify.Secret, event events.Event) error {
`+block(t, "go", "testserver.Manual()")+`	return errors.Join(err, delivery.Err(), errors.New(passed.String()))
}
`, "vet")
}

func TestReadmeLadderCompilesAndRuns(t *testing.T) {
	t.Parallel()
	program := `package ladder

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/middleware"
	"github.com/hookmitt/hookmitt/testserver"
	"github.com/hookmitt/hookmitt/verify"
)

var runs int

var yourHandler = events.HandlerFunc(func(context.Context, events.Event) error {
	if runs++; runs < 6 {
		return errors.New("down")
	}
	return nil
})

` + block(t, "go", "func TestLadder")
	promised := regexp.MustCompile(`// (0s 500.*)`).FindStringSubmatch(program)
	require.Contains(t, inModule(t, program, "test", "-v"), promised[1])
}

func TestReadmeConformanceCompiles(t *testing.T) {
	t.Parallel()
	inModule(t, `package conformance

import (
	"net/http"
	"testing"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/testserver/conform"
	"github.com/hookmitt/hookmitt/verify"
)

var secret verify.Secret

func yourRoutes() http.Handler { return nil }

`+block(t, "go", "conform.Run(t,"), "vet")
}
