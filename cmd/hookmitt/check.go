package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/testserver/conform"
	"github.com/hookmitt/hookmitt/verify"
)

// checking are the flags of check.
type checking struct {
	who
	output
	oracle
	oldSecret, event, failCmd, restartCmd string
	jsonFile, junitFile                   string
	maxBody                               int64
	failEvent, list                       bool
	options                               conform.Options
}

func check() *cobra.Command {
	var c checking
	cmd := &cobra.Command{
		Use:   "check URL",
		Short: "Find out whether a receiver, in whatever language, is a correct one",
		Long: `check sends a receiver what a provider sends, and what a stranger, a slow line or a bad day would, and says what of its
answers is wrong, with the request that shows it. It is for receivers under test: what is valid among the requests is
done. docs/checks.md lists the checks; a run takes seconds, and up to a minute longer if the receiver waits for slow senders.

Verdicts: OK; NON-STRICT, safe but not what is wanted; FAILED; INFORMATIONAL, a choice of the receiver's; SKIPPED,
something is not known that the check needs. SKIPPED is not passed: the more check is told, the more it finds.

- Effects: how often the work of an event was done. Only that of the type that is sent (--event) counts, and of sim.fail: an
  event of a type that the receiver does not know has none. With --effects-listen the receiver's test build tells it, by
  POST /_sim/v1/effects/EVENT_ID where it does the work; with --effects-url and --effects-cmd check asks, and is answered a
  number, {"effects": N}, or 404 for none. The event's id is what
  the provider sends; of one that sends none it is the SHA-256 of the body in hex.
- Failures: with --fail-event the receiver's test build handles events of the type sim.fail, whose data is
  {"times": N, "how": "error"|"panic"|"slow"}: the first N runs go wrong so (a slow one takes twice as long as the provider
  waits, and works), the next one does its work. Civo, which has no data, sends {"event":"sim.fail","times":1,"how":"error"}.
  With --fail-cmd a command is told instead.

--seed repeats what is drawn by chance; ids are new each time, since a receiver knows the old ones.

Commands are run by sh, with HOOKMITT_EVENT_ID, HOOKMITT_FAIL_TIMES and HOOKMITT_FAIL_HOW in the environment.`,
		Example: `  hookmitt check http://127.0.0.1:8080/webhooks --provider civo --secret env:SECRET
  hookmitt check http://127.0.0.1:8080/ --secret env:SECRET --max-body 1048576 --effects-listen 127.0.0.1:8484 --fail-event
  hookmitt check http://127.0.0.1:8080/ --secret env:SECRET --only 'SIG-*' --strict --junit checks.xml
  hookmitt check --list`,
		Args: cobra.MaximumNArgs(1),
		RunE: c.run,
	}
	c.providerFlags(cmd)
	c.secretFlag(cmd, "shared with the receiver")
	c.outputFlag(cmd)
	c.oracleFlags(cmd)
	flags := cmd.Flags()
	flags.StringVar(&c.oldSecret, "old-secret", "", "the secret before, which the receiver still accepts: text, @file or env:NAME")
	flags.Int64Var(&c.maxBody, "max-body", 0, "longest body that the receiver takes, in bytes")
	flags.StringVar(&c.event, "event", "", "type of event that the receiver handles with one effect, of the provider's samples; default: its test event")
	flags.BoolVar(&c.failEvent, "fail-event", false, "the receiver handles events of the type sim.fail")
	flags.StringVar(&c.failCmd, "fail-cmd", "", "command that has the receiver's handler go wrong with the next event")
	flags.StringVar(&c.restartCmd, "restart-cmd", "", "command that restarts the receiver")
	flags.BoolVar(&c.options.Strict, "strict", false, "NON-STRICT is FAILED")
	flags.StringArrayVar(&c.options.Only, "only", nil, "check to make, or a pattern: SIG-04, 'SIG-*'; can be repeated")
	flags.StringArrayVar(&c.options.Skip, "skip", nil, "check not to make, or a pattern; can be repeated")
	flags.Uint64Var(&c.options.Seed, "seed", 0, "of what is drawn by chance; default: a new one, which is printed")
	flags.BoolVar(&c.list, "list", false, "list the checks, and send nothing")
	flags.StringVar(&c.jsonFile, "json", "", "file to write the report to, as JSON")
	flags.StringVar(&c.junitFile, "junit", "", "file to write the report to, as JUnit's XML")
	complete(cmd, "only", checkIDs()...)
	complete(cmd, "skip", checkIDs()...)
	return cmd
}

func checkIDs() []string {
	var ids []string
	for _, c := range conform.Checks() {
		ids = append(ids, c.ID)
	}
	return ids
}

func (c *checking) run(cmd *cobra.Command, args []string) error {
	if err := c.open(cmd); err != nil {
		return err
	}
	if c.list {
		return c.lists()
	}
	if len(args) == 0 {
		return usage("the URL of the receiver is missing")
	}
	ctx := cmd.Context()
	target, err := c.target(args[0])
	if err != nil {
		return err
	}
	stop, err := c.ask(ctx, &target)
	if err != nil {
		return err
	}
	defer stop()
	if err := knock(ctx, args[0]); err != nil {
		return err
	}
	for flag, file := range map[string]string{"--json": c.jsonFile, "--junit": c.junitFile} {
		if file != "" {
			if err := os.WriteFile(file, nil, 0o644); err != nil { //nolint:gosec // a report is for all to read
				return usage("%s: %w", flag, err) // now, and not when all is done
			}
		}
	}
	if terminal(cmd.ErrOrStderr()) {
		fmt.Fprintf(cmd.ErrOrStderr(), "Checking %s; it takes seconds, and up to a minute more if the receiver waits for slow senders\n", args[0])
	}
	var wrong error
	c.options.Progress = func(r conform.Result) {
		text := conform.Explain(r)
		if r.Verdict == conform.Failed {
			text += "\n    again   " + c.again(cmd, args[0], r.Check.ID)
		}
		wrong = errors.Join(wrong, c.say(r, text))
	}
	if c.options.Seed == 0 {
		c.options.Seed = uint64(time.Now().UnixNano()) & (1<<32 - 1) //nolint:gosec // after 1970
	}
	report, err := conform.Probe(ctx, target, &c.options)
	if err != nil {
		return usage("%w", err)
	}
	wrong = errors.Join(wrong, c.write(report))
	if c.format == "text" {
		wrong = errors.Join(wrong, c.say(nil, fmt.Sprintf("\n%s\n\nseed %d", hints.Replace(report.Summary()), report.Seed)))
	}
	switch {
	case wrong != nil:
		return wrong
	case ctx.Err() != nil:
		return &exit{exitFailed, errors.New("interrupted")}
	case report.Count(conform.Failed) > 0:
		return &exit{exitFailed, nil}
	}
	return nil
}

// hints name the flags by which what is missing is told.
var hints = strings.NewReplacer(
	"nobody says what the receiver's effects are", "nobody says what the receiver's effects are (--effects-listen, --effects-url or --effects-cmd)",
	"the receiver's handler cannot be told to fail", "the receiver's handler cannot be told to fail (--fail-event or --fail-cmd)",
	"the receiver cannot be restarted", "the receiver cannot be restarted (--restart-cmd)",
	"the receiver's clock cannot be moved", "the receiver's clock cannot be moved (Target.Pass, in Go alone)",
	"the rotation cannot be ended", "the rotation cannot be ended (Target.Retire, in Go alone)",
	"there is no previous secret", "there is no previous secret (--old-secret)",
	"nobody says what the longest body is", "nobody says what the longest body is (--max-body)",
)

// lists lists the checks.
func (c *checking) lists() error {
	for _, one := range conform.Checks() {
		if !c.options.Choose(one.ID) {
			continue
		}
		text := fmt.Sprintf("%-8s  %-6s  %s", one.ID, one.Level, one.Sent)
		value := struct {
			ID    string   `json:"id"`
			Level string   `json:"level"`
			Sent  string   `json:"sent"`
			Want  string   `json:"want"`
			Why   string   `json:"why"`
			Skip  []string `json:"skipped_if"`
		}{one.ID, one.Level.String(), one.Sent, one.Want, one.Why, append([]string{}, one.Needs()...)}
		if err := c.say(value, text); err != nil {
			return err
		}
	}
	return nil
}

// target is the receiver, as far as flags say what it is.
func (c *checking) target(address string) (conform.Target, error) {
	none := conform.Target{}
	p, err := c.is()
	if err != nil {
		return none, err
	}
	secret, err := c.key()
	if err != nil {
		return none, err
	}
	target := conform.Target{Provider: p, Secret: secret, URL: address, MaxBody: c.maxBody, Fails: c.failEvent}
	if c.oldSecret != "" {
		text, err := secretText(c.oldSecret)
		if err != nil {
			return none, usage("%s", strings.Replace(err.Error(), "--secret", "--old-secret", 1))
		}
		target.Previous = verify.NewSecret(text)
	}
	if c.event != "" {
		if target.Event, err = sampleOf(p, c.event); err != nil {
			return none, err
		}
	}
	if c.failCmd != "" && c.failEvent {
		return none, usage("--fail-event and --fail-cmd are both given: only one of them can be what makes the handler fail")
	}
	if c.failCmd != "" {
		target.Fail = func(ctx context.Context, id string, f conform.Failure) error {
			_, err := shell(ctx, "--fail-cmd", c.failCmd, "HOOKMITT_EVENT_ID="+id, fmt.Sprintf("HOOKMITT_FAIL_TIMES=%d", f.Times), "HOOKMITT_FAIL_HOW="+f.How)
			return err
		}
	}
	if c.restartCmd != "" {
		target.Restart = func(ctx context.Context) error {
			if _, err := shell(ctx, "--restart-cmd", c.restartCmd); err != nil {
				return err
			}
			return listens(ctx, address)
		}
	}
	return target, nil
}

func sampleOf(p hookmitt.Provider, typ string) (events.Event, error) {
	e, ok := p.Events.Sample(typ)
	if !ok {
		return e, usage("--event: %s has no sample of %q; there are %s", p.Name, typ, strings.Join(p.Events.Types(), ", "))
	}
	return e, nil
}

// write writes the report to the files that are asked for.
func (c *checking) write(report conform.Report) error {
	if c.jsonFile != "" {
		text, err := json.MarshalIndent(report, "", "  ")
		if err != nil {
			return err
		}
		if err := os.WriteFile(c.jsonFile, append(text, '\n'), 0o644); err != nil { //nolint:gosec // a report is for all to read
			return usage("--json: %w", err)
		}
	}
	if c.junitFile != "" {
		var b bytes.Buffer
		if err := report.JUnit(&b); err != nil {
			return err
		}
		if err := os.WriteFile(c.junitFile, b.Bytes(), 0o644); err != nil { //nolint:gosec // as above
			return usage("--junit: %w", err)
		}
	}
	return nil
}
