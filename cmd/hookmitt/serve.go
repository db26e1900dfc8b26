package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hookmitt/hookmitt/testserver"
	"github.com/hookmitt/hookmitt/testserver/simulator"
)

// serving are the flags of serve.
type serving struct {
	who
	output
	addr, clock, to      string
	events, allow, hosts []string
	seed                 uint64
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

Webhooks lead to this machine alone, and to the hosts of --to and --allow. Everything is forgotten when it ends.`,
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
	cmd.Flags().StringArrayVar(&s.hosts, "host", nil, "name besides localhost by which the simulator is called; can be repeated")
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
	if err := s.subscribe(cmd, server); err != nil {
		return err
	}
	listener, err := listenAt(cmd.Context(), s.addr)
	if err != nil {
		return err
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "%s at http://%s, clock %s. Page: http://%s/  Control API: http://%s/_sim/v1/openapi.yaml\n",
		p.Name, listener.Addr(), clock, listener.Addr(), listener.Addr())
	if addr, ok := listener.Addr().(*net.TCPAddr); ok && !addr.IP.IsLoopback() {
		log.Print("whoever reaches this address can read the webhooks' secrets, and let requests be sent")
	}
	followed := make(chan struct{})
	following, stop := context.WithCancel(context.Background())
	go func() {
		follow(following, server, &s.output, func() { _ = s.subscribe(cmd, server) }) // a reset takes the receiver of --to, too
		close(followed)
	}()
	err = serveHTTP(cmd.Context(), listener, simulator.New(server, s.hosts...))
	stop()
	<-followed // with what was sent last
	return err
}

// subscribe registers the receiver of --to.
func (s *serving) subscribe(cmd *cobra.Command, server *testserver.Server) error {
	if s.to == "" {
		if typed(cmd, "secret") || typed(cmd, "event") {
			return usage("--secret and --event are about the receiver of --to, which is missing")
		}
		return nil
	}
	secret, err := s.shared(server.Provider())
	if err != nil {
		return err
	}
	if _, err := server.Subscribe(testserver.Subscription{URL: s.to, Events: s.events, Secret: secret}); err != nil {
		return refusedSubscription(err)
	}
	return nil
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
