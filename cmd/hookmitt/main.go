// Hookmitt is the binary: the simulated provider, a receiver, and what one needs to look at a webhook by hand.
//
//	hookmitt serve --provider civo --clock manual      # the provider, with its API and a control API
//	hookmitt listen --secret env:SECRET                # a receiver that prints what it verified, or forwards it
//	hookmitt send --to URL --secret S --event TYPE     # one signed request, and its answer
//	hookmitt verify --secret S --request @capture.http # why a captured request does not verify
//
// hookmitt help lists the rest. Every flag can also be set in the environment: --addr of listen is HOOKMITT_LISTEN_ADDR,
// or HOOKMITT_ADDR for every verb that has it.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"os/signal"
	"regexp"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Exit codes.
const (
	exitFailed      = 1 // a delivery or a check failed
	exitUsage       = 2 // a wrong flag, argument or file
	exitUnreachable = 3 // nobody answers at the receiver's address
	exitOurs        = 4 // our own fault, or this machine's
)

// exit is an error that knows its exit code. A nil err has been said already.
type exit struct {
	code int
	err  error
}

func (e *exit) Error() string {
	if e.err == nil {
		return ""
	}
	return e.err.Error()
}

func (e *exit) Unwrap() error { return e.err }

// usage is an error of whoever runs the command.
func usage(format string, args ...any) error {
	return &exit{exitUsage, fmt.Errorf(format, args...)}
}

func main() {
	log.SetFlags(0) // what the packages have to say, by slog
	log.SetPrefix("hookmitt: ")
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends it at once
	err := root().ExecuteContext(ctx)
	if err == nil {
		return
	}
	code := exitUsage // what cobra itself refuses: an unknown verb, a wrong flag
	if e, ok := errors.AsType[*exit](err); ok {
		code = e.code
	}
	if text := err.Error(); text != "" {
		fmt.Fprintln(os.Stderr, "hookmitt: "+packages.ReplaceAllString(strings.ReplaceAll(text, "\n", "; "), ""))
	}
	os.Exit(code)
}

// packages is what our packages begin their errors with, which says nothing in a shell.
var packages = regexp.MustCompile(`\b(testserver|conform|events|middleware|verify|dedupe): `)

func root() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "hookmitt",
		Short: "Receive webhooks safely, and play the provider that sends them",
		Long: `hookmitt plays a provider of webhooks, receives what one sends, and explains what went wrong between the two.

Secrets are given as text, as @file (a newline at its end is not part of it), as env:NAME, or as text:… if they begin
like one of these. They are never printed.

Every flag can be set in the environment: --addr of listen by HOOKMITT_LISTEN_ADDR, or by HOOKMITT_ADDR for every verb
that has it. A flag that can be repeated takes a value a line.

Exit codes: 0 well; 1 a delivery or a check failed; 2 a wrong flag, argument or file; 3 the receiver cannot be reached;
4 our own fault.`,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage("there is no verb %q; hookmitt help lists them", args[0])
			}
			return nil
		},
		RunE:              func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error { return fromEnvironment(cmd) },
	}
	cmd.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		if strings.Contains(err.Error(), "shorthand") { // which says the whole word, perhaps -secret=…
			return usage("flags have two dashes: --output, or -o; see %s --help", cmd.CommandPath())
		}
		return usage("%w; see %s --help", err, cmd.CommandPath())
	})
	cmd.SetHelpCommand(&cobra.Command{
		Use:   "help [verb]",
		Short: "Explain a verb",
		RunE: func(_ *cobra.Command, args []string) error {
			verb, rest, err := cmd.Find(args)
			if err != nil || len(rest) > 0 {
				return usage("there is no verb %q; hookmitt help lists them", strings.Join(args, " "))
			}
			verb.InitDefaultHelpFlag()
			return verb.Help()
		},
	})
	cmd.AddCommand(serve(), listen(), send(), trigger(), sign(), verifyRequest(), check(), schedule(), providers(), version())
	for _, verb := range cmd.Commands() {
		if verb.Args == nil {
			verb.Args = nothing
		}
		verb.Flags().VisitAll(func(f *pflag.Flag) { f.Usage += " [" + environment(verb, f)[0] + "]" })
		if run := verb.RunE; run != nil {
			verb.RunE = func(cmd *cobra.Command, args []string) error { return known(cmd.Context(), run(cmd, args)) }
		}
	}
	return cmd
}

// nothing is what most verbs take besides flags.
func nothing(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usage("%s takes flags only; a value with spaces wants quotes", cmd.Name()) // without the words: they may be of a secret
	}
	return nil
}

// known gives an error an exit code: what nobody has named is our fault.
func known(ctx context.Context, err error) error {
	if _, ok := errors.AsType[*exit](err); ok || err == nil {
		return err
	}
	if ctx.Err() != nil {
		return &exit{exitFailed, errors.New("interrupted")}
	}
	return &exit{exitOurs, err}
}

// environment are the variables that set a flag, the stronger first.
func environment(verb *cobra.Command, f *pflag.Flag) [2]string {
	name := strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
	return [2]string{"HOOKMITT_" + strings.ToUpper(verb.Name()) + "_" + name, "HOOKMITT_" + name}
}

// fromVariable marks a flag that the environment sets.
const fromVariable = "hookmitt_variable"

// typed reports whether a flag was given on the command line.
func typed(cmd *cobra.Command, flag string) bool {
	f := cmd.Flags().Lookup(flag)
	return f.Changed && f.Annotations[fromVariable] == nil
}

// fromEnvironment sets the flags that the command line does not.
func fromEnvironment(cmd *cobra.Command) error {
	var wrong error
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Changed || f.Name == "help" || wrong != nil {
			return
		}
		for _, name := range environment(cmd, f) {
			text, ok := os.LookupEnv(name)
			if !ok {
				continue
			}
			values := []string{text}
			if _, repeated := f.Value.(pflag.SliceValue); repeated {
				values = strings.Split(strings.TrimRight(text, "\n"), "\n")
			}
			f.Annotations = map[string][]string{fromVariable: {name}}
			for _, value := range values {
				if err := cmd.Flags().Set(f.Name, value); err != nil {
					wrong = usage("%s does not do for --%s", name, f.Name) // without the text: it may be a secret
				}
			}
			return
		}
	})
	return wrong
}
