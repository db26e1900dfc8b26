package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hookmitt/hookmitt/testserver"
	"github.com/hookmitt/hookmitt/testserver/simulator"
	"github.com/hookmitt/hookmitt/verify"
)

// serving are the flags of serve.
type serving struct {
	who
	output
	addr, clock, to string
	events, allow   []string
	seed            uint64
}

func serve() *cobra.Command {
	var s serving
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Play a provider: its own API, and an API to drive it by",
		Long: `serve plays a provider: it takes webhooks by the provider's own API, sends events to them, and tries again as the
provider does. The control API is below /_sim/v1 and describes itself at /_sim/v1/openapi.yaml.

With --clock manual time stands still until POST /_sim/v1/clock/advance moves it, and a day of retries takes as long as
the receiver does. With 60x an hour takes a minute.

Webhooks lead to this machine alone, and to the hosts of --to and --allow.`,
		Example: `  hookmitt serve --clock manual --to http://127.0.0.1:8080/ --secret env:SECRET
  curl -d '{"type":"instance.created"}' http://127.0.0.1:8484/_sim/v1/events
  curl -d '{"drain":true}' http://127.0.0.1:8484/_sim/v1/clock/advance`,
		RunE: func(cmd *cobra.Command, _ []string) error { return s.run(cmd) },
	}
	s.providerFlags(cmd)
	s.secretFlag(cmd, "signs what goes to --to")
	s.outputFlag(cmd)
	cmd.Flags().StringVar(&s.addr, "addr", "127.0.0.1:8484", "where to serve")
	cmd.Flags().StringVar(&s.clock, "clock", "real", "real, manual, or how many times faster: 60x")
	cmd.Flags().StringVar(&s.to, "to", "", "URL of a receiver to register at once")
	cmd.Flags().StringArrayVar(&s.events, "event", nil, "type that --to is subscribed to; can be repeated (default all)")
	cmd.Flags().StringArrayVar(&s.allow, "allow", nil, "host besides this machine's that may be called; can be repeated")
	cmd.Flags().Uint64Var(&s.seed, "seed", 0, "of the faults that happen by chance: the same seed, the same course")
	complete(cmd, "clock", "real", "manual", "60x")
	return cmd
}

func (s *serving) run(cmd *cobra.Command) error {
	p, err := s.is()
	if err != nil {
		return err
	}
	if err := s.open(cmd); err != nil {
		return err
	}
	clock, err := clockOf(s.clock)
	if err != nil {
		return err
	}
	server, err := testserver.New(p, &testserver.Options{Clock: clock, Seed: s.seed, Allow: append(hostOf(s.to), s.allow...)})
	if err != nil {
		return usage("%w", err)
	}
	defer server.Close()
	if err := s.subscribe(server); err != nil {
		return err
	}
	listener, err := listenAt(cmd.Context(), s.addr)
	if err != nil {
		return err
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "%s at http://%s, clock %s. Control API: http://%s/_sim/v1/state\n", p.Name, listener.Addr(), clock, listener.Addr())
	go follow(cmd.Context(), server, &s.output)
	return serveHTTP(cmd.Context(), listener, simulator.New(server))
}

// subscribe registers the receiver of --to.
func (s *serving) subscribe(server *testserver.Server) error {
	if s.to == "" {
		if len(s.secrets)+len(s.events) > 0 {
			return usage("--secret and --event are about the receiver of --to, which is missing")
		}
		return nil
	}
	var secret verify.Secret
	if len(s.secrets) > 0 {
		var err error
		if secret, err = s.key(); err != nil {
			return err
		}
	}
	if _, err := server.Subscribe(testserver.Subscription{URL: s.to, Events: s.events, Secret: secret}); err != nil {
		return refusedSubscription(err)
	}
	return nil
}

// refusedSubscription says which flag a provider refuses a receiver for.
func refusedSubscription(err error) error {
	refused, ok := errors.AsType[*testserver.SubscriptionError](err)
	if !ok {
		return usage("%w", err)
	}
	flag := map[string]string{"URL": "--to", "Secret": "--secret", "Events": "--event"}[refused.Field]
	return usage("%s %w", flag, refused.Err)
}

func clockOf(text string) (testserver.Clock, error) {
	switch text {
	case "real":
		return testserver.Real(), nil
	case "manual":
		return testserver.Manual(), nil
	}
	factor, err := strconv.ParseFloat(strings.TrimSuffix(text, "x"), 64)
	if err != nil || !strings.HasSuffix(text, "x") || !(factor > 0 && factor <= 1e6) {
		return testserver.Clock{}, usage("--clock %q is neither real, manual nor a factor such as 60x", text)
	}
	return testserver.Scaled(factor), nil
}

// hostOf is the host of a URL that somebody has typed, who means it.
func hostOf(to string) []string {
	if u, err := url.Parse(to); err == nil && u.Hostname() != "" {
		return []string{u.Hostname()}
	}
	return nil
}

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
	return server.Shutdown(patience)
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
