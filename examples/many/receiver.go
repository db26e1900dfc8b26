package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/middleware"
	"github.com/hookmitt/hookmitt/verify"
)

var secret = verify.NewSecret("many-secret")

// receiver is one of those behind the balancer.
type receiver struct {
	*middleware.Receiver
	server *http.Server
	addr   string
}

func newReceiver(ctx context.Context, number int, store dedupe.Store, did *journal) (*receiver, error) {
	rc, err := middleware.New(hookmitt.CDHosting(), verify.NewKeyring(secret), &middleware.Options{Store: store, Observe: did.request(number)})
	if err != nil {
		return nil, err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	handler := rc.Handle(events.HandlerFunc(func(context.Context, events.Event) error {
		time.Sleep(20 * time.Millisecond) // its work, during which copies arrive
		return nil
	}))
	r := &receiver{rc, &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}, listener.Addr().String()}
	go r.server.Serve(listener) //nolint:errcheck // it ends by close
	return r, nil
}

// receivers are all of them.
type receivers []*receiver

// close waits for requests and handlers.
func (all receivers) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	var err error
	for _, r := range all {
		err = errors.Join(err, r.server.Shutdown(ctx), r.Shutdown(ctx))
	}
	return err
}

func name(number int) string { return "receiver " + strconv.Itoa(number) }
