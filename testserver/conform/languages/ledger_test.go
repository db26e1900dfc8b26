package languages_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// ledger counts the effects of which receivers tell it, as "hookmitt check --effects-listen" does.
type ledger struct {
	url string // to which an event's id is to be added

	mu     sync.Mutex
	counts map[string]int
}

const effects = "/_sim/v1/effects/"

func newLedger(t *testing.T) *ledger {
	t.Helper()
	l := &ledger{counts: map[string]int{}}
	server := httptest.NewServer(l)
	t.Cleanup(server.Close)
	l.url = server.URL + effects
	return l
}

// ServeHTTP implements [http.Handler]. Ids come in odd forms, which a router would tidy up.
func (l *ledger) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id, err := url.PathUnescape(strings.TrimPrefix(r.URL.EscapedPath(), effects))
	if err != nil || r.Method != http.MethodPost {
		http.Error(w, "no effect", http.StatusBadRequest)
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.counts[id]++
}

func (l *ledger) count(_ context.Context, id string) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.counts[id], nil
}
