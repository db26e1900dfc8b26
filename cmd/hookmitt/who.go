package main

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/verify"
)

// known providers, by the names that --provider takes, in the order in which they are listed.
var builtIn = []struct {
	name string
	make func() hookmitt.Provider
}{
	{"civo", hookmitt.Civo},
	{"mixpost", hookmitt.Mixpost},
	{"cdhosting", hookmitt.CDHosting},
	{"standard", hookmitt.StandardWebhooks},
	{"github", hookmitt.GitHub},
}

func providerNames() []string {
	var names []string
	for _, p := range builtIn {
		names = append(names, p.name)
	}
	return names
}

func providerOf(name string) (hookmitt.Provider, error) {
	for _, p := range builtIn {
		if p.name == name || p.make().Name == name {
			return p.make(), nil
		}
	}
	return hookmitt.Provider{}, usage("there is no provider %q; there are %s", name, strings.Join(providerNames(), ", "))
}

// who is which provider a verb is about, and the secrets shared with it.
type who struct {
	provider, signatureHeader string
	secrets                   []string
}

// providerFlags adds --provider and --signature-header.
func (w *who) providerFlags(cmd *cobra.Command) {
	w.providerFlag(cmd)
	cmd.Flags().StringVar(&w.signatureHeader, "signature-header", "", "header of the signature, if not the provider's usual one")
}

// providerFlag adds --provider alone.
func (w *who) providerFlag(cmd *cobra.Command) {
	cmd.Flags().StringVar(&w.provider, "provider", "civo", "whose webhooks: "+strings.Join(providerNames(), ", "))
	complete(cmd, "provider", providerNames()...)
}

// secretFlag adds --secret, which one verb takes once and another several times.
func (w *who) secretFlag(cmd *cobra.Command, usage string) {
	cmd.Flags().StringArrayVar(&w.secrets, "secret", nil, usage+": text, @file or env:NAME")
}

// is is the provider.
func (w *who) is() (hookmitt.Provider, error) {
	p, err := providerOf(w.provider)
	if err != nil {
		return p, err
	}
	if w.signatureHeader != "" {
		p = p.WithSignatureHeader(w.signatureHeader)
		if err := p.Validate(); err != nil {
			return p, usage("--signature-header: %w", err)
		}
	}
	return p, nil
}

// keys are the secrets, the current one first.
func (w *who) keys() ([]verify.Secret, error) {
	if len(w.secrets) == 0 {
		return nil, usage("--secret is missing: the text that the provider shows with the webhook, or @file, or env:NAME")
	}
	var keys []verify.Secret
	for _, given := range w.secrets {
		text, err := secretText(given)
		if err != nil {
			return nil, err
		}
		keys = append(keys, verify.NewSecret(text))
	}
	return keys, nil
}

// key is the one secret of a verb that signs.
func (w *who) key() (verify.Secret, error) {
	keys, err := w.keys()
	if err != nil {
		return verify.Secret{}, err
	}
	if len(keys) > 1 {
		return verify.Secret{}, usage("--secret is given %d times, and only one can sign", len(keys))
	}
	return keys[0], nil
}

// shared is the secret that signs what goes to a receiver; none where the provider then sends unsigned requests.
func (w *who) shared(p hookmitt.Provider) (verify.Secret, error) {
	if p.Secretless == hookmitt.SecretAbsent && len(w.secrets) == 0 {
		return verify.Secret{}, nil
	}
	return w.key()
}

// secretText is a secret's text, from where the flag says. Its errors never hold it.
func secretText(given string) (string, error) {
	text, from := given, "it"
	switch {
	case strings.HasPrefix(given, "@"):
		content, err := os.ReadFile(given[1:])
		if failed, ok := errors.AsType[*fs.PathError](err); ok {
			err = failed.Err // without the name, which may be a secret that begins so
		}
		if err != nil {
			return "", usage("--secret: the file after the @: %w; a secret that begins with @ is text:@…", err)
		}
		text, from = strings.TrimSuffix(strings.TrimSuffix(string(content), "\n"), "\r"), "the file"
	case strings.HasPrefix(given, "env:"):
		name := given[len("env:"):]
		content, ok := os.LookupEnv(name)
		if !ok {
			return "", usage("--secret: the environment has no such variable; a secret that begins with env: is text:env:…")
		}
		text, from = content, "the variable"
	case strings.HasPrefix(given, "text:"):
		text = given[len("text:"):]
	}
	if text == "" {
		return "", usage("--secret: %s is empty, and an empty secret verifies nothing", from)
	}
	return text, nil
}

// complete offers values for a flag in the shell.
func complete(cmd *cobra.Command, flag string, values ...string) {
	_ = cmd.RegisterFlagCompletionFunc(flag, func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return slices.Clone(values), cobra.ShellCompDirectiveNoFileComp
	}) // fails only for a flag that there is not
}
