package simulator_test

import (
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/testserver"
)

type effectJSON struct {
	Event string `json:"event"`
	Count int    `json:"count"`
}

func effectsOf(c *client) map[string]int {
	c.t.Helper()
	effects := want[map[string]map[string]int](c, http.StatusOK, http.MethodGet, controlAPI+"/effects", "")["effects"]
	require.NotNil(c.t, effects, "no effect is an empty object")
	return effects
}

func TestEffects(t *testing.T) {
	t.Parallel()
	for what, id := range map[string]string{
		"a plain id": "evt_1", "a slash": "a/b", "two slashes": "//", "a space": "a b", "a percent sign": "100%", "an escape": "a%2Fb",
		"a plus": "a+b", "what ends a path": "a?b#c", "dots": "..", "a dot": ".", "letters": "größe", "a letter for JSON": `"<&>\`,
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			c := newSimulator(t, hookmitt.Civo(), answering(200), testserver.Real())
			path := controlAPI + "/effects/" + url.PathEscape(id)
			require.Empty(t, effectsOf(c))
			require.Equal(t, effectJSON{id, 0}, want[effectJSON](c, http.StatusOK, http.MethodGet, path, ""))
			require.Empty(t, effectsOf(c), "a look is no effect")
			for n := 1; n <= 3; n++ {
				require.Equal(t, effectJSON{id, n}, want[effectJSON](c, http.StatusOK, http.MethodPost, path, "whatever the receiver says"))
			}
			require.Equal(t, effectJSON{id, 3}, want[effectJSON](c, http.StatusOK, http.MethodGet, path, ""))
			want[effectJSON](c, http.StatusOK, http.MethodPost, controlAPI+"/effects/other", "")
			require.Equal(t, map[string]int{id: 3, "other": 1}, effectsOf(c))
		})
	}
}

func TestEffectsAtOnce(t *testing.T) {
	t.Parallel()
	c := newSimulator(t, hookmitt.Civo(), answering(200), testserver.Real())
	const each, events = 25, 4
	var all sync.WaitGroup
	answers := make(chan string, each*events)
	for i := range each * events {
		all.Go(func() {
			status, answer := c.post(fmt.Sprintf("%s/effects/evt_%d", controlAPI, i%events), "")
			answers <- fmt.Sprintf("%d %s", status, answer)
		})
	}
	all.Wait()
	close(answers)
	seen := map[string]bool{}
	for answer := range answers {
		require.False(t, seen[answer], "a count is answered once: %s", answer)
		seen[answer] = true
	}
	require.Equal(t, map[string]int{"evt_0": each, "evt_1": each, "evt_2": each, "evt_3": each}, effectsOf(c))
}

func TestEffectsEnd(t *testing.T) {
	t.Parallel()
	c := newSimulator(t, hookmitt.Civo(), answering(200), testserver.Real())
	for i := range 100_000 {
		_, err := c.server.ReportEffect(fmt.Sprint(i))
		require.NoError(t, err)
	}
	refusedAs(c, http.StatusInsufficientStorage, http.MethodPost, "/effects/another", "")
	require.Equal(t, effectJSON{"7", 2}, want[effectJSON](c, http.StatusOK, http.MethodPost, controlAPI+"/effects/7", ""))
}
