package testserver_test

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/testserver"
	"github.com/hookmitt/hookmitt/verify"
)

var update = flag.Bool("update", false, "write the timelines anew")

// A file of testdata/timelines is a provider's. In each of its blocks the receiver's replies stand above the line, a
// delivery a line, and what becomes of the deliveries below it:
//
//	200, 302, …  answered with this status
//	timeout      not answered
//	lost         answered with 200, of which the provider never hears
//	rotate       the provider's secret changes before the next attempt
//	update       on a line of its own: the webhook is saved again
func TestTimelines(t *testing.T) {
	t.Parallel()
	for _, p := range []hookmitt.Provider{hookmitt.Civo(), hookmitt.Mixpost(), hookmitt.CDHosting()} {
		file := "testdata/timelines/" + p.Name + ".txt"
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		var written []string
		for block := range strings.SplitSeq(strings.TrimSpace(string(text)), "\n\n") {
			script, want, _ := strings.Cut(block, "\n---\n")
			title, replies, _ := strings.Cut(script, "\n")
			t.Run(p.Name+" "+strings.TrimPrefix(title, "# "), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					got := tell(t, p, strings.Split(replies, "\n"))
					written = append(written, script+"\n---\n"+got)
					if !*update {
						require.Equal(t, strings.TrimSpace(want), got)
					}
				})
			})
		}
		if *update {
			require.NoError(t, os.WriteFile(file, []byte(strings.Join(written, "\n\n")+"\n"), 0o600))
		}
	}
}

// script is a receiver that replies as it is told.
type script struct {
	mu       sync.Mutex
	replies  []string
	secrets  []verify.Secret
	signed   []string // by which secret each request was
	endpoint *testserver.Endpoint
	provider hookmitt.Provider
}

// tell runs a block, and says what became of it.
func tell(t *testing.T, p hookmitt.Provider, lines []string) string {
	s := &script{provider: p, secrets: []verify.Secret{verify.NewSecret("first"), verify.NewSecret("second")}}
	server, err := testserver.New(p, &testserver.Options{Transport: testserver.InProcess(s)})
	require.NoError(t, err)
	defer server.Close()
	sub := testserver.Subscription{URL: "http://receiver.test/", Secret: s.secrets[0]}
	s.endpoint, err = server.Subscribe(sub)
	require.NoError(t, err)
	var told []string
	for _, line := range lines {
		if line == "update" {
			require.NoError(t, s.endpoint.Update(sub))
			continue
		}
		s.replies, s.signed = strings.Fields(line), nil
		var faults []testserver.Fault
		for i, reply := range strings.Fields(strings.ReplaceAll(line, "rotate ", "")) {
			if reply == "lost" {
				faults = append(faults, testserver.OnAttempt(i+1, testserver.LostReply()))
			}
		}
		e, _ := p.Events.Sample(p.Events.Types()[0])
		d := s.endpoint.Send(t.Context(), e, faults...)
		timeline, _ := d.Wait(t.Context())
		out := timeline.String()
		if out != "" {
			out += ": "
		}
		out += d.State().String()
		if strings.Contains(line, "rotate") {
			out += "; signed by the " + strings.Join(s.signed, ", ")
		}
		if reason, disabled := s.endpoint.Disabled(); disabled {
			out += "; disabled: " + reason
		}
		told = append(told, out)
	}
	return strings.Join(told, "\n")
}

// ServeHTTP gives the next reply.
func (s *script) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	if len(s.replies) == 0 {
		s.mu.Unlock()
		panic("an attempt that nobody expected")
	}
	reply := s.replies[0]
	s.replies = s.replies[1:]
	rotate := len(s.replies) > 0 && s.replies[0] == "rotate"
	if rotate {
		s.replies = s.replies[1:]
	}
	body := make([]byte, r.ContentLength)
	_, _ = r.Body.Read(body)
	matched, err := s.provider.Scheme.Verify(s.secrets, r.Header, body)
	s.signed = append(s.signed, []string{"stranger", "first", "second"}[matched+1])
	s.mu.Unlock()
	if rotate {
		err = s.endpoint.Rotate(s.secrets[1])
	}
	if err != nil {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	switch reply {
	case "timeout":
		time.Sleep(s.provider.Deadline + time.Second)
	case "lost":
	default:
		status, err := strconv.Atoi(reply)
		if err != nil {
			panic(fmt.Sprintf("%q is not a reply", reply))
		}
		if status == http.StatusFound {
			w.Header().Set("Location", "http://receiver.test/elsewhere")
		}
		w.WriteHeader(status)
	}
}
