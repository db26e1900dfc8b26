package simulator

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"time"
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

// showPage shows the view that the query asks for.
func (s *simulator) showPage(w http.ResponseWriter, r *http.Request) error {
	v := s.viewOf(r)
	q := r.URL.Query()
	v.Here = "?" + r.URL.RawQuery
	v.Done = doneTexts[q.Get("done")]
	if number, ok := deliveryNumber(q.Get("sent")); ok && v.Done != "" {
		if d, kept := s.server.Delivery(number); kept {
			v.Sent, v.Done = deliveryID(d), v.Done+" "+becameOf(d)
		}
	}
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

// pageTree is the page: views to GET, and forms to POST.
func (s *simulator) pageTree() tree {
	return tree{prefix: "/", refuse: refuseProblem, routes: []route{
		{http.MethodGet, "", s.showPage},
		{http.MethodPost, "", s.doForm},
	}}
}
