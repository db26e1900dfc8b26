package simulator_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/testserver"
)

// busy are requests of every kind. $W and $D are a webhook and a delivery that may be there or not, $N is a number.
var busy = map[string][]string{
	"civo": {
		"GET /v2/webhooks", `POST /v2/webhooks {"url":"http://receiver.test/$N","events":["*"]}`, `PUT /v2/webhooks/$W {"secret":"another"}`,
		"POST /v2/webhooks/$W/test", "DELETE /v2/webhooks/$W", "GET /v2/webhooks/events",
	},
	"cdhosting": {
		"GET /v1/webhooks", `POST /v1/webhooks {"url":"http://receiver.test/$N","events":["*"],"secret":"s"}`, `PATCH /v1/webhooks/$W {"secret":"another"}`,
		"GET /v1/webhooks/$W", "POST /v1/webhooks/$W/test", "DELETE /v1/webhooks/$W",
	},
	"mixpost": {
		"GET /mixpost/api/a/webhooks", `POST /mixpost/api/a/webhooks {"callback_url":"http://receiver.test/$N","events":["*"]}`,
		`PUT /mixpost/api/a/webhooks/$W {"active":true,"secret":"another"}`, "GET /mixpost/api/a/webhooks/$W",
		"POST /mixpost/api/a/webhooks/$W/test", "DELETE /mixpost/api/a/webhooks/$W",
	},
	"": {
		"GET /_sim/v1/state", "GET /_sim/v1/clock", `POST /_sim/v1/clock/advance {"to":"next"}`, `POST /_sim/v1/clock/advance {"by":"1m"}`,
		`POST /_sim/v1/webhooks {"url":"http://receiver.test/$N","make_secret":true}`, "GET /_sim/v1/webhooks/$W", "POST /_sim/v1/webhooks/$W/rotate",
		"POST /_sim/v1/webhooks/$W/test", `PUT /_sim/v1/webhooks/$W {"name":"busy"}`, `POST /_sim/v1/events {"type":"$T","faults":["twice"]}`,
		"GET /_sim/v1/deliveries?limit=5", "GET /_sim/v1/deliveries/$D", "POST /_sim/v1/deliveries/$D/resend", "POST /_sim/v1/deliveries/$D/cancel",
		"GET /_sim/v1/deliveries/$D/attempts", "GET /_sim/v1/deliveries/$D/attempts/1/curl", "GET /_sim/v1/timeline.svg",
		`POST /_sim/v1/faults {"fault":"lost-reply","attempt":1}`, "DELETE /_sim/v1/faults/flt_$N", "GET /_sim/v1/faults", "GET /_sim/v1/notices",
		"POST /_sim/v1/effects/evt_$N", "GET /_sim/v1/effects", "HEAD /_sim/v1/stream", "GET /_sim/v1/stream", "POST /_sim/v1/reset", "GET /healthz",
	},
}

func TestManyClientsAtOnce(t *testing.T) {
	t.Parallel()
	const clients, rounds = 12, 3
	for _, p := range []hookmitt.Provider{hookmitt.Civo(), hookmitt.CDHosting(), hookmitt.Mixpost()} {
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			c := newSimulator(t, p, answering(200, 500, 503), testserver.Manual()).with(withKey)
			calls := append(append([]string{}, busy[p.Name]...), busy[""]...)
			var (
				all      sync.WaitGroup
				mu       sync.Mutex
				statuses = map[int]int{}
				odd      []string
			)
			for client := range clients {
				all.Go(func() {
					for i := range rounds * len(calls) {
						at := (i*7 + client*5) % len(calls) // another order for each; 7 divides none of the tables' lengths
						status, answer := c.busily(t.Context(), calls[at], client*i)
						mu.Lock()
						statuses[status]++
						if status >= 500 || status == 405 || status == 400 {
							odd = append(odd, fmt.Sprintf("%s: %d %s", calls[at], status, answer))
						}
						mu.Unlock()
					}
				})
			}
			all.Wait()
			require.Empty(t, odd)
			require.Greater(t, statuses[http.StatusOK], clients*rounds)

			want[any](c, http.StatusOK, http.MethodPost, "/_sim/v1/reset", "")
			c.subscribe(receiverURL)
			require.Len(t, c.send(jsonOf(t, map[string]string{"type": p.Test})).Deliveries, 1, "it is whole after all that")
		})
	}
}

// busily makes one of the requests. A stream's client has gone when it comes.
func (c *client) busily(ctx context.Context, call string, n int) (status int, answer string) {
	webhook, delivery := "none", fmt.Sprintf("dlv_%d", n%9+1)
	if all := c.server.Endpoints(); len(all) > 0 {
		webhook = all[n%len(all)].ID()
	}
	method, rest, _ := strings.Cut(call, " ")
	path, body, _ := strings.Cut(rest, " ")
	fill := strings.NewReplacer("$W", webhook, "$D", delivery, "$N", fmt.Sprint(n), "$T", c.server.Provider().Test)
	if strings.HasSuffix(path, "/stream") {
		var cancel context.CancelFunc
		ctx, cancel = context.WithCancel(ctx)
		cancel()
	}
	r := httptest.NewRequest(method, fill.Replace(path), strings.NewReader(fill.Replace(body))).WithContext(ctx)
	r.Header.Set("Authorization", "Bearer some-key")
	w := httptest.NewRecorder()
	c.handler.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

func TestASimulatorOfAClosedServerIsUnavailable(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]struct {
		provider hookmitt.Provider
		call     [2]string // a registration by the provider's API
		answer   string
	}{
		"Civo":      {hookmitt.Civo(), [2]string{"/v2/webhooks", `{"url":"http://receiver.test/","events":["*"]}`}, `"code":"service_unavailable"`},
		"CDHosting": {hookmitt.CDHosting(), [2]string{"/v1/webhooks", `{"url":"http://receiver.test/","events":["*"],"secret":"s"}`}, `"code":"service_unavailable"`},
		"Mixpost":   {hookmitt.Mixpost(), [2]string{"/mixpost/api/a/webhooks", `{"callback_url":"http://receiver.test/","events":["*"]}`}, `"message":`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rc := answering(http.StatusOK)
			c := newSimulator(t, p.provider, rc, testserver.Manual()).with(withKey)
			id := c.subscribe(receiverURL)
			require.NoError(t, c.server.Close())
			for _, call := range [][2]string{
				p.call,
				{"/_sim/v1/webhooks", `{"url":"http://receiver.test/","secret":"s"}`},
				{"/_sim/v1/reset", ""},
				{"/_sim/v1/events", jsonOf(t, map[string]string{"type": p.provider.Test})},
				{"/_sim/v1/clock/advance", `{"drain":true}`},
				{"/_sim/v1/effects/evt_1", ""},
			} {
				status, answer := c.post(call[0], call[1])
				require.Equal(t, http.StatusServiceUnavailable, status, "%s: %s", call[0], answer)
				require.Contains(t, string(answer), "closed")
			}
			_, answer := c.post(p.call[0], p.call[1])
			require.Contains(t, string(answer), p.answer)
			for _, path := range []string{"/_sim/v1/state", "/_sim/v1/webhooks/" + id, "/healthz"} {
				status, _ := c.get(path)
				require.Equal(t, http.StatusOK, status, "what was can still be read")
			}
			require.Empty(t, rc.got())
		})
	}
}
