package main

import (
	"context"
	"net"
	"net/http"
	"strings"
	"time"
)

// listenAt listens.
func listenAt(ctx context.Context, addr string) (net.Listener, error) {
	if addr == "" {
		return nil, usage("--addr is empty, which would be every address of this machine: say 127.0.0.1:0 for any port, or 0.0.0.0:PORT if you mean it")
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, usage("--addr: %w; take another port, or 0 for any that is free", err)
	}
	return listener, nil
}

// serveHTTP serves until ctx ends, and then lets the requests end that are under way.
func serveHTTP(ctx context.Context, listener net.Listener, h http.Handler) error {
	server := &http.Server{Handler: endless(ctx, h), ReadHeaderTimeout: 5 * time.Second, IdleTimeout: time.Minute}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	patience, done := context.WithTimeout(context.Background(), 20*time.Second)
	defer done()
	err := server.Shutdown(patience)
	if err != nil {
		_ = server.Close()
	}
	return err
}

// endless ends the streams with ctx, which would go on for ever, and no other request.
func endless(ctx context.Context, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/_sim/v1/stream") {
			own, cancel := context.WithCancel(r.Context())
			defer cancel()
			defer context.AfterFunc(ctx, cancel)()
			r = r.WithContext(own)
		}
		next.ServeHTTP(w, r)
	})
}
