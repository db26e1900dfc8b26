package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// again is the command that repeats one check, with the flags that were given. A secret that was
// given as text it does not tell.
func (c *checking) again(cmd *cobra.Command, address, id string) string {
	words := []string{"hookmitt check", quoted(address)}
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		switch {
		case !f.Changed && f.Name != "provider":
		case f.Name == "only", f.Name == "skip", f.Name == "seed", f.Name == "json", f.Name == "junit", f.Name == "output":
		case f.Name == "secret":
			words = append(words, "--secret", shareable(c.secrets[0]))
		case f.Name == "old-secret":
			words = append(words, "--old-secret", shareable(c.oldSecret))
		case f.Value.Type() == "bool":
			words = append(words, "--"+f.Name)
		default:
			words = append(words, "--"+f.Name, quoted(f.Value.String()))
		}
	})
	return strings.Join(append(words, "--only", id, "--seed", fmt.Sprint(c.options.Seed)), " ")
}

// shareable is a flag's secret if it only says where the secret is.
func shareable(secret string) string {
	if strings.HasPrefix(secret, "env:") || strings.HasPrefix(secret, "@") {
		return quoted(secret)
	}
	return `"$SECRET"`
}

// quoted is a word for the shell.
func quoted(word string) string {
	if word != "" && strings.Trim(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:/.-_@%+,=") == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
