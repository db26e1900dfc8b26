package simulator

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/hookmitt/hookmitt/testserver"
	"github.com/hookmitt/hookmitt/verify"
)

// attemptView is one request and what came of it, but for its bytes.
type attemptView struct {
	Delivery  string    `json:"delivery"`
	ID        string    `json:"id"`     // within the delivery: 2, or 2-1 for the first copy of the second
	Number    int       `json:"number"` // 1 for the first
	Copy      int       `json:"copy"`   // 0, but for the further requests that a fault makes of an attempt
	At        time.Time `json:"at"`
	Ended     time.Time `json:"ended"`
	TookMS    int64     `json:"took_ms"` // in the receiver's time
	Succeeded bool      `json:"succeeded"`
	Mark      string    `json:"mark"`    // in a word: the status, timeout, lost or error
	Status    int       `json:"status"`  // 0 if no answer came
	Reason    string    `json:"reason"`  // why it failed
	Outcome   string    `json:"outcome"` // what a hookmitt receiver says became of it
	Faults    []string  `json:"faults"`  // that happened to it
}

func viewAttempt(d *testserver.Delivery, a testserver.Attempt) attemptView {
	return attemptView{
		Delivery: deliveryID(d), ID: attemptID(a), Number: a.Number, Copy: a.Copy, At: utc(a.At), Ended: utc(a.Ended), TookMS: a.Took.Milliseconds(),
		Succeeded: a.Succeeded, Mark: a.Mark(), Status: a.Status, Reason: a.Reason(), Outcome: a.Outcome(), Faults: append([]string{}, a.Faults...),
	}
}

func attemptID(a testserver.Attempt) string {
	if a.Copy == 0 {
		return fmt.Sprint(a.Number)
	}
	return fmt.Sprintf("%d-%d", a.Number, a.Copy)
}

// exchangeView is an attempt with its bytes.
type exchangeView struct {
	attemptView

	Request   messageView   `json:"request"`
	Signature signatureView `json:"signature"`
	Answer    *messageView  `json:"answer"` // null if none came
}

// signatureView is what a request's signature is worth.
type signatureView struct {
	Verifies bool   `json:"verifies"` // under the webhook's secret, when it was sent
	Reason   string `json:"reason"`   // why not
	Given    string `json:"given"`    // the signature header's value
	Signed   []byte `json:"signed_base64"`
}

func (s *simulator) signature(a testserver.Attempt) signatureView {
	v := signatureView{Verifies: a.VerifyErr == nil && a.Header != nil}
	if a.VerifyErr != nil {
		v.Reason = strings.TrimPrefix(a.VerifyErr.Error(), "verify: ")
	}
	if header, ok := verify.SignatureHeader(s.server.Provider().Scheme); ok {
		v.Given = a.Header.Get(header)
	}
	v.Signed, _ = verify.SignedBytes(s.server.Provider().Scheme, a.Header, a.Body)
	return v
}

// messageView is a request or an answer.
type messageView struct {
	Method string      `json:"method,omitempty"`
	URL    string      `json:"url,omitempty"`
	Status int         `json:"status,omitempty"`
	Header http.Header `json:"header"`
	Body   *string     `json:"body"`        // null if it is no UTF-8
	Base64 []byte      `json:"body_base64"` // always
}

func message(h http.Header, body []byte) messageView {
	if h == nil {
		h = http.Header{}
	}
	m := messageView{Header: h, Base64: append([]byte{}, body...)}
	if utf8.Valid(body) {
		m.Body = new(string(body))
	}
	return m
}

func (s *simulator) exchange(d *testserver.Delivery, a testserver.Attempt) exchangeView {
	v := exchangeView{attemptView: viewAttempt(d, a), Request: message(a.Header, a.Body), Signature: s.signature(a)}
	v.Request.Method, v.Request.URL = a.Method, a.URL
	if a.Status != 0 {
		v.Answer = new(message(a.AnswerHeader, a.AnswerBody))
		v.Answer.Status = a.Status
	}
	return v
}

func (s *simulator) listAttempts(w http.ResponseWriter, r *http.Request) error {
	d, err := s.delivery(r)
	if err != nil {
		return err
	}
	views := []exchangeView{}
	for _, a := range d.Timeline() {
		views = append(views, s.exchange(d, a))
	}
	return answer(w, http.StatusOK, map[string]any{"attempts": views})
}

// attempt is the one that the path names.
func (s *simulator) attempt(r *http.Request) (*testserver.Delivery, testserver.Attempt, error) {
	d, err := s.delivery(r)
	if err != nil {
		return nil, testserver.Attempt{}, err
	}
	for _, a := range d.Timeline() {
		if attemptID(a) == r.PathValue("attempt") {
			return d, a, nil
		}
	}
	return nil, testserver.Attempt{}, &refusal{status: http.StatusNotFound, detail: "there is no attempt " + r.PathValue("attempt") + " of " + deliveryID(d)}
}

func (s *simulator) showAttempt(w http.ResponseWriter, r *http.Request) error {
	d, a, err := s.attempt(r)
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, s.exchange(d, a))
}

// showRequest is the request as it goes over a connection, but for what a fault did to it on its way.
func (s *simulator) showRequest(w http.ResponseWriter, r *http.Request) error {
	return s.showText(w, r, "message/http", wireRequest)
}

// showAnswer is the answer as it came, of its body the first 64 KiB.
func (s *simulator) showAnswer(w http.ResponseWriter, r *http.Request) error {
	return s.showText(w, r, "message/http", wireAnswer)
}

// showCurl is a command that sends the request again.
func (s *simulator) showCurl(w http.ResponseWriter, r *http.Request) error {
	return s.showText(w, r, "text/plain; charset=utf-8", curl)
}

// errUnsent says that the attempt has no such message.
var errUnsent = errors.New("there is none: the attempt has no such message")

func (s *simulator) showText(w http.ResponseWriter, r *http.Request, mediaType string, render func(testserver.Attempt) ([]byte, error)) error {
	_, a, err := s.attempt(r)
	if err != nil {
		return err
	}
	text, err := render(a)
	if errors.Is(err, errUnsent) {
		return &refusal{status: http.StatusNotFound, detail: err.Error()}
	}
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", mediaType)
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff") // the receiver's bytes, shown under our origin
	_, _ = w.Write(text)
	return nil
}
