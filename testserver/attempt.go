package testserver

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/hookmitt/hookmitt/events"
)

// maxAnswer is how much of an answer is kept, in bytes.
const maxAnswer = 64 << 10

// Attempt is one request and what came of it.
type Attempt struct {
	Event     events.Event
	Number    int           // 1 for the first
	At        time.Time     // when it began
	Took      time.Duration // until the answer, or until the provider had waited enough
	Succeeded bool          // as the provider counts
	Faults    []string      // that happened to it

	Method string      // sent
	URL    string      // sent
	Header http.Header // sent
	Body   []byte      // sent

	Status       int // 0 if no answer came
	AnswerHeader http.Header
	AnswerBody   []byte // its first 64 KiB
	Err          error  // why no answer came
}

// Outcome is what a hookmitt receiver says became of the request; "" where none says so.
func (a Attempt) Outcome() string { return a.AnswerHeader.Get("Hookmitt-Outcome") }

// Reason is why the attempt failed, in the words of a provider's page.
func (a Attempt) Reason() string {
	switch {
	case a.Succeeded:
		return ""
	case errors.Is(a.Err, context.DeadlineExceeded):
		return fmt.Sprintf("no answer within %v", a.Took)
	case a.Err != nil:
		return a.Err.Error()
	}
	return fmt.Sprintf("answered %d", a.Status)
}

// outgoing is a request that faults may still change.
type outgoing struct {
	method string
	header http.Header
	body   []byte
	lost   bool // the answer, on its way back
}

// make makes an attempt: it seals, lets faults happen, sends and waits.
func (d *Delivery) make(number int, sub Subscription) Attempt {
	s := d.endpoint.server
	a := Attempt{Event: d.event, Number: number, At: time.Now(), Method: s.provider.Verb(), URL: sub.URL}
	h, body, err := s.provider.Seal(sub.Secret, d.event, time.Now())
	if err != nil {
		a.Err = err
		return a
	}
	out := &outgoing{method: a.Method, header: h, body: body}
	for _, f := range d.faults {
		if f.happens(number) {
			f.change(out)
			a.Faults = append(a.Faults, f.name)
		}
	}
	a.Method, a.Header, a.Body = out.method, out.header, out.body
	a.Status, a.AnswerHeader, a.AnswerBody, a.Err = s.exchange(d.ctx, sub.URL, out)
	a.Took = time.Since(a.At)
	a.Succeeded = a.Err == nil && s.provider.Acknowledges(a.Status)
	return a
}

// errLost is what the provider sees of an answer that was lost.
var errLost = errors.New("testserver: the connection broke before the answer")

// exchange sends a request and waits for the whole answer, as long as the provider does.
func (s *Server) exchange(ctx context.Context, url string, out *outgoing) (int, http.Header, []byte, error) {
	ctx, cancel := context.WithTimeout(ctx, s.provider.Deadline)
	defer cancel()
	defer context.AfterFunc(s.ctx, cancel)()
	req, err := http.NewRequestWithContext(ctx, out.method, url, bytes.NewReader(out.body))
	if err != nil {
		return 0, nil, nil, err
	}
	req.Header = out.header.Clone()
	answer, err := s.client.Do(req)
	if err != nil {
		return 0, nil, nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	switch {
	case err != nil:
		return 0, nil, nil, err
	case out.lost:
		return 0, nil, nil, errLost
	}
	return answer.StatusCode, answer.Header, body, nil
}
