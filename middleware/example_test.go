package middleware_test

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/middleware"
	"github.com/hookmitt/hookmitt/testserver"
	"github.com/hookmitt/hookmitt/verify"
)

func ExampleNew() {
	router := events.NewRouter()
	events.Match(router, "instance.*", func(_ context.Context, e events.Event, r events.Resource) error {
		fmt.Println("handled:", e.Type, r.ResourceID)
		return nil
	})
	secret := verify.NewSecret("test-secret")
	receiver, err := middleware.New(hookmitt.Civo(), verify.NewKeyring(secret), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	mux := http.NewServeMux()
	mux.Handle("POST /webhooks", receiver.Handle(router))

	// The other side of the wire, in the same process.
	provider, err := testserver.New(hookmitt.Civo(), &testserver.Options{Transport: testserver.InProcess(mux)})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer provider.Close()
	endpoint, err := provider.Subscribe(testserver.Subscription{URL: "http://receiver.test/webhooks", Secret: secret})
	if err != nil {
		fmt.Println(err)
		return
	}
	e, _ := events.Civo().Sample("instance.created")
	e.ID = "7c2e1f04-2b88-4a39-8f0e-5d8e1d9a6b20"
	for range 2 {
		timeline, err := endpoint.Send(context.Background(), e).Wait(context.Background())
		fmt.Println("answered:", timeline, timeline[0].Outcome(), err)
	}
	// Output:
	// handled: instance.created 84894d17-da88-45bb-8817-9b3b75cf61bf
	// answered: 0s 200 accepted <nil>
	// answered: 0s 200 duplicate <nil>
}

func ExampleReceiver_Wrap() {
	// A handler that was there before, and knows nothing of events.
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, "cannot read", http.StatusInternalServerError)
			return
		}
		e, _ := middleware.EventFrom(r.Context()) // if it wants to know after all
		fmt.Println("handled:", e.Type, len(body), "bytes")
		w.WriteHeader(http.StatusNoContent) // which Mixpost would take for a failure
	})
	secret := verify.NewSecret("test-secret")
	receiver, err := middleware.New(hookmitt.Mixpost(), verify.NewKeyring(secret), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	transport := testserver.InProcess(receiver.Wrap(handler))

	provider, err := testserver.New(hookmitt.Mixpost(), &testserver.Options{Transport: transport})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer provider.Close()
	endpoint, err := provider.Subscribe(testserver.Subscription{URL: "http://receiver.test/webhooks", Secret: secret})
	if err != nil {
		fmt.Println(err)
		return
	}
	sent := endpoint.Send(context.Background(), events.Named("post.published", map[string]string{"uuid": "3f0e5b9c"}))
	timeline, err := sent.Wait(context.Background())
	fmt.Println("answered:", timeline, timeline[0].Outcome(), err)
	// Output:
	// handled: post.published 53 bytes
	// answered: 0s 200 accepted <nil>
}
