package openapitest_test

import (
	"slices"
	"strings"
)

// reading are the operations that read their body.
var reading = []string{
	"POST /_sim/v1/clock/advance",
	"POST /_sim/v1/webhooks", "PUT /_sim/v1/webhooks/{webhook}", "POST /_sim/v1/webhooks/{webhook}/rotate",
	"POST /_sim/v1/events", "POST /_sim/v1/faults",
	"POST /v2/webhooks", "PUT /v2/webhooks/{webhook}",
	"POST /v1/webhooks", "PATCH /v1/webhooks/{webhook}",
	"POST /mixpost/api/{workspace}/webhooks", "PUT /mixpost/api/{workspace}/webhooks/{webhook}",
}

// isControl reports whether a route is of the control API, where a member of another type is no malformed body.
func isControl(route string) bool { return strings.Contains(route, " /_sim/v1/") }

// refused are requests that every route refuses to which they apply.
var refused = map[string]func(route string) (st step, applies bool){
	"a page of another origin": func(route string) (step, bool) {
		return step{as: otherPage, want: 403}, !strings.HasPrefix(route, "GET ")
	},
	"somebody without a key": func(route string) (step, bool) {
		return step{as: stranger, want: 401}, !isControl(route) && route != "GET /healthz"
	},
	"a webhook that is not there": func(route string) (step, bool) {
		return step{with: none("webhook"), want: 404}, strings.Contains(route, "{webhook}")
	},
	"a delivery that is not there": func(route string) (step, bool) {
		return step{with: none("delivery"), want: 404}, strings.Contains(route, "{delivery}")
	},
	"an attempt that is not there": func(route string) (step, bool) {
		return step{with: none("attempt"), want: 404}, strings.Contains(route, "{attempt}")
	},
	"a fault that is not there": func(route string) (step, bool) {
		return step{with: none("fault"), want: 404}, strings.Contains(route, "{fault}")
	},
	"a body that is no JSON": func(route string) (step, bool) {
		return step{body: `{"url`, want: 400}, slices.Contains(reading, route)
	},
	"a body of two values": func(route string) (step, bool) {
		return step{body: `{} {}`, want: 400}, slices.Contains(reading, route)
	},
	"a body over 4 MiB": func(route string) (step, bool) {
		return step{body: strings.Repeat(" ", 4<<20+1), want: 413}, slices.Contains(reading, route)
	},
	"a member that is not known, in the control API": func(route string) (step, bool) {
		return step{body: `{"urll": ""}`, want: 400}, slices.Contains(reading, route) && isControl(route)
	},
	"a member of another type": func(route string) (step, bool) {
		members := map[string]string{"advance": "by", "events": "type", "faults": "fault"}
		member := members[route[strings.LastIndex(route, "/")+1:]]
		if member == "" {
			member = "secret"
		}
		want := 400
		if isControl(route) {
			want = 422
		}
		return step{body: `{"` + member + `": 5}`, want: want}, slices.Contains(reading, route)
	},
}

func none(parameter string) map[string]string { return map[string]string{parameter: "none"} }
