package browsertest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	cdplog "github.com/chromedp/cdproto/log"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// patience is how long a test waits for what is to be seen.
const patience = 15 * time.Second

// tab is a tab of the browser, in a profile of its own.
type tab struct {
	t   *testing.T
	ctx context.Context

	mu       sync.Mutex
	origin   string   // of the page
	excused  []string // complaints that the test causes on purpose
	grumbles []string // what the console said, exceptions, and requests that lead elsewhere
}

// open opens a page in a tab. When the test ends, the browser must have had nothing to complain about.
func open(t *testing.T, address string, prepare ...chromedp.Action) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser(t), chromedp.WithNewBrowserContext())
	tb := &tab{t: t, ctx: ctx}
	t.Cleanup(func() {
		cancel()
		tb.mu.Lock()
		defer tb.mu.Unlock()
		require.Empty(t, tb.grumbles)
	})
	tb.begin(address, prepare...)
	return tb
}

// another opens a page in another tab of the same profile.
func (tb *tab) another(address string) *tab {
	tb.t.Helper()
	ctx, cancel := chromedp.NewContext(tb.ctx)
	other := &tab{t: tb.t, ctx: ctx}
	tb.t.Cleanup(func() {
		cancel()
		other.mu.Lock()
		defer other.mu.Unlock()
		require.Empty(tb.t, other.grumbles)
	})
	other.begin(address)
	return other
}

func (tb *tab) begin(address string, prepare ...chromedp.Action) {
	tb.t.Helper()
	u, err := url.Parse(address)
	require.NoError(tb.t, err)
	tb.origin = u.Scheme + "://" + u.Host
	chromedp.ListenTarget(tb.ctx, tb.hear)
	require.NoError(tb.t, chromedp.Run(tb.ctx, network.Enable(), cdplog.Enable(), emulation.SetFocusEmulationEnabled(true)))
	tb.do(prepare...)
	tb.goTo(address)
}

// hear keeps what a page that is well does not cause.
func (tb *tab) hear(event any) {
	complaint := ""
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.APITypeError || e.Type == runtime.APITypeWarning {
			for _, arg := range e.Args {
				complaint += fmt.Sprintf("console: %s %s ", arg.Value, arg.Description)
			}
		}
	case *runtime.EventExceptionThrown:
		complaint = "exception: " + e.ExceptionDetails.Error()
	case *cdplog.EventEntryAdded: // violations of the content security policy are here, too
		if e.Entry.Level == cdplog.LevelError || e.Entry.Level == cdplog.LevelWarning {
			complaint = fmt.Sprintf("%s: %s %s", e.Entry.Level, e.Entry.Text, e.Entry.URL)
		}
	case *network.EventRequestWillBeSent:
		if u := e.Request.URL; !strings.HasPrefix(u, tb.origin+"/") && !strings.HasPrefix(u, "data:") {
			complaint = "a request leads to " + u
		}
	}
	tb.mu.Lock()
	defer tb.mu.Unlock()
	for _, excuse := range tb.excused {
		if strings.Contains(complaint, excuse) {
			return
		}
	}
	if complaint != "" {
		tb.grumbles = append(tb.grumbles, complaint)
	}
}

// excuse lets the browser complain about what the test is going to cause.
func (tb *tab) excuse(texts ...string) {
	tb.mu.Lock()
	defer tb.mu.Unlock()
	tb.excused = append(tb.excused, texts...)
}

// do does something in the tab.
func (tb *tab) do(actions ...chromedp.Action) {
	tb.t.Helper()
	ctx, cancel := context.WithTimeout(tb.ctx, patience)
	defer cancel()
	require.NoError(tb.t, chromedp.Run(ctx, actions...))
}

// goTo follows an address, or a query of the page.
func (tb *tab) goTo(address string) {
	tb.t.Helper()
	if strings.HasPrefix(address, "?") {
		address = tb.text("location.origin + location.pathname") + address
	}
	tb.anew(chromedp.Navigate(address))
}

// anew does what leads to another document, and waits for it.
func (tb *tab) anew(action chromedp.Action) {
	tb.t.Helper()
	tb.do(chromedp.Evaluate("void (window.left = true)", nil), action)
	tb.until("!window.left && document.readyState === 'complete'")
}

// eval is the value of an expression in the page.
func eval[T any](tb *tab, expression string) (value T) {
	tb.t.Helper()
	tb.do(chromedp.Evaluate(expression, &value, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
	return value
}

func (tb *tab) text(expression string) string {
	tb.t.Helper()
	return eval[string](tb, expression)
}

// wait waits until an expression has a value that is not null.
func wait[T any](tb *tab, expression string) (value T) {
	tb.t.Helper()
	ctx, cancel := context.WithTimeout(tb.ctx, patience)
	defer cancel()
	again := time.NewTicker(15 * time.Millisecond)
	defer again.Stop()
	for {
		var got *T
		if chromedp.Run(ctx, chromedp.Evaluate(expression, &got)) == nil && got != nil { // it fails while a page loads
			return *got
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			require.FailNow(tb.t, "it did not come to "+expression, "%s", tb.text("[location.href, ...[...document.querySelectorAll('#status, main')].map((e) => e.innerText)].join('\\n')"))
		}
	}
}

// until waits until an expression is true of a document that is read to its end.
func (tb *tab) until(expression string) {
	tb.t.Helper()
	wait[bool](tb, "document.readyState !== 'loading' && ("+expression+") ? true : null")
}

// sees waits until a visible element that a selector finds has a text.
func (tb *tab) sees(selector, text string) {
	tb.t.Helper()
	tb.until(fmt.Sprintf(`[...document.querySelectorAll(%s)].some((e) => e.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && e.innerText.includes(%s))`, quoted(selector), quoted(text)))
}

// misses waits until nothing is left of what a selector finds.
func (tb *tab) misses(selector string) {
	tb.t.Helper()
	tb.until(fmt.Sprintf(`!document.querySelector(%s)`, quoted(selector)))
}

// count is how many elements a selector finds.
func (tb *tab) count(selector string) int {
	tb.t.Helper()
	return eval[int](tb, fmt.Sprintf(`document.querySelectorAll(%s).length`, quoted(selector)))
}

// click clicks with the mouse on the first element that a selector finds.
func (tb *tab) click(selector string) {
	tb.t.Helper()
	tb.clickOn(fmt.Sprintf(`document.querySelector(%s)`, quoted(selector)))
}

// press clicks on the button or link within a selector whose text begins with a text.
func (tb *tab) press(within, text string) {
	tb.t.Helper()
	tb.clickOn(fmt.Sprintf(`[...document.querySelectorAll(%s)].flatMap((e) => [...e.querySelectorAll('button, a')]).find((b) => b.innerText.trim().startsWith(%s))`,
		quoted(within), quoted(text)))
}

func (tb *tab) clickOn(element string) {
	tb.t.Helper()
	at := tb.whereIs(element)
	tb.do(chromedp.MouseClickXY(at.X, at.Y))
}

// point is a place in the window.
type point struct{ X, Y float64 }

// whereIs waits for an element that nothing covers, while no form is on its way, and scrolls to it.
func (tb *tab) whereIs(element string) point {
	tb.t.Helper()
	return wait[point](tb, fmt.Sprintf(`(() => {
		const e = %s;
		if (!e || document.readyState === 'loading' || document.querySelector('[aria-busy="true"]')) return null;
		e.scrollIntoView({ block: 'center' });
		const r = e.getClientRects()[0];
		if (!r) return null;
		const x = r.x + r.width / 2, y = r.y + r.height / 2;
		return e.contains(document.elementFromPoint(x, y)) ? { X: x, Y: y } : null;
	})()`, element))
}

// fill replaces what is in a field.
func (tb *tab) fill(selector, text string) {
	tb.t.Helper()
	tb.click(selector)
	tb.until(fmt.Sprintf(`document.activeElement === document.querySelector(%s)`, quoted(selector)))
	tb.do(chromedp.Evaluate(fmt.Sprintf(`document.querySelector(%s).select()`, quoted(selector)), nil))
	if text == "" {
		tb.keys("\b")
		return
	}
	tb.do(input.InsertText(text))
}

// keys presses keys.
func (tb *tab) keys(keys string) {
	tb.t.Helper()
	tb.do(chromedp.KeyEvent(keys))
}

// reload loads the page anew.
func (tb *tab) reload() {
	tb.t.Helper()
	tb.anew(chromedp.Reload())
}

// mark marks the document, for a test to see whether it is still the same.
var mark = chromedp.Evaluate("void (window.marked = true)", nil)

// size is how large the window is.
func size(width int64) chromedp.Action {
	return emulation.SetDeviceMetricsOverride(width, 900, 1, false)
}

// prefers sets a preference that media queries ask for.
func prefers(feature, value string) chromedp.Action {
	return emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: feature, Value: value}})
}

func quoted(text string) string {
	quoted, _ := json.Marshal(text) // a string always does
	return string(quoted)
}
