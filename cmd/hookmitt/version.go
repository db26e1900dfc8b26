package main

import (
	"runtime/debug"

	"github.com/spf13/cobra"
)

func version() *cobra.Command {
	var o output
	cmd := &cobra.Command{
		Use:     "version",
		Short:   "Print the version",
		Example: `  hookmitt version`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.open(cmd); err != nil {
				return err
			}
			v := build{"unknown", "unknown", ""}
			if info, ok := debug.ReadBuildInfo(); ok {
				v = build{info.Main.Version, info.GoVersion, ""}
				for _, s := range info.Settings {
					if s.Key == "vcs.revision" {
						v.Revision = s.Value
					}
				}
			}
			return o.say(v, "hookmitt "+v.Version+" "+v.Go)
		},
	}
	o.outputFlag(cmd)
	return cmd
}

// build is what the binary was made of.
type build struct {
	Version  string `json:"version"`
	Go       string `json:"go"`
	Revision string `json:"revision"`
}
