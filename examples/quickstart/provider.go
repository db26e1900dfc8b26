package main

import (
	"context"
	"fmt"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/testserver"
	"github.com/hookmitt/hookmitt/verify"
)

// play is the provider's side: four deliveries, each compared with what should become of it.
func play(ctx context.Context, provider hookmitt.Provider, secret verify.Secret, url string, did *journal) error {
	simulator, err := testserver.New(provider, &testserver.Options{Observe: did.attempt})
	if err != nil {
		return err
	}
	defer simulator.Close()
	endpoint, err := simulator.Subscribe(testserver.Subscription{URL: url, Secret: secret})
	if err != nil {
		return err
	}
	started, _ := provider.Events.Sample("server.started")
	started.ID = "evt_1"
	other := started
	other.ID = "evt_2"
	failed, _ := provider.Events.Sample("billing.payment.failed")
	failed.ID = "evt_3"

	did.heading()
	for _, step := range []struct {
		event    events.Event
		faults   []testserver.Fault
		statuses []int
	}{
		{event: started, statuses: []int{200}},
		{event: started, statuses: []int{200}},
		{event: other, faults: []testserver.Fault{testserver.OnAttempt(1, testserver.Tampered())}, statuses: []int{401, 200}},
		{event: failed, statuses: []int{500, 200}},
	} {
		timeline, err := endpoint.Send(ctx, step.event, step.faults...).Wait(ctx)
		if err != nil {
			return fmt.Errorf("%s %s: %w", step.event.Type, step.event.ID, err)
		}
		for i, a := range timeline {
			if i >= len(step.statuses) || a.Status != step.statuses[i] {
				return fmt.Errorf("%s %s was answered %v, not as it should: %v", step.event.Type, step.event.ID, timeline, step.statuses)
			}
		}
	}
	return nil
}
