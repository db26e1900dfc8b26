package conform_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/testserver/conform"
)

func TestAReceiverOfWhichNothingIsKnown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		all, _ := newStand(hookmitt.Civo(), "", &manner{})
		target := conform.Target{Provider: all.Provider, Secret: all.Secret, URL: all.URL, Handler: all.Handler, Event: all.Event}
		for id, r := range probe(t, target, true) {
			if len(r.Check.Needs()) == 0 {
				require.Contains(t, []conform.Verdict{conform.OK, conform.Informational}, r.Verdict, conform.Explain(r))
				continue
			}
			if r.Verdict == conform.Skipped {
				require.Contains(t, r.Check.Needs(), r.Found, id)
			} else {
				require.NotContains(t, r.Check.Needs(), "nobody says what the receiver's effects are", id)
				require.Contains(t, []conform.Verdict{conform.OK, conform.Informational}, r.Verdict, conform.Explain(r))
			}
		}
	})
}

func TestAReceiverThatIsNone(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		want    string
	}{
		"one that panics":        {func(http.ResponseWriter, *http.Request) { panic("always") }, "the connection was closed without an answer"},
		"one that never answers": {func(http.ResponseWriter, *http.Request) { time.Sleep(time.Minute) }, "no answer came in time: 5s"},
		"one that redirects": {
			func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, "/hooks/", http.StatusMovedPermanently)
			},
			"answered 301 Moved Permanently: providers do not follow redirects",
		},
		"one that is elsewhere": {http.NotFound, "answered 404 Not Found: the provider counts a failure"},
		"one that begins an answer": {
			func(w http.ResponseWriter, _ *http.Request) {
				_, _ = io.WriteString(w, "thank")
				_ = http.NewResponseController(w).Flush()
				time.Sleep(time.Minute)
			}, "no answer came in time: 5s",
		},
		"one that ends within its answer": {
			func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Length", "10")
				_, _ = io.WriteString(w, "thank")
			}, "the answer, 200, broke off: unexpected EOF",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				target, _ := newStand(hookmitt.Civo(), "", &manner{})
				target.Handler = c.handler
				mended(t, target, c.want)
				time.Sleep(time.Hour) // for what the receiver is still at
			})
		})
	}
}

func TestNobodyListens(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	target, _ := newStand(hookmitt.Civo(), "", &manner{})
	target.Handler, target.URL = nil, "http://"+listener.Addr().String()
	mended(t, target, "no connection: dial tcp "+listener.Addr().String()+": ")
}

// mended wants the control to fail, and nothing else to be judged.
func mended(t *testing.T, target conform.Target, found string) {
	t.Helper()
	for id, r := range probe(t, target, false) {
		if id == "BASE-01" {
			require.Equal(t, conform.Failed, r.Verdict)
			require.Contains(t, r.Found, found)
			require.Contains(t, r.Sent, "POST /")
			continue
		}
		require.Equal(t, conform.Skipped, r.Verdict, id)
		require.Contains(t, r.Found, "BASE-01 failed, which is to be mended first: "+found, id)
	}
	report, err := conform.Probe(t.Context(), target, &conform.Options{Only: []string{"SIG-01"}})
	require.NoError(t, err)
	require.Equal(t, 1, report.Count(conform.Failed), "the control, though nobody asked for it")
	require.Equal(t, 1, report.Count(conform.Skipped))
}

// Who stops reading must not stop the probe.
func TestAReceiverThatReadsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		target, r := newStand(hookmitt.Civo(), "", &manner{})
		target.Handler = http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			if req.ContentLength > target.MaxBody/2 {
				time.Sleep(time.Hour)
				return
			}
			r.ServeHTTP(w, req)
		})
		began := time.Now()
		got := probe(t, target, false, "SIZE-01")["SIZE-01"]
		require.Equal(t, conform.Failed, got.Verdict)
		require.Contains(t, got.Found, "no answer came in time: 5s")
		require.Less(t, time.Since(began), time.Minute)
		time.Sleep(time.Hour) // for what the receiver is still at
	})
}

func TestAProbeThatIsEnded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		target, r := newStand(hookmitt.Civo(), "", &manner{})
		var unsigned atomic.Int64
		target.Handler = http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			if req.Header.Get("X-Civo-Signature") == "" && unsigned.Add(1) == 2 { // SIG-02's
				cancel(errors.New("enough"))
				time.Sleep(time.Second)
			}
			r.ServeHTTP(w, req)
		})
		report, err := conform.Probe(ctx, target, &conform.Options{Only: []string{"BASE-01", "SIG-0?", "TIME-06"}})
		require.NoError(t, err)
		found := map[string]string{}
		for _, r := range report.Results {
			found[r.Check.ID] = r.Verdict.String() + " " + r.Found
		}
		require.Equal(t, map[string]string{
			"BASE-01": "OK ", "SIG-01": "OK ",
			"SIG-02":  "FAILED it was under way when the probe was ended: enough",
			"TIME-06": "FAILED it was under way when the probe was ended: enough",
		}, found)
		time.Sleep(time.Hour) // for what the receiver is still at
	})
}

func TestTheSameSeedChoosesTheSame(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		chosen := func(seed uint64) string {
			target, r := newStand(hookmitt.StandardWebhooks(), "", &manner{})
			var lists []string // whether the unknown signature came first
			var last string
			target.Handler = http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
				first, _, two := strings.Cut(req.Header.Get("Webhook-Signature"), " ")
				if body, _ := io.ReadAll(req.Body); two {
					own := r.isOurs(first, slices.Concat([]byte(req.Header.Get("Webhook-Id")+"."+req.Header.Get("Webhook-Timestamp")+"."), body))
					lists = append(lists, map[bool]string{true: "own first", false: "own last"}[own])
				} else if at := flipped(body); at >= 0 {
					last = string(rune('0' + at%10))
					lists = append(lists, "flipped "+last)
				} else {
					req.Body = io.NopCloser(strings.NewReader(string(body)))
				}
				r.ServeHTTP(w, req)
			})
			report, err := conform.Probe(t.Context(), target, &conform.Options{Only: []string{"ROT-04", "SIG-04"}, Seed: seed})
			require.NoError(t, err)
			require.Equal(t, seed, report.Seed)
			return strings.Join(lists, ", ")
		}
		seen := map[string]bool{}
		for s := uint64(1); s <= 16; s++ {
			first := chosen(s)
			require.NotEmpty(t, first)
			require.Equal(t, first, chosen(s), "seed %d", s)
			seen[first] = true
		}
		require.Greater(t, len(seen), 4, "another seed chooses otherwise")
	})
}

// flipped is where the note of a body, which is of one letter, has another; -1 if it has none.
func flipped(body []byte) int {
	_, note, _ := strings.Cut(string(body), `"sim_note":"`)
	return strings.IndexFunc(strings.TrimRight(note, `"}`), func(c rune) bool { return c != 'x' })
}

func TestProgressIsToldOfEachResultOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		target, _ := newStand(hookmitt.Civo(), "", &manner{})
		var mu sync.Mutex
		told := map[string]int{}
		report, err := conform.Probe(t.Context(), target, &conform.Options{Progress: func(r conform.Result) {
			require.True(t, mu.TryLock(), "one at a time")
			defer mu.Unlock()
			told[r.Check.ID]++
		}})
		require.NoError(t, err)
		for i, c := range conform.Checks() {
			require.Equal(t, 1, told[c.ID], c.ID)
			require.Equal(t, c.ID, report.Results[i].Check.ID, "they are in order, whatever came first")
		}
		require.Equal(t, len(conform.Checks()), report.Count(conform.OK)+report.Count(conform.Informational)+report.Count(conform.Skipped))
	})
}
