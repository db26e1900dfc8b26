package conformtest_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/events"
)

// ground is what a receiver stands on: what remembers events, and what their effects are written in.
type ground interface {
	// open is what a process does that starts. The work is an event's effect, once a call.
	open(ctx context.Context) (dedupe.Store, events.HandlerFunc, error)

	// crash loses what the process, and the store, did not keep. open is next.
	crash() error

	// pass moves the store's clock.
	pass(d time.Duration) error

	// effects are how often an event's work was done, by whatever process.
	effects(ctx context.Context, id string) (int, error)
}

// stores make the ground of a test.
var stores = map[string]func(t *testing.T) ground{
	"memory": func(*testing.T) ground { return &memory{} },
	"redis":  newRedis,
	"tx":     newDatabase,
}

// journal notes effects beside the store.
type journal struct {
	mu   sync.Mutex
	done map[string]int // by the event's id
}

func (j *journal) work(_ context.Context, e events.Event) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.done == nil {
		j.done = map[string]int{}
	}
	j.done[e.ID]++
	return nil
}

func (j *journal) effects(_ context.Context, id string) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.done[id], nil
}

// memory is the store that a receiver has by default. Its clock is the test's bubble, and a process that starts knows
// nothing.
type memory struct{ journal }

func (m *memory) open(context.Context) (dedupe.Store, events.HandlerFunc, error) {
	return nil, m.work, nil
}
func (m *memory) crash() error { return nil }
func (m *memory) pass(d time.Duration) error {
	time.Sleep(d)
	return nil
}
