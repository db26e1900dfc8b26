package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/middleware"
)

// forwardTo sends what was verified on to an app, byte for byte. The app's answer becomes ours, as the receiver's Wrap has
// it; an app that cannot be reached is a 502, which gives the event back.
func forwardTo(to string) (http.Handler, error) {
	target, err := url.Parse(to)
	if err != nil || target.Scheme != "http" && target.Scheme != "https" || target.Hostname() == "" {
		return nil, usage("--forward is not an http or https URL") // without it: it may hold a password
	}
	return &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			own := *target
			own.RawQuery = strings.Trim(target.RawQuery+"&"+r.In.URL.RawQuery, "&")
			r.Out.URL, r.Out.Host = &own, target.Host
			for name := range r.Out.Header {
				if strings.HasPrefix(strings.ReplaceAll(name, "_", "-"), "Hookmitt-") { // a stranger's; apps take the one for the other
					delete(r.Out.Header, name)
				}
			}
			e, _ := middleware.EventFrom(r.In.Context())
			claim, _ := dedupe.ClaimFrom(r.In.Context())
			r.Out.Header.Set("Hookmitt-Outcome", middleware.Accepted.String()) // what it is if the app takes it
			r.Out.Header.Set("Hookmitt-Event-Id", e.ID)
			r.Out.Header.Set("Hookmitt-Event-Type", e.Type)
			r.Out.Header.Set("Hookmitt-Run", strconv.Itoa(claim.Run))
			body := e.Raw
			r.Out.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil } // for a connection that the app has just closed
		},
		Transport: &http.Transport{DialContext: (&net.Dialer{Timeout: 5 * time.Second}).DialContext}, // no proxy: an app is near
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			if r.Context().Err() == nil {
				fmt.Fprintln(os.Stderr, "hookmitt: the app cannot be reached:", err)
			}
			w.WriteHeader(http.StatusBadGateway)
		},
		ErrorLog: log.New(os.Stderr, "hookmitt: ", 0),
	}, nil
}

// execute runs a command with an event on standard input. Its output goes to standard error, where it does not mix with
// the stream.
func execute(ctx context.Context, command string, e events.Event) error {
	claim, _ := dedupe.ClaimFrom(ctx)
	cmd := exec.CommandContext(ctx, "sh", "-c", command) //nolint:gosec // the operator's own command; the event is never part of it
	cmd.Stdin = bytes.NewReader(e.Raw)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	cmd.Env = append(os.Environ(), "HOOKMITT_EVENT_ID="+e.ID, "HOOKMITT_EVENT_TYPE="+e.Type, "HOOKMITT_EVENT_RUN="+strconv.Itoa(claim.Run))
	cmd.WaitDelay = 5 * time.Second
	apart(cmd)
	err := cmd.Run()
	if failed, ok := errors.AsType[*exec.ExitError](err); ok && ctx.Err() == nil {
		return fmt.Errorf("the command ended with %s", failed.ProcessState)
	}
	return err
}
