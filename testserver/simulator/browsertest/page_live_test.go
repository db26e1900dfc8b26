package browsertest_test

import (
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
)

func TestKeys(t *testing.T) {
	t.Parallel()
	s := newStand(t, hookmitt.CDHosting(), "")
	ep := s.subscribe(500, "")
	s.send(ep, "server.started")
	s.send(ep, "server.stopped")
	tb := open(t, s.page)
	focused := func(id string) {
		t.Helper()
		tb.until(`document.activeElement.id === ` + quoted(id))
	}
	tb.keys("j")
	focused("dlv_2")
	tb.keys("j")
	focused("dlv_1")
	tb.keys("j")
	focused("dlv_1")
	tb.keys("k")
	focused("dlv_2")
	tb.keys("t")
	tb.sees("#status", "A test event was sent")
	tb.sees("#deliveries", "dlv_3")
	focused("dlv_2") // still, though the list was made anew
	tb.keys("a")
	tb.sees("#status", "The clock was moved")
	tb.until(`document.querySelectorAll('#deliveries .strip .mark').length === 5`) // two are due at once
	focused("dlv_2")
	tb.keys("r")
	tb.sees("#delivery h2", "dlv_4")
	tb.keys("r")
	tb.sees("#delivery h2", "dlv_5")

	tb.goTo("?")
	tb.keys("j")
	tb.keys(kb.Enter)
	tb.sees("#delivery h2", "dlv_5")
	tb.keys("?")
	tb.sees("#help", "next, previous delivery")
	tb.keys("n")
	tb.sees("#help", "next, previous delivery")
	tb.keys(kb.Escape)
	tb.until("!document.getElementById('help').open")
	tb.keys("n")
	tb.sees("main h2", "New webhook")
	tb.fill("#url", "http://receiver.test/jkrtan?")
	require.Zero(t, tb.count("#help[open]"))
	kept, _ := s.provider.Deliveries()
	require.Len(t, kept, 5, "a key that was typed into a field did something")
}

func TestTwoTabsShowTheSame(t *testing.T) {
	t.Parallel()
	s := newStand(t, hookmitt.CDHosting(), "/a/prefix")
	one := open(t, s.page)
	two := one.another(s.page)
	two.do(mark)
	one.press("#webhooks", "Register your receiver")
	one.fill("#url", "http://receiver.test/500")
	one.press("main", "Create")
	one.sees("#status", "registered")
	two.sees("#webhooks a", "http://receiver.test/500")
	two.press(".send", "Send")
	two.sees("#deliveries .state", "pending")
	one.press("nav", "Deliveries")
	one.sees("#deliveries .state", "pending")
	one.do(mark)
	two.press(".clock", "Drain")
	for _, tb := range []*tab{one, two} {
		tb.sees("#deliveries .state", "exhausted")
		tb.sees("#webhooks .badge", "disabled")
		tb.sees("#clock", "nothing is due")
		require.True(t, eval[bool](tb, "window.marked"), "the page was loaded anew")
	}
	require.Equal(t, one.text("document.getElementById('now').textContent"), two.text("document.getElementById('now').textContent"))
}

func TestNothingMovesUnderTheMouse(t *testing.T) {
	t.Parallel()
	s := newStand(t, hookmitt.CDHosting(), "")
	ep := s.subscribe(200, "")
	s.send(ep, "server.started")
	tb := open(t, s.page)
	at := tb.whereIs("document.querySelector('[data-row] button')")
	asked := eval[int](tb, "performance.getEntriesByType('resource').length")
	tb.do(chromedp.MouseEvent(input.MousePressed, at.X, at.Y, chromedp.ButtonLeft, chromedp.ClickCount(1)))
	s.send(ep, "server.stopped")
	tb.until(fmt.Sprintf("performance.getEntriesByType('resource').length > %d", asked))
	tb.do(chromedp.MouseEvent(input.MouseReleased, at.X, at.Y, chromedp.ButtonLeft, chromedp.ClickCount(1)))
	tb.sees("#delivery h2", "server.started dlv_3")
}

func TestTheStreamIsTakenUpAgain(t *testing.T) {
	t.Parallel()
	s := newStand(t, hookmitt.CDHosting(), "")
	ep := s.subscribe(200, "")
	tb := open(t, s.page)
	tb.excuse("ERR_")
	tb.do(mark)
	s.send(ep, "server.started")
	tb.until(`document.querySelectorAll('[data-row]').length === 1`)
	tb.do(chromedp.Evaluate(`new MutationObserver(() => { if (document.body.classList.contains('offline')) window.wasOffline = true })
		.observe(document.body, { attributes: true }); 0`, nil))

	tb.do(network.EmulateNetworkConditions(true, 0, 0, 0)) // nobody answers
	s.web.CloseClientConnections()
	tb.until("window.wasOffline")
	s.send(ep, "server.stopped")
	tb.do(network.EmulateNetworkConditions(false, 0, -1, -1))
	tb.until(`document.querySelectorAll('[data-row]').length === 2`)
	tb.until(`!document.body.classList.contains('offline')`)
	s.send(ep, "server.started")
	tb.until(`document.querySelectorAll('[data-row]').length === 3`)
	require.True(t, eval[bool](tb, "window.marked"), "the page was loaded anew")
}
