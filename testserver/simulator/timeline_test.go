package simulator_test

import (
	"flag"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/testserver"
)

var update = flag.Bool("update", false, "write the drawings anew")

// draws gets a drawing.
func draws(c *client, path string) []byte {
	c.t.Helper()
	status, header, answer := c.do(http.MethodGet, controlAPI+path, "")
	require.Equal(c.t, http.StatusOK, status, string(answer))
	require.Equal(c.t, "image/svg+xml", header.Get("Content-Type"))
	require.Equal(c.t, "no-store", header.Get("Cache-Control"))
	require.Equal(c.t, "default-src 'none'; style-src 'unsafe-inline'", header.Get("Content-Security-Policy"))
	return answer
}

// plays starts a provider in a bubble, on a clock moved by hand, with one webhook.
func plays(t *testing.T, p hookmitt.Provider, receiver http.Handler) (c *client, webhook string) {
	t.Helper()
	c = newSimulator(t, p, receiver, testserver.Manual())
	return c, c.subscribe(receiverURL)
}

// drawing is what happens before it is drawn, and its words.
type drawing struct {
	draw  func(t *testing.T) []byte
	words string
}

const (
	created = `{"type":"instance.created"}`
	drain   = `{"drain":true}`
)

// drawings are in testdata/timeline, each under its name.
var drawings = map[string]drawing{
	"empty": {func(t *testing.T) []byte {
		c, _ := plays(t, hookmitt.Civo(), answering(200))
		return draws(c, "/timeline.svg")
	}, "No delivery yet."},

	"pending": {func(t *testing.T) []byte {
		c, _ := plays(t, hookmitt.Civo(), taking(time.Minute, 200))
		send(c, created)
		advance(c, `{"by":"2m"}`)
		return draws(c, "/deliveries/dlv_1/timeline.svg")
	}, "dlv_1 instance.created, pending: attempt 1: no answer within 5s at 0s; attempt 2: planned at 5m5s; attempt 3: planned at 35m5s; " +
		"attempt 4: planned at 1h35m5s; attempt 5: planned at 3h35m5s; attempt 6: planned at 9h35m5s. Now it is 2m."},

	"exhausted": {func(t *testing.T) []byte {
		c, webhook := plays(t, hookmitt.Civo(), answering(500, 503))
		send(c, created)
		advance(c, drain)
		advance(c, `{"by":"1h"}`)
		saveWebhook(c, webhook, `{}`)
		advance(c, `{"by":"30m"}`)
		return draws(c, "/deliveries/dlv_1/timeline.svg")
	}, "dlv_1 instance.created, exhausted: attempt 1: answered 500 at 0s; attempt 2: answered 503 at 5m; attempt 3: answered 503 at 35m; " +
		"attempt 4: answered 503 at 1h35m; attempt 5: answered 503 at 3h35m; attempt 6: answered 503 at 9h35m; disabled from 9h35m to 10h35m. Now it is 11h5m."},

	"disabled": {func(t *testing.T) []byte {
		c, webhook := plays(t, hookmitt.Civo(), answering(500))
		send(c, created)
		advance(c, drain)
		advance(c, `{"by":"1m"}`)
		send(c, `{"type":"instance.created","webhook":"`+webhook+`"}`)
		advance(c, `{"by":"1h"}`)
		return draws(c, "/deliveries/dlv_1/timeline.svg")
	}, "dlv_1 instance.created, exhausted: attempt 1: answered 500 at 0s; attempt 2: answered 500 at 5m; attempt 3: answered 500 at 35m; " +
		"attempt 4: answered 500 at 1h35m; attempt 5: answered 500 at 3h35m; attempt 6: answered 500 at 9h35m; disabled from 9h35m. Now it is 10h36m."},

	"lost": {func(t *testing.T) []byte {
		c, _ := plays(t, hookmitt.Civo(), answering(200))
		send(c, `{"type":"instance.created","faults":[{"fault":"lost-reply","attempt":1}]}`)
		advance(c, drain)
		return draws(c, "/deliveries/dlv_1/timeline.svg")
	}, "dlv_1 instance.created, delivered: attempt 1: answered, and the answer was lost (lost-reply) at 0s; attempt 2: answered 200 at 5m. Now it is 5m."},

	"no-answer": {func(t *testing.T) []byte {
		c, _ := plays(t, hookmitt.Mixpost(), http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
		send(c, `{"type":"post.published"}`)
		advance(c, drain)
		return draws(c, "/deliveries/dlv_1/timeline.svg")
	}, strings.ReplaceAll("dlv_1 post.published, exhausted: attempt 1ERROR at 0s; attempt 2ERROR at 10s; attempt 3ERROR at 1m10s. Now it is 1m10s.",
		"ERROR", `: the receiver closed the connection without an answer`)},

	"copies": {func(t *testing.T) []byte {
		c, _ := plays(t, hookmitt.Civo(), answering(500, 200, 503, 503, 503, 200))
		send(c, `{"type":"instance.created","faults":[{"fault":"twice","attempt":1},{"fault":"together=3","attempt":2}]}`)
		advance(c, drain)
		return draws(c, "/deliveries/dlv_1/timeline.svg")
	}, "dlv_1 instance.created, delivered: attempt 1: answered 500 (twice) at 0s; attempt 1, copy 1: answered 200 (twice) at 0s; " +
		"attempt 2: answered 503 (together=3) at 5m; attempt 2, copy 1: answered 503 (together=3) at 5m; " +
		"attempt 2, copy 2: answered 503 (together=3) at 5m; attempt 3: answered 200 at 35m. Now it is 35m."},

	"copies-pending": {func(t *testing.T) []byte {
		c, _ := plays(t, hookmitt.Mixpost(), answering(500))
		send(c, `{"type":"post.published","faults":["twice"]}`)
		return draws(c, "/deliveries/dlv_1/timeline.svg")
	}, "dlv_1 post.published, pending: attempt 1: answered 500 (twice) at 0s; attempt 1, copy 1: answered 500 (twice) at 0s; " +
		"attempt 2: planned at 10s; attempt 3: planned at 1m10s. Now it is 0s."},

	"several": {func(t *testing.T) []byte {
		rc := answering(500, 200)
		c, webhook := plays(t, hookmitt.Civo(), rc)
		send(c, created)
		advance(c, `{"by":"2m"}`)
		send(c, `{"type":"instance.deleted","data":{}}`)
		advance(c, `{"by":"10m"}`)
		rc.answer(500)
		saveWebhook(c, webhook, `{"events":["instance.created"]}`)
		send(c, `{"type":"instance.deleted","data":{},"webhook":"`+webhook+`"}`)
		send(c, `{"type":"instance.created","faults":["reorder"]}`)
		return draws(c, "/timeline.svg")
	}, "dlv_4 instance.created, pending: attempt 1: planned at 12m30s; attempt 2: planned at 17m30s; attempt 3: planned at 47m30s; " +
		"attempt 4: planned at 1h47m30s; attempt 5: planned at 3h47m30s; attempt 6: planned at 9h47m30s. " +
		"dlv_3 instance.deleted, unwanted: no attempt. dlv_2 instance.deleted, delivered: attempt 1: answered 200 at 2m. " +
		"dlv_1 instance.created, delivered: attempt 1: answered 500 at 0s; attempt 2: answered 200 at 5m. Now it is 12m."},

	"name": {func(t *testing.T) []byte {
		c, _ := plays(t, hookmitt.CDHosting(), answering(200))
		send(c, `{"type":"<script>&amp;\"it's\" größe, and a name that goes on","data":{}}`)
		return draws(c, "/deliveries/dlv_1/timeline.svg")
	}, `dlv_1 <script>&amp;"it's" größe, and a name that goes on, delivered: attempt 1: answered 200 at 0s. Now it is 0s.`},
}

// TestTimelineDrawings compares what is drawn with testdata/timeline; go test -update writes it anew, to be looked at.
func TestTimelineDrawings(t *testing.T) {
	t.Parallel()
	tests := map[string]func(t *testing.T){}
	for name, d := range drawings {
		tests[name] = func(t *testing.T) {
			got, file := d.draw(t), "testdata/timeline/"+name+".svg"
			if *update {
				require.NoError(t, os.WriteFile(file, got, 0o600))
			}
			golden, err := os.ReadFile(file)
			require.NoError(t, err)
			require.Equal(t, string(golden), string(got))
		}
	}
	insideBubbles(t, tests)
}

func TestTimelineOfMany(t *testing.T) {
	t.Parallel()
	insideBubbles(t, map[string]func(t *testing.T){
		"the newest of those that are asked for, the newest on top": func(t *testing.T) {
			c, webhook := plays(t, hookmitt.GitHub(), answering(200))
			other := c.subscribe(receiverURL)
			for range 60 {
				send(c, `{"type":"push","webhook":"`+webhook+`"}`)
			}
			send(c, `{"type":"ping","webhook":"`+other+`"}`)
			for query, lanes := range map[string][]string{
				"":                              {"dlv_61 ping", "dlv_60 push", "dlv_59 push", "dlv_58 push"},
				"?limit=2":                      {"dlv_61 ping", "dlv_60 push"},
				"?type=push&limit=1":            {"dlv_60 push"},
				"?webhook=" + other:             {"dlv_61 ping"},
				"?limit=2&cursor=dlv_5":         {"dlv_4 push", "dlv_3 push"},
				"?state=pending":                nil,
				"?limit=50&type=push":           {"dlv_60 push"},
				"?type=push&webhook=" + other:   nil,
				"?state=delivered&cursor=dlv_2": {"dlv_1 push"},
			} {
				names := textsOf(parseSVG(t, draws(c, "/timeline.svg"+query)), "name")
				if lanes == nil {
					lanes = []string{"No delivery yet."}
				}
				require.Equal(t, lanes, names[:len(lanes)], query)
				switch query {
				case "":
					require.Len(t, names, 12)
				case "?limit=50&type=push":
					require.Len(t, names, 50)
				default:
					require.Len(t, names, len(lanes), query)
				}
			}
			for query, field := range map[string]string{"?limit=0": "limit", "?limit=51": "limit", "?state=x": "state", "?id=dlv_1": "id"} {
				require.Equal(t, field, refusedAs(c, 422, http.MethodGet, "/timeline.svg"+query, "").Field, query)
			}
		},
		"it says whose deliveries they are": func(t *testing.T) {
			c, _ := plays(t, hookmitt.GitHub(), answering(200))
			require.Equal(t, "Deliveries by github", titleOf(parseSVG(t, draws(c, "/timeline.svg"))))
		},
	})
}
