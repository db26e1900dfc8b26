package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hookmitt/hookmitt/testserver"
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
	secret, err := t.shared(p)
	if err != nil {
		return nil, nil, err
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

// finish waits for a delivery's attempt, makes the retries, if they are wanted, and tells of all of them. An attempt that
// is being made comes to its end, whatever ends ctx: the receiver has it already.
func (t *target) finish(ctx context.Context, server *testserver.Server, d *testserver.Delivery) error {
	if err := d.WaitAttempt(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	var interrupted error
	if t.drain {
		_, interrupted = server.Drain(ctx)
	}
	if _, held := d.Next(); held && len(d.Timeline()) == 0 { // by reorder: there is nothing here that it could come after
		if _, err := server.AdvanceNext(context.WithoutCancel(ctx)); err != nil {
			return err
		}
	}
	for _, l := range linesOf(d) {
		l.alone = !t.drain
		if err := t.say(l, l.String()); err != nil {
			return err
		}
	}
	return interrupted
}

// refusedSubscription says which flag a provider refuses a receiver for.
func refusedSubscription(err error) error {
	refused, ok := errors.AsType[*testserver.SubscriptionError](err)
	if !ok {
		return usage("%w", err)
	}
	flag := map[string]string{"URL": "--to", "Secret": "--secret", "Events": "--event"}[refused.Field]
	return usage("%s %w", flag, refused.Err)
}

// hostOf is the host of a URL that somebody has typed, who means it.
func hostOf(to string) []string {
	if u, err := url.Parse(to); err == nil && u.Hostname() != "" {
		return []string{u.Hostname()}
	}
	return nil
}
