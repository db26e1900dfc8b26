package simulator

import (
	"encoding/hex"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/testserver"
)

// view is what the template shows. A view has a URL, a query after the page's own path, so that it works under any
// prefix: ?view=new, ?webhook=…, ?delivery=…&attempt=….
type view struct {
	View, Title string
	Here        string // the query of this view, to come back to
	CSS         template.CSS
	JS          template.JS
	Provider    providerView
	Waits       string
	Gaps        []string
	Mails       bool
	Clock       clockText
	Webhooks    []webhookView
	Done        string            // what was done
	Sent        string            // the delivery that this made
	Secret      string            // made, and shown this once
	Alert       string            // what could not be done
	Errors      map[string]string // by field
	By          string            // how far to advance, as it was typed

	Rows      []row // of the list
	Filter    filter
	Filtered  bool
	States    []string
	Types     []string
	Older     string // URL of the next page of the list
	Forgotten int
	Plot      template.HTML

	Webhook   *webhookView
	WebhookID string
	Form      webhookInput
	All       bool            // every event is chosen
	Chosen    map[string]bool // those that are
	Detailed  bool            // the provider's own form has name, method and the rest
	Unsigned  bool            // the provider sends unsigned requests where no secret is set

	Delivery   *row
	Attempt    *attemptText
	Faults     []faultView
	FaultForm  faultForm // as it was typed
	FaultNames []string
	Notices    []noticeView
	Missing    string
}

// filter is what the list is narrowed to.
type filter struct{ State, Type string }

// clockText is the clock for people.
type clockText struct {
	Mode, Now, ISO, Next, NextISO, NextIn string
	Manual                                bool
}

func (s *simulator) clockText() clockText {
	const layout = "2006-01-02 15:04:05"
	c := s.clock()
	t := clockText{Mode: c.Mode, Manual: c.Mode == testserver.Manual().String(), Now: c.Now.Format(layout), ISO: c.Now.Format(time.RFC3339Nano)}
	if c.Next != nil {
		t.Next, t.NextISO, t.NextIn = c.Next.Format(layout), c.Next.Format(time.RFC3339Nano), since(c.Now, *c.Next)
	}
	return t
}

// newView is a view of the page with what every view has.
func (s *simulator) newView(name, title string) *view {
	p := s.server.Provider()
	v := &view{
		View: name, Title: title, CSS: template.CSS(pageCSS), JS: template.JS(pageJS), //nolint:gosec // our own files
		Provider: s.provider(), Waits: p.Deadline.String(), Mails: p.Mails, Clock: s.clockText(), Webhooks: s.webhooks(),
		Errors: map[string]string{}, Detailed: p.Name == "mixpost", Unsigned: p.Secretless == hookmitt.SecretAbsent,
	}
	for retry := 1; retry <= p.Retry.Retries(); retry++ {
		gap, _ := p.Retry.Delay(retry)
		v.Gaps = append(v.Gaps, since(time.Time{}, time.Time{}.Add(gap)))
	}
	return v
}

func (s *simulator) missing(why string) *view {
	v := s.newView("missing", "Not here")
	v.Missing = why
	return v
}

// listed is how many deliveries the page lists at a time.
const listed = 30

func (s *simulator) homeView(r *http.Request) *view {
	v := s.newView("home", "Deliveries")
	q := r.URL.Query()
	v.Filter = filter{q.Get("state"), q.Get("type")}
	v.Filtered = v.Filter != filter{} || q.Get("cursor") != ""
	v.States = states()
	narrowed := url.Values{}
	for _, name := range []string{"state", "type", "cursor"} {
		if value := q.Get(name); value != "" {
			narrowed.Set(name, value)
		}
	}
	v.Types = s.types(v.Filter.Type)
	chosen, forgotten, err := s.chosen(narrowed)
	if err != nil {
		v.Alert = err.Error()
	}
	v.Forgotten = forgotten
	for i, d := range chosen {
		if i == listed {
			narrowed.Set("cursor", v.Rows[listed-1].ID)
			v.Older = "?" + narrowed.Encode()
			break
		}
		v.Rows = append(v.Rows, s.row(d))
	}
	if len(chosen) > 0 {
		v.Plot = s.figure(chosen[:min(drawn, len(chosen))])
	}
	return v
}

// types are the types that there are deliveries of, and the one that is asked for.
func (s *simulator) types(asked string) []string {
	seen := map[string]bool{asked: true, "": true}
	var types []string
	if asked != "" {
		types = append(types, asked)
	}
	kept, _ := s.server.Deliveries()
	for _, d := range kept {
		if typ := d.Event().Type; !seen[typ] {
			seen[typ] = true
			types = append(types, typ)
		}
	}
	return types
}

func (s *simulator) figure(deliveries []*testserver.Delivery) template.HTML {
	return template.HTML(s.plot(deliveries).svg("")) //nolint:gosec // it escapes what it is given
}

// row is a delivery on the page.
type row struct {
	deliveryView

	Attempts []attemptText
	Next     string
}

func (s *simulator) row(d *testserver.Delivery) row {
	now := d.Snapshot()
	r := row{deliveryView: viewSnapshot(d, now)}
	for _, a := range now.Timeline {
		r.Attempts = append(r.Attempts, textOf(d, a))
	}
	if next, ok := d.Next(); ok {
		r.Next = "in " + since(s.server.Now(), next)
	}
	return r
}

// attemptText is an attempt on the page.
type attemptText struct {
	attemptView

	Kind, Glyph, Tells, Took   string
	Request, Answer, Hex, Curl string
	Forged, Given, SignedText  string
	SignedSize                 int
}

// glyphs are the marks of a list: the shapes of the timeline.
var glyphs = map[kind]string{succeeded: "●", failed: "■", timedOut: "▬", lost: "◖◗", broken: "✕"}

func textOf(d *testserver.Delivery, a testserver.Attempt) attemptText {
	t := attemptText{attemptView: viewAttempt(d, a), Kind: "bad", Glyph: glyphs[kindOf(a)], Tells: tells(a), Took: a.Took.Round(time.Millisecond).String()}
	if a.Succeeded {
		t.Kind = "good"
	}
	return t
}

func (s *simulator) deliveryView(d *testserver.Delivery) *view {
	v := s.newView("delivery", d.Event().Type+" "+deliveryID(d))
	v.Delivery, v.Plot = new(s.row(d)), s.figure([]*testserver.Delivery{d})
	return v
}

func (s *simulator) attemptView(d *testserver.Delivery, a testserver.Attempt) *view {
	v := s.newView("attempt", fmt.Sprintf("attempt %d of %s", a.Number, deliveryID(d)))
	t := textOf(d, a)
	if request, err := wireRequest(a); err == nil {
		t.Request = visible(request)
		command, _ := curl(a)
		t.Curl, t.Hex = string(command), hex.Dump(a.Body)
	}
	if message, err := wireAnswer(a); err == nil {
		t.Answer = visible(message)
	}
	signature := s.signature(a)
	t.Forged, t.Given, t.SignedText, t.SignedSize = signature.Reason, signature.Given, visible(signature.Signed), len(signature.Signed)
	v.Attempt = &t
	return v
}

// visible is a message as text. What is no text is seen in the hex.
func visible(message []byte) string {
	return strings.ToValidUTF8(strings.ReplaceAll(string(message), "\r\n", "\n"), "�")
}

func (s *simulator) webhookView(ep *testserver.Endpoint) *view {
	w := viewWebhook(ep)
	v := s.newView("webhook", "Webhook "+w.URL)
	v.Webhook, v.WebhookID = &w, w.ID
	v.Form = webhookInput{URL: w.URL, Name: w.Name, Method: w.Method, ContentType: w.ContentType, MaxAttempts: fmt.Sprint(w.MaxAttempts), Active: w.Active}
	v.choose(w.Events)
	return v
}

// choose ticks events.
func (v *view) choose(events []string) {
	v.Chosen = map[string]bool{}
	for _, e := range events {
		v.All = v.All || e == "*"
		v.Chosen[e] = true
	}
}

func (s *simulator) faultsView() *view {
	v := s.newView("faults", "Faults")
	v.Faults, v.FaultNames = s.armedFaults(), testserver.FaultNames()
	return v
}
