package simulator_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/testserver"
	"github.com/hookmitt/hookmitt/verify"
)

// opened is what a receiver reads of a request that is signed by c.subscribe's secret.
func opened(t *testing.T, p hookmitt.Provider, r received) events.Event {
	t.Helper()
	e, _, err := p.Open([]verify.Secret{verify.NewSecret("test-secret")}, r.header, []byte(r.body))
	require.NoError(t, err)
	return e
}

func TestEvents(t *testing.T) {
	t.Parallel()
	p := hookmitt.CDHosting()
	for name, test := range map[string]func(t *testing.T, c *client, rc *receiver){
		"a type alone is sent with the provider's sample": func(t *testing.T, c *client, rc *receiver) {
			id := c.subscribe(receiverURL)
			s := send(c, `{"type":"server.stopped"}`)
			sample, _ := p.Events.Sample("server.stopped")
			e := opened(t, p, rc.got()[0])
			require.JSONEq(t, string(sample.Data), string(e.Data))
			require.Equal(t, "server.stopped", s.Event.Type)
			require.Equal(t, e.ID, s.Event.ID, "the one that it was given")
			require.Equal(t, e.Time, *s.Event.Time)
			require.Len(t, s.Deliveries, 1)
			require.Equal(t, "dlv_1", s.Deliveries[0].ID)
			require.Equal(t, id, s.Deliveries[0].Webhook)
			require.Equal(t, "delivered", s.Deliveries[0].State)
			require.Equal(t, s.Event, s.Deliveries[0].Event)
			require.Equal(t, s.Deliveries[0], deliveryOf(c, "dlv_1"))
		},
		"data that are given": func(t *testing.T, c *client, rc *receiver) {
			c.subscribe(receiverURL)
			send(c, `{"type":"server.stopped","data":{"mine":[1,2.50,"<é>"]}}`)
			require.Equal(t, `{"mine":[1,2.50,"<é>"]}`, string(opened(t, p, rc.got()[0]).Data))
		},
		"a type that has no sample, with data": func(t *testing.T, c *client, rc *receiver) {
			c.subscribe(receiverURL)
			send(c, `{"type":"mine.happened","data":{}}`)
			require.Equal(t, "mine.happened", opened(t, p, rc.got()[0]).Type)
		},
		"an id and a time that are given": func(t *testing.T, c *client, rc *receiver) {
			c.subscribe(receiverURL)
			s := send(c, `{"type":"server.stopped","id":"evt_mine","time":"2025-01-15T12:30:00.5+02:00"}`)
			at := time.Date(2025, 1, 15, 10, 30, 0, 5e8, time.UTC)
			require.Equal(t, eventJSON{"evt_mine", "server.stopped", &at}, s.Event)
			e := opened(t, p, rc.got()[0])
			require.Equal(t, "evt_mine", e.ID)
			require.Equal(t, at, e.Time)
		},
		"a raw body is sent byte for byte": func(t *testing.T, c *client, rc *receiver) {
			c.subscribe(receiverURL)
			raw := "  {\"id\": \"x\",\n\t\"type\":\"a'b\\u00e9\", \"type\": 1e400}\r\n\x00é"
			send(c, `{"type":"server.stopped","raw":`+jsonOf(t, raw)+`}`)
			require.Equal(t, raw, rc.got()[0].body)
		},
		"a raw body in base64 too, whatever its bytes": func(t *testing.T, c *client, rc *receiver) {
			c.subscribe(receiverURL)
			raw := "\xff\xfe\x00\x80'{\n"
			send(c, `{"type":"server.stopped","raw_base64":"`+base64.StdEncoding.EncodeToString([]byte(raw))+`"}`)
			require.Equal(t, raw, rc.got()[0].body)
		},
		"a raw body needs no type, and may be empty": func(t *testing.T, c *client, rc *receiver) {
			c.subscribe(receiverURL)
			for _, empty := range []string{`{"raw":""}`, `{"raw_base64":""}`} {
				require.Equal(t, eventJSON{}.Type, send(c, empty).Event.Type)
			}
			require.Len(t, rc.got(), 2)
			require.Empty(t, rc.got()[0].body)
			require.Empty(t, rc.got()[1].body)
		},
		"to all that are subscribed": func(t *testing.T, c *client, rc *receiver) {
			first, third := c.subscribe(receiverURL, "server.stopped"), c.subscribe(receiverURL)
			c.subscribe(receiverURL, "server.started")
			s := send(c, `{"type":"server.stopped"}`)
			require.Len(t, s.Deliveries, 2)
			require.Equal(t, []string{first, third}, []string{s.Deliveries[0].Webhook, s.Deliveries[1].Webhook})
			require.Equal(t, s.Deliveries[0].Event.ID, s.Deliveries[1].Event.ID, "one event")
			require.Len(t, rc.got(), 2)
		},
		"to one webhook alone": func(t *testing.T, c *client, rc *receiver) {
			c.subscribe(receiverURL)
			one := c.subscribe(receiverURL)
			s := send(c, `{"type":"server.stopped","webhook":"`+one+`"}`)
			require.Len(t, s.Deliveries, 1)
			require.Equal(t, one, s.Deliveries[0].Webhook)
			require.Len(t, rc.got(), 1)
		},
		"to one that is not subscribed: it has a delivery that is unwanted": func(t *testing.T, c *client, rc *receiver) {
			one := c.subscribe(receiverURL, "server.started")
			d := send(c, `{"type":"server.stopped","webhook":"`+one+`"}`).Deliveries[0]
			require.Equal(t, "unwanted", d.State)
			require.Equal(t, "the endpoint is inactive, or not subscribed to the event", d.Reason)
			require.Equal(t, []attemptJSON{}, d.Attempts)
			require.Empty(t, rc.got())
		},
		"to nobody": func(t *testing.T, c *client, rc *receiver) {
			c.subscribe(receiverURL, "server.started")
			status, answer := c.post(controlAPI+"/events", `{"type":"server.stopped","id":"evt_mine"}`)
			require.Equal(t, http.StatusOK, status)
			require.JSONEq(t, `{"event":{"id":"evt_mine","type":"server.stopped","time":null},"deliveries":[]}`, string(answer))
			require.Empty(t, rc.got())
		},
		"faults by their names and as objects": func(t *testing.T, c *client, rc *receiver) {
			c.subscribe(receiverURL)
			d := send(c, `{"type":"server.stopped","faults":["unsigned",{"fault":"together=3","attempt":1},{"fault":"tampered","attempt":2}]}`).Deliveries[0]
			require.Len(t, d.Attempts, 3)
			for i, a := range d.Attempts {
				require.Equal(t, []string{"unsigned", "together=3"}, a.Faults)
				require.Equal(t, i, a.Copy)
			}
			require.Len(t, rc.got(), 3)
			require.Empty(t, rc.got()[0].header.Values("X-CDHosting-Signature"))
			require.Empty(t, send(c, `{"type":"server.stopped"}`).Deliveries[0].Attempts[0].Faults, "of that event alone")
		},
		"faults of an event to one webhook": func(t *testing.T, c *client, _ *receiver) {
			one := c.subscribe(receiverURL)
			d := send(c, `{"type":"server.stopped","webhook":"`+one+`","faults":["unsigned","tampered"]}`).Deliveries[0]
			require.Equal(t, []string{"unsigned", "tampered"}, d.Attempts[0].Faults)
		},
		"it answers when the first attempts have ended": func(t *testing.T, c *client, rc *receiver) {
			c.subscribe(receiverURL)
			rc.answer(500)
			d := send(c, `{"type":"server.stopped"}`).Deliveries[0]
			require.Equal(t, "pending", d.State)
			require.Equal(t, "0s 500", d.Timeline)
			require.Len(t, d.Plan, 5)
			require.Equal(t, d.CreatedAt.Add(time.Minute), d.Plan[0])
			require.Equal(t, d.CreatedAt.Add(6*time.Minute), d.Plan[1])
		},
		"one that the provider holds up is sent later": func(t *testing.T, c *client, rc *receiver) {
			c.subscribe(receiverURL)
			d := send(c, `{"type":"server.stopped","faults":["reorder"]}`).Deliveries[0]
			require.Equal(t, "pending", d.State)
			require.Empty(t, d.Attempts)
			require.Equal(t, d.CreatedAt.Add(30*time.Second), d.Plan[0])
			require.Empty(t, rc.got())
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rc := answering(200)
			test(t, newSimulator(t, p, rc, testserver.Manual()), rc)
		})
	}
}

func TestEventsRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		provider hookmitt.Provider
		refusals map[string]refusal
	}{
		"by anybody": {hookmitt.CDHosting(), map[string]refusal{
			"nothing":                 {``, 422, "type"},
			"data without a type":     {`{"data":{}}`, 422, "type"},
			"a type without a sample": {`{"type":"mine.happened"}`, 422, "data"},
			"two raw bodies":          {`{"raw":"","raw_base64":""}`, 422, "raw_base64"},
			"raw, and data":           {`{"raw":"{}","data":{}}`, 422, "data"},
			"raw in base64, and data": {`{"raw_base64":"e30=","data":{}}`, 422, "data"},
			"no base64":               {`{"raw_base64":"?"}`, 400, ""},
			"no text":                 {`{"raw":5}`, 422, "raw"},
			"no webhook":              {`{"type":"server.stopped","webhook":"nonsense"}`, 422, "webhook"},
			"no time":                 {`{"type":"server.stopped","time":"yesterday"}`, 400, ""},
			"no fault":                {`{"type":"server.stopped","faults":["twice","nonsense"]}`, 422, "faults"},
			"a fault bound to none":   {`{"type":"server.stopped","faults":[{"fault":"twice","attempt":-1}]}`, 422, "faults"},
			"a fault for faults":      {`{"type":"server.stopped","faults":"twice"}`, 422, "faults"},
			"an unknown member":       {`{"type":"server.stopped","endpoint":"x"}`, 400, ""},
			"no JSON":                 {`{"type":`, 400, ""},
			"an id of two lines":      {`{"type":"server.stopped","id":"a\nb"}`, 422, ""},
			"a type of two lines":     {`{"type":"a\nb","data":{}}`, 422, ""},
		}},
		"by Civo": {hookmitt.Civo(), map[string]refusal{
			"an id that is no UUID":      {`{"type":"instance.created","id":"evt_1"}`, 422, ""},
			"data that are no object":    {`{"type":"instance.created","data":[]}`, 422, ""},
			"data that are another type": {`{"type":"instance.created","data":{"event":"instance.deleted"}}`, 422, ""},
		}},
		"by GitHub": {hookmitt.GitHub(), map[string]refusal{
			"an id that is no UUID, of a raw body": {`{"type":"push","raw":"{}","id":"1"}`, 422, ""},
			"a time that no answer could show":     {`{"type":"push","time":"9999-12-31T23:59:59-23:59"}`, 422, "time"},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rc := answering(200)
			sim := newSimulator(t, c.provider, rc, testserver.Manual())
			sim.subscribe(receiverURL)
			refusesAll(sim, http.MethodPost, "/events", c.refusals)
			require.Empty(t, rc.got())
			require.Empty(t, stateOf(sim).Deliveries)
		})
	}
}

func TestEventThatIsTooLargeForAReceiver(t *testing.T) {
	t.Parallel()
	rc := answering(200)
	c := newSimulator(t, hookmitt.GitHub(), rc, testserver.Manual())
	c.subscribe(receiverURL)
	raw := make([]byte, 2<<20)
	body, err := json.Marshal(map[string]any{"type": "push", "raw_base64": raw})
	require.NoError(t, err)
	send(c, string(body))
	require.Equal(t, string(raw), rc.got()[0].body)
}
