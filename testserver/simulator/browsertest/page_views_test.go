package browsertest_test

import (
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
)

func TestEveryViewHasAnAddress(t *testing.T) {
	t.Parallel()
	s, views := lived(t)
	tb := open(t, s.page)
	tb.excuse("status of 404")
	for what, sees := range map[string]struct{ selector, text string }{
		"the list":                          {"main h2", "Deliveries"},
		"the list narrowed":                 {"#deliveries .state", "exhausted"},
		"the list narrowed to nothing":      {"#deliveries .empty", "No delivery is like that. Show all"},
		"the form of a webhook":             {"main h2", "New webhook"},
		"a webhook":                         {"#webhook-state .badge", "enabled"},
		"a disabled webhook":                {"#webhook-state .alert", "Disabled."},
		"a delivery":                        {"#delivery .state", "delivered"},
		"an exhausted delivery":             {"#delivery", "attempt 6: answered 500"},
		"a pending delivery":                {"#delivery", "next attempt in 1m"},
		"an attempt":                        {"main .badge", "verifies"},
		"an attempt with a wrong signature": {"main .badge", "does not verify"},
		"an attempt that nobody answered":   {"main .empty", "None came."},
		"faults, of which none is armed":    {"#faults .empty", "None is armed"},
		"notices":                           {"#notices h3", "Your webhook http://receiver.test/500 was disabled"},
		"a delivery that there is not":      {"main", "There is no such delivery"},
	} {
		tb.goTo(views[what])
		tb.sees(sees.selector, sees.text)
		tb.reload()
		tb.sees(sees.selector, sees.text)
	}
}

func TestTheListIsNarrowed(t *testing.T) {
	t.Parallel()
	s, views := lived(t)
	tb := open(t, s.page)
	require.Equal(t, 5, tb.count("[data-row]"))
	tb.do(mark)
	choose(tb, "#state", "pending")
	tb.press(".filter", "Filter")
	tb.until(`location.search === '?state=pending&type=' && document.querySelectorAll('[data-row]').length === 3`)
	choose(tb, "#only", "billing.payment.failed")
	tb.press(".filter", "Filter")
	tb.until(`location.search === '?state=pending&type=billing.payment.failed' && document.querySelectorAll('[data-row]').length === 1`)
	tb.reload()
	require.Equal(t, "pending", tb.text("document.getElementById('state').value"))
	require.Equal(t, "billing.payment.failed", tb.text("document.getElementById('only').value"))
	tb.goTo(views["the list narrowed to nothing"])
	tb.press("#deliveries", "Show all")
	tb.until(`document.querySelectorAll('[data-row]').length === 5`)
}

// choose chooses an option of a list.
func choose(tb *tab, selector, value string) {
	tb.t.Helper()
	tb.do(chromedp.SetValue(selector, value, chromedp.ByQuery))
}

func TestAnAttemptHasAllThatHappened(t *testing.T) {
	t.Parallel()
	s, views := lived(t)
	tb := open(t, s.page+views["an attempt with a wrong signature"])
	for label, has := range map[string]string{
		"Request":      "POST /503 HTTP/1.1",
		"Answer":       "this is a 503",
		"Body in hex":  "00000000  7b 22 69 64 22 3a",
		"Signed bytes": `"type":"billing.payment.failed"`,
		"curl command": "curl -i -g --path-as-is -X 'POST' 'http://receiver.test/503'",
	} {
		tb.sees(`pre[aria-label="`+label+`"]`, has)
	}
	tb.sees("main .badge.bad", "does not verify")
	tb.sees("main p", "signature does not match")
	tb.sees("main p", "fault tampered")
	tb.press(".crumbs", "dlv_4")
	tb.sees("#delivery h2", "billing.payment.failed")
}

func TestWhatIsEmptySaysWhatToDoNext(t *testing.T) {
	t.Parallel()
	s := newStand(t, hookmitt.CDHosting(), "")
	tb := open(t, s.page)
	tb.sees("#webhooks .empty", "Register your receiver's URL, then press its ⚡ to send a test event.")
	tb.sees("#deliveries .empty", "Register a webhook first.")
	tb.goTo("?view=faults")
	tb.sees("#faults .empty", "Arm one below")
	tb.goTo("?view=notices")
	tb.sees("#notices .empty", "The provider writes one when it disables a webhook.")
	s.subscribe(200, "")
	tb.goTo("?")
	tb.sees("#deliveries .empty", "Press a webhook's ⚡")
	civo := open(t, newStand(t, hookmitt.Civo(), "").page+"?view=notices")
	civo.sees("#notices .empty", "it disables a webhook silently")
}

func TestThePageWorksWithoutScripts(t *testing.T) {
	t.Parallel()
	for name, prefix := range map[string]string{"at the root": "", "under a prefix": "/a/prefix"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStand(t, hookmitt.CDHosting(), prefix)
			tb := open(t, s.page, emulation.SetScriptExecutionDisabled(true))
			require.True(t, eval[bool](tb, "document.getElementById('help-open').hidden"), "a script has run")
			tb.click("#new")
			tb.sees("main h2", "New webhook")
			tb.fill("#url", "http://receiver.test/500")
			tb.press("main", "Create")
			tb.sees("#status", "The webhook is registered")
			tb.sees("#status .secret", "shown this once")
			tb.reload()
			tb.misses("#secret")
			tb.press("nav", "Deliveries")
			tb.sees("#deliveries", "No delivery yet")
			tb.click(".bolt button")
			tb.sees("#status", "A test event was sent")
			tb.press(".send", "Send")
			tb.sees("#status", "The event was sent")
			tb.press(".clock", "Drain")
			tb.sees("#status", "The clock was moved")
			tb.sees("#deliveries .state", "exhausted")
			tb.sees("#webhooks .badge", "disabled")
			tb.press(".top nav", "Notices")
			tb.sees("#notices h3", "was disabled")
			tb.excuse("status of 422")
			tb.press(".top nav", "Faults")
			tb.fill("#fault", "bad-luck")
			tb.press("main", "Arm")
			tb.sees("#fault-error", "there is no fault")
			require.Equal(t, prefix+"/", tb.text("location.pathname"))
		})
	}
}
