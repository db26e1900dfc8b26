package simulator_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/testserver"
)

func clockOf(c *client) clockJSON {
	c.t.Helper()
	return want[clockJSON](c, http.StatusOK, http.MethodGet, controlAPI+"/clock", "")
}

// marksOfAttempts are attempts as "delivery id mark".
func marksOfAttempts(attempts []attemptJSON) []string {
	all := []string{}
	for _, a := range attempts {
		all = append(all, a.Delivery+" "+a.ID+" "+a.Mark)
	}
	return all
}

// after is so long after the bubble's beginning.
func after(d time.Duration) time.Time { return time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).Add(d) }

func TestClock(t *testing.T) {
	t.Parallel()
	const event = `{"type":"instance.created"}`
	manual := func(t *testing.T, h http.Handler) *client {
		t.Helper()
		c := newSimulator(t, hookmitt.Civo(), h, testserver.Manual())
		c.subscribe(receiverURL)
		return c
	}
	insideBubbles(t, map[string]func(t *testing.T){
		"it shows its mode, the time, and when the next attempt is due": func(t *testing.T) {
			c := manual(t, answering(500))
			require.Equal(t, clockJSON{Mode: "manual", Now: after(0)}, clockOf(c))
			send(c, event)
			require.Equal(t, clockJSON{Mode: "manual", Now: after(0), Next: new(after(5 * time.Minute))}, clockOf(c))
		},
		"a clock of another speed says so": func(t *testing.T) {
			require.Equal(t, "60x", clockOf(newSimulator(t, hookmitt.Civo(), answering(200), testserver.Scaled(60))).Mode)
		},
		"by a duration: what is due by then, and no more": func(t *testing.T) {
			c := manual(t, answering(500))
			send(c, event)
			clock, attempts := advance(c, `{"by":"4m59s"}`)
			require.Empty(t, attempts, "the first was made before")
			require.Equal(t, after(5*time.Minute-time.Second), clock.Now)
			clock, attempts = advance(c, `{"by":"1s"}`)
			require.Equal(t, []string{"dlv_1 2 500"}, marksOfAttempts(attempts))
			require.Equal(t, clockJSON{Mode: "manual", Now: after(5 * time.Minute), Next: new(after(35 * time.Minute))}, clock)
			clock, attempts = advance(c, `{"by":"1h30m"}`)
			require.Equal(t, []string{"dlv_1 3 500", "dlv_1 4 500"}, marksOfAttempts(attempts))
			require.Equal(t, after(95*time.Minute), clock.Now)
			require.Equal(t, after(35*time.Minute), attempts[0].At)
		},
		"by nothing at all": func(t *testing.T) {
			c := manual(t, answering(500))
			send(c, event)
			clock, attempts := advance(c, `{"by":"0s"}`)
			require.Empty(t, attempts)
			require.Equal(t, after(0), clock.Now)
		},
		"to the next: every attempt of that time, of whichever delivery": func(t *testing.T) {
			c := manual(t, answering(500))
			send(c, event)
			send(c, event)
			clock, attempts := advance(c, `{"to":"next"}`)
			require.Equal(t, []string{"dlv_1 2 500", "dlv_2 2 500"}, marksOfAttempts(attempts))
			require.Equal(t, after(5*time.Minute), clock.Now)
		},
		"copies of an attempt too": func(t *testing.T) {
			c := manual(t, answering(500, 500, 200))
			send(c, `{"type":"instance.created","faults":["twice"]}`)
			_, attempts := advance(c, `{"to":"next"}`)
			require.Equal(t, []string{"dlv_1 2 200", "dlv_1 2-1 200"}, marksOfAttempts(attempts))
		},
		"to the next, and there is none": func(t *testing.T) {
			c := manual(t, answering(200))
			send(c, event)
			clock, attempts := advance(c, `{"to":"next"}`)
			require.Empty(t, attempts)
			require.Equal(t, clockJSON{Mode: "manual", Now: after(0)}, clock)
		},
		"drain: until nothing is due": func(t *testing.T) {
			c := manual(t, answering(500, 500, 500, 201))
			send(c, event)
			clock, attempts := advance(c, `{"drain":true}`)
			require.Equal(t, []string{"dlv_1 2 500", "dlv_1 3 500", "dlv_1 4 201"}, marksOfAttempts(attempts))
			require.Equal(t, clockJSON{Mode: "manual", Now: after(95 * time.Minute)}, clock)
		},
		"it answers after the last answer, which took its time": func(t *testing.T) {
			c := manual(t, taking(3*time.Second, 500))
			send(c, event)
			clock, attempts := advance(c, `{"to":"next"}`)
			require.Equal(t, []string{"dlv_1 2 500"}, marksOfAttempts(attempts))
			require.EqualValues(t, 3000, attempts[0].TookMS)
			require.Equal(t, after(5*time.Minute+6*time.Second), attempts[0].Ended)
			require.Equal(t, after(35*time.Minute+6*time.Second), *clock.Next, "a gap begins when an attempt has ended")
		},
		"the first of very many attempts are missed, and it says so": func(t *testing.T) {
			var c *client
			calls := 0
			c = manual(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if calls++; calls == 3 {
					for range 10_000 {
						_, _ = c.server.ReportEffect("one")
					}
				}
				w.WriteHeader(500)
			}))
			send(c, event)
			moved := want[struct {
				Attempts []attemptJSON
				Missed   bool
			}](c, http.StatusOK, http.MethodPost, controlAPI+"/clock/advance", `{"by":"1h"}`)
			require.True(t, moved.Missed)
			require.Equal(t, []string{"dlv_1 3 500"}, marksOfAttempts(moved.Attempts))
		},
	})
}

func TestClockRefuses(t *testing.T) {
	t.Parallel()
	const path = "/clock/advance"
	c := newSimulator(t, hookmitt.Civo(), answering(500), testserver.Manual())
	c.subscribe(receiverURL)
	send(c, `{"type":"instance.created"}`)
	before := clockOf(c)
	refusesAll(c, http.MethodPost, path, map[string]refusal{
		"no duration":                   {`{"by":"soon"}`, 422, "by"},
		"a number without a unit":       {`{"by":"5"}`, 422, "by"},
		"a number":                      {`{"by":5}`, 422, "by"},
		"back":                          {`{"by":"-5m"}`, 422, "by"},
		"a second over a hundred years": {`{"by":"876000h0m1s"}`, 422, "by"},
		"more than a duration holds":    {`{"by":"99999999h"}`, 422, "by"},
		"a text for a truth":            {`{"drain":"yes"}`, 422, "drain"},
		"nothing":                       {``, 422, ""},
		"an empty object":               {`{}`, 422, ""},
		"no drain":                      {`{"drain":false}`, 422, ""},
		"to somewhere else":             {`{"to":"last"}`, 422, ""},
		"by and to":                     {`{"by":"5m","to":"next"}`, 422, ""},
		"by and drain":                  {`{"by":"5m","drain":true}`, 422, ""},
		"to and drain":                  {`{"to":"next","drain":true}`, 422, ""},
		"all three":                     {`{"by":"5m","to":"next","drain":true}`, 422, ""},
		"an unknown member":             {`{"by":"5m","until":"next"}`, 400, ""},
		"no JSON":                       {`5m`, 400, ""},
		"two values":                    {`{"by":"5m"}{"by":"5m"}`, 400, ""},
		"a list":                        {`["5m"]`, 400, ""},
	})
	require.Equal(t, before, clockOf(c), "and the clock stands still")
	clock, _ := advance(c, `{"by":"876000h"}`)
	require.Equal(t, before.Now.Add(876000*time.Hour), clock.Now)
}

func TestClockThatMovesByItself(t *testing.T) {
	t.Parallel()
	for name, clock := range map[string]testserver.Clock{"real": testserver.Real(), "scaled": testserver.Scaled(2)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newSimulator(t, hookmitt.Civo(), answering(200), clock)
			for _, how := range []string{`{"by":"5m"}`, `{"to":"next"}`, `{"drain":true}`} {
				require.Equal(t, "the clock is not manual", refusedAs(c, http.StatusConflict, http.MethodPost, "/clock/advance", how).Detail)
			}
		})
	}
}
