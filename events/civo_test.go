package events_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/events"
)

func TestResourceTakesWhatIsNotDocumented(t *testing.T) {
	t.Parallel()
	const id = "84894d17-da88-45bb-8817-9b3b75cf61bf"
	for name, test := range map[string]struct {
		data string
		want events.Resource
	}{
		"the event alone":                          {`{"event":"a"}`, events.Resource{Event: "a"}},
		"an empty resource":                        {`{"event":"a","resourceID":""}`, events.Resource{Event: "a"}},
		"a resource of null":                       {`{"event":"a","resourceID":null}`, events.Resource{Event: "a"}},
		"a UUID in capitals":                       {`{"event":"a","resourceID":"84894D17-DA88-45BB-8817-9B3B75CF61BF"}`, events.Resource{Event: "a", ResourceID: "84894D17-DA88-45BB-8817-9B3B75CF61BF"}},
		"a payload":                                {`{"event":"a","payload":{"hostname":"x","n":9007199254740993}}`, events.Resource{Event: "a", Payload: json.RawMessage(`{"hostname":"x","n":9007199254740993}`)}},
		"a payload that is odd":                    {`{"event":"a","payload":[]}`, events.Resource{Event: "a", Payload: json.RawMessage(`[]`)}},
		"members that are new":                     {`{"event":"a","region":"LON1","account":{"id":1}}`, events.Resource{Event: "a"}},
		"the name in lower case is another member": {`{"event":"a","resourceid":"CANARY","resourceID":"` + id + `"}`, events.Resource{Event: "a", ResourceID: id}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, test.want, decodes[events.Resource](t, test.data))
		})
	}
}

func TestResourceRefusals(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		data string
		want events.FieldError
	}{
		"a resource that is no UUID":     {`{"event":"a","resourceID":"CANARY"}`, field("resourceID", "must be a UUID")},
		"a resource without dashes":      {`{"event":"a","resourceID":"84894d17da8845bb88179b3b75cf61bf"}`, field("resourceID", "must be a UUID")},
		"a resource that is a number":    {`{"event":"a","resourceID":7}`, field("resourceID", "has a number where a string is wanted")},
		"a resource that is an object":   {`{"event":"a","resourceID":{"id":"CANARY"}}`, field("resourceID", "has an object where a string is wanted")},
		"an event that is an array":      {`{"event":["CANARY"]}`, field("event", "has an array where a string is wanted")},
		"a list of resources":            {`[{"event":"CANARY"}]`, field("", "has an array where an object is wanted")},
		"a resource that is there twice": {`{"event":"a","resourceID":"CANARY","resourceID":"CANARY"}`, field("", "is not valid JSON")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			requireFields[events.Resource](t, test.data, test.want)
		})
	}
}
