package simulator

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
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

// pageFiles are the page: a template, a style and a script, of which the last is a convenience.
//
//go:embed page
var pageFiles embed.FS

var (
	pageTemplate = template.Must(template.New("").Funcs(template.FuncMap{
		"when":  func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") },
		"short": func(id string) string { return clip(id, 14) },
	}).ParseFS(pageFiles, "page/page.html"))
	pageCSS = text("page/page.css") + plotStyle
	pageJS  = text("page/page.js")

	// pagePolicy lets the page load nothing but itself.
	pagePolicy = fmt.Sprintf("default-src 'none'; style-src 'sha256-%s'; script-src 'sha256-%s'; connect-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
		digest(pageCSS), digest(pageJS))
)

func text(name string) string {
	content, err := pageFiles.ReadFile(name)
	if err != nil {
		panic(err) // it is embedded
	}
	return string(content)
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.StdEncoding.EncodeToString(sum[:])
}

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

// showPage shows the view that the query asks for.
func (s *simulator) showPage(w http.ResponseWriter, r *http.Request) error {
	v := s.viewOf(r)
	q := r.URL.Query()
	v.Here = "?" + r.URL.RawQuery
	v.Done = doneTexts[q.Get("done")]
	if v.Webhook != nil && q.Get("done") != "" {
		v.Secret = s.takeSecret(v.Webhook.ID)
	}
	return s.render(w, http.StatusOK, v)
}

func (s *simulator) render(w http.ResponseWriter, status int, v *view) error {
	if v.View == "missing" {
		status = http.StatusNotFound
	}
	var page strings.Builder
	if err := pageTemplate.ExecuteTemplate(&page, "page", v); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", pagePolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store") // it may hold a secret, and is old in a moment
	w.WriteHeader(status)
	_, _ = w.Write([]byte(page.String()))
	return nil
}

func (s *simulator) viewOf(r *http.Request) *view {
	q := r.URL.Query()
	switch {
	case q.Get("webhook") != "":
		ep, ok := s.server.Endpoint(q.Get("webhook"))
		if !ok {
			return s.missing("There is no such webhook: it was deleted, or the simulator was reset.")
		}
		return s.webhookView(ep)
	case q.Get("delivery") != "":
		r.SetPathValue("delivery", q.Get("delivery"))
		r.SetPathValue("attempt", q.Get("attempt"))
		d, err := s.delivery(r)
		if err != nil {
			return s.missing("There is no such delivery, or it is no longer kept.")
		}
		if q.Get("attempt") == "" {
			return s.deliveryView(d)
		}
		if _, a, err := s.attempt(r); err == nil {
			return s.attemptView(d, a)
		}
		return s.missing("There is no such attempt.")
	}
	switch q.Get("view") {
	case "":
		return s.homeView(r)
	case "new":
		v := s.newView("new", "New webhook")
		v.Form, v.All, v.Chosen = webhookInput{Active: true}, true, map[string]bool{}
		return v
	case "faults":
		return s.faultsView()
	case "notices":
		v := s.newView("notices", "Notices")
		for _, n := range s.server.Notices() {
			v.Notices = append([]noticeView{viewNotice(n)}, v.Notices...)
		}
		return v
	}
	return s.missing("There is no such view.")
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
	r := row{deliveryView: viewDelivery(d)}
	for _, a := range d.Timeline() {
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
	Forged, SignedText         string
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
	t.Forged, t.SignedText, t.SignedSize = signature.Reason, visible(signature.Signed), len(signature.Signed)
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

// pageTree is the page: views to GET, and forms to POST.
func (s *simulator) pageTree() tree {
	return tree{prefix: "/", refuse: refuseProblem, routes: []route{
		{http.MethodGet, "", s.showPage},
		{http.MethodPost, "", s.doForm},
	}}
}
