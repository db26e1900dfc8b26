package browsertest_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// errNoBrowser says that the machine has none.
var errNoBrowser = errors.New("there is no chromium on the PATH: make setup installs it on Debian and Ubuntu")

// closeBrowser ends the browser that startBrowser has started.
var closeBrowser = func() {}

// startBrowser starts the one browser of all tests. Each test has profiles of its own in it.
var startBrowser = sync.OnceValues(func() (context.Context, error) {
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		return nil, errNoBrowser
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path))
	if os.Geteuid() == 0 {
		opts = append(opts, chromedp.NoSandbox)
	}
	all, cancel := chromedp.NewExecAllocator(context.Background(), opts...)
	ctx, closeTab := chromedp.NewContext(all, chromedp.WithErrorf(unlessUnknown), chromedp.WithLogf(func(string, ...any) {}))
	closeBrowser = func() { closeTab(); cancel() }
	if err := chromedp.Run(ctx); err != nil {
		return nil, fmt.Errorf("%s does not start: %w", path, err)
	}
	return ctx, nil
})

// unlessUnknown logs an error, unless the browser is newer than the library and tells of something it does not know.
func unlessUnknown(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !strings.Contains(text, "could not unmarshal event") && !strings.Contains(text, "unhandled") {
		log.Print(text)
	}
}

// browser is the browser of all tests.
func browser(t *testing.T) context.Context {
	t.Helper()
	ctx, err := startBrowser()
	if errors.Is(err, errNoBrowser) {
		missing(t, err.Error())
	}
	require.NoError(t, err)
	return ctx
}

// missing skips a test that wants what the machine has not. In CI that is a failure.
func missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		require.FailNow(t, what)
	}
	t.Skip(what)
}

func TestMain(m *testing.M) {
	code := m.Run()
	closeBrowser()
	os.Exit(code)
}
