package browsertest_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

const secret = "a newcomer's secret"

// TestNewcomer does what somebody does who has just built the binary: sees one event arrive, and a webhook switched off
// and on again.
func TestNewcomer(t *testing.T) {
	t.Parallel()
	browser(t) // before the binary is built for nothing
	binary := buildBinary(t)
	page := start(t, binary, "serve", "--clock", "manual", "--addr", "127.0.0.1:0").says(`at (http://[^,\s]+)`)
	listen := start(t, binary, "listen", "--secret", "env:S", "--addr", "127.0.0.1:0")
	receiver := listen.says(`at (http://\S+)`)

	tb := open(t, page)
	tb.sees("#webhooks", "No webhook yet")
	tb.press("#webhooks", "Register your receiver")
	tb.sees("main h2", "New webhook")
	tb.fill("#url", receiver)
	tb.click(`[name="which"][value="given"]`)
	tb.fill("#secret-text", secret)
	tb.press("main", "Create")
	tb.sees("#status", "The webhook is registered")
	tb.sees("#webhooks .badge", "enabled")

	tb.press("nav", "Deliveries")
	tb.sees("#deliveries", "No delivery yet")
	tb.do(mark)
	tb.click(".bolt button")
	tb.sees("#deliveries .state", "delivered")
	tb.sees("#status", "A test event was sent")
	require.Equal(t, 1, tb.count("#deliveries .strip .mark.good"))
	require.True(t, eval[bool](tb, "window.marked"), "the page was loaded anew")
	listen.says(`--> instance\.created`)
	listen.says(`<-- \[200 accepted\] instance\.created`)

	listen.stop()
	tb.press(".send", "Send")
	tb.sees("#deliveries .state", "pending")
	for made := 1; ; made++ {
		tb.until(fmt.Sprintf(`document.querySelectorAll("#deliveries .strip .mark.bad").length === %d`, made))
		if made == 6 { // the first, and five retries
			break
		}
		tb.sees("#clock", "in ")
		tb.press(".clock", "Next attempt")
	}
	tb.sees("#clock", "nothing is due")
	tb.sees("#deliveries .state", "exhausted")
	tb.sees("#webhooks .badge", "disabled")
	tb.sees("#webhooks", "6 failed")
	require.True(t, eval[bool](tb, "window.marked"), "the page was loaded anew")

	tb.click("#webhooks .who a")
	tb.sees("main .alert", "Disabled.")
	tb.sees("main .alert", "Save it to enable it again")
	tb.press("main", "Save")
	tb.sees("#status", "The webhook is enabled again")
	for range 2 {
		tb.sees("#webhooks .badge", "enabled")
		tb.sees("#webhook-state .badge", "enabled")
		tb.misses("main .alert")
		tb.reload()
	}
}
