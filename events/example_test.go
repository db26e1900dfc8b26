package events_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/hookmitt/hookmitt/events"
)

func ExampleRouter() {
	router := events.NewRouter()
	events.On(router, func(ctx context.Context, e events.Event, s events.ServerStarted) error {
		fmt.Println(s.Name, "runs at", s.IP)
		return nil
	})
	router.Handle("billing.*", events.HandlerFunc(func(ctx context.Context, e events.Event) error {
		fmt.Println("queued:", e.Type, string(e.Data))
		return nil
	}))

	ctx := context.Background()
	for _, e := range []events.Event{
		events.New(events.ServerStarted{ServerID: "srv_1", Name: "web-01", Status: "running", IP: "192.168.1.100"}),
		events.New(events.PaymentFailed{Amount: 1999, Currency: "EUR"}),
		events.New(events.ServerStarted{ServerID: "srv_1", Name: "web-01", Status: "running", IP: "localhost"}),
		events.Named("domain.updated", nil),
	} {
		if err := router.HandleEvent(ctx, e); err != nil {
			fmt.Println(err)
		}
	}
	// Output:
	// web-01 runs at 192.168.1.100
	// queued: billing.payment.failed {"amount":1999,"currency":"EUR"}
	// events: invalid server.started: ip must be an IP address
	// events: no handler
}

func ExampleOn() {
	router := events.NewRouter()
	events.On(router, func(ctx context.Context, e events.Event, p events.PaymentFailed) error {
		fmt.Printf("%s: %d.%02d %s\n", e.ID, p.Amount/100, p.Amount%100, p.Currency)
		return nil
	})

	e := events.New(events.PaymentFailed{Amount: 1999, Currency: "EUR"})
	e.ID = "evt_abc123"
	fmt.Println(router.HandleEvent(context.Background(), e))
	// Output:
	// evt_abc123: 19.99 EUR
	// <nil>
}

// The type may be of your own making, or another SDK's.
func ExampleMatch() {
	type server struct {
		ID string `json:"server_id" validate:"required"`
	}
	router := events.NewRouter()
	events.Match(router, "server.*", func(ctx context.Context, e events.Event, s server) error {
		fmt.Println(e.Type, s.ID)
		return nil
	})

	ctx := context.Background()
	fmt.Println(router.HandleEvent(ctx, events.Named("server.backup.completed", map[string]any{"server_id": "srv_1"})))
	fmt.Println(router.HandleEvent(ctx, events.Named("server.stopped", map[string]any{"id": "srv_1"})))
	// Output:
	// server.backup.completed srv_1
	// <nil>
	// events: invalid server.stopped: server_id is required
}

func ExampleDecode() {
	e := events.Event{Type: "server.started", Data: json.RawMessage(`{"server_id":"srv_1","name":"web-01","status":"running","ip":"?"}`)}
	_, err := events.Decode[events.ServerStarted](e)

	var invalid *events.InvalidError
	if errors.As(err, &invalid) {
		for _, f := range invalid.Fields {
			fmt.Println(f.Path, f.Problem)
		}
	}
	// Output: ip must be an IP address
}

func ExampleNew() {
	e := events.New(events.ServerStarted{ServerID: "srv_1", Name: "web-01", Status: "running", IP: "192.168.1.100"})
	fmt.Println(e.Type)
	fmt.Println(string(e.Data))
	// Output:
	// server.started
	// {"server_id":"srv_1","name":"web-01","status":"running","ip":"192.168.1.100"}
}

func ExampleSkip() {
	router := events.NewRouter()
	events.On(router, func(ctx context.Context, e events.Event, s events.ServerStarted) error {
		return events.Skip(fmt.Errorf("%s is not one of ours", s.ServerID))
	})

	err := router.HandleEvent(context.Background(), events.New(events.ServerStarted{ServerID: "srv_1", Name: "web-01", Status: "running", IP: "::1"}))
	fmt.Println(err)
	fmt.Println(errors.Is(err, events.ErrSkipped))
	// Output:
	// events: skipped: srv_1 is not one of ours
	// true
}

func ExampleRetry() {
	err := events.Retry(30*time.Second, errors.New("the database is restarting"))
	fmt.Println(err)

	var retry *events.RetryError
	if errors.As(err, &retry) {
		fmt.Println("again in", retry.After)
	}
	// Output:
	// events: retry in 30s: the database is restarting
	// again in 30s
}
