package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hookmitt/hookmitt/verify"
)

// verifying are the flags of verify.
type verifying struct {
	who
	output
	headers       []string
	body, request string
}

func verifyRequest() *cobra.Command {
	var v verifying
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Verify a captured request, and explain why it does not",
		Long: `verify takes a request as it came: all of it as HTTP/1.1 text, or its headers and its body. It exits with 0 if the
signature is right, and with 1 if not; then it says which mistake, undone, makes it right, if one does.`,
		Example: `  hookmitt verify --secret env:SECRET --request @capture.http
  hookmitt verify --secret env:SECRET --header 'X-Civo-Signature: 8106e9…' --body @body.json`,
		RunE: func(cmd *cobra.Command, _ []string) error { return v.run(cmd) },
	}
	v.providerFlags(cmd)
	v.secretFlag(cmd, "may have signed it; can be repeated")
	v.outputFlag(cmd)
	cmd.Flags().StringArrayVar(&v.headers, "header", nil, "'Name: value' of the request; can be repeated")
	cmd.Flags().StringVar(&v.body, "body", "@-", "its body: text, @file, or @- for standard input; byte for byte")
	cmd.Flags().StringVar(&v.request, "request", "", "the whole request: @file, or @- for standard input")
	return cmd
}

// verdict is what verify says.
type verdict struct {
	Verified bool     `json:"verified"`
	Secret   int      `json:"secret"` // which one, 0 the first; -1 if none
	Error    string   `json:"error"`
	Findings []string `json:"findings"` // what is wrong, all of it together
}

func (v *verifying) run(cmd *cobra.Command) error {
	p, err := v.is()
	if err != nil {
		return err
	}
	keys, err := v.keys()
	if err != nil {
		return err
	}
	if err := v.open(cmd); err != nil {
		return err
	}
	header, body, err := v.capture(cmd)
	if err != nil {
		return err
	}
	report := verify.Explain(p.Scheme, keys, header, body)
	if errors.Is(report.Err, verify.ErrSecretForm) {
		return usage("--secret: %w", report.Err)
	}
	said := verdict{Verified: report.Err == nil, Secret: report.Matched, Findings: []string{}}
	if report.Err != nil {
		said.Error = report.Err.Error()
	}
	for _, f := range report.Findings {
		said.Findings = append(said.Findings, f.Text)
	}
	if err := v.say(said, report.String()); err != nil {
		return err
	}
	if !said.Verified {
		return &exit{code: exitFailed}
	}
	return nil
}

// capture is the request that the flags give.
func (v *verifying) capture(cmd *cobra.Command) (http.Header, []byte, error) {
	if v.request != "" {
		if len(v.headers) > 0 || cmd.Flags().Changed("body") {
			return nil, nil, usage("--request holds headers and body already")
		}
		if !strings.HasPrefix(v.request, "@") {
			return nil, nil, usage("--request wants a file: @capture.http, or @- for standard input")
		}
		text, err := content(cmd, "--request", v.request)
		if err != nil {
			return nil, nil, err
		}
		rest := bufio.NewReader(bytes.NewReader(text))
		r, err := http.ReadRequest(rest)
		if err != nil {
			return nil, nil, usage("--request is no HTTP/1.1 request: %w", err)
		}
		from := io.Reader(r.Body)
		if r.ContentLength == 0 && r.Header.Get("Content-Length") == "" { // a capture without a length: the body is the rest
			from = rest
		}
		body, err := io.ReadAll(from)
		if err != nil {
			return nil, nil, usage("--request: the body is not as long as its headers say: %w", err)
		}
		return r.Header, body, nil
	}
	header := http.Header{}
	for _, text := range strings.Split(strings.Join(v.headers, "\n"), "\n") { // sign prints several lines for some providers
		if text = strings.TrimSuffix(text, "\r"); text == "" {
			continue
		}
		name, value, ok := strings.Cut(text, ":")
		if !ok || strings.TrimSpace(name) == "" {
			return nil, nil, usage("--header %q is no 'Name: value'", text)
		}
		header.Add(strings.TrimSpace(name), strings.Trim(value, " \t"))
	}
	body, err := content(cmd, "--body", v.body)
	return header, body, err
}
