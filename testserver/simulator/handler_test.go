package simulator_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/testserver"
	"github.com/hookmitt/hookmitt/testserver/simulator"
)

// under is the simulator mounted under a prefix.
func (c *client) under(prefix string) *client {
	other := *c
	other.handler = http.StripPrefix(prefix, c.handler)
	return &other
}

// linksOut finds what leads out of a prefix in a page, a drawing or a header.
var linksOut = regexp.MustCompile(`(?i)(href|src|action|url)\s*[=:(]\s*["']?/[^/]`)

func TestEverythingWorksUnderAPrefix(t *testing.T) {
	t.Parallel()
	const at = "/tools/civo"
	rc := answering(http.StatusOK)
	plain := newSimulator(t, hookmitt.Civo(), rc, testserver.Manual()).with(withKey)
	c := plain.under(at)

	made := want[civoWebhook](c, http.StatusOK, http.MethodPost, at+"/v2/webhooks", `{"url":"`+receiverURL+`","events":["*"]}`)
	require.Equal(t, []civoWebhook{made}, want[[]civoWebhook](c, http.StatusOK, http.MethodGet, at+"/v2/webhooks", ""))
	sent := want[sentView](c, http.StatusOK, http.MethodPost, at+"/_sim/v1/events", `{"type":"volume.created"}`)
	require.Equal(t, "dlv_1", sent.Deliveries[0].ID)
	require.Len(t, rc.got(), 1)
	status, header, answer := c.do(http.MethodPut, at+"/v2/webhooks", "")
	require.Equal(t, http.StatusMethodNotAllowed, status)
	require.Equal(t, "GET, HEAD, POST", header.Get("Allow"))
	require.Contains(t, string(answer), `"code"`, "the provider's API says no as the provider does")
	for path, holds := range map[string]string{
		"/healthz":                                    "ok\n",
		"/v2/webhooks/events":                         `"volume.created"`,
		"/_sim/v1/state":                              `"delivered":1`,
		"/_sim/v1/clock":                              `"manual"`,
		"/_sim/v1/webhooks":                           made.ID,
		"/_sim/v1/webhooks/" + made.ID:                made.ID,
		"/_sim/v1/webhooks/%" + hex(made.ID):          made.ID,
		"/_sim/v1/deliveries":                         `"dlv_1"`,
		"/_sim/v1/deliveries/dlv_1":                   `"0s 200"`,
		"/_sim/v1/deliveries/dlv_1/timeline.svg":      "</svg>",
		"/_sim/v1/deliveries/dlv_1/attempts":          "volume.created",
		"/_sim/v1/deliveries/dlv_1/attempts/1":        "volume.created",
		"/_sim/v1/deliveries/dlv_1/attempts/1/answer": "HTTP/1.1 200 OK",
		"/_sim/v1/deliveries/dlv_1/attempts/1/curl":   "curl -i",
		"/_sim/v1/timeline.svg":                       "dlv_1",
		"/_sim/v1/faults":                             `"names"`,
		"/_sim/v1/notices":                            `"notices":[]`,
		"/_sim/v1/effects":                            `"effects":{}`,
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			status, header, answer := c.do(http.MethodGet, at+path, "")
			require.Equal(t, http.StatusOK, status, string(answer))
			require.Contains(t, string(answer), holds)
			require.NotContains(t, header, "Location")
			require.NotRegexp(t, linksOut, string(answer))
			status, _, _ = plain.do(http.MethodGet, at+path, "")
			require.Equal(t, http.StatusNotFound, status, "it is mounted elsewhere too")
		})
	}
}

// hex is a text whose first letter a client has escaped: the rest of %xx and what follows.
func hex(text string) string {
	const digits = "0123456789abcdef"
	return string([]byte{digits[text[0]>>4], digits[text[0]&15]}) + text[1:]
}

func TestNoPathIsRedirected(t *testing.T) {
	t.Parallel()
	c := newSimulator(t, hookmitt.Civo(), answering(http.StatusOK), testserver.Manual()).with(withKey).under("/prefix")
	for name, path := range map[string]string{
		"nothing":                               "",
		"two slashes alone":                     "//",
		"a slash at the end":                    "/healthz/",
		"a slash behind the control API":        "/_sim/v1/state/",
		"a slash behind the provider's API":     "/v2/webhooks/",
		"two slashes before the control API":    "//_sim/v1/state",
		"two slashes within the control API":    "/_sim//v1/state",
		"two slashes before the provider's API": "//v2/webhooks",
		"two slashes within the provider's API": "/v2//webhooks",
		"another host":                          "//example.com/v2/webhooks",
		"a dot":                                 "/v2/./webhooks",
		"the way up":                            "/v2/../healthz",
		"the way up, escaped":                   "/v2/%2e%2e/healthz",
		"a slash that is escaped":               "/v2%2Fwebhooks",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut} {
				status, header, answer := c.do(method, "/prefix"+path, "")
				require.Equal(t, http.StatusNotFound, status, "%s: %s", method, answer)
				require.NotContains(t, header, "Location", method)
			}
		})
	}
}

func TestPagesOfOtherOriginsAreRefused(t *testing.T) {
	t.Parallel()
	for name, header := range map[string][]string{
		"a browser that tells":             {"Sec-Fetch-Site: cross-site"},
		"a browser that tells of the site": {"Sec-Fetch-Site: same-site"},
		"an older browser":                 {"Origin: https://evil.test"},
		"another port":                     {"Origin: http://example.com:8080"},
		"a page without an origin":         {"Origin: null"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rc := answering(http.StatusOK)
			c := newSimulator(t, hookmitt.Civo(), rc, testserver.Manual()).with(withKey)
			id := c.subscribe(receiverURL)
			bad := c.with(header...)
			for _, call := range [][3]string{
				{http.MethodPost, "/v2/webhooks", `{"url":"http://receiver.test/x","events":["*"]}`},
				{http.MethodPut, "/v2/webhooks/" + id, `{}`},
				{http.MethodDelete, "/v2/webhooks/" + id, ""},
				{http.MethodPost, "/v2/webhooks/" + id + "/test", ""},
				{http.MethodPost, "/_sim/v1/webhooks", `{"url":"http://receiver.test/x"}`},
				{http.MethodDelete, "/_sim/v1/webhooks/" + id, ""},
				{http.MethodPost, "/_sim/v1/events", `{"type":"volume.created"}`},
				{http.MethodPost, "/_sim/v1/reset", ""},
			} {
				status, got, answer := bad.do(call[0], call[1], call[2])
				require.Equal(t, http.StatusForbidden, status, "%s %s: %s", call[0], call[1], answer)
				mediaType := "application/json"
				if strings.HasPrefix(call[1], "/_sim/") {
					mediaType = "application/problem+json"
				}
				require.Equal(t, mediaType, got.Get("Content-Type"))
			}
			require.Empty(t, rc.got())
			require.Len(t, c.server.Endpoints(), 1)
			status, _ := bad.get("/_sim/v1/state")
			require.Equal(t, http.StatusOK, status, "reading is harmless: the browser keeps the answer from the page")
			status, _ = c.with("Origin: http://example.com", "Sec-Fetch-Site: same-origin").post("/_sim/v1/events", `{"type":"volume.created"}`)
			require.Equal(t, http.StatusOK, status, "a page of the simulator's own origin")
		})
	}
}

func TestHealth(t *testing.T) {
	t.Parallel()
	c := newSimulator(t, hookmitt.GitHub(), answering(http.StatusOK), testserver.Manual())
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		status, header, answer := c.do(method, "/healthz", "")
		require.Equal(t, http.StatusOK, status)
		require.Equal(t, "ok\n", string(answer))
		require.Equal(t, "text/plain; charset=utf-8", header.Get("Content-Type"))
	}
}

// problem is an error of the control API, as RFC 9457 has it.
type problem struct {
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
}

func TestWhatNoRouteTakesIsAProblem(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		method, path string
		want         problem
		allow        string
	}{
		"a path of the control API":         {http.MethodGet, "/_sim/v1/nothing", problem{"Not Found", 404, "there is nothing at this path"}, ""},
		"the control API of another time":   {http.MethodGet, "/_sim/v2/state", problem{"Not Found", 404, "there is nothing at this path"}, ""},
		"a path of nobody":                  {http.MethodGet, "/nothing", problem{"Not Found", 404, "there is nothing at this path"}, ""},
		"a provider that is not played":     {http.MethodGet, "/v2/webhooks", problem{"Not Found", 404, "there is nothing at this path"}, ""},
		"another that is not played":        {http.MethodGet, "/mixpost/api/a/webhooks", problem{"Not Found", 404, "there is nothing at this path"}, ""},
		"a method that is not for reading":  {http.MethodPost, "/_sim/v1/state", problem{"Method Not Allowed", 405, "this path takes GET, HEAD"}, "GET, HEAD"},
		"a method that is not for changing": {http.MethodGet, "/_sim/v1/reset", problem{"Method Not Allowed", 405, "this path takes POST"}, "POST"},
		"a method of another webhook":       {http.MethodPatch, "/_sim/v1/webhooks/x", problem{"Method Not Allowed", 405, "this path takes GET, HEAD, PUT, DELETE"}, "GET, HEAD, PUT, DELETE"},
		"a method that nobody knows":        {"BREW", "/_sim/v1/clock/advance", problem{"Method Not Allowed", 405, "this path takes POST"}, "POST"},
		"a check of health that writes":     {http.MethodPost, "/healthz", problem{"Method Not Allowed", 405, "this path takes GET, HEAD"}, "GET, HEAD"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSimulator(t, hookmitt.CDHosting(), answering(http.StatusOK), testserver.Manual())
			status, header, answer := s.do(c.method, c.path, "")
			require.Equal(t, c.want.Status, status)
			require.Equal(t, "application/problem+json", header.Get("Content-Type"))
			require.Equal(t, c.allow, header.Get("Allow"))
			var got problem
			strictly(t, answer, &got)
			require.Equal(t, c.want, got)
		})
	}
}

func TestAProviderOfOnesOwnHasTheControlAPIAlone(t *testing.T) {
	t.Parallel()
	p := hookmitt.Civo()
	p.Name = "acme"
	c := newSimulator(t, p, answering(http.StatusOK), testserver.Manual())
	c.subscribe(receiverURL)
	require.Equal(t, "delivered", c.send(`{"type":"volume.created"}`).Deliveries[0].State)
	status, _ := c.with(withKey).get("/v2/webhooks")
	require.Equal(t, http.StatusNotFound, status)
}

func TestOnLoopbackItAnswersToThisMachinesNames(t *testing.T) {
	t.Parallel()
	c := newSimulator(t, hookmitt.Civo(), answering(http.StatusOK), testserver.Manual())
	there := httptest.NewServer(simulator.New(c.server, "Simulator.test"))
	t.Cleanup(there.Close)
	for name, want := range map[string]struct {
		host   string
		status int
	}{
		"an address":                             {"127.0.0.1:8484", http.StatusOK},
		"another loopback address":               {"127.0.0.2", http.StatusOK},
		"an address of the sixth version":        {"[::1]:8484", http.StatusOK},
		"localhost":                              {"localhost:8484", http.StatusOK},
		"a name below localhost":                 {"simulator.localhost", http.StatusOK},
		"a name that was made to lead here":      {"evil.test:8484", http.StatusMisdirectedRequest},
		"a name that begins like localhost":      {"localhost.evil.test", http.StatusMisdirectedRequest},
		"an address elsewhere, which is no name": {"192.0.2.1", http.StatusOK},
		"in capitals":                            {"LOCALHOST:8484", http.StatusOK},
		"a name that it was told":                {"simulator.test:8484", http.StatusOK},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, there.URL+"/_sim/v1/state", nil)
			require.NoError(t, err)
			r.Host = want.host
			answer, err := http.DefaultClient.Do(r)
			require.NoError(t, err)
			require.NoError(t, answer.Body.Close())
			require.Equal(t, want.status, answer.StatusCode)
		})
	}
}
