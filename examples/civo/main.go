// Civo receives Civo's webhooks: the ten lines of the README as a whole program.
//
//	CIVO_WEBHOOK_SECRET=test-secret go run ./examples/civo
package main

import (
	"context"
	"flag"
	"log"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/middleware"
	"github.com/hookmitt/hookmitt/verify"
)

func main() {
	router := events.NewRouter()
	events.Match(router, "instance.*", func(ctx context.Context, e events.Event, r events.Resource) error {
		log.Printf("%s %s", e.Type, r.ResourceID)
		return nil
	})
	secret := verify.NewSecret(os.Getenv("CIVO_WEBHOOK_SECRET"))
	receiver, err := middleware.New(hookmitt.Civo(), verify.NewKeyring(secret), nil)
	if err != nil {
		log.Fatal(err)
	}
	http.Handle("POST /webhooks", receiver.Handle(router))

	addr := flag.String("addr", "127.0.0.1:8080", "where to receive")
	flag.Parse()
	listener, err := net.Listen("tcp", *addr) //nolint:noctx // for as long as the program runs
	if err != nil {
		log.Fatal(err)
	}
	log.Printf("receiving at http://%s/webhooks", listener.Addr())
	server := &http.Server{ReadHeaderTimeout: 5 * time.Second} // headers come before the receiver does
	log.Fatal(server.Serve(listener))
}
