package main

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/hookmitt/hookmitt/middleware"
	"github.com/hookmitt/hookmitt/testserver"
)

// journal prints a line for every attempt: what the provider saw, and what the handler did meanwhile.
type journal struct {
	mu   sync.Mutex
	last string
	live atomic.Bool // what comes is sent by hand

	played, recorded atomic.Int64 // requests: the simulator's, and all that the receiver has told of
}

const columns = "%-34s %-8s %-7s %-10s %s\n"

func (*journal) heading() { fmt.Printf(columns, "SENT", "ATTEMPT", "STATUS", "OUTCOME", "HANDLER") }

// note is called by handlers.
func (j *journal) note(format string, args ...any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.last = fmt.Sprintf(format, args...)
}

// take returns what the handler did since the last time.
func (j *journal) take() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	last := j.last
	j.last = ""
	if last == "" {
		return "did not run"
	}
	return last
}

// attempt is called by the simulator.
func (j *journal) attempt(a testserver.Attempt) {
	j.played.Add(1)
	sent := strings.Join(append([]string{a.Event.Type, a.Event.ID}, a.Faults...), " ")
	outcome := a.Outcome()
	if outcome == "" {
		outcome = "refused" // a receiver tells a stranger no more
	}
	fmt.Printf(columns, sent, fmt.Sprintf("#%d", a.Number), fmt.Sprint(a.Status), outcome, j.take())
}

// request is called by the receiver after the answer, and knows more than that. The simulator's requests have their lines;
// of the last of them the receiver may tell when the play is over.
func (j *journal) request(_ context.Context, r middleware.Record) {
	if number := j.recorded.Add(1); !j.live.Load() || number <= j.played.Load() {
		return
	}
	did := j.take()
	if r.Reason != "" {
		did = r.Reason
	}
	fmt.Printf(columns, "by hand "+r.EventType+" "+r.EventID, "", fmt.Sprint(r.Status), r.Outcome, did)
}
