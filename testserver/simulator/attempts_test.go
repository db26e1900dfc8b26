package simulator_test

import (
	"encoding/base64"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/testserver"
)

func attemptsOf(c *client, delivery string) []attemptJSON {
	c.t.Helper()
	attempts := want[map[string][]attemptJSON](c, http.StatusOK, http.MethodGet, controlAPI+"/deliveries/"+delivery+"/attempts", "")["attempts"]
	require.NotNil(c.t, attempts, "an empty list is one")
	return attempts
}

func attemptOf(c *client, delivery, attempt string) attemptJSON {
	c.t.Helper()
	return want[attemptJSON](c, http.StatusOK, http.MethodGet, controlAPI+"/deliveries/"+delivery+"/attempts/"+attempt, "")
}

// answeringWith answers a status with a body and a header.
func answeringWith(status int, body string, header ...string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Add(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	})
}

func TestAttempts(t *testing.T) {
	t.Parallel()
	p := hookmitt.CDHosting()
	const event = `{"type":"server.started"}`
	start := func(t *testing.T, h http.Handler) *client {
		t.Helper()
		c := newSimulator(t, p, h, testserver.Manual())
		c.subscribe(receiverURL + "/a?b=c")
		return c
	}
	insideBubbles(t, map[string]func(t *testing.T){
		"one that succeeded": func(t *testing.T) {
			c := start(t, answeringWith(201, "thanks, <é>", "Hookmitt-Outcome", "accepted", "X-A", "1", "X-A", "2"))
			d := send(c, event).Deliveries[0]
			a := attemptOf(c, "dlv_1", "1")
			require.Equal(t, []attemptJSON{a}, attemptsOf(c, "dlv_1"))
			require.Equal(t, "POST", a.Request.Method)
			require.Equal(t, receiverURL+"/a?b=c", a.Request.URL)
			require.Equal(t, []string{"application/json"}, a.Request.Header["Content-Type"])
			require.NotEmpty(t, a.Request.Header.Get("X-CDHosting-Signature"))
			require.Contains(t, *a.Request.Body, d.Event.ID)
			require.Equal(t, *a.Request.Body, string(a.Request.Base64))
			require.Equal(t, 201, a.Answer.Status)
			require.Equal(t, []string{"1", "2"}, a.Answer.Header["X-A"])
			require.Equal(t, "thanks, <é>", *a.Answer.Body)
			require.Equal(t, "thanks, <é>", string(a.Answer.Base64))
			a.Request, a.Answer = messageJSON{}, nil
			require.Equal(t, attemptJSON{
				Delivery: "dlv_1", ID: "1", Number: 1, At: after(0), Ended: after(0), Succeeded: true, Mark: "201", Status: 201,
				Outcome: "accepted", Faults: []string{},
			}, a)
			require.Equal(t, []attemptJSON{a}, d.Attempts, "a delivery has it without its bytes")
		},
		"one that failed": func(t *testing.T) {
			c := start(t, answering(503))
			send(c, event)
			a := attemptOf(c, "dlv_1", "1")
			require.False(t, a.Succeeded)
			require.Equal(t, []any{"503", 503, "answered 503"}, []any{a.Mark, a.Status, a.Reason})
			require.Equal(t, 503, a.Answer.Status)
			require.NotNil(t, a.Answer.Header)
			require.Empty(t, *a.Answer.Body)
			require.NotNil(t, a.Answer.Base64)
		},
		"one that nobody answered in time": func(t *testing.T) {
			c := start(t, taking(time.Minute, 200))
			send(c, event)
			a := attemptOf(c, "dlv_1", "1")
			require.Equal(t, []any{"timeout", 0, "no answer within 10s", int64(10000)}, []any{a.Mark, a.Status, a.Reason, a.TookMS})
			require.Equal(t, after(10*time.Second), a.Ended)
			require.Nil(t, a.Answer)
		},
		"one whose answer was lost": func(t *testing.T) {
			c := start(t, answering(200))
			c.post(controlAPI+"/faults", `"lost-reply"`)
			send(c, event)
			a := attemptOf(c, "dlv_1", "1")
			require.Equal(t, []any{"lost", 0, []string{"lost-reply"}}, []any{a.Mark, a.Status, a.Faults})
			require.Nil(t, a.Answer)
		},
		"one without an answer": func(t *testing.T) {
			c := start(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
			send(c, event)
			a := attemptOf(c, "dlv_1", "1")
			require.Equal(t, "error", a.Mark)
			require.Contains(t, a.Reason, "without an answer")
			require.Nil(t, a.Answer)
		},
		"one that could not even be made": func(t *testing.T) {
			c := start(t, answering(200))
			c.server.Send(t.Context(), events.Event{Type: "server.started", Data: []byte("no JSON")})
			advance(c, `{"by":"0s"}`)
			a := attemptOf(c, "dlv_1", "1")
			require.Equal(t, "error", a.Mark)
			require.NotNil(t, a.Request.Header)
			require.NotNil(t, a.Request.Base64, "nothing is a text too")
			require.Nil(t, a.Answer)
			for _, message := range []string{"request", "answer", "curl"} {
				refusedAs(c, http.StatusNotFound, http.MethodGet, "/deliveries/dlv_1/attempts/1/"+message, "")
			}
		},
		"bodies that are no text": func(t *testing.T) {
			c := start(t, answeringWith(200, "\xff\x00"))
			raw := "\xfe'\n\x00"
			send(c, `{"raw_base64":"`+base64.StdEncoding.EncodeToString([]byte(raw))+`"}`)
			a := attemptOf(c, "dlv_1", "1")
			require.Nil(t, a.Request.Body)
			require.Equal(t, raw, string(a.Request.Base64))
			require.Nil(t, a.Answer.Body)
			require.Equal(t, "\xff\x00", string(a.Answer.Base64))
		},
		"copies of an attempt, and retries": func(t *testing.T) {
			c := start(t, answering(500))
			send(c, `{"type":"server.started","faults":["twice",{"fault":"together=3","attempt":2}]}`)
			advance(c, `{"to":"next"}`)
			var ids []string
			for _, a := range attemptsOf(c, "dlv_1") {
				ids = append(ids, a.ID)
				require.Equal(t, a, attemptOf(c, "dlv_1", a.ID))
			}
			require.Equal(t, []string{"1", "1-1", "2", "2-1", "2-2"}, ids)
			copied := attemptOf(c, "dlv_1", "2-2")
			require.Equal(t, []int{2, 2}, []int{copied.Number, copied.Copy})
			for _, none := range []string{"0", "3", "1-0", "1-2", "2-3", "-1", "01", "x"} {
				refusedAs(c, http.StatusNotFound, http.MethodGet, "/deliveries/dlv_1/attempts/"+none, "")
			}
		},
		"none yet": func(t *testing.T) {
			c := start(t, answering(200))
			send(c, `{"type":"server.started","faults":["reorder"]}`)
			require.Empty(t, attemptsOf(c, "dlv_1"))
			refusedAs(c, http.StatusNotFound, http.MethodGet, "/deliveries/dlv_1/attempts/1", "")
		},
	})
}
