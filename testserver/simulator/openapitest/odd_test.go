package openapitest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/testserver"
)

type option = func(*testserver.Options)

// oddStories are what takes a simulator in an odd condition.
var oddStories = []story{
	{says: "a clock that moves by itself", provider: hookmitt.Civo(), options: []option{func(o *testserver.Options) { o.Clock = testserver.Real() }}, steps: []step{
		{says: "the clock", call: "GET /_sim/v1/clock", want: 200},
		{says: "it cannot be moved", call: "POST /_sim/v1/clock/advance", body: `{"by": "5m"}`, want: 409},
	}},
	{says: "a clock that runs faster", provider: hookmitt.Civo(), options: []option{func(o *testserver.Options) { o.Clock = testserver.Scaled(60) }}, steps: []step{
		{says: "the clock", call: "GET /_sim/v1/clock", want: 200},
	}},
	{says: "as many faults as there can be", provider: hookmitt.Civo(), steps: []step{
		{says: "one too many", call: "POST /_sim/v1/faults", body: `"twice"`, want: 409, prepare: func(s *stand) {
			for range 100 {
				s.handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/_sim/v1/faults", strings.NewReader(`"twice"`)))
			}
		}},
	}},
	{says: "as many effects as there can be", provider: hookmitt.Civo(), steps: []step{
		{says: "one too many", call: "POST /_sim/v1/effects/{event}", want: 507, prepare: func(s *stand) {
			for i := range 100_000 {
				_, _ = s.provider.ReportEffect(fmt.Sprint(i))
			}
		}},
	}},
	{says: "Civo, closed", provider: hookmitt.Civo(), steps: []step{
		{says: "no webhook by the control API", call: "POST /_sim/v1/webhooks", body: `{"url": "http://receiver.test/200"}`, want: 503, prepare: closeIt},
		{says: "no reset", call: "POST /_sim/v1/reset", want: 503},
		{says: "no webhook", call: "POST /v2/webhooks", body: `{"url": "http://receiver.test/200", "events": ["*"]}`, want: 503},
	}},
	{says: "CDHosting, closed", provider: hookmitt.CDHosting(), steps: []step{
		{says: "no webhook", call: "POST /v1/webhooks", body: `{"url": "http://receiver.test/200", "events": ["*"], "secret": "abc"}`, want: 503, prepare: closeIt},
	}},
	{says: "Mixpost, closed", provider: hookmitt.Mixpost(), steps: []step{
		{says: "no webhook", call: "POST /mixpost/api/{workspace}/webhooks", body: `{"callback_url": "http://receiver.test/200", "events": ["*"]}`, want: 503, prepare: closeIt},
	}},
}

func closeIt(s *stand) { _ = s.provider.Close() }

func TestWhatNoOperationTakesIsRefusedInTheFormOfItsTree(t *testing.T) {
	t.Parallel()
	doc := load(t)
	for says, test := range map[string]struct {
		provider, call string
		want           int
		schema         string
	}{
		"nothing is there":                                {"civo", "GET /nothing", 404, "Problem"},
		"nothing is there in the control API":             {"civo", "GET /_sim/v1/nothing", 404, "Problem"},
		"nothing is there in Civo's":                      {"civo", "GET /v2/nothing", 404, "CivoError"},
		"nothing is there in CDHosting's":                 {"cdhosting", "GET /v1/nothing", 404, "CDHostingError"},
		"nothing is there in Mixpost's":                   {"mixpost", "GET /mixpost/api/7/nothing", 404, "MixpostError"},
		"Civo's tree is not there where GitHub is played": {"github", "GET /v2/webhooks", 404, "Problem"},
		"a method that health does not take":              {"civo", "POST /healthz", 405, "Problem"},
		"a method that the control API does not take":     {"civo", "PATCH /_sim/v1/webhooks", 405, "Problem"},
		"a method that Civo's does not take":              {"civo", "GET /v2/webhooks/7", 405, "CivoError"},
		"a method that CDHosting's does not take":         {"cdhosting", "PUT /v1/webhooks/7", 405, "CDHostingError"},
		"a method that Mixpost's does not take":           {"mixpost", "PATCH /mixpost/api/7/webhooks/7", 405, "MixpostError"},
	} {
		t.Run(says, func(t *testing.T) {
			t.Parallel()
			method, path, _ := strings.Cut(test.call, " ")
			answer := httptest.NewRecorder()
			newStand(t, providers[test.provider]).handler.ServeHTTP(answer, httptest.NewRequest(method, path, nil))
			require.Equal(t, test.want, answer.Code)
			require.Equal(t, test.want == 405, answer.Header().Get("Allow") != "")
			wantType := "application/json"
			if test.schema == "Problem" {
				wantType = "application/problem+json"
			}
			require.Equal(t, wantType, answer.Header().Get("Content-Type"))
			schema := doc.model.Components.Schemas.GetOrZero(test.schema).Schema()
			require.Empty(t, misfits(test.call, schema, json.RawMessage(answer.Body.Bytes())))
		})
	}
}

func TestARequestThatItsServerEndsIsAnsweredInTheFormOfTheErrors(t *testing.T) {
	t.Parallel()
	ctx, end := context.WithCancel(t.Context())
	end()
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/_sim/v1/clock/advance", strings.NewReader(`{"by": "5m"}`))
	answer := httptest.NewRecorder()
	newStand(t, hookmitt.Civo()).handler.ServeHTTP(answer, r)
	require.Equal(t, 500, answer.Code)
	schema := load(t).model.Components.Schemas.GetOrZero("Problem").Schema()
	require.Empty(t, misfits("500", schema, json.RawMessage(answer.Body.Bytes())))
}

func TestTheServedDocumentIsTheFile(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	for name, provider := range providers {
		answer := httptest.NewRecorder()
		newStand(t, provider).handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/_sim/v1/openapi.yaml", nil))
		require.Equal(t, string(text), answer.Body.String(), name)
	}
}

func TestTheDocumentNamesEveryFaultAndState(t *testing.T) {
	t.Parallel()
	doc := load(t)
	table := under(doc.tree, "components", "schemas", "FaultName")["description"].(string)
	for _, name := range testserver.FaultNames() {
		require.Contains(t, table, "| `"+name+"` |")
	}
	require.Equal(t, len(testserver.FaultNames()), strings.Count(table, "| `"), "the document has a fault that is not there")
	var states []any
	for state := testserver.Pending; state <= testserver.Unwanted; state++ {
		states = append(states, state.String())
	}
	require.Equal(t, states, under(doc.tree, "components", "schemas", "DeliveryState")["enum"])
}
