package main

import (
	"context"
	"errors"
	"fmt"
	"log"
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
	alone     bool // nobody is there to make the next attempt
}

// lineOf tells of an attempt, after which the delivery was in a state and its next attempt due at a time, if one was.
func lineOf(d *testserver.Delivery, a testserver.Attempt, state testserver.State, next time.Time) attemptLine {
	l := attemptLine{
		At: a.At, Delivery: d.Number(), EventID: a.Event.ID, EventType: a.Event.Type, Attempt: a.Number, Copy: a.Copy,
		Method: a.Method, URL: a.URL, Mark: a.Mark(), Status: a.Status, TookMS: a.Took.Milliseconds(),
		Outcome: a.Outcome(), Reason: a.Reason(), Faults: append([]string{}, a.Faults...), State: state.String(), ended: a.Ended,
	}
	if !next.IsZero() && a.Copy == 0 {
		l.Next = people(next.Sub(a.Ended))
	}
	if state == testserver.Exhausted {
		_, l.Disabled = d.Endpoint().Disabled()
	}
	return l
}

// linesOf tells of the attempts that were made of a delivery.
func linesOf(d *testserver.Delivery) []attemptLine {
	now := d.Snapshot()
	var lines []attemptLine
	for i, a := range now.Timeline {
		state, next := now.State, time.Time{}
		if len(now.Plan) > 0 {
			next = now.Plan[0]
		}
		for _, later := range now.Timeline[i+1:] {
			if later.Number > a.Number {
				state, next = testserver.Pending, later.At
				break
			}
		}
		lines = append(lines, lineOf(d, a, state, next))
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
	name = printable(name)
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
	case l.Next != "" && l.alone:
		text += "   the provider would try again in " + l.Next + "; --drain does"
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

// follow tells of every attempt of a server until ctx ends, and of what was made until then. What follows from an attempt
// is told right after it.
func follow(ctx context.Context, server *testserver.Server, out *output, onReset func()) {
	made := map[*testserver.Delivery][]testserver.Attempt{}
	for after := uint64(0); ; {
		ended := ctx.Err() != nil // before what is read now
		since, latest, missed, more := server.Changes(after)
		if missed {
			log.Print("some attempts are not told of: they came too fast")
		}
		for _, c := range since {
			switch {
			case c.Kind == testserver.ServerReset:
				onReset()
			case c.Kind == testserver.AttemptMade:
				made[c.Delivery] = append(made[c.Delivery], *c.Attempt)
			case c.Kind == testserver.DeliveryChanged && len(made[c.Delivery]) > 0:
				for _, a := range made[c.Delivery] {
					l := lineOf(c.Delivery, a, c.State, c.Next)
					_ = out.say(l, l.String())
				}
				delete(made, c.Delivery)
			}
		}
		if after = latest; ended {
			return
		}
		select {
		case <-more:
		case <-ctx.Done():
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
