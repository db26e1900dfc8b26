package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/hookmitt/hookmitt/testserver"
)

// journal prints a line for every attempt: what the provider saw, what the app did meanwhile, and if it did nothing why.
type journal struct {
	app    *os.File      // what the app prints, from where it was read last
	stream *json.Decoder // what the sidecar prints
}

func newJournal(app string, stream io.Reader) (*journal, error) {
	file, err := os.Open(app)
	return &journal{file, json.NewDecoder(stream)}, err
}

const columns = "%-34s %-8s %-7s %-10s %s\n"

func (*journal) heading() { fmt.Printf(columns, "SENT", "ATTEMPT", "STATUS", "OUTCOME", "APP") }

// answer is what the sidecar prints of a request that it has answered.
type answer struct {
	ID      string `json:"event_id"`
	Type    string `json:"event_type"`
	Status  int    `json:"status"`
	Outcome string `json:"outcome"`
	Reason  string `json:"reason"`
	Late    bool   `json:"late"`
}

// answer waits for the next answer of the sidecar; false if it has ended.
func (j *journal) answer() (answer, bool) {
	for {
		var a answer
		if err := j.stream.Decode(&a); err != nil {
			return answer{}, false
		}
		if a.Outcome != "" && !a.Late { // events that came have no outcome yet
			return a, true
		}
	}
}

// did is what the app has printed since the last time.
func (j *journal) did(a answer) string {
	printed, err := io.ReadAll(j.app)
	switch {
	case err != nil:
		return err.Error()
	case len(printed) > 0:
		return strings.ReplaceAll(strings.TrimSpace(string(printed)), "\n", "; ")
	case a.Reason != "":
		return "not asked: " + a.Reason
	}
	return "not asked"
}

// attempt is called by the simulator.
func (j *journal) attempt(a testserver.Attempt) {
	var told answer
	if a.Status != 0 { // somebody answered
		told, _ = j.answer()
	}
	sent := strings.Join(append([]string{a.Event.Type, a.Event.ID}, a.Faults...), " ")
	outcome := a.Outcome()
	if outcome == "" {
		outcome = "refused" // a receiver tells a stranger no more
	}
	fmt.Printf(columns, sent, fmt.Sprintf("#%d", a.Number), a.Mark(), outcome, j.did(told))
}

// follow prints what is sent by hand, until the sidecar ends.
func (j *journal) follow() {
	for {
		a, ok := j.answer()
		if !ok {
			return
		}
		fmt.Printf(columns, strings.TrimSpace("by hand "+a.Type+" "+a.ID), "", fmt.Sprint(a.Status), a.Outcome, j.did(a))
	}
}
