package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/hookmitt/hookmitt/testserver"
)

// attemptLine is an attempt as serve, send and trigger tell of it.
type attemptLine struct {
	At        time.Time `json:"at"`
	Delivery  uint64    `json:"delivery"`
	EventID   string    `json:"event_id"`
	EventType string    `json:"event_type"`
	Attempt   int       `json:"attempt"`
	Copy      int       `json:"copy"`
	Method    string    `json:"method"`
	URL       string    `json:"url"`
	Mark      string    `json:"mark"`   // the status, timeout, lost or error
	Status    int       `json:"status"` // 0 if no answer came
	TookMS    int64     `json:"took_ms"`
	Outcome   string    `json:"outcome"` // what a hookmitt receiver says became of it
	Reason    string    `json:"reason"`  // why it failed
	Faults    []string  `json:"faults"`
	State     string    `json:"state"`    // of the delivery afterwards
	Next      string    `json:"next"`     // the gap until the next attempt; "" if there is none
	Disabled  bool      `json:"disabled"` // the webhook, afterwards
	ended     time.Time
}

// linesOf tells of the attempts of a delivery from one on.
func linesOf(d *testserver.Delivery, from int) []attemptLine {
	timeline := d.Timeline()
	var lines []attemptLine
	for i, a := range timeline[min(from, len(timeline)):] {
		l := attemptLine{
			At: a.At, Delivery: d.Number(), EventID: a.Event.ID, EventType: a.Event.Type, Attempt: a.Number, Copy: a.Copy,
			Method: a.Method, URL: a.URL, Mark: a.Mark(), Status: a.Status, TookMS: a.Took.Milliseconds(),
			Outcome: a.Outcome(), Reason: a.Reason(), Faults: append([]string{}, a.Faults...), State: "pending", ended: a.Ended,
		}
		if after := timeline[from+i+1:]; len(after) > 0 {
			if after[0].Number > a.Number {
				l.Next = people(after[0].At.Sub(timeline[from+i-a.Copy].Ended))
			}
		} else {
			l.State = d.State().String()
			if next, ok := d.Next(); ok {
				l.Next = people(next.Sub(timeline[from+i-a.Copy].Ended))
			}
			_, l.Disabled = d.Endpoint().Disabled()
		}
		lines = append(lines, l)
	}
	return lines
}

// String is the attempt in the two lines that users of other tools know: out, and back.
func (l attemptLine) String() string {
	number := fmt.Sprintf("#%d", l.Attempt)
	if l.Copy > 0 {
		number += fmt.Sprintf(" copy %d", l.Copy)
	}
	name := l.EventType
	if id := shortID(l.EventID); id != "" {
		name += " [" + id + "]"
	}
	if len(l.Faults) > 0 {
		name += " (" + strings.Join(l.Faults, ", ") + ")"
	}
	came := l.Mark
	switch {
	case l.Mark == "timeout":
		came += " " + people(time.Duration(l.TookMS)*time.Millisecond)
	case l.Outcome != "":
		came += " " + l.Outcome
	}
	text := fmt.Sprintf("%s  --> %s %s\n%s  <-- [%s] %s %s %s", clockTime(l.At), name, number, clockTime(l.ended), came, l.Method, l.URL, number)
	switch {
	case l.Next != "":
		text += "   next +" + l.Next
	case l.State != "pending" && l.State != "delivered":
		text += "   " + l.State
		if l.Disabled {
			text += ", and the webhook is disabled"
		}
	}
	if l.Mark == "error" {
		text += "\n          " + l.Reason
	}
	return text
}

// follow tells of every attempt of a server until ctx ends.
func follow(ctx context.Context, server *testserver.Server, out *output) {
	told := map[*testserver.Delivery]int{}
	for after := uint64(0); ; {
		since, latest, _, more := server.Changes(after)
		for _, c := range since {
			if c.Kind != testserver.DeliveryChanged {
				continue
			}
			for _, l := range linesOf(c.Delivery, told[c.Delivery]) {
				told[c.Delivery]++
				_ = out.say(l, l.String())
			}
			if c.Delivery.State() != testserver.Pending {
				delete(told, c.Delivery)
			}
		}
		after = latest
		select {
		case <-more:
		case <-ctx.Done():
			return
		}
	}
}

// judge is the exit code of deliveries: an error if one did not arrive.
func judge(deliveries []*testserver.Delivery) error {
	failed := false
	for _, d := range deliveries {
		if d.State() == testserver.Delivered {
			continue
		}
		failed = true
		for _, a := range d.Timeline() {
			if unreachable(a.Err) {
				return &exit{exitUnreachable, fmt.Errorf("nobody answers at %s: is the receiver running?", a.URL)}
			}
		}
	}
	if failed {
		return &exit{code: exitFailed}
	}
	return nil
}

// unreachable reports whether there was no connection at all.
func unreachable(err error) bool {
	failed, ok := errors.AsType[*net.OpError](err)
	return ok && failed.Op == "dial"
}
