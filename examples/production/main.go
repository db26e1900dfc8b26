// Production is a service as one runs it: several processes behind a balancer that share a Redis, secrets that rotate
// without a restart, dead letters, and a shutdown that lets every handler end.
//
//	go run ./examples/production -redis 127.0.0.1:6379 -secrets dir -dead dir -inventory http://127.0.0.1:9000
//
// The directory of secrets has a file for each provider, civo and reseller, with a secret a line, the current one first.
// SIGHUP reads them again. SIGINT and SIGTERM end the service.
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
	"strings"
	"syscall"
	"time"

	"github.com/gorilla/mux"
	"github.com/redis/go-redis/v9"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/dedupe/redisstore"
	"github.com/hookmitt/hookmitt/middleware"
)

func main() {
	var s service
	addr := flag.String("addr", "127.0.0.1:8080", "where to receive")
	redisAddrs := flag.String("redis", "127.0.0.1:6379", "Redis; several addresses, with commas, are a Cluster's, or with -master the Sentinels'")
	master := flag.String("master", "", "what the Sentinels call the master")
	flag.StringVar(&s.secrets, "secrets", "secrets", "directory of the secrets")
	flag.StringVar(&s.dead, "dead", "dead", "directory for events that failed to the end")
	flag.StringVar(&s.inventory, "inventory", "http://127.0.0.1:9000", "the service that keeps the inventory")
	flag.Parse()
	client := redis.NewUniversalClient(&redis.UniversalOptions{Addrs: strings.Split(*redisAddrs, ","), MasterName: *master})
	err := errors.Join(s.run(*addr, client), client.Close())
	if err != nil {
		slog.Error("ended", "err", err)
		os.Exit(1)
	}
}

// patience is how long a shutdown waits for handlers. It is over the longest that a provider waits for an answer.
const patience = 30 * time.Second

// run serves until a signal ends it.
func (s *service) run(addr string, client redis.UniversalClient) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)

	store, err := redisstore.New(client, nil)
	if err != nil {
		return err
	}
	for _, warning := range store.Check(ctx) {
		slog.Warn("redis: " + warning)
	}
	router := mux.NewRouter()
	var receivers []*middleware.Receiver
	for _, p := range []hookmitt.Provider{hookmitt.Civo(), reseller()} {
		ring, err := s.keyring(p)
		if err != nil {
			return err
		}
		receiver, err := middleware.New(p, ring.keys, &middleware.Options{
			Store:       store,
			MaxInFlight: 100,
			MaxRuns:     p.Retry.Retries() + 1, // an event that fails to the end must not switch the endpoint off
			Dead:        s.bury,
		})
		if err != nil {
			return err
		}
		router.Handle("/webhooks/"+p.Name, receiver.Handle(s.handlers()))
		receivers = append(receivers, receiver)
		s.rings = append(s.rings, ring)
	}
	router.HandleFunc("/healthz", func(http.ResponseWriter, *http.Request) {})

	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: router, ReadHeaderTimeout: 5 * time.Second} // headers come before a receiver does
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	slog.Info("receiving", "at", "http://"+listener.Addr().String())
	for {
		select {
		case err := <-ended:
			return err
		case <-hangups:
			if err := s.rotate(); err != nil {
				slog.Error("the secrets stay as they were", "err", err)
			}
		case <-ctx.Done():
			stop() // a second signal ends it at once
			slog.Info("shutting down")
			return shutdown(server, receivers)
		}
	}
}

// shutdown first waits for the requests, then for the handlers that outlived theirs. What is still running after that is
// run again by another process when its lease is over.
func shutdown(server *http.Server, receivers []*middleware.Receiver) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	err := server.Shutdown(ctx)
	for _, receiver := range receivers {
		err = errors.Join(err, receiver.Shutdown(ctx))
	}
	if err != nil {
		return fmt.Errorf("shutdown: %w", err)
	}
	return nil
}
