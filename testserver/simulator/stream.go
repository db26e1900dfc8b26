package simulator

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/hookmitt/hookmitt/testserver"
)

// quiet is how long the stream is silent at most, in real time: intermediaries close what is silent for longer.
const quiet = 15 * time.Second

// patient is how long a client may take to read what there is, in real time; one that takes longer is let go, and may
// come back with its Last-Event-ID.
const patient = 10 * time.Second

// latest is the number of the server's latest change.
func (s *simulator) latest() uint64 {
	_, latest, _, _ := s.server.Changes(math.MaxUint64)
	return latest
}

// streamID is a change's id in the stream. It begins with what tells this simulator from others, so that a client which
// comes back after a restart is not taken for one that has seen everything.
func (s *simulator) streamID(number uint64) string { return fmt.Sprintf("%s-%d", s.epoch, number) }

// stream sends what changes as server-sent events, beginning with the next change, or after that of the Last-Event-ID
// header. Where some between are no longer kept, or the id is of another simulator, it first sends one event "missed":
// the client then reads the state again.
func (s *simulator) stream(w http.ResponseWriter, r *http.Request) error {
	after, missed := s.latest(), false
	if last := r.Header.Get("Last-Event-ID"); last != "" {
		epoch, number, _ := strings.Cut(last, "-")
		if n, err := strconv.ParseUint(number, 10, 64); err == nil && epoch == s.epoch && n <= after {
			after = n
		} else {
			missed = true
		}
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_ = s.follow(w, r, after, missed) // until the client has gone
	}
	return nil
}

// follow sends what changes after the change of a number, until the client goes.
func (s *simulator) follow(w http.ResponseWriter, r *http.Request, after uint64, missed bool) error {
	if _, err := fmt.Fprint(w, "retry: 1000\n\n"); err != nil {
		return err
	}
	out := http.NewResponseController(w)
	for {
		_ = out.SetWriteDeadline(time.Now().Add(patient)) // where there is none, as in a test, nobody keeps us waiting
		since, latest, lost, more := s.server.Changes(after)
		if missed || lost {
			if err := event(w, s.streamID(after), "missed", struct{}{}); err != nil {
				return err
			}
			missed = false
		}
		for _, c := range since {
			if err := event(w, s.streamID(c.Number), string(c.Kind), s.view(c)); err != nil {
				return err
			}
		}
		after = latest
		if err := out.Flush(); err != nil {
			return err
		}
		select {
		case <-more:
		case <-time.After(quiet):
			if _, err := fmt.Fprint(w, ":\n\n"); err != nil {
				return err
			}
		case <-r.Context().Done():
			return r.Context().Err()
		}
	}
}

func event(w http.ResponseWriter, id, name string, data any) error {
	text, err := json.Marshal(data)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "id: %s\nevent: %s\ndata: %s\n\n", id, name, text)
	return err
}

// view is what the stream tells of a change: what has changed, as it is now.
func (s *simulator) view(c testserver.Change) any {
	switch c.Kind {
	case testserver.EndpointChanged:
		return viewWebhook(c.Endpoint)
	case testserver.EndpointRemoved:
		return map[string]string{"id": c.Endpoint.ID()}
	case testserver.DeliveryChanged:
		return viewDelivery(c.Delivery)
	case testserver.AttemptMade:
		return viewAttempt(c.Delivery, *c.Attempt)
	case testserver.NoticeWritten:
		return viewNotice(*c.Notice)
	case testserver.FaultsChanged:
		return map[string]any{"faults": s.armedFaults()}
	case testserver.EffectReported:
		return effectView{c.EventID, s.server.EffectsOf(c.EventID)}
	case testserver.ClockMoved, testserver.ServerReset:
	}
	return s.clock()
}
