package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"text/tabwriter"

	"github.com/hookmitt/hookmitt/middleware"
)

// journal is what became of the events, in the order in which they were sent.
type journal struct {
	mu    sync.Mutex
	lines []*line
}

// line is what became of an event.
type line struct {
	id, course string
	handled    []string // by whom
	others     []string // what they said
}

func (j *journal) sent(id, course string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, &line{id: id, course: course})
}

// request makes the observer of a receiver.
func (j *journal) request(number int) func(context.Context, middleware.Record) {
	return func(_ context.Context, r middleware.Record) {
		j.mu.Lock()
		defer j.mu.Unlock()
		for _, l := range j.lines {
			switch {
			case l.id != r.EventID:
			case r.Run > 0:
				l.handled = append(l.handled, name(number))
			default:
				l.others = append(l.others, fmt.Sprintf("%s: %d %s", name(number), r.Status, r.Outcome))
			}
		}
	}
}

// print prints the journal, and returns an error if an event was not handled exactly once.
func (j *journal) print(out io.Writer) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	requests := 0
	table := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "EVENT\tSENT\tHANDLED BY\tTHE OTHERS SAID")
	for _, l := range j.lines {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", l.id, l.course, strings.Join(l.handled, ", "), strings.Join(l.others, ", "))
		requests += len(l.handled) + len(l.others)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, l := range j.lines {
		if len(l.handled) != 1 {
			return fmt.Errorf("%s was handled %d times", l.id, len(l.handled))
		}
	}
	fmt.Fprintf(out, "%d events in %d requests to three receivers, each handled once\n", len(j.lines), requests)
	return nil
}
