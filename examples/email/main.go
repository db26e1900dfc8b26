// Email makes an e-mail of every event that Civo sends: one each, as far as SMTP can promise that, however often the event
// comes; and late, if the mail server is down, for as long as Civo tries again.
//
//	CIVO_WEBHOOK_SECRET=test-secret go run ./examples/email -smtp 127.0.0.1:25 -from civo@example.com -to ops@example.com
//
// The mail server is a relay beside this program: it is spoken to without TLS or a password. SIGINT and SIGTERM end the
// program.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/middleware"
	"github.com/hookmitt/hookmitt/verify"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "where to receive")
	server := flag.String("smtp", "127.0.0.1:25", "the mail server")
	from := flag.String("from", "", "the sender's address. Required.")
	to := flag.String("to", "", "the recipient's address. Required.")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends it at once
	m, err := newMailer(*server, *from, *to)
	if err == nil {
		err = run(ctx, *addr, verify.NewSecret(os.Getenv("CIVO_WEBHOOK_SECRET")), m, os.Stdout)
	}
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "email:", err)
		os.Exit(1)
	}
}

// run serves until ctx ends.
func run(ctx context.Context, addr string, secret verify.Secret, m *mailer, out io.Writer) error {
	receiver, err := newReceiver(secret)
	if err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: routes(receiver, m), ReadHeaderTimeout: 5 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	fmt.Fprintf(out, "receiving at http://%s/webhooks\n", listener.Addr())
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	patience, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	return errors.Join(server.Shutdown(patience), receiver.Shutdown(patience))
}

func newReceiver(secret verify.Secret) (*middleware.Receiver, error) {
	return middleware.New(hookmitt.Civo(), verify.NewKeyring(secret), nil)
}

// routes puts the mailer behind a URL. What it returns decides what Civo is told: of an error, that it must come again.
func routes(receiver *middleware.Receiver, m *mailer) http.Handler {
	router := events.NewRouter()
	events.Match(router, "*", func(ctx context.Context, e events.Event, r events.Resource) error {
		return m.send(ctx, m.message(e, r.ResourceID, time.Now()))
	})
	mux := http.NewServeMux()
	mux.Handle("POST /webhooks", receiver.Handle(router))
	return mux
}
