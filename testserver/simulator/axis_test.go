package simulator_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
)

// middles are where a drawing's attempts are.
func middles(t *testing.T, marks []drawnMark) (all []float64) {
	t.Helper()
	for _, m := range marks {
		left, _, right, _ := boxOf(t, m.shapes[0])
		all = append(all, (left+right)/2)
	}
	return all
}

func TestAxis(t *testing.T) {
	t.Parallel()
	const attempt, wide = "attempt", 10
	insideBubbles(t, map[string]func(t *testing.T){
		"a time-out of 5 s and a gap of 6 h are both to be seen": func(t *testing.T) {
			c, _ := plays(t, hookmitt.Civo(), taking(time.Minute, 200))
			send(c, created)
			advance(c, drain)
			marks := marksOf(parseSVG(t, draws(c, "/deliveries/dlv_1/timeline.svg")), attempt)
			require.Len(t, marks, 6)
			for i, m := range marks {
				left, _, right, _ := boxOf(t, m.shapes[0])
				require.GreaterOrEqual(t, right-left, float64(wide), "the provider waited 5s")
				require.Less(t, right-left, 60.0)
				if i > 0 {
					_, _, before, _ := boxOf(t, marks[i-1].shapes[0])
					require.GreaterOrEqual(t, left-before, float64(wide), "a gap")
				}
			}
		},
		"what is planned too": func(t *testing.T) {
			marks := marksOf(parseSVG(t, drawings["pending"].draw(t)), attempt)
			left, _, right, _ := boxOf(t, marks[0].shapes[0])
			require.GreaterOrEqual(t, right-left, float64(wide))
			at := middles(t, marks)
			for i := range at[1:] {
				require.GreaterOrEqual(t, at[i+1]-at[i], float64(wide))
			}
		},
		"a longer gap is longer, and far from so many times as long": func(t *testing.T) {
			at := middles(t, marksOf(parseSVG(t, drawings["exhausted"].draw(t)), attempt))
			first, last := at[1]-at[0], at[5]-at[4] // 5m and 6h
			require.Greater(t, last, first)
			require.Less(t, last, 3*first)
			for i := 2; i < len(at); i++ {
				require.Greater(t, at[i]-at[i-1], at[i-1]-at[max(i-2, 0)]-0.2)
			}
		},
		"it is as long as the drawing is wide": func(t *testing.T) {
			at := middles(t, marksOf(parseSVG(t, drawings["no-answer"].draw(t)), attempt))
			require.InDelta(t, 250, at[0], 0.1)
			require.InDelta(t, 930, at[2], 0.1)
		},
		"one time alone": func(t *testing.T) {
			require.Equal(t, []float64{250}, middles(t, marksOf(parseSVG(t, drawings["name"].draw(t)), attempt)))
		},
		"an outage begins and ends where its times are": func(t *testing.T) {
			root := parseSVG(t, drawings["exhausted"].draw(t))
			left, _, right, _ := boxOf(t, markOf(t, root, "disabled").shapes[0])
			require.InDelta(t, middles(t, marksOf(root, attempt))[5], left, 0, "with the last attempt")
			now, _, _, _ := boxOf(t, markOf(t, root, "now: 11h5m").shapes[0])
			require.Greater(t, right, left)
			require.Less(t, right, now)
		},
		"one that lasts goes on until now": func(t *testing.T) {
			root := parseSVG(t, drawings["disabled"].draw(t))
			_, _, right, _ := boxOf(t, markOf(t, root, "disabled").shapes[0])
			now, _, _, _ := boxOf(t, markOf(t, root, "now: 10h36m").shapes[0])
			require.InDelta(t, now, right, 0.11)
		},
		"a lane ends with the last answer": func(t *testing.T) {
			c, _ := plays(t, hookmitt.Civo(), taking(3*time.Second, 200))
			send(c, created)
			for advanced, ends := range []float64{250, 590} { // with the axis, and half-way to now
				_, _, right, _ := boxOf(t, elementOf(t, parseSVG(t, draws(c, "/deliveries/dlv_1/timeline.svg")), "lane"))
				require.InDelta(t, ends, right, 0.1, advanced)
				advance(c, `{"by":"6s"}`)
			}
		},
		"the same time is at the same place in every lane": func(t *testing.T) {
			c, _ := plays(t, hookmitt.Civo(), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }))
			send(c, created)
			send(c, created)
			advance(c, drain)
			root := parseSVG(t, draws(c, "/timeline.svg"))
			for _, begins := range []string{"attempt 1:", "attempt 3:", "attempt 5:"} {
				at := middles(t, marksOf(root, begins))
				require.Len(t, at, 2)
				require.InDelta(t, at[0], at[1], 0)
			}
		},
		"its labels say how long after the first time": func(t *testing.T) {
			labels := textsOf(parseSVG(t, drawings["lost"].draw(t)), "tick-label")
			require.Equal(t, []string{"0s", "5m", "since 2000-01-01 00:00:00 UTC"}, labels[:3])
			labels = textsOf(parseSVG(t, drawings["no-answer"].draw(t)), "tick-label")
			require.Equal(t, []string{"0s", "10s", "1m10s"}, labels[:3])
			labels = textsOf(parseSVG(t, drawings["exhausted"].draw(t)), "tick-label")
			require.Equal(t, []string{"0s", "5m", "35m", "1h35m", "3h35m", "9h35m", "10h35m", "11h5m"}, labels[:8])
			for by, label := range map[string]string{
				"15ms": "15ms", "1.25s": "1.3s", "59.97s": "1m", "20s": "20s", "90.4s": "1m30s", "10m": "10m", "1h": "1h", "1h0m5s": "1h0m5s", "100h": "100h",
			} {
				c, _ := plays(t, hookmitt.Civo(), answering(200))
				send(c, created)
				advance(c, `{"by":"`+by+`"}`)
				require.Equal(t, []string{"0s", label}, textsOf(parseSVG(t, draws(c, "/timeline.svg")), "tick-label")[:2])
			}
		},
	})
}
