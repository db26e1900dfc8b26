package simulator_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/testserver"
	"github.com/hookmitt/hookmitt/testserver/simulator"
)

const controlAPI = "/_sim/v1"

// What the control API answers, as its clients read it.
type (
	eventJSON struct {
		ID   string     `json:"id"`
		Type string     `json:"type"`
		Time *time.Time `json:"time"`
	}
	messageJSON struct {
		Method string      `json:"method"`
		URL    string      `json:"url"`
		Status int         `json:"status"`
		Header http.Header `json:"header"`
		Body   *string     `json:"body"`
		Base64 []byte      `json:"body_base64"`
	}
	attemptJSON struct {
		Delivery  string       `json:"delivery"`
		ID        string       `json:"id"`
		Number    int          `json:"number"`
		Copy      int          `json:"copy"`
		At        time.Time    `json:"at"`
		Ended     time.Time    `json:"ended"`
		TookMS    int64        `json:"took_ms"`
		Succeeded bool         `json:"succeeded"`
		Mark      string       `json:"mark"`
		Status    int          `json:"status"`
		Reason    string       `json:"reason"`
		Outcome   string       `json:"outcome"`
		Faults    []string     `json:"faults"`
		Request   messageJSON  `json:"request"`
		Answer    *messageJSON `json:"answer"`
	}
	deliveryJSON struct {
		ID        string        `json:"id"`
		Webhook   string        `json:"webhook"`
		Event     eventJSON     `json:"event"`
		Test      bool          `json:"test"`
		State     string        `json:"state"`
		Reason    string        `json:"reason"`
		CreatedAt time.Time     `json:"created_at"`
		Plan      []time.Time   `json:"plan"`
		Timeline  string        `json:"timeline"`
		Attempts  []attemptJSON `json:"attempts"`
	}
	sentJSON struct {
		Event      eventJSON      `json:"event"`
		Deliveries []deliveryJSON `json:"deliveries"`
	}
	clockJSON struct {
		Mode string     `json:"mode"`
		Now  time.Time  `json:"now"`
		Next *time.Time `json:"next"`
	}
	webhookJSON struct {
		ID          string   `json:"id"`
		Name        string   `json:"name"`
		URL         string   `json:"url"`
		Method      string   `json:"method"`
		ContentType string   `json:"content_type"`
		MaxAttempts int      `json:"max_attempts"`
		Active      bool     `json:"active"`
		Events      []string `json:"events"`
		Signed      bool     `json:"signed"`
		Disabled    bool     `json:"disabled"`
		Failures    int      `json:"failures"`
		LastFailure string   `json:"last_failure"`
		Secret      string   `json:"secret"`
	}
	problemJSON struct {
		Title  string `json:"title"`
		Status int    `json:"status"`
		Detail string `json:"detail"`
		Field  string `json:"field"`
	}
)

// simulatorWith is newSimulator with options of the test's own.
func simulatorWith(t *testing.T, p hookmitt.Provider, opts testserver.Options) *client {
	t.Helper()
	server, err := testserver.New(p, &opts)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	return &client{t: t, server: server, handler: simulator.New(server)}
}

// insideBubbles runs tests, each in a bubble of its own, whose time begins on the first of January 2000. Handlers that
// outlive their client have time to end.
func insideBubbles(t *testing.T, tests map[string]func(t *testing.T)) {
	t.Helper()
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				t.Cleanup(func() { time.Sleep(time.Hour) })
				test(t)
			})
		})
	}
}

// refusedAs makes a request that is refused with a status.
func refusedAs(c *client, status int, method, path, body string) problemJSON {
	c.t.Helper()
	got, header, answer := c.do(method, controlAPI+path, body)
	require.Equal(c.t, status, got, "%s %s %s: %s", method, path, body, answer)
	require.Equal(c.t, "application/problem+json", header.Get("Content-Type"))
	var p problemJSON
	require.NoError(c.t, json.Unmarshal(answer, &p))
	require.Equal(c.t, http.StatusText(status), p.Title)
	require.Equal(c.t, status, p.Status)
	require.NotEmpty(c.t, p.Detail)
	return p
}

// refusal is a request that is refused: its body, the status, and the field that the answer names.
type refusal struct {
	body   string
	status int
	field  string
}

// refusesAll makes a request of every refusal.
func refusesAll(c *client, method, path string, all map[string]refusal) {
	c.t.Helper()
	for why, r := range all {
		require.Equal(c.t, r.field, refusedAs(c, r.status, method, path, r.body).Field, why)
	}
}

// send sends an event by the control API.
func send(c *client, body string) sentJSON {
	c.t.Helper()
	return want[sentJSON](c, http.StatusOK, http.MethodPost, controlAPI+"/events", body)
}

// deliveryOf reads a delivery.
func deliveryOf(c *client, id string) deliveryJSON {
	c.t.Helper()
	return want[deliveryJSON](c, http.StatusOK, http.MethodGet, controlAPI+"/deliveries/"+id, "")
}

// advance moves the clock, and returns the attempts that were made.
func advance(c *client, how string) (clockJSON, []attemptJSON) {
	c.t.Helper()
	moved := want[struct {
		Clock    clockJSON
		Attempts []attemptJSON
		Missed   bool
	}](c, http.StatusOK, http.MethodPost, controlAPI+"/clock/advance", how)
	require.False(c.t, moved.Missed)
	require.NotNil(c.t, moved.Attempts)
	return moved.Clock, moved.Attempts
}

// taking answers a status after some time.
func taking(d time.Duration, status int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(d)
		w.WriteHeader(status)
	})
}
