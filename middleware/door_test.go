package middleware_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/middleware"
)

// signed is a request of CDHosting's with this body, whatever it is.
func signed(t *testing.T, s *stand, body string) *http.Request {
	t.Helper()
	h, raw, err := s.provider.Seal(secret, events.Event{Raw: []byte(body)}, time.Now())
	require.NoError(t, err)
	return s.raw(h, raw)
}

// letter is a body that has all that the envelope asks for, with more members in it.
func letter(more string) string { return `{"id":"evt_1","type":"server.started"` + more + `}` }

// nested is a body of so many levels.
func nested(levels int) string {
	return letter(`,"data":` + strings.Repeat("[", levels-1) + strings.Repeat("]", levels-1))
}

// A signature says who sent a body, not that two programs read the same in it. What is malformed is 400, so that the
// provider shows it, and is not claimed.
func TestTheDoorIsStrictAboutSignedBodiesToo(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		body string
		want string
	}{
		"512 levels":                       {nested(512), "200 accepted"},
		"513 levels":                       {nested(513), "400 malformed"},
		"100,000 levels":                   {nested(100_000), "400 malformed"},
		"a string of 512 KiB":              {letter(`,"data":"` + strings.Repeat("é", 256<<10) + `"`), "200 accepted"},
		"1 MiB":                            {letter(`,"data":"` + strings.Repeat("x", 1<<20-len(letter(`,"data":""`))) + `"`), "200 accepted"},
		"a byte over 1 MiB":                {letter(`,"data":"` + strings.Repeat("x", 1<<20-len(letter(`,"data":""`))+1) + `"`), "413"},
		"over 1 MiB, and no JSON":          {strings.Repeat("[", 1<<20+1), "413"},
		"the least":                        {letter(""), "200 accepted"},
		"an id in capitals, beside the id": {letter(`,"ID":"evt_2","Type":"x"`), "200 accepted"},
		"an id in capitals alone":          {`{"ID":"evt_1","type":"server.started"}`, "400 malformed"},
		"the id twice":                     {letter(`,"id":"evt_1"`), "400 malformed"},
		"the id twice, once escaped":       {letter(`,"\u0069d":"evt_2"`), "400 malformed"},
		"a name twice, deep in the data":   {letter(`,"data":{"a":[{"b":1,"b":1}]}`), "400 malformed"},
		"invalid UTF-8":                    {letter(",\"data\":{\"a\":\"\xff\"}"), "400 malformed"},
		"invalid UTF-8 in a name":          {letter(",\"data\":{\"\xff\":1}"), "400 malformed"},
		"half of a surrogate pair":         {letter(`,"data":{"a":"\ud83c"}`), "400 malformed"},
		"two objects":                      {letter("") + letter(""), "400 malformed"},
		"a list of one":                    {"[" + letter("") + "]", "400 malformed"},
		"nothing":                          {"", "400 malformed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			runs := 0
			s := newStand(t, hookmitt.CDHosting(), func(_ context.Context, e events.Event) error {
				runs++
				require.Equal(t, "evt_1", e.ID)
				require.Equal(t, "server.started", e.Type)
				require.Equal(t, test.body, string(e.Raw))
				return nil
			}, middleware.Options{})
			require.Equal(t, test.want, brief(s.do(signed(t, s, test.body))))
			claim := "none"
			if test.want == "200 accepted" {
				claim = "done"
			}
			require.Equal(t, claim == "done", runs == 1)
			require.Equal(t, claim, s.claim("evt_1"))
		})
	}
}

// The envelope and the payload are read by one parser, so an id that only another case spells is another member to
// both, and no number is rounded on the way to a handler.
func TestADeliveryIsReadInOneWay(t *testing.T) {
	t.Parallel()
	type ids struct {
		ID     string      `json:"id"`
		N      int64       `json:"n"`
		Number json.Number `json:"number"`
		Any    any         `json:"any"`
		Raw    json.RawMessage
	}
	const big = "9007199254740993"
	router, runs := events.NewRouter(), 0
	events.Match(router, "server.*", func(_ context.Context, e events.Event, got ids) error {
		runs++
		require.Equal(t, "evt_1", e.ID)
		require.Equal(t, ids{ID: "a", N: 9007199254740993, Number: big, Any: json.Number(big), Raw: json.RawMessage(big)}, got)
		return nil
	})
	s := newStand(t, hookmitt.CDHosting(), router.HandleEvent, middleware.Options{})
	body := letter(`,"ID":"evt_2","data":{"ID":"b","id":"a","Id":"c","n":` + big + `,"number":` + big + `,"any":` + big + `,"Raw":` + big + `}`)
	require.Equal(t, "200 accepted", brief(s.do(signed(t, s, body))))
	require.Equal(t, 1, runs)
}
