package browsertest_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
)

var screenshots = flag.String("screenshots", "", "directory for pictures of the page (default: the test's artifacts)")

func TestScreenshots(t *testing.T) {
	t.Parallel()
	dir := *screenshots
	if dir == "" {
		dir = t.ArtifactDir()
	}
	require.NoError(t, os.MkdirAll(dir, 0o755))
	empty := newStand(t, hookmitt.Civo(), "")
	s, views := lived(t)
	shoot := func(tb *tab, name string) {
		for _, width := range widths {
			for _, theme := range themes {
				var picture []byte
				tb.do(size(width), prefers("prefers-color-scheme", theme), chromedp.FullScreenshot(&picture, 100))
				file := fmt.Sprintf("%s-%s-%d.png", strings.ReplaceAll(name, " ", "-"), theme, width)
				require.NoError(t, os.WriteFile(filepath.Join(dir, file), picture, 0o600))
			}
		}
	}
	shoot(open(t, empty.page), "empty")
	tb := open(t, s.page)
	for _, what := range []string{"the list", "a disabled webhook", "an exhausted delivery", "an attempt with a wrong signature"} {
		tb.goTo(views[what])
		shoot(tb, what)
	}
}
