// Quickstart runs a receiver and the provider that calls it, in one process on loopback. It sends an event, the same
// event again, one that is tampered with on the way, and one whose handler fails at first, and prints a line for every
// attempt.
//
//	go run ./examples/quickstart          # exits 0 if everything went as it should
//	go run ./examples/quickstart -serve   # stays up, and prints how to send an event by hand
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"time"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/middleware"
	"github.com/hookmitt/hookmitt/verify"
)

// faster is how much the provider hurries here: its first retry comes after 0.1 s and not after a minute.
const faster = 600

func main() {
	serve := flag.Bool("serve", false, "stay up, and print how to send an event by hand")
	addr := flag.String("addr", "127.0.0.1:0", "where to receive; port 0 is any free one")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, *addr, *serve)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "quickstart:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, addr string, serve bool) error {
	provider := hookmitt.CDHosting()
	provider.Retry = provider.Retry.Faster(faster)
	const secretText = "quickstart-secret"
	secret := verify.NewSecret(secretText)

	// The receiver: a handler for each event, behind a URL.
	did := new(journal)
	receiver, err := middleware.New(provider, verify.NewKeyring(secret), &middleware.Options{
		Store:   dedupe.NewMemory(0),
		Observe: did.request,
	})
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("POST /webhooks", receiver.Handle(handlers(did)))
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go server.Serve(listener) //nolint:errcheck // it ends by Shutdown
	defer shutdown(server, receiver)
	url := "http://" + listener.Addr().String() + "/webhooks"

	// The provider.
	if err := play(ctx, provider, secret, url, did); err != nil {
		return err
	}
	if serve {
		fmt.Printf(byHand, url, secretText)
		did.live.Store(true)
		<-ctx.Done()
	}
	return nil
}

// handlers does what the events ask for. The first payment.failed finds the accounts down.
func handlers(did *journal) *events.Router {
	router := events.NewRouter()
	events.On(router, func(_ context.Context, _ events.Event, s events.ServerStarted) error {
		did.note("ran: %s is %s at %s", s.Name, s.Status, s.IP)
		return nil
	})
	accounts := errors.New("accounts are down")
	events.On(router, func(_ context.Context, _ events.Event, p events.PaymentFailed) error {
		if err := accounts; err != nil {
			accounts = nil
			did.note("ran and failed: %v", err)
			return err
		}
		did.note("ran: %s of %d.%02d %s failed, %s", p.PaymentID, p.Amount/100, p.Amount%100, p.Currency, p.FailureReason)
		return nil
	})
	return router
}

// shutdown first lets requests end, then the handlers that outlived theirs.
func shutdown(server *http.Server, receiver *middleware.Receiver) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := errors.Join(server.Shutdown(ctx), receiver.Shutdown(ctx)); err != nil {
		slog.Error("shutdown", "err", err)
	}
}

const byHand = `
Receiving. Send an event by hand from another terminal; end with Ctrl-C.

  URL=%s
  SECRET=%s
  BODY='{"id":"evt_by_hand","type":"server.started","created_at":"2025-01-15T10:30:00Z","data":{"server_id":"srv_1","name":"web","status":"running","ip":"192.0.2.1"}}'
  SIGNATURE=$(printf '%%s' "$BODY" | openssl dgst -sha256 -hmac "$SECRET" -r | cut -d ' ' -f 1)
  curl -i "$URL" -H "X-CDHosting-Signature: $SIGNATURE" -d "$BODY"

`
