package simulator

import (
	_ "embed"
	"net/http"
	"time"
)

//go:embed openapi.yaml
var openapi []byte

// controlTree is the control API.
func (s *simulator) controlTree() tree {
	return tree{prefix: control, refuse: refuseProblem, routes: []route{
		{http.MethodGet, "/openapi.yaml", serveOpenAPI},
		{http.MethodGet, "/state", s.showState},
		{http.MethodPost, "/reset", s.reset},

		{http.MethodGet, "/clock", s.showClock},
		{http.MethodPost, "/clock/advance", s.advance},

		{http.MethodGet, "/webhooks", s.listWebhooks},
		{http.MethodPost, "/webhooks", s.createWebhook},
		{http.MethodGet, "/webhooks/{webhook}", s.showWebhook},
		{http.MethodPut, "/webhooks/{webhook}", s.updateWebhook},
		{http.MethodDelete, "/webhooks/{webhook}", s.deleteWebhook},
		{http.MethodPost, "/webhooks/{webhook}/test", s.testWebhook},
		{http.MethodPost, "/webhooks/{webhook}/rotate", s.rotateWebhook},

		{http.MethodPost, "/events", s.sendEvent},
		{http.MethodGet, "/deliveries", s.listDeliveries},
		{http.MethodGet, "/deliveries/{delivery}", s.showDelivery},
		{http.MethodPost, "/deliveries/{delivery}/resend", s.resendDelivery},
		{http.MethodPost, "/deliveries/{delivery}/cancel", s.cancelDelivery},
		{http.MethodGet, "/deliveries/{delivery}/timeline.svg", s.drawDelivery},
		{http.MethodGet, "/deliveries/{delivery}/attempts", s.listAttempts},
		{http.MethodGet, "/deliveries/{delivery}/attempts/{attempt}", s.showAttempt},
		{http.MethodGet, "/deliveries/{delivery}/attempts/{attempt}/request", s.showRequest},
		{http.MethodGet, "/deliveries/{delivery}/attempts/{attempt}/answer", s.showAnswer},
		{http.MethodGet, "/deliveries/{delivery}/attempts/{attempt}/curl", s.showCurl},
		{http.MethodGet, "/timeline.svg", s.drawDeliveries},

		{http.MethodGet, "/faults", s.listFaults},
		{http.MethodPost, "/faults", s.armFault},
		{http.MethodDelete, "/faults/{fault}", s.disarmFault},

		{http.MethodGet, "/notices", s.listNotices},
		{http.MethodGet, "/effects", s.listEffects},
		{http.MethodGet, "/effects/{event}", s.showEffect},
		{http.MethodPost, "/effects/{event}", s.reportEffect},
		{http.MethodGet, "/stream", s.stream},
	}}
}

// refuseProblem says no as RFC 9457 has it. Type is about:blank, so the title is the status's.
func refuseProblem(w http.ResponseWriter, r *refusal) {
	_ = write(w, r.status, "application/problem+json", problem{
		Title: http.StatusText(r.status), Status: r.status, Detail: r.detail, Field: r.field,
	})
}

type problem struct {
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
	Field  string `json:"field,omitempty"`
}

func serveOpenAPI(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "application/yaml") // RFC 9512
	_, _ = w.Write(openapi)
	return nil
}

// state is the simulator at one look.
type state struct {
	Provider   providerView   `json:"provider"`
	Clock      clockView      `json:"clock"`
	Webhooks   []webhookView  `json:"webhooks"`
	Deliveries map[string]int `json:"deliveries"` // how many are in each state
	Forgotten  int            `json:"forgotten"`  // deliveries that were settled and are no longer kept
	Faults     []faultView    `json:"faults"`
	Notices    int            `json:"notices"`
	Effects    int            `json:"effects"`
	Stream     string         `json:"stream"` // the id of the stream's latest event
}

// providerView is who is simulated.
type providerView struct {
	Name         string   `json:"name"`
	Method       string   `json:"method"`
	Acks         []int    `json:"acks"` // statuses that count as success; every 2xx if there are none
	Gaps         []string `json:"gaps"` // before each retry
	DeadlineMS   int64    `json:"deadline_ms"`
	DisableAfter int      `json:"disable_after"` // failed attempts; 0 for never
	Events       []string `json:"events"`
	Test         string   `json:"test"` // type of the test event
}

func (s *simulator) showState(w http.ResponseWriter, _ *http.Request) error {
	return answer(w, http.StatusOK, s.state())
}

func (s *simulator) state() state {
	kept, forgotten := s.server.Deliveries()
	counts := map[string]int{}
	for _, d := range kept {
		counts[d.State().String()]++
	}
	effects := 0
	for _, n := range s.server.Effects() {
		effects += n
	}
	return state{
		Provider: s.provider(), Clock: s.clock(), Webhooks: s.webhooks(), Deliveries: counts, Forgotten: forgotten,
		Faults: s.armedFaults(), Notices: len(s.server.Notices()), Effects: effects, Stream: s.streamID(s.latest()),
	}
}

func (s *simulator) provider() providerView {
	p := s.server.Provider()
	v := providerView{
		Name: p.Name, Method: p.Verb(), Acks: append([]int{}, p.Acks...), Gaps: []string{}, DeadlineMS: p.Deadline.Milliseconds(),
		DisableAfter: p.DisableAfter, Events: append([]string{}, p.Events.Types()...), Test: p.Test,
	}
	for retry := 1; retry <= p.Retry.Retries(); retry++ {
		gap, _ := p.Retry.Delay(retry)
		v.Gaps = append(v.Gaps, gap.String())
	}
	return v
}

func (s *simulator) reset(w http.ResponseWriter, r *http.Request) error {
	if err := s.server.Reset(r.Context()); err != nil {
		return err
	}
	s.forget()
	return s.showState(w, r)
}

// forget drops what is kept of webhooks and faults that are gone. What somebody registered or armed since stays.
func (s *simulator) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for ep := range s.given {
		if _, ok := s.server.Endpoint(ep.ID()); !ok {
			delete(s.given, ep)
		}
	}
	clear(s.made)
	for _, a := range s.faults {
		a.disarm()
	}
	s.faults, s.armed = nil, 0
}

// utc is a time as the API writes it.
func utc(t time.Time) time.Time { return t.UTC().Round(0) }
