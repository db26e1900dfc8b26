// Production is a service as one runs it: several processes behind a balancer that share a Redis, secrets that rotate
// without a restart, dead letters, and a shutdown that lets every handler end.
//
//	mkdir secrets && echo test-secret > secrets/civo && echo test-secret > secrets/reseller
//	go build -o production ./examples/production    # go run does not pass signals on
//	./production -redis 127.0.0.1:6379 -secrets secrets -dead dead -inventory http://127.0.0.1:9000
//
// It receives at /webhooks/civo and /webhooks/reseller, and tells the inventory by PUT /servers/{id}, which may answer any
// 2xx. The directory of secrets has a file for each provider, with a
// secret a line, the current one first. What stands there is accepted; what was taken out is accepted until no retry can
// carry it; so a secret that has leaked is ended by a restart. SIGHUP reads the files again. SIGINT and SIGTERM end the
// service: /healthz fails at once, and requests are taken for -drain longer. REDIS_PASSWORD is the password of Redis.
package main

import (
	"context"
	"errors"
	"flag"
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
	s := service{client: &http.Client{Timeout: 3 * time.Second}} // under the 4 s that Civo leaves a handler
	addr := flag.String("addr", "127.0.0.1:8080", "where to receive")
	drain := flag.Duration("drain", 5*time.Second, "how long requests are taken after /healthz fails: as long as the balancer takes to notice")
	var options redis.UniversalOptions
	addrs := flag.String("redis", "127.0.0.1:6379", "Redis; with -cluster or -master one or more addresses, with commas between them")
	flag.BoolVar(&options.IsClusterMode, "cluster", false, "the addresses are a Cluster's")
	flag.StringVar(&options.MasterName, "master", "", "what the Sentinels at the addresses call the master")
	flag.StringVar(&s.secrets, "secrets", "secrets", "directory of the secrets")
	flag.StringVar(&s.dead, "dead", "dead", "directory for events that failed too often")
	flag.IntVar(&s.runs, "runs", 4, "how often an event may fail until it is dead: below Civo's six attempts, since one that finds Redis down is no run")
	flag.StringVar(&s.inventory, "inventory", "http://127.0.0.1:9000", "the service that keeps the inventory")
	flag.Parse()
	options.Addrs, options.Password = strings.Split(*addrs, ","), os.Getenv("REDIS_PASSWORD")
	client := redis.NewUniversalClient(&options)
	err := errors.Join(s.run(*addr, *drain, client), client.Close())
	if err != nil {
		slog.Error("ended", "err", err)
		os.Exit(1)
	}
}

// run serves until a signal ends it.
func (s *service) run(addr string, drain time.Duration, client redis.UniversalClient) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	if err := os.MkdirAll(s.dead, 0o700); err != nil { // now, and not when the first event is dead
		return err
	}
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
			Store: store, MaxInFlight: 100, MaxRuns: s.runs, Dead: s.bury(p),
		})
		if err != nil {
			return err
		}
		router.Handle("/webhooks/"+p.Name, receiver.Handle(s.handlers(p)))
		receivers = append(receivers, receiver)
		s.rings = append(s.rings, ring)
	}
	router.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) {
		if ctx.Err() != nil {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	server := &http.Server{ // the times are well over what a receiver takes, which has deadlines of its own
		Handler: router, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 20 * time.Second, IdleTimeout: time.Minute,
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	slog.Info("receiving", "at", "http://"+listener.Addr().String(), "paths", "/webhooks/civo /webhooks/reseller")
	for {
		select {
		case err := <-ended:
			return err
		case <-hangups:
			s.rotate()
		case <-ctx.Done():
			stop() // a second signal ends it at once
			slog.Info("shutting down")
			time.Sleep(drain)
			return shutdown(server, receivers)
		}
	}
}

// shutdown waits for the requests, and then for the handlers that outlived theirs. Each has time of its own, together less
// than the 30 s that are usual until a process is killed. What is still running then is run again by another process when
// its lease is over.
func shutdown(server *http.Server, receivers []*middleware.Receiver) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	err := server.Shutdown(ctx)
	cancel()
	ctx, cancel = context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for _, receiver := range receivers {
		err = errors.Join(err, receiver.Shutdown(ctx))
	}
	return err
}
