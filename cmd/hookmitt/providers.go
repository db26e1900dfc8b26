package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/verify"
)

func providers() *cobra.Command {
	var o output
	cmd := &cobra.Command{
		Use:     "providers",
		Short:   "List the providers that are built in",
		Example: `  hookmitt providers --output json`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.open(cmd); err != nil {
				return err
			}
			var all []providerLine
			for _, p := range builtIn {
				line := summaryOf(p.name, p.make())
				if all = append(all, line); o.format == "ndjson" {
					if err := o.say(line, ""); err != nil {
						return err
					}
				}
			}
			if o.format == "ndjson" {
				return nil
			}
			return o.say(all, table(all))
		},
	}
	o.outputFlag(cmd)
	return cmd
}

// providerLine is a provider in a few words.
type providerLine struct {
	Name      string `json:"name"`
	Signature string `json:"signature"` // header, and what stands in it
	ID        string `json:"id"`
	Deadline  string `json:"deadline"`
	Retries   int    `json:"retries"`
	Horizon   string `json:"horizon"`
	Identity  string `json:"identity"` // what recognising repeats by its ids is worth
}

func summaryOf(name string, p hookmitt.Provider) providerLine {
	return providerLine{
		name, signatureOf(p.Scheme), p.Codec.IDField().String(), people(p.Deadline), p.Retry.Retries(), people(p.Horizon()), p.Identity().String(),
	}
}

// signatureOf is where a scheme puts its signature, and by which hash.
func signatureOf(scheme verify.Scheme) string {
	how := "HMAC-SHA256, Ed25519" // of those that are built in only Standard Webhooks has two
	if h, ok := scheme.(verify.HMAC); ok {
		how = "HMAC-" + strings.ReplaceAll(h.Hash.String(), "-", "")
	}
	header, _ := verify.SignatureHeader(scheme)
	return header + ": " + how
}

func table(all []providerLine) string {
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tSIGNATURE\tID\tWAITS\tRETRIES\tHORIZON\tIDS ARE")
	for _, p := range all {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%s\t%s\n", p.Name, p.Signature, p.ID, p.Deadline, p.Retries, p.Horizon, p.Identity)
	}
	_ = w.Flush()
	return text.String()
}
