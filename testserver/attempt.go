package testserver

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/hookmitt/hookmitt/events"
)

// maxAnswer is how much of an answer is kept, in bytes.
const maxAnswer = 64 << 10

// Attempt is one request and what came of it.
type Attempt struct {
	Event     events.Event
	Number    int           // 1 for the first
	Copy      int           // 0, but for the further requests that Twice and Together make of an attempt: 1 and so on
	At        time.Time     // when it began, on the server's clock
	Ended     time.Time     // At and Took, on the server's clock: a [Manual] one counts whole seconds
	Took      time.Duration // until the answer, or until the provider had waited enough, in the receiver's time
	Succeeded bool          // as the provider counts
	Faults    []string      // that happened to it

	Method    string      // sent
	URL       string      // sent
	Header    http.Header // sent
	Body      []byte      // sent
	VerifyErr error       // why this does not verify under the secret of the webhook; nil if it does, as it should without a fault

	Status       int // 0 if no answer came
	AnswerHeader http.Header
	AnswerBody   []byte // its first 64 KiB
	Err          error  // why no answer came

	unsealed bool // it could not even be made: the event is none that the provider can send
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
		err := a.Err
		if wrapped, ok := errors.AsType[*url.Error](err); ok { // which says the URL once more
			err = wrapped.Err
		}
		return strings.TrimPrefix(err.Error(), "testserver: ")
	}
	return fmt.Sprintf("answered %d", a.Status)
}

// What the provider sees of an answer that does not come.
var (
	errLost   = errors.New("testserver: the connection broke before the answer")
	errHungUp = errors.New("testserver: hung up before the answer")
)

// make makes an attempt, and the copies of it that faults ask for. The first is the one the provider goes by.
func (s *Server) make(ctx context.Context, c *course, at time.Time) []Attempt {
	made := make([]Attempt, c.copies)
	out, err := s.seal(c) // once: a copy is the same request
	var together sync.WaitGroup
	start := time.Now()
	for i := range made {
		one := func() {
			began := at
			if i > 0 && !c.together {
				began = s.after(at, time.Since(start))
			}
			made[i] = s.request(ctx, c, out, err)
			made[i].At, made[i].Copy = began, i
			made[i].Ended = s.after(began, made[i].Took)
		}
		if c.together {
			together.Go(one)
		} else {
			one()
		}
	}
	together.Wait()
	return made
}

// request makes one request of an attempt, if it could be sealed: it sends and waits.
func (s *Server) request(ctx context.Context, c *course, out *outgoing, unsealed error) Attempt {
	a := Attempt{Event: c.event, Number: c.number, Faults: c.faults, Method: c.sub.Method, URL: c.sub.URL}
	if unsealed != nil {
		a.Err, a.unsealed = unsealed, true
		return a
	}
	a.Method, a.Header, a.Body, a.VerifyErr = out.method, out.header, out.body, out.verifyErr
	start := time.Now()
	a.Status, a.AnswerHeader, a.AnswerBody, a.Err = s.exchange(ctx, c, out)
	a.Took = time.Since(start)
	if errors.Is(a.Err, context.DeadlineExceeded) {
		a.Took = s.provider.Deadline // whenever the machine found the time to notice
	}
	a.Succeeded = a.Err == nil && s.provider.Acknowledges(a.Status)
	return a
}

// exchange sends a request and waits for the whole answer, as long as the provider does.
func (s *Server) exchange(ctx context.Context, c *course, out *outgoing) (int, http.Header, []byte, error) {
	ctx, cancel := context.WithTimeout(ctx, s.provider.Deadline)
	defer cancel()
	defer context.AfterFunc(c.ends, cancel)()
	req, err := http.NewRequestWithContext(ctx, out.method, c.sub.URL, bytes.NewReader(out.body))
	if err != nil {
		return 0, nil, nil, err
	}
	req.Header = out.header.Clone()
	send := s.client.Do
	if out.wire.raw() {
		send = func(req *http.Request) (*http.Response, error) { return s.sendRaw(req, out) }
	}
	answer, err := send(req)
	if err != nil {
		return 0, nil, nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	switch {
	case err != nil && ctx.Err() != nil:
		return 0, nil, nil, context.Cause(ctx)
	case err != nil:
		return 0, nil, nil, err
	case out.wire.lost:
		return 0, nil, nil, errLost
	}
	return answer.StatusCode, answer.Header, body, nil
}
