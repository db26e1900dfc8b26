package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/testserver"
	"github.com/hookmitt/hookmitt/verify"
)

// target is the receiver that send and trigger call.
type target struct {
	who
	output
	to     string
	faults []string
	drain  bool
}

func (t *target) flags(cmd *cobra.Command) {
	t.providerFlags(cmd)
	t.secretFlag(cmd, "signs the requests")
	t.outputFlag(cmd)
	cmd.Flags().StringVar(&t.to, "to", "", "URL of the receiver")
	cmd.Flags().StringArrayVar(&t.faults, "fault", nil, "what goes wrong on the way; can be repeated; --fault help lists them")
	cmd.Flags().BoolVar(&t.drain, "drain", false, "also make the retries of what fails, at once, as if their time had come")
	var names []string
	for _, name := range testserver.FaultNames() {
		name, argument, _ := strings.Cut(name, "=")
		if argument != "" {
			name += "="
		}
		names = append(names, name)
	}
	complete(cmd, "fault", names...)
}

// endpoint is the receiver, of a server of its own whose time stands still.
func (t *target) endpoint(cmd *cobra.Command) (*testserver.Server, *testserver.Endpoint, error) {
	p, err := t.is()
	if err != nil {
		return nil, nil, err
	}
	if err := t.open(cmd); err != nil {
		return nil, nil, err
	}
	if t.to == "" {
		return nil, nil, usage("--to is missing: the URL of the receiver")
	}
	var secret verify.Secret
	if p.Secretless != hookmitt.SecretAbsent || len(t.secrets) > 0 {
		if secret, err = t.key(); err != nil {
			return nil, nil, err
		}
	}
	server, err := testserver.New(p, &testserver.Options{Clock: testserver.Manual(), Allow: hostOf(t.to)})
	if err != nil {
		return nil, nil, usage("%w", err)
	}
	ep, err := server.Subscribe(testserver.Subscription{URL: t.to, Secret: secret})
	if err != nil {
		_ = server.Close()
		return nil, nil, refusedSubscription(err)
	}
	return server, ep, nil
}

// helped lists the faults, if that is what is asked for.
func (t *target) helped(cmd *cobra.Command) bool {
	asked := slices.Contains(t.faults, "help")
	if asked {
		fmt.Fprintln(cmd.OutOrStdout(), strings.Join(testserver.FaultNames(), "\n"))
	}
	return asked
}

// mishaps are the faults.
func (t *target) mishaps() ([]testserver.Fault, error) {
	var faults []testserver.Fault
	for _, text := range t.faults {
		f, err := testserver.ParseFault(text)
		if err != nil {
			return nil, usage("--fault: %s", strings.TrimPrefix(err.Error(), "testserver: "))
		}
		faults = append(faults, f)
	}
	return faults, nil
}

// finish makes the retries, if they are wanted, and tells of a delivery's attempts.
func (t *target) finish(ctx context.Context, server *testserver.Server, d *testserver.Delivery) error {
	if err := d.WaitAttempt(ctx); err != nil {
		return err
	}
	if t.drain {
		if _, err := server.Drain(ctx); err != nil {
			return err
		}
	}
	if _, held := d.Next(); held && len(d.Timeline()) == 0 { // by reorder: there is nothing here that it could come after
		if _, err := server.AdvanceNext(ctx); err != nil {
			return err
		}
	}
	for _, l := range linesOf(d) {
		if err := t.say(l, l.String()); err != nil {
			return err
		}
	}
	return nil
}

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
