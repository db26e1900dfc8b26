package simulator_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/testserver"
)

type pageJSON struct {
	Deliveries []deliveryJSON `json:"deliveries"`
	Next       *string        `json:"next"`
	Forgotten  int            `json:"forgotten"`
}

func pageOf(c *client, query string) pageJSON {
	c.t.Helper()
	page := want[pageJSON](c, http.StatusOK, http.MethodGet, controlAPI+"/deliveries"+query, "")
	require.NotNil(c.t, page.Deliveries, "an empty list is one")
	return page
}

// idsOf are the numbers of a page's deliveries, in its order.
func idsOf(page pageJSON) string {
	var ids []string
	for _, d := range page.Deliveries {
		ids = append(ids, strings.TrimPrefix(d.ID, "dlv_"))
	}
	return strings.Join(ids, " ")
}

func TestDeliveries(t *testing.T) {
	t.Parallel()
	rc := answering(200, 500, 200, 200)
	c := newSimulator(t, hookmitt.CDHosting(), rc, testserver.Manual())
	require.Empty(t, pageOf(c, "").Deliveries)
	a, b := c.subscribe(receiverURL), c.subscribe(receiverURL, "server.stopped")
	send(c, `{"type":"server.started","id":"evt_1","webhook":"`+a+`"}`)
	send(c, `{"type":"server.started","id":"evt_2","webhook":"`+a+`"}`)
	send(c, `{"type":"server.stopped","id":"evt_3"}`)
	send(c, `{"type":"server.started","id":"evt_1","webhook":"`+b+`"}`)
	for query, ids := range map[string]string{
		"":                              "5 4 3 2 1",
		"?state=&type=&webhook=&event=": "5 4 3 2 1",
		"?state=pending":                "2",
		"?state=delivered":              "4 3 1",
		"?state=unwanted":               "5",
		"?state=dropped":                "",
		"?state=exhausted":              "",
		"?type=server.started":          "5 2 1",
		"?type=server.*":                "",
		"?webhook=" + a:                 "3 2 1",
		"?webhook=" + b:                 "5 4",
		"?webhook=nonsense":             "",
		"?event=evt_1":                  "5 1",
		"?event=evt_3&webhook=" + b:     "4",
		"?state=delivered&type=server.started&webhook=" + a + "&event=evt_1": "1",
		"?limit=2":                               "5 4",
		"?limit=2&cursor=dlv_4":                  "3 2",
		"?cursor=dlv_1":                          "",
		"?cursor=dlv_99":                         "5 4 3 2 1",
		"?limit=1&cursor=dlv_4&state=delivered":  "3",
		"?limit=500&type=server.stopped&cursor=": "4 3",
	} {
		require.Equal(t, ids, idsOf(pageOf(c, query)), query)
	}
	require.Equal(t, deliveryOf(c, "dlv_3"), pageOf(c, "").Deliveries[2])
	for query, field := range map[string]string{
		"?limit=0": "limit", "?limit=501": "limit", "?limit=-1": "limit", "?limit=ten": "limit", "?limit=1.5": "limit",
		"?state=arrived": "state", "?state=Pending": "state", "?cursor=4": "cursor", "?cursor=dlv_x": "cursor", "?cursor=dlv_-1": "cursor",
		"?id=dlv_1": "id", "?State=pending": "State", "?state=pending&colour=red": "colour",
	} {
		require.Equal(t, field, refusedAs(c, 422, http.MethodGet, "/deliveries"+query, "").Field, query)
	}
}

func TestDeliveryPages(t *testing.T) {
	t.Parallel()
	e, _ := hookmitt.GitHub().Events.Sample("push")
	for query, sizes := range map[string][]int{
		"":           {50, 50, 20},
		"&limit=1":   nil, // 120 of one
		"&limit=7":   nil,
		"&limit=60":  {60, 60},
		"&limit=119": {119, 1},
		"&limit=120": {120},
		"&limit=500": {120},
	} {
		t.Run("120 deliveries, "+query, func(t *testing.T) {
			t.Parallel()
			c := newSimulator(t, hookmitt.GitHub(), answering(200), testserver.Manual())
			c.subscribe(receiverURL)
			arrive := func(n int) {
				for range n {
					for _, d := range c.server.Send(t.Context(), e) {
						require.NoError(t, d.WaitAttempt(t.Context()))
					}
				}
			}
			arrive(120)
			var seen []string
			var got []int
			for cursor := ""; ; {
				page := pageOf(c, "?state=delivered"+query+cursor)
				got = append(got, len(page.Deliveries))
				for _, d := range page.Deliveries {
					seen = append(seen, d.ID)
				}
				if page.Next == nil {
					break
				}
				cursor = "&cursor=" + *page.Next
				arrive(3)
			}
			for i, id := range seen {
				require.Equal(t, fmt.Sprint("dlv_", 120-i), id)
			}
			require.Len(t, seen, 120)
			if sizes != nil {
				require.Equal(t, sizes, got)
			}
		})
	}
}

func TestDeliveriesForgotten(t *testing.T) {
	t.Parallel()
	c := simulatorWith(t, hookmitt.GitHub(), testserver.Options{Transport: testserver.InProcess(answering(200)), Clock: testserver.Manual(), Keep: 3})
	c.subscribe(receiverURL)
	for range 5 {
		send(c, `{"type":"push"}`)
	}
	page := pageOf(c, "?limit=2")
	require.Equal(t, "5 4", idsOf(page))
	require.Equal(t, 2, page.Forgotten)
	require.Contains(t, refusedAs(c, http.StatusNotFound, http.MethodGet, "/deliveries/dlv_2", "").Detail, "dlv_2")
	require.Equal(t, "3", idsOf(pageOf(c, "?cursor="+*page.Next)))
}

func TestDeliveryIsResent(t *testing.T) {
	t.Parallel()
	p := hookmitt.CDHosting()
	insideBubbles(t, map[string]func(t *testing.T){
		"under its id and time, and whatever became of the first": func(t *testing.T) {
			rc := answering(200)
			c := newSimulator(t, p, rc, testserver.Manual())
			c.subscribe(receiverURL)
			first := send(c, `{"type":"server.started"}`).Deliveries[0]
			time.Sleep(time.Hour)
			s := want[sentJSON](c, http.StatusOK, http.MethodPost, controlAPI+"/deliveries/dlv_1/resend", "")
			require.Equal(t, first.Event, s.Event)
			require.Len(t, s.Deliveries, 1)
			require.Equal(t, "dlv_2", s.Deliveries[0].ID)
			require.Equal(t, "0s 200", s.Deliveries[0].Timeline, "it answers after the attempt")
			require.Equal(t, rc.got()[0].body, rc.got()[1].body)
			require.Equal(t, first, deliveryOf(c, "dlv_1"), "which stays as it was")
		},
		"a test stays a test": func(t *testing.T) {
			c := newSimulator(t, p, answering(500), testserver.Manual())
			id := c.subscribe(receiverURL)
			c.post(controlAPI+"/webhooks/"+id+"/test", "")
			d := want[sentJSON](c, http.StatusOK, http.MethodPost, controlAPI+"/deliveries/dlv_1/resend", "").Deliveries[0]
			require.True(t, d.Test)
			require.Equal(t, "exhausted", d.State)
		},
		"to a webhook that was removed: dropped": func(t *testing.T) {
			c := newSimulator(t, p, answering(200), testserver.Manual())
			id := c.subscribe(receiverURL)
			send(c, `{"type":"server.started"}`)
			c.do(http.MethodDelete, controlAPI+"/webhooks/"+id, "")
			d := want[sentJSON](c, http.StatusOK, http.MethodPost, controlAPI+"/deliveries/dlv_1/resend", "").Deliveries[0]
			require.Equal(t, "dropped", d.State)
			require.Equal(t, "the endpoint was removed", d.Reason)
		},
	})
}

func TestDeliveryIsCancelled(t *testing.T) {
	t.Parallel()
	rc := answering(500)
	c := newSimulator(t, hookmitt.CDHosting(), rc, testserver.Manual())
	c.subscribe(receiverURL)
	send(c, `{"type":"server.started"}`)
	d := want[deliveryJSON](c, http.StatusOK, http.MethodPost, controlAPI+"/deliveries/dlv_1/cancel", "")
	require.Equal(t, "dropped", d.State)
	require.Equal(t, "the delivery was cancelled", d.Reason)
	require.Equal(t, []time.Time{}, d.Plan)
	require.Equal(t, d, deliveryOf(c, "dlv_1"))
	_, attempts := advance(c, `{"drain":true}`)
	require.Empty(t, attempts)
	require.Contains(t, refusedAs(c, http.StatusConflict, http.MethodPost, "/deliveries/dlv_1/cancel", "").Detail, "dlv_1 is dropped")
	rc.answer(200)
	send(c, `{"type":"server.started"}`)
	require.Contains(t, refusedAs(c, http.StatusConflict, http.MethodPost, "/deliveries/dlv_2/cancel", "").Detail, "dlv_2 is delivered")
	require.Equal(t, "delivered", deliveryOf(c, "dlv_2").State)
}

func TestDeliveryIsCancelledWhileItIsTried(t *testing.T) {
	t.Parallel()
	for name, became := range map[string]struct {
		status int
		state  string
	}{"the attempt fails: dropped": {500, "dropped"}, "it succeeds: delivered": {200, "delivered"}} {
		insideBubbles(t, map[string]func(t *testing.T){name: func(t *testing.T) {
			c := newSimulator(t, hookmitt.CDHosting(), taking(3*time.Second, became.status), testserver.Manual())
			c.subscribe(receiverURL)
			e, _ := hookmitt.CDHosting().Events.Sample("server.started")
			c.server.Send(t.Context(), e)
			require.Equal(t, "pending", want[deliveryJSON](c, http.StatusOK, http.MethodPost, controlAPI+"/deliveries/dlv_1/cancel", "").State)
			require.Contains(t, refusedAs(c, http.StatusConflict, http.MethodPost, "/deliveries/dlv_1/cancel", "").Detail, "being cancelled")
			advance(c, `{"drain":true}`)
			d := deliveryOf(c, "dlv_1")
			require.Equal(t, became.state, d.State)
			require.Len(t, d.Attempts, 1)
		}})
	}
}

func TestDeliveryThatIsNone(t *testing.T) {
	t.Parallel()
	c := newSimulator(t, hookmitt.CDHosting(), answering(200), testserver.Manual())
	c.subscribe(receiverURL)
	send(c, `{"type":"server.started"}`)
	for _, id := range []string{"dlv_0", "dlv_2", "1", "dlv_", "dlv_x", "dlv_-1", "dlv_18446744073709551616", "dlv_1%2F", "evt_1"} {
		for _, path := range []string{"GET ", "POST /resend", "POST /cancel", "GET /timeline.svg", "GET /attempts", "GET /attempts/1", "GET /attempts/1/request", "GET /attempts/1/answer", "GET /attempts/1/curl"} {
			method, operation, _ := strings.Cut(path, " ")
			refusedAs(c, http.StatusNotFound, method, "/deliveries/"+id+operation, "")
		}
	}
}
