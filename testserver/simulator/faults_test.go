package simulator_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/testserver"
)

type faultJSON struct {
	ID      string   `json:"id"`
	Fault   string   `json:"fault"`
	Webhook string   `json:"webhook"`
	Event   string   `json:"event"`
	Attempt int      `json:"attempt"`
	Chance  *float64 `json:"chance"`
	Times   int      `json:"times"`
}

func arm(c *client, body string) faultJSON {
	c.t.Helper()
	return want[faultJSON](c, http.StatusCreated, http.MethodPost, controlAPI+"/faults", body)
}

func armedOf(c *client) (faults []faultJSON, names []string) {
	c.t.Helper()
	list := want[struct {
		Faults []faultJSON
		Names  []string
	}](c, http.StatusOK, http.MethodGet, controlAPI+"/faults", "")
	require.NotNil(c.t, list.Faults, "an empty list is one")
	return list.Faults, list.Names
}

func TestFaults(t *testing.T) {
	t.Parallel()
	c := newSimulator(t, hookmitt.CDHosting(), answering(200), testserver.Manual())
	webhook := c.subscribe(receiverURL)
	none, _ := armedOf(c)
	require.Empty(t, none)
	bound := faultJSON{ID: "flt_2", Fault: "together=3", Webhook: webhook, Event: "server.*", Attempt: 1, Chance: new(0.0), Times: 2}
	require.Equal(t, faultJSON{ID: "flt_1", Fault: "lost-reply"}, arm(c, `"lost-reply"`))
	require.Equal(t, bound, arm(c, `{"fault":"together=3","webhook":"`+webhook+`","event":"server.*","attempt":1,"chance":0,"times":2}`))
	require.Equal(t, faultJSON{ID: "flt_3", Fault: "unsigned"}, arm(c, `{"fault":"unsigned"}`))
	all, _ := armedOf(c)
	require.Equal(t, []faultJSON{{ID: "flt_1", Fault: "lost-reply"}, bound, {ID: "flt_3", Fault: "unsigned"}}, all, "in the order in which they were armed")
	require.Equal(t, []string{"lost-reply", "unsigned"}, send(c, `{"type":"server.started"}`).Deliveries[0].Attempts[0].Faults)
	status, _, answer := c.do(http.MethodDelete, controlAPI+"/faults/flt_1", "")
	require.Equal(t, http.StatusNoContent, status)
	require.Empty(t, answer)
	require.Equal(t, []string{"unsigned"}, send(c, `{"type":"server.started"}`).Deliveries[0].Attempts[0].Faults)
	refusedAs(c, http.StatusNotFound, http.MethodDelete, "/faults/flt_1", "")
	require.Equal(t, "flt_4", arm(c, `"twice"`).ID, "an id is not used again")
	all, _ = armedOf(c)
	require.Len(t, all, 3)
}

// TestFaultBounds arms a fault of a server with two webhooks, sends two events and lets each be tried again. hit is which
// attempts the fault happens to: webhook, event and number.
func TestFaultBounds(t *testing.T) {
	t.Parallel()
	tests := map[string]func(t *testing.T){}
	for name, bound := range map[string]struct {
		fault string
		hit   string
	}{
		"no bound":                       {`"lost-reply"`, "a started 1, b started 1, a stopped 1, b stopped 1, a started 2, b started 2, a stopped 2, b stopped 2"},
		"a webhook":                      {`{"fault":"lost-reply","webhook":"WEBHOOK"}`, "a started 1, a stopped 1, a started 2, a stopped 2"},
		"an event":                       {`{"fault":"lost-reply","event":"server.stopped"}`, "a stopped 1, b stopped 1, a stopped 2, b stopped 2"},
		"a pattern that fits both":       {`{"fault":"lost-reply","event":"server.st*","attempt":2}`, "a started 2, b started 2, a stopped 2, b stopped 2"},
		"a pattern that fits none":       {`{"fault":"lost-reply","event":"disk.*"}`, ""},
		"the first attempt":              {`{"fault":"lost-reply","attempt":1}`, "a started 1, b started 1, a stopped 1, b stopped 1"},
		"the second attempt":             {`{"fault":"lost-reply","attempt":2}`, "a started 2, b started 2, a stopped 2, b stopped 2"},
		"no chance":                      {`{"fault":"lost-reply","chance":0}`, ""},
		"every chance":                   {`{"fault":"lost-reply","chance":1,"attempt":1}`, "a started 1, b started 1, a stopped 1, b stopped 1"},
		"three times":                    {`{"fault":"lost-reply","times":3}`, "a started 1, b started 1, a stopped 1"},
		"once":                           {`{"fault":"lost-reply","times":1}`, "a started 1"},
		"times counts what is within":    {`{"fault":"lost-reply","times":1,"event":"server.stopped","webhook":"WEBHOOK","attempt":2}`, "a stopped 2"},
		"no attempt, no times: no bound": {`{"fault":"lost-reply","attempt":0,"times":0,"event":"server.started","webhook":""}`, "a started 1, b started 1, a started 2, b started 2"},
	} {
		tests[name] = func(t *testing.T) {
			c := newSimulator(t, hookmitt.CDHosting(), answering(500), testserver.Manual())
			a, b := c.subscribe(receiverURL), c.subscribe(receiverURL)
			names := map[string]string{a: "a", b: "b"}
			arm(c, strings.ReplaceAll(bound.fault, "WEBHOOK", a))
			var hits []string
			types := map[string]string{}
			note := func(attempts []attemptJSON) {
				for _, attempt := range attempts {
					if len(attempt.Faults) > 0 {
						require.Equal(t, []string{"lost-reply"}, attempt.Faults)
						hits = append(hits, fmt.Sprint(types[attempt.Delivery], " ", attempt.Number))
					}
				}
			}
			for _, event := range []string{"started", "stopped"} {
				e, ok := hookmitt.CDHosting().Events.Sample("server." + event)
				require.True(t, ok)
				for _, ep := range c.server.Endpoints() { // one after the other, for the order of the times
					d := ep.Send(t.Context(), e)
					require.NoError(t, d.WaitAttempt(t.Context()))
					id := fmt.Sprint("dlv_", d.Number())
					types[id] = names[ep.ID()] + " " + event
					note(deliveryOf(c, id).Attempts)
				}
			}
			_, attempts := advance(c, `{"to":"next"}`)
			require.Len(t, attempts, 4)
			note(attempts)
			require.Equal(t, bound.hit, strings.Join(hits, ", "))
		}
	}
	insideBubbles(t, tests)
}

func TestEveryFaultCanBeArmed(t *testing.T) {
	t.Parallel()
	arguments := map[string]string{
		"BYTES": "2048", "COPIES": "2", "DURATION": "1ms", "HEADER": "X-CDHosting-Signature", "METHOD": "PUT",
		"NAME:VALUE": "X-A: 1", "NAME:OTHER VALUE": "X-CDHosting-Signature: 0",
	}
	_, names := armedOf(newSimulator(t, hookmitt.CDHosting(), answering(200), testserver.Manual()))
	require.Equal(t, testserver.FaultNames(), names)
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			name, argument, takes := strings.Cut(name, "=")
			if takes {
				require.Contains(t, arguments, argument)
				name += "=" + arguments[argument]
			}
			c := newSimulator(t, hookmitt.CDHosting(), answering(200), testserver.Manual())
			c.subscribe(receiverURL)
			require.Equal(t, name, arm(c, jsonOf(t, name)).Fault)
			d := send(c, `{"type":"server.started"}`).Deliveries[0]
			if len(d.Attempts) == 0 { // held up on its way
				_, d.Attempts = advance(c, `{"to":"next"}`)
			}
			require.NotEmpty(t, d.Attempts)
			require.Len(t, d.Attempts[0].Faults, 1)
		})
	}
}

func TestFaultsRefused(t *testing.T) {
	t.Parallel()
	c := newSimulator(t, hookmitt.CDHosting(), answering(200), testserver.Manual())
	refusesAll(c, http.MethodPost, "/faults", map[string]refusal{
		"nothing":                   {``, 422, "fault"},
		"no fault":                  {`{"attempt":1}`, 422, "fault"},
		"a name that is none":       {`"nonsense"`, 422, "fault"},
		"an argument that is none":  {`"together=many"`, 422, "fault"},
		"an argument that is not":   {`"together"`, 422, "fault"},
		"an argument too many":      {`"twice=2"`, 422, "fault"},
		"a number for a name":       {`{"fault":5}`, 422, "fault"},
		"a webhook that is none":    {`{"fault":"twice","webhook":"nonsense"}`, 422, "webhook"},
		"an attempt before the 1st": {`{"fault":"twice","attempt":-1}`, 422, "attempt"},
		"a text for an attempt":     {`{"fault":"twice","attempt":"1"}`, 422, "attempt"},
		"times below none":          {`{"fault":"twice","times":-1}`, 422, "times"},
		"a chance below none":       {`{"fault":"twice","chance":-0.01}`, 422, "chance"},
		"a chance over all":         {`{"fault":"twice","chance":1.01}`, 422, "chance"},
		"an unknown member":         {`{"fault":"twice","delivery":"dlv_1"}`, 400, ""},
		"no JSON":                   {`twice`, 400, ""},
	})
	require.Contains(t, refusedAs(c, 422, http.MethodPost, "/faults", `"nonsense"`).Detail, "together=COPIES", "it says which there are")
	faults, _ := armedOf(c)
	require.Empty(t, faults)
	require.Equal(t, "flt_1", arm(c, `"twice"`).ID, "a refused one has no id")
	for range 99 {
		arm(c, `"twice"`)
	}
	require.Contains(t, refusedAs(c, http.StatusConflict, http.MethodPost, "/faults", `"twice"`).Detail, "100")
	c.do(http.MethodDelete, controlAPI+"/faults/flt_50", "")
	require.Equal(t, "flt_101", arm(c, `"twice"`).ID)
}
