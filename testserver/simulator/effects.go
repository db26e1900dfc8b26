package simulator

import (
	"net/http"
	"time"

	"github.com/hookmitt/hookmitt/testserver"
)

// effectView is how often an event's work was done, as its receiver reports.
type effectView struct {
	Event string `json:"event"`
	Count int    `json:"count"`
}

// reportEffect counts one side effect of an event. Whatever is in the body is the receiver's affair.
func (s *simulator) reportEffect(w http.ResponseWriter, r *http.Request) error {
	event := r.PathValue("event")
	count, err := s.server.Report(event)
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, effectView{event, count})
}

// showEffect counts 0 for an event of which nothing was reported.
func (s *simulator) showEffect(w http.ResponseWriter, r *http.Request) error {
	event := r.PathValue("event")
	return answer(w, http.StatusOK, effectView{event, s.server.Effects()[event]})
}

func (s *simulator) listEffects(w http.ResponseWriter, _ *http.Request) error {
	effects := s.server.Effects()
	if effects == nil {
		effects = map[string]int{}
	}
	return answer(w, http.StatusOK, map[string]any{"effects": effects})
}

// noticeView is an e-mail that the provider has written.
type noticeView struct {
	At      time.Time `json:"at"`
	Webhook string    `json:"webhook"`
	To      string    `json:"to"`
	Subject string    `json:"subject"`
	Text    string    `json:"text"`
	Reason  string    `json:"reason"` // the last failure
}

func viewNotice(n testserver.Notice) noticeView {
	return noticeView{At: utc(n.At), Webhook: n.Endpoint.ID(), To: n.To, Subject: n.Subject, Text: n.Text, Reason: n.Reason}
}
