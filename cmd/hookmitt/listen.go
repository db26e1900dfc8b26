package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/middleware"
	"github.com/hookmitt/hookmitt/verify"
)

// listening are the flags of listen.
type listening struct {
	who
	output
	addr, path, store, forward, exec string
}

func listen() *cobra.Command {
	var l listening
	cmd := &cobra.Command{
		Use:   "listen",
		Short: "Receive webhooks: print what was verified, forward it, or run a command with it",
		Long: `listen is a receiver. It verifies, recognises repeats, and answers as a correct receiver does.

By itself it prints what it verified. With --forward it sends the request on, byte for byte, with Hookmitt-Event-Id,
Hookmitt-Event-Type, Hookmitt-Outcome and Hookmitt-Run in its headers: a 2xx of the app means that the event is done,
anything else that the provider is to try again. With --exec it runs a command by sh with the body on standard input and
HOOKMITT_EVENT_ID, HOOKMITT_EVENT_TYPE and HOOKMITT_EVENT_RUN in its environment: exit code 0 means that the event is done.

In the stream, --> is an event that came, <-- what it was answered.`,
		Example: `  hookmitt listen --secret env:SECRET
  hookmitt listen --provider cdhosting --secret @secret --forward http://127.0.0.1:3000/webhooks
  hookmitt listen --secret env:SECRET --store sqlite:hooks.db
  hookmitt listen --secret env:SECRET --store redis://127.0.0.1:6379/0 --exec 'jq .event >> events.log'`,
		RunE: func(cmd *cobra.Command, _ []string) error { return l.run(cmd) },
	}
	l.providerFlags(cmd)
	l.secretFlag(cmd, "shared with the provider, the current one first; can be repeated while it is rotated")
	l.outputFlag(cmd)
	cmd.Flags().StringVar(&l.addr, "addr", "127.0.0.1:8080", "where to listen")
	cmd.Flags().StringVar(&l.path, "path", "/", "path of the webhook; others are 404")
	cmd.Flags().StringVar(&l.store, "store", "memory", "where ids are kept: memory, sqlite:FILE, or redis://host:port/db")
	cmd.Flags().StringVar(&l.forward, "forward", "", "URL of an app to send what was verified on to")
	cmd.Flags().StringVar(&l.exec, "exec", "", "command to run with what was verified")
	return cmd
}

func (l *listening) run(cmd *cobra.Command) error {
	p, err := l.is()
	if err != nil {
		return err
	}
	keys, err := l.keys()
	if err != nil {
		return err
	}
	if err := l.open(cmd); err != nil {
		return err
	}
	if !strings.HasPrefix(l.path, "/") {
		return usage("--path %q does not begin with a slash", l.path)
	}
	store, closeStore, err := openStore(cmd.Context(), l.store)
	if err != nil {
		return err
	}
	defer closeStore()
	handle, err := l.work()
	if err != nil {
		return err
	}
	listener, err := listenAt(cmd.Context(), l.addr)
	if err != nil {
		return err
	}
	receiver, err := middleware.New(p, verify.NewKeyring(keys[0], keys[1:]...), &middleware.Options{Store: store, Observe: l.observe})
	if err != nil {
		_ = listener.Close()
		return usage("%w", err)
	}
	handler := handle(receiver)
	fmt.Fprintf(cmd.ErrOrStderr(), "Listening for %s at http://%s%s\n", p.Name, listener.Addr(), l.path)
	err = serveHTTP(cmd.Context(), listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != l.path {
			l.elsewhere(r)
			http.NotFound(w, r)
			return
		}
		handler.ServeHTTP(w, r)
	}))
	patience, done := context.WithTimeout(context.Background(), 20*time.Second)
	defer done()
	if runs := receiver.Shutdown(patience); err == nil {
		err = runs
	}
	return err
}

// work is what is done with what was verified.
func (l *listening) work() (func(*middleware.Receiver) http.Handler, error) {
	do := func(context.Context, events.Event) error { return nil }
	switch {
	case l.forward != "" && l.exec != "":
		return nil, usage("--forward and --exec are both given: an event is done once")
	case l.forward != "":
		app, err := forwardTo(l.forward)
		if err != nil {
			return nil, err
		}
		return func(rc *middleware.Receiver) http.Handler { return rc.Wrap(l.announced(app)) }, nil
	case l.exec != "":
		do = func(ctx context.Context, e events.Event) error { return execute(ctx, l.exec, e) }
	}
	handler := events.HandlerFunc(func(ctx context.Context, e events.Event) error {
		l.announce(e)
		return do(ctx, e)
	})
	return func(rc *middleware.Receiver) http.Handler { return rc.Handle(handler) }, nil
}

func (l *listening) announced(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if e, ok := middleware.EventFrom(r.Context()); ok {
			l.announce(e)
		}
		next.ServeHTTP(w, r)
	})
}

// eventLine is an event that came.
type eventLine struct {
	At   time.Time       `json:"at"`
	ID   string          `json:"event_id"`
	Type string          `json:"event_type"`
	Body json.RawMessage `json:"body"`
}

// announce tells of an event that was verified and claimed.
func (l *listening) announce(e events.Event) {
	var body bytes.Buffer
	if json.Compact(&body, e.Raw) != nil { // it was read as JSON already
		body.Reset()
		body.WriteString("null")
	}
	line := eventLine{time.Now(), e.ID, e.Type, body.Bytes()}
	_ = l.say(line, fmt.Sprintf("%s  --> %s [%s]\n          %s", clockTime(line.At), printable(e.Type), printable(shortID(e.ID)), printable(body.String())))
}

// answerLine is what a request was answered.
type answerLine struct {
	At      time.Time `json:"at"`
	ID      string    `json:"event_id"` // "" unless verified
	Type    string    `json:"event_type"`
	Status  int       `json:"status"`
	Outcome string    `json:"outcome"`
	Reason  string    `json:"reason"`
	Run     int       `json:"run"` // 0 if nothing ran
	TookMS  int64     `json:"took_ms"`
	Late    bool      `json:"late"` // the end of a run whose request was answered before
}

func (l *listening) observe(_ context.Context, r middleware.Record) {
	line := answerLine{time.Now(), r.EventID, r.EventType, r.Status, r.Outcome.String(), r.Reason, r.Run, r.Took.Milliseconds(), r.Late}
	came := fmt.Sprintf("[%d %s]", line.Status, line.Outcome)
	if line.Late {
		came = "[late: " + line.Outcome + "]"
	}
	text := fmt.Sprintf("%s  <-- %s", clockTime(line.At), came)
	if line.ID != "" {
		text += fmt.Sprintf(" %s [%s]", printable(line.Type), printable(shortID(line.ID)))
	}
	if line.Reason != "" {
		text += "  " + printable(line.Reason)
	}
	_ = l.say(line, text)
}

// elsewhere tells of a request to another path.
func (l *listening) elsewhere(r *http.Request) {
	line := answerLine{At: time.Now(), Status: http.StatusNotFound, Reason: "webhooks are taken at " + l.path + ", see --path"}
	_ = l.say(line, fmt.Sprintf("%s  <-- [404] %s %s  %s", clockTime(line.At), printable(r.Method), printable(clip(r.URL.Path)), line.Reason))
}

// clip shortens a stranger's text.
func clip(text string) string {
	if len(text) > 80 {
		return strings.ToValidUTF8(text[:80], "") + "…"
	}
	return text
}

// printable is text of which no character can play with the terminal.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return '�'
		}
		return r
	}, text)
}
