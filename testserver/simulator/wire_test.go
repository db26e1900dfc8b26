package simulator_test

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/testserver"

	"github.com/hookmitt/hookmitt/internal/needtest"
)

// textOf reads a message of the delivery's only attempt.
func textOf(c *client, delivery, message, mediaType string) []byte {
	c.t.Helper()
	status, header, answer := c.do(http.MethodGet, controlAPI+"/deliveries/"+delivery+"/attempts/1/"+message, "")
	require.Equal(c.t, http.StatusOK, status, string(answer))
	require.Equal(c.t, mediaType, header.Get("Content-Type"))
	require.Equal(c.t, "nosniff", header.Get("X-Content-Type-Options"))
	return answer
}

// awkwardBodies are what a shell and HTTP might get wrong.
var awkwardBodies = map[string]string{
	"JSON":                       `{"a":1}`,
	"nothing":                    "",
	"an at sign at the front":    "@/etc/hostname",
	"quotes":                     `it's "quoted" ''' '\'' ` + "`id` $(id) $HOME",
	"lines":                      "a\nb\r\n\r\nc\n",
	"lines at the end":           "a\n\n\n",
	"percent signs, backslashes": `100%s %d %% \n \\ \0 \x41 \`,
	"letters":                    "größe ✓ \u2028",
	"bytes that are no text":     "\xff\xfe'\n%s\\",
	"zero bytes":                 "\x00a\x00",
	"zero bytes and an at sign":  "@a\x00'",
	"digits after bytes":         "\x001\xff7\x008",
	"what looks like options":    "-d x --data y",
	"what ends a header":         "\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
}

func TestRequestAndAnswerInHTTP(t *testing.T) {
	t.Parallel()
	for name, body := range awkwardBodies {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answered := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header()["X-A"] = []string{"1", "", "2"}
				w.WriteHeader(http.StatusTeapot)
				_, _ = io.Copy(w, r.Body)
			})
			c := newSimulator(t, hookmitt.GitHub(), answered, testserver.Manual())
			c.subscribe("http://receiver.test:8080/a%2Fb/?c=d%20e")
			send(c, `{"type":"push","raw_base64":"`+base64.StdEncoding.EncodeToString([]byte(body))+`","faults":["doubled=X-GitHub-Event: other","header=X-None:"]}`)
			a := attemptOf(c, "dlv_1", "1")

			r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(textOf(c, "dlv_1", "request", "message/http"))))
			require.NoError(t, err)
			require.Equal(t, "POST /a%2Fb/?c=d%20e HTTP/1.1", r.Method+" "+r.RequestURI+" "+r.Proto)
			require.Equal(t, "receiver.test:8080", r.Host)
			require.EqualValues(t, len(body), r.ContentLength)
			read, err := io.ReadAll(r.Body)
			require.NoError(t, err)
			require.Equal(t, body, string(read))
			require.Equal(t, []string{"other", "push"}, r.Header["X-Github-Event"])
			require.Equal(t, []string{""}, r.Header["X-None"])
			r.Header.Del("Content-Length")
			require.Equal(t, a.Request.Header, r.Header)

			answer, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(textOf(c, "dlv_1", "answer", "message/http"))), r)
			require.NoError(t, err)
			require.Equal(t, "418 I'm a teapot", answer.Status)
			require.Equal(t, a.Answer.Header, answer.Header)
			require.Equal(t, []string{"1", "", "2"}, answer.Header["X-A"])
			read, err = io.ReadAll(answer.Body)
			require.NoError(t, err)
			require.Equal(t, body, string(read))
		})
	}
}

func TestAnswerInHTTPThatIsNone(t *testing.T) {
	t.Parallel()
	c := newSimulator(t, hookmitt.GitHub(), answering(200), testserver.Manual())
	c.subscribe(receiverURL)
	send(c, `{"type":"push","faults":["lost-reply"]}`)
	refusedAs(c, http.StatusNotFound, http.MethodGet, "/deliveries/dlv_1/attempts/1/answer", "")
	textOf(c, "dlv_1", "request", "message/http")
}

func TestAnswerInHTTPOfAnyStatus(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 204, 299, 304, 500, 599} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			c := newSimulator(t, hookmitt.GitHub(), answering(status), testserver.Manual())
			c.subscribe(receiverURL)
			send(c, `{"type":"push"}`)
			answer, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(textOf(c, "dlv_1", "answer", "message/http"))), nil)
			require.NoError(t, err)
			require.Equal(t, status, answer.StatusCode)
		})
	}
}

// sentTwice has an attempt made over the network, runs the command that the simulator prints of it, and returns both as they
// arrived.
func sentTwice(t *testing.T, path, event string) (sent, again received) {
	t.Helper()
	needtest.Programs(t, "sh", "curl")
	rc := answering(200)
	listener := httptest.NewServer(rc)
	t.Cleanup(listener.Close)
	c := simulatorWith(t, hookmitt.GitHub(), testserver.Options{Clock: testserver.Manual()})
	c.subscribe(listener.URL + path)
	send(c, event)
	command := string(textOf(c, "dlv_1", "curl", "text/plain; charset=utf-8"))
	shell := exec.CommandContext(t.Context(), "sh")
	shell.Dir, shell.Stdin = t.TempDir(), strings.NewReader(command)
	out, err := shell.CombinedOutput()
	require.NoError(t, err, "%s\n%s", command, out)
	require.Contains(t, string(out), "HTTP/1.1 200 OK", "it shows the answer")
	require.Len(t, rc.got(), 2, command)
	sent, again = rc.got()[0], rc.got()[1]
	for _, own := range []string{"User-Agent", "Accept", "Accept-Encoding", "Content-Length"} { // each client has its own
		sent.header.Del(own)
		again.header.Del(own)
	}
	return sent, again
}

func TestCurlSendsTheBodyAgain(t *testing.T) {
	t.Parallel()
	for name, body := range awkwardBodies {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sent, again := sentTwice(t, "/", `{"type":"push","raw_base64":"`+base64.StdEncoding.EncodeToString([]byte(body))+`"}`)
			require.Equal(t, body, again.body)
			require.Equal(t, sent, again)
			require.Zero(t, signer(hookmitt.GitHub(), again, "test-secret"), "it is signed as it was")
		})
	}
	t.Run("every byte that there is", func(t *testing.T) {
		t.Parallel()
		all := make([]byte, 256)
		for i := range all {
			all[i] = byte(i)
		}
		_, again := sentTwice(t, "/", `{"type":"push","raw_base64":"`+base64.StdEncoding.EncodeToString(all)+`"}`)
		require.Equal(t, string(all), again.body)
	})
}

func TestCurlSendsTheRequestAgain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ path, faults string }{
		"a path and a query":             {"/a%2Fb/c?d='e'&f=$g;h", `"twice"`},
		"another method":                 {"/", `"method=PUT"`},
		"a method of somebody's own":     {"/", `"method=IT'S"`},
		"an empty header":                {"/", `"header=X-Empty:"`},
		"two headers of a name":          {"/", `"doubled=X-GitHub-Event: other"`},
		"two, of which one is empty":     {"/", `"doubled=X-Github-Event:"`},
		"a header with quotes":           {"/", `"header=X-A: it's $HOME \"x\" \\n %s @a ; #"`},
		"a header with letters":          {"/", `"header=X-A: größe"`},
		"a header that begins like file": {"/", `"header=X-A: @/etc/hostname"`},
		"a header that is not there":     {"/", `"no-header=X-GitHub-Event"`},
		"a signature that is wrong":      {"/", `"garbled=X-Hub-Signature-256"`},
		"a body that was changed":        {"/", `"tampered"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			event := `{"type":"push","faults":[{"fault":` + c.faults + `}]}`
			if c.faults == `"twice"` {
				event = `{"type":"push"}`
			}
			sent, again := sentTwice(t, c.path, event)
			require.Equal(t, sent, again)
		})
	}
}
