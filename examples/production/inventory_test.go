package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
)

// inventory is the service behind the service.
type inventory struct {
	mu      sync.Mutex
	down    int                          // requests that it will not serve
	servers map[string]map[string]string // by id
	keys    map[string]bool              // of the requests it served
	visits  int
	hold    chan struct{} // if set, a request waits for it
	visited chan struct{} // and tells so
}

// ServeHTTP implements [http.Handler].
func (i *inventory) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if i.hold != nil {
		i.visited <- struct{}{}
		<-i.hold
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.visits++; i.visits <= i.down {
		http.Error(w, "down", http.StatusBadGateway)
		return
	}
	key := r.Header.Get("Idempotency-Key")
	if i.keys[key] {
		return
	}
	i.keys[key] = true
	server := map[string]string{}
	_ = json.NewDecoder(r.Body).Decode(&server)
	i.servers[strings.TrimPrefix(r.URL.Path, "/servers/")] = server
}

// served is how many events were.
func (i *inventory) served() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return len(i.keys)
}
