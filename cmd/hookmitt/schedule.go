package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hookmitt/hookmitt"
)

func schedule() *cobra.Command {
	var w who
	var o output
	cmd := &cobra.Command{
		Use:     "schedule",
		Short:   "Print when a provider tries again, and when it gives up",
		Example: `  hookmitt schedule --provider cdhosting`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			p, err := w.is()
			if err != nil {
				return err
			}
			if err := o.open(cmd); err != nil {
				return err
			}
			t := timetableOf(p)
			return o.say(t, t.String())
		},
	}
	w.providerFlag(cmd)
	o.outputFlag(cmd)
	return cmd
}

// timetable is when a provider makes its attempts if all of them fail at once.
type timetable struct {
	Provider     string   `json:"provider"`
	Attempts     []string `json:"attempts"`      // since the first
	Deadline     string   `json:"deadline"`      // how long each waits for an answer
	DisableAfter int      `json:"disable_after"` // failed attempts; 0 for never
	Horizon      string   `json:"horizon"`       // the latest that an attempt may still arrive
}

func timetableOf(p hookmitt.Provider) timetable {
	t := timetable{
		Provider: p.Name, Attempts: []string{"0s"}, Deadline: people(p.Deadline), DisableAfter: p.DisableAfter, Horizon: people(p.Horizon()),
	}
	var since time.Duration
	for retry := 1; retry <= p.Retry.Retries(); retry++ {
		gap, _ := p.Retry.Delay(retry)
		since += gap
		t.Attempts = append(t.Attempts, people(since))
	}
	return t
}

// String is a line for each attempt.
func (t timetable) String() string {
	var text strings.Builder
	for i, since := range t.Attempts {
		fmt.Fprintf(&text, "attempt %d  +%s\n", i+1, since)
	}
	fmt.Fprintf(&text, "each waits %s", t.Deadline)
	if t.DisableAfter > 0 {
		fmt.Fprintf(&text, "; after %d failed attempts the webhook is disabled", t.DisableAfter)
	} else {
		text.WriteString("; then it gives the event up")
	}
	return text.String()
}
