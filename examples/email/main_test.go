package main

import (
	"bufio"
	"context"
	"io"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/testserver"
	"github.com/hookmitt/hookmitt/verify"
)

const instance = "84894d17-da88-45bb-8817-9b3b75cf61bf"

var secret = verify.NewSecret("a secret of the test's")

// created is an event of Civo's.
func created() events.Event {
	return events.Named("instance.created", events.Resource{ResourceID: instance})
}

// raw is an event whose body says its type.
func raw(body string) events.Event {
	e := created()
	e.Raw = []byte(body)
	return e
}

// subscribe registers a URL with Civo.
func subscribe(t *testing.T, url string, opts testserver.Options) (*testserver.Server, *testserver.Endpoint) {
	t.Helper()
	civo, err := testserver.New(hookmitt.Civo(), &opts)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, civo.Close()) })
	endpoint, err := civo.Subscribe(testserver.Subscription{URL: url, Secret: secret})
	require.NoError(t, err)
	return civo, endpoint
}

// minutes is a timeline less what a busy machine adds to it.
func minutes(timeline testserver.Timeline) testserver.Timeline {
	for i := range timeline {
		timeline[i].At = timeline[0].At.Add(timeline[i].At.Sub(timeline[0].At).Round(time.Minute))
	}
	return timeline
}

// The service behind a real HTTP server, a mail server on a real port, and Civo's hours in no time.
func TestAnEventIsOneEmail(t *testing.T) {
	t.Parallel()
	const never = "0s 401, 5m0s 401, 35m0s 401, 1h35m0s 401, 3h35m0s 401, 9h35m0s 401"
	for name, c := range map[string]struct {
		event    events.Event
		moods    []mood
		faults   []testserver.Fault
		timeline string
		mails    int
	}{
		"as sent":                               {event: created(), timeline: "0s 200", mails: 1},
		"the mail server is down twice":         {event: created(), moods: []mood{refusing, refusing}, timeline: "0s 500, 5m0s 500, 35m0s 200", mails: 1},
		"it hangs up in the middle of the mail": {event: created(), moods: []mood{breaking}, timeline: "0s 500, 5m0s 200", mails: 1},
		"it hangs up when it has taken it":      {event: created(), moods: []mood{abrupt}, timeline: "0s 200", mails: 1},
		"the event comes twice":                 {event: created(), faults: []testserver.Fault{testserver.Twice()}, timeline: "0s 200, 0s 200", mails: 1},
		"our answer is lost":                    {event: created(), faults: []testserver.Fault{testserver.OnAttempt(1, testserver.LostReply())}, timeline: "0s lost, 5m0s 200", mails: 1},
		"tampered with":                         {event: created(), faults: []testserver.Fault{testserver.Tampered()}, timeline: never},
		"forged":                                {event: created(), faults: []testserver.Fault{testserver.WrongKey()}, timeline: never},
		"unsigned":                              {event: created(), faults: []testserver.Fault{testserver.Unsigned()}, timeline: never},
		"signed, and with a header in its type": {event: raw(`{"event":"x\r\nBcc: everybody@example.com"}`), timeline: strings.ReplaceAll(never, "401", "400")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			box := &mailbox{moods: c.moods}
			receiver, err := newReceiver(secret)
			require.NoError(t, err)
			service := httptest.NewServer(routes(receiver, box.listen(t)))
			defer service.Close()
			civo, endpoint := subscribe(t, service.URL+"/webhooks", testserver.Options{Clock: testserver.Manual()})

			d := endpoint.Send(t.Context(), c.event, c.faults...)
			_, err = civo.Drain(t.Context())
			require.NoError(t, err)

			require.Equal(t, c.timeline, minutes(d.Timeline()).String())
			mails := box.mails(t)
			require.Len(t, mails, c.mails)
			for _, m := range mails {
				subject, body := read(t, m)
				require.Equal(t, "Civo: instance.created", subject)
				require.Equal(t, "ops@example.com", strings.Trim(m.Header.Get("To"), "<>"))
				require.Contains(t, body, "Resource: "+instance)
				require.Contains(t, body, `{"event":"instance.created","resourceID":"`+instance+`"}`)
			}
		})
	}
}

// The mail server has the message, and nobody can know: the event is mailed again, as the same message.
func TestACopyThatCouldNotBeHelpedIsTheSameMessage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		box := &mailbox{moods: []mood{forgetful}}
		receiver, err := newReceiver(secret)
		require.NoError(t, err)
		_, endpoint := subscribe(t, "http://service.test/webhooks", testserver.Options{
			Transport: testserver.InProcess(routes(receiver, box.pipe(t))),
		})
		timeline, err := endpoint.Send(t.Context(), created()).Wait(t.Context())
		require.NoError(t, err)
		require.Equal(t, "0s 500, 5m0s 200", timeline.String())
		mails := box.mails(t)
		require.Len(t, mails, 2)
		require.Equal(t, mails[0].Header.Get("Message-ID"), mails[1].Header.Get("Message-ID"))
	})
}

// A mail server that takes the connection and says nothing does not hold a handler for ever: its context ends before
// Civo's first retry, which finds nobody at work and the server well.
func TestTheContextsEndIsTheConnections(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		box := &mailbox{moods: []mood{mute}}
		receiver, err := newReceiver(secret)
		require.NoError(t, err)
		_, endpoint := subscribe(t, "http://service.test/webhooks", testserver.Options{
			Transport: testserver.InProcess(routes(receiver, box.pipe(t))),
		})
		timeline, err := endpoint.Send(t.Context(), created()).Wait(t.Context())
		require.NoError(t, err)
		require.Equal(t, "0s 503, 5m4s 200", timeline.String())
		require.Equal(t, "timed-out", timeline[0].Outcome())
		require.Equal(t, "accepted", timeline[1].Outcome())
		require.Len(t, box.mails(t), 1)
	})
}

// A context may end without a deadline, too.
func TestACancelledContextBreaksOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		box := &mailbox{moods: []mood{mute}}
		m, ended := box.pipe(t), make(chan error)
		ctx, cancel := context.WithCancel(t.Context())
		go func() { ended <- m.send(ctx, []byte("x")) }()
		synctest.Wait()
		cancel()
		require.Error(t, <-ended)
	})
}

// The program itself.
func TestRun(t *testing.T) {
	t.Parallel()
	box := new(mailbox)
	m := box.listen(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	out, in := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, "127.0.0.1:0", secret, m, in) }()
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	_, url, _ := strings.Cut(strings.TrimSpace(line), "receiving at ")

	_, endpoint := subscribe(t, url, testserver.Options{})
	_, err = endpoint.Send(t.Context(), created()).Wait(t.Context())
	require.NoError(t, err)
	require.Len(t, box.mails(t), 1)
	stop()
	require.NoError(t, <-ended)
	require.Error(t, run(t.Context(), "127.0.0.1:0", verify.NewSecret(""), m, in), "no secret, no start")
}
