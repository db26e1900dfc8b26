package main

import (
	"encoding/json"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/testserver"
)

// sending are the flags of send.
type sending struct {
	target
	event, data, id string
}

func send() *cobra.Command {
	var s sending
	cmd := &cobra.Command{
		Use:   "send",
		Short: "Send one signed event, and print what it was answered",
		Example: `  hookmitt send --to http://127.0.0.1:8080/ --secret env:SECRET --event instance.created
  hookmitt send --to http://127.0.0.1:8080/ --secret env:SECRET --provider cdhosting --event server.started --data @started.json
  hookmitt send --to http://127.0.0.1:8080/ --secret env:SECRET --event instance.created --fault tampered`,
		RunE: func(cmd *cobra.Command, _ []string) error { return s.run(cmd) },
	}
	s.flags(cmd)
	cmd.Flags().StringVar(&s.event, "event", "", "type of the event")
	cmd.Flags().StringVar(&s.data, "data", "", "its data: JSON, @file, or @- for standard input (default the provider's sample)")
	cmd.Flags().StringVar(&s.id, "id", "", "its id (default a new one)")
	completeEvents(cmd, &s.who)
	return cmd
}

func (s *sending) run(cmd *cobra.Command) error {
	if s.helped(cmd) {
		return nil
	}
	faults, err := s.mishaps()
	if err != nil {
		return err
	}
	server, ep, err := s.endpoint(cmd)
	if err != nil {
		return err
	}
	defer server.Close()
	e, err := s.make(cmd, server)
	if err != nil {
		return err
	}
	d := ep.Send(cmd.Context(), e, faults...)
	if err := s.finish(cmd.Context(), server, d); err != nil {
		return err
	}
	return judge([]*testserver.Delivery{d})
}

// make is the event that the flags say.
func (s *sending) make(cmd *cobra.Command, server *testserver.Server) (events.Event, error) {
	if s.event == "" {
		return events.Event{}, usage("--event is missing: a type such as %s", strings.Join(server.Provider().Events.Types()[:1], ""))
	}
	e, err := sample(server.Provider(), s.event, cmd.Flags().Changed("data"))
	if err != nil {
		return e, err
	}
	if cmd.Flags().Changed("data") {
		text, err := content(cmd, "--data", s.data)
		if err != nil {
			return e, err
		}
		if !json.Valid(text) {
			return e, usage("--data is no JSON; a file's name wants an @ before it")
		}
		e.Data = text
	}
	if s.id != "" && server.Provider().Codec.IDField().Derived() {
		return e, usage("--id: %s sends no ids", server.Provider().Name)
	}
	e.ID = s.id
	if err := server.CanSend(e); err != nil {
		return e, usage("%s cannot send this: %w", server.Provider().Name, err)
	}
	return e, nil
}

// sample is the provider's sample of a type, or an event without data if there is none and that will do.
func sample(p hookmitt.Provider, typ string, bare bool) (events.Event, error) {
	e, ok := p.Events.Sample(typ)
	if !ok && !bare {
		return e, usage("%s has no sample of %s: give its data, or take one of: %s", p.Name, typ, strings.Join(p.Events.Types(), ", "))
	}
	e.Type = typ
	return e, nil
}

// content is text from a flag, a file or standard input.
func content(cmd *cobra.Command, flag, given string) ([]byte, error) {
	name, isFile := strings.CutPrefix(given, "@")
	switch {
	case !isFile:
		if _, err := os.Stat(given); err == nil {
			return nil, usage("%s: %s is a file, whose name wants an @ before it", flag, given)
		}
		return []byte(given), nil
	case name == "-":
		return io.ReadAll(cmd.InOrStdin())
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, usage("%s: %w", flag, err)
	}
	return text, nil
}

// completeEvents offers the provider's types.
func completeEvents(cmd *cobra.Command, w *who) {
	_ = cmd.RegisterFlagCompletionFunc("event", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		p, err := w.is()
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return p.Events.Types(), cobra.ShellCompDirectiveNoFileComp
	})
}
