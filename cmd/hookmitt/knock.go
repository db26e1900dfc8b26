package main

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"time"
)

// knock asks whether anybody listens at a URL.
func knock(ctx context.Context, address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return usage("%q is no URL such as http://127.0.0.1:8080/webhooks", address)
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	conn, err := (&net.Dialer{Timeout: 5 * time.Second}).DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
	if err != nil {
		return &exit{exitUnreachable, fmt.Errorf("nobody answers at %s: %w", address, err)}
	}
	return conn.Close()
}

// restartTime is how long a receiver may take to listen again.
const restartTime = 30 * time.Second

// listens waits until somebody listens at a URL.
func listens(ctx context.Context, address string) error {
	ctx, done := context.WithTimeout(ctx, restartTime)
	defer done()
	for {
		err := knock(ctx, address)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the receiver was restarted, and does not listen after %v: %w", restartTime, err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}
