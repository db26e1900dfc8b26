package browsertest_test

import (
	"testing"

	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
)

func TestASecretThatWasMadeIsShownOnce(t *testing.T) {
	t.Parallel()
	s := newStand(t, hookmitt.CDHosting(), "")
	tb := open(t, s.page+"?view=new")
	tb.fill("#url", "http://receiver.test/200")
	tb.press("main", "Create")
	tb.sees("#status .secret", "shown this once")
	made := tb.text("document.querySelector('#secret').textContent")
	require.GreaterOrEqual(t, len(made), 16)

	c := chromedp.FromContext(tb.ctx)
	allow := cdpbrowser.GrantPermissions([]cdpbrowser.PermissionType{cdpbrowser.PermissionTypeClipboardReadWrite, cdpbrowser.PermissionTypeClipboardSanitizedWrite})
	require.NoError(t, allow.WithBrowserContextID(c.BrowserContextID).Do(cdp.WithExecutor(tb.ctx, c.Browser)))
	tb.press("#status", "Copy")
	tb.sees("#status", "Copied")
	require.Equal(t, made, tb.text("navigator.clipboard.readText()"))

	tb.click(".bolt button") // what the page says to do next
	tb.sees("#status", "A test event was sent")
	require.Equal(t, made, tb.text("document.querySelector('#secret').textContent"), "it went before it was read")
	tb.reload()
	tb.misses("#secret")
	require.NotContains(t, tb.text("document.documentElement.outerHTML"), made)

	tb.press("main", "Rotate the secret")
	tb.sees("#status", "another secret signs")
	rotated := tb.text("document.querySelector('#secret').textContent")
	require.NotEqual(t, made, rotated)
	tb.click(".bolt button")
	tb.sees("#status", "A test event was sent")
	tb.goTo("?delivery=dlv_2&attempt=1")
	tb.sees("main .badge", "verifies")
	tb.misses("#secret")
}

func TestAnErrorIsBesideItsField(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		provider              hookmitt.Provider
		view, field, typed    string
		within, button, error string
	}{
		"a URL that is none of HTTP":      {hookmitt.Civo(), "?view=new", "url", "ftp://receiver.test/", "main", "Create", "is not an http or https URL"},
		"a fault that there is not":       {hookmitt.Civo(), "?view=faults", "fault", "bad-luck", "main", "Arm", `there is no fault "bad-luck"; there are: `},
		"a fault without its argument":    {hookmitt.Civo(), "?view=faults", "fault", "together", "main", "Arm", "together=COPIES"},
		"a duration that is none":         {hookmitt.Civo(), "?", "by", "soon", ".clock", "Go", "is no duration such as 30s, 5m or 1h30m"},
		"a secret that is empty":          {hookmitt.Civo(), "?view=new", "secret-text", "", "main", "Create", "secret is empty"},
		"a method that is none":           {hookmitt.Mixpost(), "?view=new", "method", "NO METHOD", "main", "Create", "is not an HTTP method"},
		"a content type that is none":     {hookmitt.Mixpost(), "?view=new", "content_type", "text/\tplain", "main", "Create", "cannot be sent in a header"},
		"more attempts than there can be": {hookmitt.Mixpost(), "?view=new", "max_attempts", "99999999999999999999", "main", "Create", "max_attempts is no number"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStand(t, tt.provider, "")
			tb := open(t, s.page+tt.view)
			tb.excuse("status of 422")
			if tt.view == "?view=new" && tt.field != "url" {
				tb.fill("#url", "http://receiver.test/200")
			}
			if tt.field == "secret-text" {
				tb.click(`[name="which"][value="given"]`)
			}
			tb.fill("#"+tt.field, tt.typed)
			tb.press(tt.within, tt.button)
			tb.sees(".error", tt.error)
			tb.until(`document.activeElement.id === ` + quoted(tt.field))
			field := `document.getElementById(` + quoted(tt.field) + `)`
			require.Equal(t, "true", tb.text(field+`.getAttribute('aria-invalid')`))
			require.Contains(t, tb.text(field+`.getAttribute('aria-describedby').split(' ').map((id) => document.getElementById(id).innerText).join(' ')`), tt.error)
			require.Equal(t, tt.typed, tb.text(field+".value"), "what was typed is gone")
			require.Equal(t, 1, tb.count("[aria-invalid]"))
			require.Equal(t, 1, tb.count(".error"))
		})
	}
}

func TestAWebhookWantsSomeEvents(t *testing.T) {
	t.Parallel()
	s := newStand(t, hookmitt.Civo(), "")
	tb := open(t, s.page+"?view=new")
	tb.excuse("status of 422")
	tb.fill("#url", "http://receiver.test/200")
	tb.click("#events")
	tb.press("main", "Create")
	tb.sees("#events-error", "choose the events, or all of them")
	tb.until(`document.activeElement.id === 'events' && document.activeElement.getAttribute('aria-describedby') === 'events-error'`)
	tb.sees(".choose label", "instance.created")
	tb.click(`.choose input[value="instance.created"]`)
	tb.press("main", "Create")
	tb.sees("#webhooks", "instance.created")
}

func TestMixpostsFormHasWhatItsOwnHas(t *testing.T) {
	t.Parallel()
	s := newStand(t, hookmitt.Mixpost(), "")
	tb := open(t, s.page+"?view=new")
	for label, value := range map[string]string{"Name": "the blog", "Method": "put", "Content type": "application/json; charset=utf-8", "Maximum attempts": "2"} {
		id := tb.text(`[...document.querySelectorAll('main label')].find((l) => l.innerText.trim() === ` + quoted(label) + `).htmlFor`)
		tb.fill("#"+id, value)
	}
	tb.fill("#url", "http://receiver.test/500")
	tb.sees("main label", "Active")
	tb.sees("main label", "None: unsigned requests")
	tb.press("main", "Create")
	tb.sees("#status", "registered")
	tb.sees("#webhooks a", "the blog")
	require.Equal(t, []string{"the blog", "PUT", "application/json; charset=utf-8", "2"},
		eval[[]string](tb, `['name', 'method', 'content_type', 'max_attempts'].map((id) => document.getElementById(id).value)`))
	tb.click(`[name="active"]`)
	tb.press("main", "Save")
	tb.sees("#status", "Saved")
	tb.sees("#webhooks .badge", "inactive")

	other := open(t, newStand(t, hookmitt.CDHosting(), "").page+"?view=new")
	require.Zero(t, other.count("#name, #method, #content_type, #max_attempts, [name=active]"), "CDHosting's form has none of them")
}

func TestAWebhookIsDeleted(t *testing.T) {
	t.Parallel()
	s := newStand(t, hookmitt.CDHosting(), "")
	ep := s.subscribe(500, "")
	s.send(ep, "server.started")
	tb := open(t, s.page+"?webhook="+ep.ID())
	tb.excuse("status of 404") // also of the view that is still open when the stream tells of it
	tb.press("main", "Delete")
	tb.sees("#status", "The webhook is deleted")
	tb.sees("#webhooks", "No webhook yet")
	tb.sees("#deliveries .state", "dropped")
	tb.misses(".send")
	tb.goTo("?")
	tb.goTo("?webhook=" + ep.ID())
	tb.sees("main", "There is no such webhook")
}

func TestAFaultIsArmedAndRemoved(t *testing.T) {
	t.Parallel()
	s := newStand(t, hookmitt.CDHosting(), "")
	s.subscribe(200, "")
	tb := open(t, s.page+"?view=faults")
	tb.sees("#faults", "None is armed")
	tb.fill("#fault", "twice")
	tb.fill("#times", "1")
	tb.press("main", "Arm")
	tb.sees("#status", "The fault is armed")
	tb.sees("#faults li", "1 times")
	tb.press("nav", "Deliveries")
	tb.sees("#deliveries", "No delivery yet")
	tb.click(".bolt button")
	tb.until(`document.querySelectorAll('#deliveries .strip .mark').length === 2`)
	require.Equal(t, 1, tb.count("#deliveries .strip .mark.copy"))
	require.Equal(t, []string{"attempt 1: answered 200 (twice)", "attempt 1, copy 1: answered 200 (twice)"}, eval[[]string](tb, `[...document.querySelectorAll('.strip .mark')].map((a) => a.title)`))
	tb.goTo("?view=faults")
	tb.press("#faults", "Remove")
	tb.sees("#status", "The fault is removed")
	tb.sees("#faults", "None is armed")
}
