package simulator

import (
	"net/http"
	"time"

	"github.com/hookmitt/hookmitt/testserver"
)

func (s *simulator) listNotices(w http.ResponseWriter, _ *http.Request) error {
	notices := []noticeView{}
	for _, n := range s.server.Notices() {
		notices = append(notices, viewNotice(n))
	}
	return answer(w, http.StatusOK, map[string]any{"notices": notices})
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
