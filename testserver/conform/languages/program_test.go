package languages_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/internal/needtest"
)

// programs are those that sign and verify, with the command that runs each.
var programs = map[string][]string{
	"Ruby's OpenSSL::HMAC":        {"ruby", "signer.rb"},
	"PHP's hash_hmac":             {"php", "-n", "signer.php"},
	"Node's crypto":               {"node", "signer.mjs"},
	"Python's hmac":               {"python3", "signer.py"},
	"standardwebhooks out of npm": {"node", "standard.cjs"},
}

// knows reports whether a program knows the scheme of a provider. The library knows its own, and the others all.
func knows(program, provider string) bool {
	return program != "standardwebhooks out of npm" || provider == "standardwebhooks"
}

// program is one of them while it runs. It reads questions and prints answers, one line of JSON each.
type program struct {
	t    *testing.T
	mu   sync.Mutex
	to   io.Writer
	from *bufio.Reader
	said bytes.Buffer // on standard error; complete when it has ended
	cmd  *exec.Cmd
}

// question is what a program is asked. Names of headers are in lower case.
type question struct {
	Do       string            `json:"do"` // sign, verify
	Provider string            `json:"provider"`
	Secret   string            `json:"secret"`
	Headers  map[string]string `json:"headers"`
	Body     []byte            `json:"body"` // in base64
}

// reply is what it answers: whether the request is verified, or all headers of one that is signed.
type reply struct {
	Verified *bool             `json:"verified"`
	Headers  map[string]string `json:"headers"`
}

func run(t *testing.T, name string) *program {
	t.Helper()
	command := programs[name]
	needtest.Programs(t, command[0])
	p := &program{t: t, cmd: exec.CommandContext(t.Context(), command[0], command[1:]...)} //nolint:gosec // out of the table
	p.cmd.Dir = "programs"
	p.cmd.Stderr = &p.said
	if filepath.Ext(command[len(command)-1]) == ".cjs" {
		p.cmd.Env = append(os.Environ(), "NODE_PATH="+fetched(t))
	}
	to, err := p.cmd.StdinPipe()
	require.NoError(t, err)
	from, err := p.cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, p.cmd.Start())
	p.to, p.from = to, bufio.NewReader(from)
	t.Cleanup(func() {
		_ = to.Close()
		if err := p.cmd.Wait(); err != nil && t.Context().Err() == nil || p.said.Len() > 0 {
			t.Errorf("%s: %v: %s", name, err, p.said.String())
		}
	})
	return p
}

func (p *program) ask(q question) reply {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	line, err := json.Marshal(q)
	require.NoError(p.t, err)
	_, err = p.to.Write(append(line, '\n'))
	require.NoError(p.t, err)
	answer, err := p.from.ReadBytes('\n')
	require.NoError(p.t, err, "it has ended")
	var r reply
	require.NoError(p.t, json.Unmarshal(answer, &r), "%s", answer)
	return r
}

// verifies reports whether the program believes a request.
func (p *program) verifies(provider, secret string, h http.Header, body []byte) bool {
	p.t.Helper()
	verified := p.ask(question{Do: "verify", Provider: provider, Secret: secret, Headers: small(h), Body: body}).Verified
	require.NotNil(p.t, verified)
	return *verified
}

// signs has the program sign a request.
func (p *program) signs(provider, secret string, h http.Header, body []byte) http.Header {
	p.t.Helper()
	signed := http.Header{}
	for name, value := range p.ask(question{Do: "sign", Provider: provider, Secret: secret, Headers: small(h), Body: body}).Headers {
		signed.Set(name, value)
	}
	return signed
}

// small is a header with names in lower case.
func small(h http.Header) map[string]string {
	all := map[string]string{}
	for name, values := range h {
		all[strings.ToLower(name)] = strings.Join(values, ", ")
	}
	return all
}
