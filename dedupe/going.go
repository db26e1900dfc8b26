package dedupe

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// run is an execution of a handler that has begun and is not settled.
type run struct {
	key      Key
	ended    chan Result // what fn returned, before the store is told
	settled  chan Result // after
	storeErr atomic.Pointer[error]
}

// going is the set of runs, kept so that a shutdown can wait for them and name those it left.
type going struct {
	mu   sync.Mutex
	runs map[*run]struct{}
	idle chan struct{} // closed when the set empties; made by those who wait
}

func (g *going) add(r *run) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.runs == nil {
		g.runs = map[*run]struct{}{}
	}
	g.runs[r] = struct{}{}
}

func (g *going) remove(r *run) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.runs, r)
	if len(g.runs) == 0 && g.idle != nil {
		close(g.idle)
		g.idle = nil
	}
}

func (g *going) wait(ctx context.Context) error {
	g.mu.Lock()
	if len(g.runs) == 0 {
		g.mu.Unlock()
		return nil
	}
	if g.idle == nil {
		g.idle = make(chan struct{})
	}
	idle := g.idle
	g.mu.Unlock()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return g.left(ctx)
	}
}

// left names the runs that are still going, at most ten of them.
func (g *going) left(ctx context.Context) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	var names []string
	for r := range g.runs {
		names = append(names, fmt.Sprintf("%s %q", r.key.Scope, r.key.ID))
	}
	if len(names) == 0 {
		return nil
	}
	slices.Sort(names)
	all := len(names)
	names = names[:min(all, 10)]
	return fmt.Errorf("dedupe: %d still running: %s: %w", all, strings.Join(names, ", "), context.Cause(ctx))
}
