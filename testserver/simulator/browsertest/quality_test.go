package browsertest_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
)

// axeSum is the SHA-256 of axe.min.js of axe-core 4.10.3; the Makefile has it, too.
const axeSum = "880970c081707360e64f34cea25ff91892f5bc95675b0776925b9709dd8a68bb"

// axe is the source of axe-core, which finds what keeps people from using a page.
func axe(t *testing.T) string {
	t.Helper()
	path := filepath.Join("..", "..", "..", ".bin", "axe.min.js")
	source, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		missing(t, "there is no .bin/axe.min.js: make browsertest fetches it")
	}
	require.NoError(t, err)
	require.Equal(t, axeSum, fmt.Sprintf("%x", sha256.Sum256(source)))
	return string(source)
}

// themes and widths are what every view is looked at in.
var (
	themes = []string{"light", "dark"}
	widths = []int64{400, 1280}
)

// violations are what axe-core finds in the page as it is. Of its rules, only that of contrast is about colours.
func (tb *tab) violations(theme string) []string {
	tb.t.Helper()
	only := "undefined"
	if theme != themes[0] {
		only = "['color-contrast']"
	}
	return eval[[]string](tb, `axe.run(document, { preload: false, resultTypes: ['violations'], runOnly: `+only+` }).then((r) =>
		r.violations.flatMap((v) => v.nodes.map((n) => v.id + ' at ' + n.target.join(' ') + ': ' + n.failureSummary)))`)
}

// ills are what is wrong with the page as it is, to axe-core or because it is too wide, in every theme and width.
func (tb *tab) ills(source, what string) (all []string) {
	tb.t.Helper()
	tb.do(chromedp.Evaluate(source, nil))
	for _, width := range widths {
		for _, theme := range themes {
			tb.do(size(width), prefers("prefers-color-scheme", theme))
			for _, violation := range tb.violations(theme) {
				all = append(all, fmt.Sprintf("%s, %s, %d wide: %s", what, theme, width, violation))
			}
		}
		if needs := eval[int64](tb, "document.documentElement.scrollWidth"); needs > width {
			all = append(all, fmt.Sprintf("%s scrolls sideways at %d: it is %d wide", what, width, needs))
		}
	}
	return all
}

func TestEveryViewIsAccessible(t *testing.T) {
	t.Parallel()
	source := axe(t)
	s, views := lived(t)
	tb := open(t, s.page)
	tb.excuse("status of 404") // of the view that there is not
	var all []string
	for what, query := range views {
		tb.goTo(query)
		all = append(all, tb.ills(source, what)...)
	}
	require.Empty(t, all)
}

func TestWhatComesOfFormsIsAccessible(t *testing.T) {
	t.Parallel()
	source := axe(t)
	s := newStand(t, hookmitt.Mixpost(), "") // whose form has most
	tb := open(t, s.page)
	var all []string
	look := func(what string) { all = append(all, tb.ills(source, what)...) }
	tb.excuse("status of 422") // of forms that are refused
	look("a simulator that nothing happened in")
	tb.goTo("?view=notices")
	look("no notice")
	tb.goTo("?view=new")
	tb.fill("#url", "ftp://receiver.test/")
	tb.press("main", "Create")
	tb.sees("#url-error", "is not an http or https URL")
	look("an error beside its field")
	tb.fill("#url", "http://receiver.test/200")
	tb.press("main", "Create")
	tb.sees("#status .secret", "shown this once")
	look("a secret that is shown")
	tb.goTo("?view=faults")
	tb.fill("#fault", "twice")
	tb.press("main", "Arm")
	tb.sees("#faults", "twice")
	look("an armed fault")
	tb.fill("#by", "soon")
	tb.press(".clock", "Go")
	tb.sees("#by-error", "soon")
	look("a duration that is none")
	tb.do(size(1280))
	tb.click("#help-open")
	tb.sees("#help", "next attempt")
	look("the help")
	require.Empty(t, all)
}

func TestWhoeverWantsNoMotionSeesNone(t *testing.T) {
	t.Parallel()
	for preference, want := range map[string]string{"no-preference": "fresh", "reduce": "none"} {
		t.Run(preference, func(t *testing.T) {
			t.Parallel()
			s := newStand(t, hookmitt.CDHosting(), "")
			ep := s.subscribe(200, "")
			s.send(ep, "server.started")
			tb := open(t, s.page, prefers("prefers-reduced-motion", preference))
			tb.until(`document.querySelector('[data-row]')`)
			s.send(ep, "server.stopped")
			tb.until(`document.querySelector('[data-row].fresh')`)
			require.Equal(t, want, tb.text(`getComputedStyle(document.querySelector('.fresh')).animationName`))
			moving := eval[[]string](tb, `[...document.querySelectorAll('*')].filter((e) => parseFloat(getComputedStyle(e).transitionDuration) > 0).map((e) => e.outerHTML)`)
			require.Empty(t, moving)
			if preference == "reduce" {
				require.Zero(t, eval[int](tb, "document.getAnimations().length"))
			}
		})
	}
}

func TestThePolicyLetsNothingIn(t *testing.T) {
	t.Parallel()
	s := newStand(t, hookmitt.CDHosting(), "")
	tb := open(t, s.page)
	tb.excuse("Content Security Policy")
	tb.do(chromedp.Evaluate(`(() => {
		const script = document.createElement('script');
		script.textContent = 'window.came = true';
		document.body.append(script);
		document.body.insertAdjacentHTML('beforeend', '<img src="data:," onerror="window.came = true">');
	})()`, nil))
	require.False(t, eval[bool](tb, "Boolean(window.came)"))
}
