package simulator_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/testserver"
	"github.com/hookmitt/hookmitt/testserver/simulator"
)

// follower reads the stream over a connection.
type follower struct {
	t     *testing.T
	lines *bufio.Scanner
	leave func()
}

// told is an event of the stream.
type told struct{ id, name, data string }

// followStream connects to the stream, after the event of an id if there is one. A follower who waits in vain gives up.
func followStream(t *testing.T, client *http.Client, url, after string) *follower {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url+controlAPI+"/stream", nil)
	require.NoError(t, err)
	if after != "" {
		r.Header.Set("Last-Event-ID", after)
	}
	answer, err := client.Do(r)
	require.NoError(t, err)
	t.Cleanup(func() { _ = answer.Body.Close() })
	require.Equal(t, http.StatusOK, answer.StatusCode)
	require.Equal(t, "text/event-stream", answer.Header.Get("Content-Type"))
	require.Equal(t, "no-store", answer.Header.Get("Cache-Control"))
	f := &follower{t, bufio.NewScanner(answer.Body), cancel}
	require.Equal(t, []string{"retry: 1000"}, f.block())
	return f
}

// block reads up to the next empty line.
func (f *follower) block() (lines []string) {
	f.t.Helper()
	for f.lines.Scan() {
		if f.lines.Text() == "" {
			return lines
		}
		lines = append(lines, f.lines.Text())
	}
	f.t.Fatalf("the stream has ended: %v", f.lines.Err())
	return nil
}

// next reads the next event.
func (f *follower) next() told {
	f.t.Helper()
	lines := f.block()
	require.Len(f.t, lines, 3)
	var e told
	for i, into := range []*string{&e.id, &e.name, &e.data} {
		value, ok := strings.CutPrefix(lines[i], []string{"id: ", "event: ", "data: "}[i])
		require.True(f.t, ok, lines[i])
		*into = value
	}
	return e
}

// several reads so many events.
func (f *follower) several(n int) (all []told) {
	f.t.Helper()
	for range n {
		all = append(all, f.next())
	}
	return all
}

// streaming serves a simulator over the network, with one webhook.
func streaming(t *testing.T) (c *client, served *httptest.Server) {
	t.Helper()
	c = newSimulator(t, hookmitt.CDHosting(), answering(500), testserver.Manual())
	served = httptest.NewServer(c.handler)
	t.Cleanup(served.Close)
	c.subscribe(receiverURL)
	return c, served
}

// reportEffects makes changes: n effects.
func reportEffects(c *client, n int) {
	c.t.Helper()
	for range n {
		_, err := c.server.ReportEffect("one")
		require.NoError(c.t, err)
	}
}

func TestStreamTellsOfEveryChange(t *testing.T) {
	t.Parallel()
	c, served := streaming(t)
	before, _, _, _ := c.server.Changes(0)
	first, second := followStream(t, served.Client(), served.URL, ""), followStream(t, served.Client(), served.URL, "")
	id := makeWebhook(c, `{"url":"`+receiverURL+`","secret":"test-secret"}`).ID
	c.post(controlAPI+"/faults", `{"fault":"lost-reply","times":1}`)
	send(c, `{"type":"server.started","webhook":"`+id+`"}`)
	c.post(controlAPI+"/effects/evt_1", "")
	advance(c, `{"drain":true}`)
	c.do(http.MethodDelete, controlAPI+"/faults/flt_1", "")
	c.do(http.MethodDelete, controlAPI+"/webhooks/"+id, "")
	c.post(controlAPI+"/reset", "")
	changes, _, _, _ := c.server.Changes(uint64(len(before)))
	epoch, _, _ := strings.Cut(stateOf(c).Stream, "-")
	data := map[string]string{}
	for _, change := range changes {
		e := first.next()
		same := second.next()
		require.Equal(t, []string{e.id, e.name}, []string{same.id, same.name}, "whoever follows is told the same")
		require.Equal(t, fmt.Sprintf("%s-%d", epoch, change.Number), e.id)
		require.Equal(t, string(change.Kind), e.name)
		if data[e.name] == "" {
			data[e.name] = e.data
		}
	}
	require.Len(t, data, 9)
	for kind, has := range map[string]string{
		"webhook": `"id":"` + id + `"`, "webhook-removed": `{"id":"` + id + `"}`, "delivery": `"id":"dlv_1"`,
		"attempt": `"delivery":"dlv_1","id":"1","number":1`, "notice": `"to":"owner@cdhosting.test"`, "effect": `{"event":"evt_1","count":`,
		"clock": `"mode":"manual"`, "reset": `"mode":"manual"`, "fault": `{"faults":[`,
	} {
		require.Contains(t, data[kind], has, kind)
		require.NotContains(t, data[kind], "test-secret")
	}
}

func TestStreamTellsWhatHappensAtOnce(t *testing.T) {
	t.Parallel()
	c, served := streaming(t)
	f := followStream(t, served.Client(), served.URL, "")
	for n := 1; n <= 20; n++ { // each is waited for, before the next happens
		c.post(controlAPI+"/effects/evt_1", "")
		e := f.next()
		require.Equal(t, told{stateOf(c).Stream, "effect", fmt.Sprintf(`{"event":"evt_1","count":%d}`, n)}, e)
	}
	c.post(controlAPI+"/faults", `"twice"`)
	require.Equal(t, `{"faults":[{"id":"flt_1","fault":"twice"}]}`, f.next().data, "the new one is among them")
	c.do(http.MethodDelete, controlAPI+"/faults/flt_1", "")
	require.Equal(t, `{"faults":[]}`, f.next().data)
}

func TestStreamIsResumed(t *testing.T) {
	t.Parallel()
	c, served := streaming(t)
	f := followStream(t, served.Client(), served.URL, "")
	reportEffects(c, 5)
	seen := f.several(5)
	f.leave()
	reportEffects(c, 3)
	send(c, `{"type":"server.started"}`)
	for have := range 5 {
		_, latest, _, _ := c.server.Changes(0)
		again := followStream(t, served.Client(), served.URL, seen[have].id)
		rest := again.several(int(latest) - have - 2) // the webhook was change 1
		for i, e := range rest {
			require.Regexp(t, fmt.Sprintf("-%d$", have+3+i), e.id)
			require.NotEqual(t, "missed", e.name)
		}
		for i, e := range seen[have+1:] {
			require.Equal(t, []string{e.id, e.name}, []string{rest[i].id, rest[i].name})
		}
		require.Equal(t, stateOf(c).Stream, rest[len(rest)-1].id)
		reportEffects(c, 1)
		require.Equal(t, stateOf(c).Stream, again.next().id, "and goes on, telling nothing twice")
	}
	at := followStream(t, served.Client(), served.URL, stateOf(c).Stream)
	reportEffects(c, 1)
	require.Equal(t, stateOf(c).Stream, at.next().id, "nothing was missed")
}

func TestStreamSaysWhatWasMissed(t *testing.T) {
	t.Parallel()
	c, served := streaming(t)
	old := stateOf(c).Stream
	reportEffects(c, 3)
	epoch, _, _ := strings.Cut(old, "-")
	for what, id := range map[string]string{
		"another simulator's": "abc-2", "another simulator's, far on": "abc-999", "one that has not been yet": epoch + "-20000",
		"no number": epoch + "-x", "no epoch": "3", "an epoch alone": epoch, "a number below none": epoch + "--1", "nonsense": "nonsense",
	} {
		t.Run(what, func(t *testing.T) {
			f := followStream(t, served.Client(), served.URL, id)
			now := stateOf(c).Stream
			require.Equal(t, told{now, "missed", "{}"}, f.next())
			if what == "no number" {
				reportEffects(c, 1)
				require.Equal(t, "effect", f.next().name, "and then what is new")
			}
		})
	}
	reportEffects(c, 10_001)
	f := followStream(t, served.Client(), served.URL, old)
	require.Equal(t, told{old, "missed", "{}"}, f.next(), "what is no longer kept")
	_, latest, _, _ := c.server.Changes(0)
	all := f.several(10_000)
	require.Equal(t, fmt.Sprintf("%s-%d", epoch, latest-9999), all[0].id)
	require.Equal(t, fmt.Sprintf("%s-%d", epoch, latest), all[9999].id)
}

func TestStreamEndsWithItsClient(t *testing.T) {
	t.Parallel()
	c := newSimulator(t, hookmitt.CDHosting(), answering(200), testserver.Manual())
	left := make(chan struct{})
	served := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.handler.ServeHTTP(w, r)
		left <- struct{}{}
	}))
	t.Cleanup(served.Close)
	stays := followStream(t, served.Client(), served.URL, "")
	for range 3 {
		f := followStream(t, served.Client(), served.URL, "")
		reportEffects(c, 1)
		require.Equal(t, stays.next(), f.next())
		f.leave()
		<-left // or the test's own time-out ends it
	}
	reportEffects(c, 1)
	require.Equal(t, "effect", stays.next().name, "others are told still")
	stays.leave()
	<-left
}

func TestStreamOfAHead(t *testing.T) {
	t.Parallel()
	status, header, answer := newSimulator(t, hookmitt.Civo(), answering(200), testserver.Manual()).do(http.MethodHead, controlAPI+"/stream", "")
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, "text/event-stream", header.Get("Content-Type"))
	require.Empty(t, answer)
}

// pipes is a listener whose connections are in memory, and so virtual in a bubble.
type pipes struct {
	made chan net.Conn
	done chan struct{}
}

// dial connects.
func (p *pipes) dial(context.Context, string, string) (net.Conn, error) {
	near, far := net.Pipe()
	p.made <- far
	return near, nil
}

// Accept implements [net.Listener].
func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.made:
		return conn, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

// Close implements [net.Listener].
func (p *pipes) Close() error { close(p.done); return nil }

// Addr implements [net.Listener].
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

// A bubble does not end while a goroutine is left in it.
func TestStreamThatIsSilent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newSimulator(t, hookmitt.CDHosting(), answering(200), testserver.Manual())
		listener := &pipes{make(chan net.Conn), make(chan struct{})}
		served := &http.Server{Handler: http.StripPrefix("/under", simulator.New(c.server))}
		go func() { _ = served.Serve(listener) }()
		t.Cleanup(func() { _ = served.Close() })
		transport := &http.Transport{DialContext: listener.dial}
		t.Cleanup(transport.CloseIdleConnections)
		f := followStream(t, &http.Client{Transport: transport}, "http://simulator.test/under", "")
		start := time.Now()
		for n := 1; n <= 3; n++ {
			require.Equal(t, []string{":"}, f.block())
			require.Equal(t, time.Duration(n)*15*time.Second, time.Since(start))
		}
		reportEffects(c, 1)
		require.Equal(t, "effect", f.next().name)
		require.Equal(t, 45*time.Second, time.Since(start))
		f.leave()
	})
}
