package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
)

// output writes what a verb has to say: for people, or for programs.
type output struct {
	format string // text, json or ndjson
	mu     sync.Mutex
	out    io.Writer
}

var formats = []string{"text", "json", "ndjson"}

// outputFlag adds --output.
func (o *output) outputFlag(cmd *cobra.Command) {
	cmd.Flags().StringVarP(&o.format, "output", "o", "text", "text; json, indented; or ndjson, a value a line")
	complete(cmd, "output", formats...)
}

// open says where to write, once the flags are read.
func (o *output) open(cmd *cobra.Command) error {
	o.out = cmd.OutOrStdout()
	switch o.format {
	case "text", "json", "ndjson":
		return nil
	}
	return usage("--output %q is none of %s", o.format, strings.Join(formats, ", "))
}

// say writes a value: its text, or itself as JSON.
func (o *output) say(value any, text string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.format == "text" {
		_, err := fmt.Fprintln(o.out, strings.TrimSuffix(text, "\n"))
		return err
	}
	enc := json.NewEncoder(o.out)
	enc.SetEscapeHTML(false)
	if o.format == "json" {
		enc.SetIndent("", "  ")
	}
	return enc.Encode(value)
}

// clockTime is how a line of a stream begins.
func clockTime(t time.Time) string { return t.Local().Format("15:04:05") }

// shortID is as much of an id as tells events apart in a stream: all of it, but of a UUID or digest its beginning.
func shortID(id string) string {
	if len(id) < 36 {
		return id
	}
	return id[:8]
}

// people writes a duration as people say it: 5m, 1h35m.
func people(d time.Duration) string {
	text := d.Round(time.Millisecond).String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
