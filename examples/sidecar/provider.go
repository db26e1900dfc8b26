package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/testserver"
	"github.com/hookmitt/hookmitt/verify"
)

// play is the provider's side: four deliveries, each compared with what should become of it. The clock is moved, so a
// retry that comes after a minute is there at once.
func play(ctx context.Context, url, secret string, did *journal) error {
	provider := hookmitt.CDHosting()
	simulator, err := testserver.New(provider, &testserver.Options{Clock: testserver.Manual(), Observe: did.attempt})
	if err != nil {
		return err
	}
	defer simulator.Close()
	endpoint, err := simulator.Subscribe(testserver.Subscription{URL: url, Secret: verify.NewSecret(secret)})
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
		delivery := endpoint.Send(ctx, step.event, step.faults...)
		_, err := simulator.Drain(ctx)
		if err := errors.Join(err, delivery.Err()); err != nil {
			return fmt.Errorf("%s %s: %w", step.event.Type, step.event.ID, err)
		}
		var came []int
		for _, a := range delivery.Timeline() {
			came = append(came, a.Status)
		}
		if !slices.Equal(came, step.statuses) {
			return fmt.Errorf("%s %s was answered %v, not as it should: %v", step.event.Type, step.event.ID, came, step.statuses)
		}
	}
	return nil
}
