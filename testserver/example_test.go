package testserver_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/testserver"
	"github.com/hookmitt/hookmitt/verify"
)

// In a test of your own this stands in a bubble of testing/synctest, where nine hours of retries take no time, and the
// timeline is exact: see TestExampleInABubble in this file.
func Example() {
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Println("received", r.Header.Get("X-Civo-Event"))
		w.WriteHeader(http.StatusOK)
	})

	provider, err := testserver.New(hookmitt.Civo(), &testserver.Options{Transport: testserver.InProcess(handler)})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer provider.Close()
	endpoint, err := provider.Subscribe(testserver.Subscription{
		URL: "http://receiver.test/webhooks", Secret: verify.NewSecret("test-secret"),
	})
	if err != nil {
		fmt.Println(err)
		return
	}

	event := events.Named("instance.created", events.Resource{ResourceID: "84894d17-da88-45bb-8817-9b3b75cf61bf"})
	event.ID = "3f2a0000-0000-4000-8000-000000000000" // without one it is given a random one
	timeline, err := endpoint.Send(context.Background(), event).Wait(context.Background())
	fmt.Println(timeline, err)
	// Output:
	// received 3f2a0000-0000-4000-8000-000000000000
	// 0s 200 <nil>
}

func TestExampleInABubble(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		provider, err := testserver.New(hookmitt.Civo(), &testserver.Options{Transport: testserver.InProcess(statuses(500, 500, 200))})
		require.NoError(t, err)
		defer provider.Close()
		endpoint, err := provider.Subscribe(testserver.Subscription{URL: receiverURL, Secret: secret})
		require.NoError(t, err)
		timeline, err := endpoint.Send(t.Context(), events.Named("instance.created", events.Resource{})).Wait(t.Context())
		require.NoError(t, err)
		require.Equal(t, "0s 500, 5m0s 500, 35m0s 200", timeline.String())
	})
}

// A receiver must know an event again whose answer was lost.
func ExampleLostReply() {
	seen := map[string]int{}
	handler := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen[r.Header.Get("X-Civo-Event")]++ })

	civo := hookmitt.Civo()
	civo.Retry = civo.Retry.Faster(1e9) // as there is no bubble here
	provider, err := testserver.New(civo, &testserver.Options{
		Transport: testserver.InProcess(handler),
		Observe:   func(a testserver.Attempt) { fmt.Println(a.Number, a.Faults, a.Status) },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer provider.Close()
	endpoint, err := provider.Subscribe(testserver.Subscription{
		URL: "http://receiver.test/webhooks", Secret: verify.NewSecret("test-secret"),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	delivery := endpoint.Send(context.Background(), events.Named("instance.created", events.Resource{}),
		testserver.OnAttempt(1, testserver.LostReply()))
	if _, err := delivery.Wait(context.Background()); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(seen[delivery.Event().ID], "times")
	// Output:
	// 1 [lost-reply] 0
	// 2 [] 200
	// 2 times
}

// An endpoint is switched off when a delivery has failed as often as the provider allows, and saving the webhook again
// switches it on.
func ExampleEndpoint_Disabled() {
	broken := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) })

	civo := hookmitt.Civo()
	civo.Retry = civo.Retry.Faster(1e9)
	provider, err := testserver.New(civo, &testserver.Options{Transport: testserver.InProcess(broken)})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer provider.Close()
	webhook := testserver.Subscription{URL: "http://receiver.test/webhooks", Secret: verify.NewSecret("test-secret")}
	endpoint, err := provider.Subscribe(webhook)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = endpoint.Send(context.Background(), events.Named("instance.created", events.Resource{})).Wait(context.Background())
	fmt.Println(err)
	fmt.Println(endpoint.Disabled())
	fmt.Println(endpoint.Failures(), "failures")

	if err := endpoint.Update(webhook); err != nil {
		fmt.Println(err)
	}
	_, disabled := endpoint.Disabled()
	fmt.Println(disabled)
	// Output:
	// testserver: the last attempt failed: answered 500
	// answered 500 true
	// 6 failures
	// false
}

// InProcess is an ordinary transport: any client may use it.
func ExampleInProcess() {
	client := http.Client{Transport: testserver.InProcess(http.NotFoundHandler())}
	response, err := client.Get("http://receiver.test/")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer response.Body.Close()
	fmt.Println(response.Status)
	// Output: 404 Not Found
}
