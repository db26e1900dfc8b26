package simulator_test

import (
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/testserver"
)

type stateJSON struct {
	Provider struct {
		Name         string   `json:"name"`
		Method       string   `json:"method"`
		Acks         []int    `json:"acks"`
		Gaps         []string `json:"gaps"`
		DeadlineMS   int64    `json:"deadline_ms"`
		DisableAfter int      `json:"disable_after"`
		Events       []string `json:"events"`
		Test         string   `json:"test"`
	} `json:"provider"`
	Clock      clockJSON      `json:"clock"`
	Webhooks   []webhookJSON  `json:"webhooks"`
	Deliveries map[string]int `json:"deliveries"`
	Forgotten  int            `json:"forgotten"`
	Faults     []faultJSON    `json:"faults"`
	Notices    int            `json:"notices"`
	Effects    int            `json:"effects"`
	Stream     string         `json:"stream"`
}

type noticeJSON struct {
	At      time.Time `json:"at"`
	Webhook string    `json:"webhook"`
	To      string    `json:"to"`
	Subject string    `json:"subject"`
	Text    string    `json:"text"`
	Reason  string    `json:"reason"`
}

func stateOf(c *client) stateJSON {
	c.t.Helper()
	return want[stateJSON](c, http.StatusOK, http.MethodGet, controlAPI+"/state", "")
}

func noticesOf(c *client) []noticeJSON {
	c.t.Helper()
	notices := want[map[string][]noticeJSON](c, http.StatusOK, http.MethodGet, controlAPI+"/notices", "")["notices"]
	require.NotNil(c.t, notices, "an empty list is one")
	return notices
}

func TestState(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		provider     hookmitt.Provider
		method       string
		acks         []int
		gaps         []string
		deadline     int64
		disableAfter int
		test         string
	}{
		"Civo, which disables":                       {hookmitt.Civo(), "POST", []int{}, []string{"5m0s", "30m0s", "1h0m0s", "2h0m0s", "6h0m0s"}, 5000, 6, "instance.created"},
		"Mixpost, which takes three answers for one": {hookmitt.Mixpost(), "POST", []int{200, 201, 202}, []string{"10s", "1m0s"}, 10000, 0, "post.published"},
		"GitHub, which never retries":                {hookmitt.GitHub(), "POST", []int{}, []string{}, 10000, 0, "ping"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := stateOf(newSimulator(t, c.provider, answering(200), testserver.Real()))
			require.Equal(t, c.provider.Name, s.Provider.Name)
			require.Equal(t, c.method, s.Provider.Method)
			require.Equal(t, c.acks, s.Provider.Acks)
			require.Equal(t, c.gaps, s.Provider.Gaps)
			require.Equal(t, c.deadline, s.Provider.DeadlineMS)
			require.Equal(t, c.disableAfter, s.Provider.DisableAfter)
			require.Equal(t, c.provider.Events.Types(), s.Provider.Events)
			require.Equal(t, c.test, s.Provider.Test)
			require.Equal(t, "real", s.Clock.Mode)
			require.Equal(t, []webhookJSON{}, s.Webhooks)
			require.Equal(t, map[string]int{}, s.Deliveries)
			require.Equal(t, []faultJSON{}, s.Faults)
			require.Regexp(t, `^[0-9a-z]+-0$`, s.Stream)
		})
	}
}

func TestStateCounts(t *testing.T) {
	t.Parallel()
	c := simulatorWith(t, hookmitt.CDHosting(), testserver.Options{
		Transport: testserver.InProcess(answering(200, 200, 200, 500)), Clock: testserver.Manual(), Keep: 4,
	})
	id := c.subscribe(receiverURL, "server.started")
	for range 4 {
		send(c, `{"type":"server.started"}`)
	}
	send(c, `{"type":"server.stopped","webhook":"`+id+`"}`)
	c.post(controlAPI+"/faults", `"twice"`)
	c.post(controlAPI+"/effects/one", "")
	c.post(controlAPI+"/effects/one", "")
	c.post(controlAPI+"/effects/other", "")
	s := stateOf(c)
	require.Equal(t, map[string]int{"delivered": 2, "pending": 1, "unwanted": 1}, s.Deliveries)
	require.Equal(t, 1, s.Forgotten)
	require.Equal(t, []faultJSON{{ID: "flt_1", Fault: "twice"}}, s.Faults)
	require.Equal(t, 3, s.Effects, "of both events")
	require.Len(t, s.Webhooks, 1)
	require.Equal(t, id, s.Webhooks[0].ID)
	require.Equal(t, 1, s.Webhooks[0].Failures)
	require.Zero(t, s.Notices)
	advance(c, `{"drain":true}`)
	s = stateOf(c)
	require.Equal(t, 1, s.Notices)
	require.Equal(t, map[string]int{"delivered": 2, "exhausted": 1, "unwanted": 1}, s.Deliveries)
	_, latest, _, _ := c.server.Changes(0)
	require.Regexp(t, `^[0-9a-z]+-`+jsonOf(t, latest)+`$`, s.Stream)
}

func TestReset(t *testing.T) {
	t.Parallel()
	insideBubbles(t, map[string]func(t *testing.T){
		"everything is as at the beginning": func(t *testing.T) {
			c := newSimulator(t, hookmitt.CDHosting(), answering(500), testserver.Manual())
			fresh := stateOf(c)
			webhook := c.subscribe(receiverURL)
			c.post(controlAPI+"/faults", `"lost-reply"`)
			send(c, `{"type":"server.started"}`)
			advance(c, `{"drain":true}`)
			c.post(controlAPI+"/effects/one", "")
			require.Len(t, noticesOf(c), 1)
			after := want[stateJSON](c, http.StatusOK, http.MethodPost, controlAPI+"/reset", "")
			require.Equal(t, stateOf(c), after, "the answer is the state")
			require.NotEqual(t, fresh.Stream, after.Stream, "but for the stream, which goes on")
			after.Stream = fresh.Stream
			require.Equal(t, fresh, after)
			require.Empty(t, noticesOf(c))
			refusedAs(c, http.StatusNotFound, http.MethodGet, "/webhooks/"+webhook, "")
			refusedAs(c, http.StatusNotFound, http.MethodGet, "/deliveries/dlv_1", "")
			require.Zero(t, want[effectJSON](c, http.StatusOK, http.MethodGet, controlAPI+"/effects/one", "").Count)
		},
		"ids count from 1 again, and the faults are gone": func(t *testing.T) {
			rc := answering(200)
			c := newSimulator(t, hookmitt.Civo(), rc, testserver.Manual())
			for range 2 {
				c.subscribe(receiverURL)
				d := send(c, `{"type":"instance.created"}`).Deliveries[0]
				require.Equal(t, "dlv_1", d.ID)
				require.Equal(t, "0s 200", d.Timeline)
				require.Empty(t, d.Attempts[0].Faults)
				require.Equal(t, "flt_1", want[faultJSON](c, http.StatusCreated, http.MethodPost, controlAPI+"/faults", `"lost-reply"`).ID)
				require.Equal(t, "0s lost", send(c, `{"type":"instance.created"}`).Deliveries[0].Timeline)
				want[stateJSON](c, http.StatusOK, http.MethodPost, controlAPI+"/reset", "")
			}
			require.Len(t, rc.got(), 4)
		},
		"what is being delivered is broken off": func(t *testing.T) {
			c := newSimulator(t, hookmitt.Civo(), taking(3*time.Second, 500), testserver.Real())
			c.subscribe(receiverURL)
			e, _ := hookmitt.Civo().Events.Sample("instance.created")
			c.server.Send(t.Context(), e)
			time.Sleep(time.Second)
			want[stateJSON](c, http.StatusOK, http.MethodPost, controlAPI+"/reset", "")
			time.Sleep(10 * time.Minute)
			require.Empty(t, stateOf(c).Deliveries)
			require.Nil(t, stateOf(c).Clock.Next)
		},
		"a closed server has no beginning": func(t *testing.T) {
			c := newSimulator(t, hookmitt.Civo(), answering(200), testserver.Manual())
			require.NoError(t, c.server.Close())
			refusedAs(c, http.StatusServiceUnavailable, http.MethodPost, "/reset", "")
		},
	})
}

func TestNotices(t *testing.T) {
	t.Parallel()
	insideBubbles(t, map[string]func(t *testing.T){
		"CDHosting writes one when it disables": func(t *testing.T) {
			c := newSimulator(t, hookmitt.CDHosting(), answering(500, 500, 500, 500, 500, 418), testserver.Manual())
			id := want[webhookJSON](c, http.StatusCreated, http.MethodPost, controlAPI+"/webhooks",
				`{"url":"`+receiverURL+`","name":"orders","secret":"test-secret"}`).ID
			start := time.Now().UTC()
			send(c, `{"type":"server.started"}`)
			require.Empty(t, noticesOf(c))
			advance(c, `{"drain":true}`)
			require.Equal(t, []noticeJSON{{
				At: start.Add(26*time.Hour + 36*time.Minute), Webhook: id, To: "owner@cdhosting.test", Subject: "Your webhook orders was disabled",
				Text:   "We could not deliver to http://receiver.test/webhooks: answered 418.\nAfter 6 failed attempts we disabled the webhook. Save it again to enable it.\n",
				Reason: "answered 418",
			}}, noticesOf(c))
		},
		"Civo disables and writes none": func(t *testing.T) {
			c := newSimulator(t, hookmitt.Civo(), answering(500), testserver.Manual())
			c.subscribe(receiverURL)
			send(c, `{"type":"instance.created"}`)
			advance(c, `{"drain":true}`)
			require.True(t, stateOf(c).Webhooks[0].Disabled)
			require.Empty(t, noticesOf(c))
		},
	})
}

func TestControlIsDescribed(t *testing.T) {
	t.Parallel()
	described, err := os.ReadFile("openapi.yaml")
	require.NoError(t, err)
	status, header, answer := newSimulator(t, hookmitt.Civo(), answering(200), testserver.Real()).do(http.MethodGet, controlAPI+"/openapi.yaml", "")
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, "application/yaml", header.Get("Content-Type"))
	require.Equal(t, string(described), string(answer))
}
