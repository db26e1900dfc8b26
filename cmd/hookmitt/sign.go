package main

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hookmitt/hookmitt/events"
)

// signing are the flags of sign.
type signing struct {
	who
	output
	body, id, at string
}

func sign() *cobra.Command {
	var s signing
	cmd := &cobra.Command{
		Use:   "sign",
		Short: "Print the headers that the provider would send with a body",
		Example: `  printf '{"event":"instance.created"}' | hookmitt sign --secret env:SECRET
  hookmitt sign --provider standard --secret @secret --id msg_1 --body @body.json`,
		RunE: func(cmd *cobra.Command, _ []string) error { return s.run(cmd) },
	}
	s.providerFlags(cmd)
	s.secretFlag(cmd, "signs the body")
	s.outputFlag(cmd)
	cmd.Flags().StringVar(&s.body, "body", "@-", "the body: text, @file, or @- for standard input; byte for byte, a last newline too")
	cmd.Flags().StringVar(&s.id, "id", "", "the event's id, where it travels in a header")
	cmd.Flags().StringVar(&s.at, "at", "", "when it is signed, RFC 3339, where the scheme signs a time (default now)")
	return cmd
}

func (s *signing) run(cmd *cobra.Command) error {
	p, err := s.is()
	if err != nil {
		return err
	}
	secret, err := s.key()
	if err != nil {
		return err
	}
	if err := s.open(cmd); err != nil {
		return err
	}
	at := time.Now()
	if s.at != "" {
		if at, err = time.Parse(time.RFC3339, s.at); err != nil {
			return usage("--at %q is no time such as 2026-01-15T10:30:00Z", s.at)
		}
	}
	body, err := content(cmd, "--body", s.body)
	if err != nil {
		return err
	}
	if header, ok := p.Codec.IDField().Header(); ok && s.id == "" && p.Scheme.Covers(header) {
		return usage("--id is missing: %s signs the event's id", p.Name)
	}
	header, _, err := p.Seal(secret, events.Event{ID: s.id, Raw: body}, at)
	if err != nil {
		return usage("%s cannot sign this: %w", p.Name, err)
	}
	header.Del("Content-Type")
	return s.say(header, headerText(header))
}

// headerText is a header as it is written over a connection, and as curl -H takes it.
func headerText(header http.Header) string {
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(header)) {
		for _, value := range header[name] {
			lines = append(lines, name+": "+value)
		}
	}
	return strings.Join(lines, "\n")
}
