// Sidecar shows `hookmitt listen --forward` in front of an app that is not written in Go: app.py, which knows nothing of
// signatures, repeats and retries. It starts both, plays the provider that calls them, and prints a line for every
// attempt. It needs python3, and is run from the repository's root:
//
//	go run ./examples/sidecar          # exits 0 if everything went as it should
//	go run ./examples/sidecar -serve   # stays up, and prints how to send an event by hand
//
// In real life there are the app, the sidecar and no main.go:
//
//	go install ./cmd/hookmitt
//	python3 examples/sidecar/app.py 3000
//	hookmitt listen --provider cdhosting --secret @secret --path /webhooks --forward http://127.0.0.1:3000/
//
// SIGINT and SIGTERM end all of it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
)

func main() {
	serve := flag.Bool("serve", false, "stay up, and print how to send an event by hand")
	addr := flag.String("addr", "127.0.0.1:0", "where the sidecar receives; port 0 is any free one")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, *addr, *serve)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "sidecar:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, addr string, serve bool) (err error) {
	if _, err := exec.LookPath("python3"); err != nil {
		return errors.New("there is no python3 on the PATH: install Python 3, on Debian and Ubuntu by `apt-get install python3`")
	}
	dir, err := os.MkdirTemp("", "hookmitt-sidecar-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := build(ctx, dir); err != nil {
		return err
	}

	// The app. It has printed what it did before it answers, so its log can be read after any attempt.
	app := prepare(ctx, "python3", filepath.Join("examples", "sidecar", "app.py"), "0")
	log, err := os.Create(filepath.Join(dir, "app.log"))
	if err != nil {
		return err
	}
	defer log.Close()
	app.cmd.Stdout = log
	if err := app.start(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, app.stop()) }()

	// The sidecar before it, which alone has the secret.
	const secret = "sidecar-secret"
	sidecar := prepare(ctx, filepath.Join(dir, "hookmitt"), "listen", "--addr", addr, "--path", "/webhooks", "--provider", "cdhosting",
		"--secret", "env:CDHOSTING_WEBHOOK_SECRET", "--forward", app.url, "--output", "ndjson")
	sidecar.cmd.Env = append(os.Environ(), "CDHOSTING_WEBHOOK_SECRET="+secret)
	stream, err := sidecar.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := sidecar.start(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, sidecar.stop()) }() // before the app

	// The provider.
	did, err := newJournal(log.Name(), stream)
	if err != nil {
		return err
	}
	defer did.app.Close()
	if err := play(ctx, sidecar.url, secret, did); err != nil {
		return err
	}
	if serve {
		fmt.Printf(byHand, sidecar.url, secret, app.url)
		go func() {
			select {
			case <-ctx.Done():
			case <-app.ended:
			}
			sidecar.cancel()
		}()
		did.follow() // until the sidecar has ended
	}
	return nil
}

// build makes the binary.
func build(ctx context.Context, dir string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-o", dir+string(filepath.Separator), "./cmd/hookmitt") //nolint:gosec // dir is our own
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }                                  // it cleans up
	cmd.WaitDelay = patience
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build ./cmd/hookmitt, which works from the repository's root: %w: %s", err, strings.TrimSpace(string(out)))
	}
	return nil
}

const byHand = `
Receiving. Send an event by hand from another terminal; end with Ctrl-C.

  URL=%s
  SECRET=%s
  BODY='{"id":"evt_by_hand","type":"server.started","created_at":"2025-01-15T10:30:00Z","data":{"server_id":"srv_1","name":"web","status":"running","ip":"192.0.2.1"}}'
  SIGNATURE=$(printf '%%s' "$BODY" | openssl dgst -sha256 -hmac "$SECRET" -r | cut -d ' ' -f 1)
  curl -i "$URL" -H "X-CDHosting-Signature: $SIGNATURE" -d "$BODY"

The app behind it is at %s and takes what is sent there for verified.

`
