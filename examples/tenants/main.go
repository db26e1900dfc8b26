// Tenants receives CDHosting's webhooks for many customers: each has a URL, a secret and ids of its own, and a stranger
// cannot find out who is a customer.
//
//	mkdir secrets && printf acme-secret > secrets/acme
//	go run ./examples/tenants -secrets secrets
//
// The directory of secrets has a file for each tenant, with a secret a line, the current one first. It is read again
// while the program runs: tenants come, go, and rotate their secrets without a restart. SIGINT and SIGTERM end it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/middleware"
	"github.com/hookmitt/hookmitt/verify"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "where to receive")
	secrets := flag.String("secrets", "secrets", "directory of the tenants' secrets")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends it at once
	err := run(ctx, *addr, *secrets, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "tenants:", err)
		os.Exit(1)
	}
}

// run serves until ctx ends.
func run(ctx context.Context, addr, secrets string, out io.Writer) error {
	dir, err := os.OpenRoot(secrets) // no name, and no symbolic link, leads out of it
	if err != nil {
		return err
	}
	defer dir.Close()
	receiver, err := newReceiver(dir.FS())
	if err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: routes(receiver, started), ReadHeaderTimeout: 5 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	fmt.Fprintf(out, "receiving at http://%s/webhooks/{tenant}\n", listener.Addr())
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	patience, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	return errors.Join(server.Shutdown(patience), receiver.Shutdown(patience))
}

// newReceiver makes the one receiver of all tenants.
func newReceiver(files fs.FS) (*middleware.Receiver, error) {
	p := hookmitt.CDHosting()
	v := &vault{files: files, grace: p.Horizon()}
	return middleware.New(p, verify.SecretsFunc(v.secrets), &middleware.Options{Tenant: tenantOf})
}

// tenantOf takes the tenant out of the URL. A request for which it returns "" is answered like one with a bad
// signature.
//
// The mux has unescaped the name, so "a%2Fb" arrives as "a/b", which is nobody. Lower case alone, because on a file
// system that folds case ACME would be acme once more, with acme's secret and none of the ids that acme has done.
func tenantOf(r *http.Request) string {
	name := r.PathValue("tenant")
	if len(name) > 64 || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		return ""
	}
	return name
}

// routes gives each tenant a URL.
func routes(receiver *middleware.Receiver, do func(ctx context.Context, tenant string, s events.ServerStarted) error) http.Handler {
	router := events.NewRouter()
	events.On(router, func(ctx context.Context, _ events.Event, s events.ServerStarted) error {
		return do(ctx, middleware.TenantFrom(ctx), s)
	})
	mux := http.NewServeMux()
	mux.Handle("POST /webhooks/{tenant}", receiver.Handle(router))
	return mux
}

// started is what is done with an event.
func started(_ context.Context, tenant string, s events.ServerStarted) error {
	slog.Info("a server is running", "tenant", tenant, "name", s.Name, "ip", s.IP)
	return nil
}
