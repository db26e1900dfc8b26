package simulator_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/testserver"
)

// registrations are how each provider's own API registers a webhook.
var registrations = map[string]struct {
	provider hookmitt.Provider
	register func(a api, url string, events []string)
}{
	"Civo": {hookmitt.Civo(), func(a api, url string, events []string) {
		ask[civoWebhook](a, http.StatusOK, http.MethodPost, "/v2/webhooks", civoForm{URL: url, Events: events, Secret: "a-secret"})
	}},
	"CDHosting": {hookmitt.CDHosting(), func(a api, url string, events []string) {
		createCDHosting(a, url, "a-secret", events...)
	}},
	"Mixpost": {hookmitt.Mixpost(), func(a api, url string, events []string) {
		createMixpost(a, form{"callback_url": url, "events": events, "secret": "a-secret"})
	}},
}

// sentView is what the answer to an event has that these tests look at.
type sentView struct {
	Event struct {
		ID, Type string
	}
	Deliveries []struct {
		ID, Webhook, State, Timeline string
		Event                        struct{ ID string }
	}
}

func (c *client) send(body string) sentView {
	c.t.Helper()
	return want[sentView](c, http.StatusOK, http.MethodPost, "/_sim/v1/events", body)
}

// paths are where requests have come, in an order of their own.
func paths(all []received) []string {
	names := []string{}
	for _, r := range all {
		names = append(names, strings.TrimPrefix(r.path, "/"))
	}
	slices.Sort(names)
	return names
}

func TestAnEventGoesToEverySubscriberUnderOneID(t *testing.T) {
	t.Parallel()
	for name, r := range registrations {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rc := answering(http.StatusOK)
			c := newSimulator(t, r.provider, rc, testserver.Manual())
			types := r.provider.Events.Types()
			first, second, third := types[0], types[1], types[2]
			for path, events := range map[string][]string{
				"all": {"*"}, "first": {first}, "second": {second}, "first-and-second": {first, second}, "third": {third}, "star-and-third": {third, "*"},
			} {
				r.register(c.api(), "http://receiver.test/"+path, events)
			}
			ids := map[string]bool{}
			for _, round := range []struct {
				event string
				paths []string
			}{
				{first, []string{"all", "first", "first-and-second", "star-and-third"}},
				{second, []string{"all", "first-and-second", "second", "star-and-third"}},
				{third, []string{"all", "star-and-third", "third"}},
				{types[3], []string{"all", "star-and-third"}},
			} {
				before := len(rc.got())
				sent := c.send(jsonOf(t, map[string]string{"type": round.event}))
				got := rc.got()[before:]
				require.Equal(t, round.paths, paths(got), round.event)
				require.Equal(t, round.event, sent.Event.Type)
				require.Len(t, sent.Deliveries, len(round.paths))
				for _, d := range sent.Deliveries {
					require.Equal(t, "delivered", d.State)
					require.Equal(t, sent.Event.ID, d.Event.ID)
				}
				for _, one := range got {
					require.Equal(t, got[0].body, one.body, "a request has another body than the others")
					e, _, err := r.provider.Open(secretsOf("a-secret"), one.header, []byte(one.body))
					require.NoError(t, err)
					require.Equal(t, round.event, e.Type)
					if sent.Event.ID != "" { // Mixpost's is made from the body
						require.Equal(t, sent.Event.ID, e.ID)
					}
				}
				require.Equal(t, name == "Mixpost", sent.Event.ID == "")
				ids[sent.Event.ID+round.event] = true
			}
			require.Len(t, ids, 4)
		})
	}
}

func TestEachOfManyWebhooksHasItsOwnLadder(t *testing.T) {
	t.Parallel()
	const webhooks = 20
	down := map[string]bool{"/3": true, "/7": true}
	rc := answering(http.StatusOK)
	c := newSimulator(t, hookmitt.Civo(), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if down[r.URL.Path] {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		rc.ServeHTTP(w, r)
	}), testserver.Manual())
	a := civoForms["JSON"]
	a.api = c.api()
	for i := range webhooks {
		a.create(civoForm{URL: fmt.Sprintf("http://receiver.test/%d", i), Events: []string{"*"}})
	}
	sent := c.send(`{"type":"volume.created"}`)
	require.Len(t, sent.Deliveries, webhooks)
	require.Len(t, rc.got(), webhooks-len(down))
	want[any](c, http.StatusOK, http.MethodPost, "/_sim/v1/clock/advance", `{"drain":true}`)
	secrets := map[string]bool{}
	for i, w := range a.list() {
		isDown := down[fmt.Sprintf("/%d", i)]
		require.Equal(t, fmt.Sprintf("http://receiver.test/%d", i), w.URL, "the list is in the order of registration")
		require.Equal(t, isDown, w.Disabled)
		require.Equal(t, isDown, w.Failures == 6)
		secrets[w.Secret] = true
	}
	require.Len(t, secrets, webhooks, "each has a secret of its own")

	again := c.send(`{"type":"volume.created"}`)
	require.NotEqual(t, sent.Event.ID, again.Event.ID)
	for i, d := range again.Deliveries {
		state := "delivered"
		if down[fmt.Sprintf("/%d", i)] {
			state = "dropped"
		}
		require.Equal(t, state, d.State)
	}
}

func TestAnEventForOneWebhookGoesToNoOther(t *testing.T) {
	t.Parallel()
	rc := answering(http.StatusOK)
	c := newSimulator(t, hookmitt.Civo(), rc, testserver.Manual())
	one := c.subscribe("http://receiver.test/one", "volume.created")
	c.subscribe("http://receiver.test/other")
	sent := c.send(`{"type":"volume.created","webhook":"` + one + `"}`)
	require.Len(t, sent.Deliveries, 1)
	require.Equal(t, one, sent.Deliveries[0].Webhook)
	require.Equal(t, []string{"one"}, paths(rc.got()))
	sent = c.send(`{"type":"volume.deleted","webhook":"` + one + `"}`)
	require.Equal(t, "unwanted", sent.Deliveries[0].State)
	require.Len(t, rc.got(), 1)
}

func TestARemovedWebhookGetsNothingMore(t *testing.T) {
	t.Parallel()
	rc := answering(http.StatusInternalServerError)
	c := newSimulator(t, hookmitt.CDHosting(), rc, testserver.Manual())
	made := createCDHosting(c.api(), receiverURL+"/removed", "a-secret", "*")
	createCDHosting(c.api(), receiverURL+"/kept", "a-secret", "*")
	c.send(`{"type":"server.created"}`)
	require.Len(t, rc.got(), 2)
	status, _, _ := c.api().call(http.MethodDelete, "/v1/webhooks/"+made.ID, "", "")
	require.Equal(t, http.StatusNoContent, status)
	rc.answer(http.StatusOK)
	want[any](c, http.StatusOK, http.MethodPost, "/_sim/v1/clock/advance", `{"drain":true}`)
	require.Len(t, c.send(`{"type":"server.created"}`).Deliveries, 1)
	require.Equal(t, []string{"webhooks/kept", "webhooks/kept"}, paths(rc.got()[2:]))
}
