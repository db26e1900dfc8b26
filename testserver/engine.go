package testserver

import (
	"container/heap"
	"context"
	"errors"
	"math"
	"sync"
	"time"
)

// ErrClock says that the clock is not [Manual], and moves by itself.
var ErrClock = errors.New("testserver: the clock is not manual")

// engine runs what is due, in the order of time and, at one time, of sending.
type engine struct {
	clock Clock
	began time.Time // when the engine was made, on the real clock and on its own

	mu     sync.Mutex // guards the whole server; never held while a request is made
	now    time.Time  // of a manual clock
	queue  plans
	timer  *time.Timer // for the head of the queue, unless the clock is manual
	closed bool

	running int           // plans that are being carried out
	idle    chan struct{} // closed when running becomes 0; made by those who wait

	moving chan struct{} // holds a token while somebody moves a manual clock
	moved  chan struct{} // closed, and replaced, when somebody has
}

// plan is something to be done at a time, with mu held.
type plan struct {
	at    time.Time
	order uint64 // of the delivery: at one time the one that was sent first comes first
	do    func()
	index int // in the queue; -1 when it is out of it
}

func newEngine(c Clock) *engine {
	now := time.Now()
	return &engine{clock: c, began: now, now: now, moving: make(chan struct{}, 1), moved: make(chan struct{})}
}

// time is what the engine's clock shows. mu is held.
func (e *engine) time() time.Time {
	switch e.clock.mode {
	case clockManual:
		return e.now
	case clockScaled:
		return e.began.Add(time.Duration(float64(time.Since(e.began)) * e.clock.factor))
	case clockReal:
	}
	return time.Now()
}

// after is what the clock shows when something that began at a time has lasted so long. A manual clock stands still
// meanwhile.
func (e *engine) after(began time.Time, lasted time.Duration) time.Time {
	switch e.clock.mode {
	case clockManual:
		return began.Add(lasted.Truncate(time.Second)) // whatever else the machine had to do meanwhile
	case clockScaled:
		return began.Add(time.Duration(float64(lasted) * e.clock.factor))
	case clockReal:
	}
	return began.Add(lasted)
}

// plan puts something into the queue. mu is held.
func (e *engine) plan(at time.Time, order uint64, do func()) *plan {
	p := &plan{at: at, order: order, do: do}
	heap.Push(&e.queue, p)
	e.wind()
	return p
}

// unplan takes a plan out of the queue, if it is still there. mu is held.
func (e *engine) unplan(p *plan) {
	if p != nil && p.index >= 0 {
		heap.Remove(&e.queue, p.index)
		e.wind()
	}
}

// start carries something out now. mu is held.
func (e *engine) start(do func()) {
	e.running++
	go func() {
		do()
		e.mu.Lock()
		defer e.mu.Unlock()
		if e.running--; e.running == 0 && e.idle != nil {
			close(e.idle)
			e.idle = nil
		}
	}()
}

// wind sets the timer to the head of the queue. mu is held.
func (e *engine) wind() {
	if e.clock.mode == clockManual {
		return
	}
	if e.timer != nil {
		e.timer.Stop()
		e.timer = nil
	}
	if len(e.queue) == 0 || e.closed {
		return
	}
	wait := e.queue[0].at.Sub(e.time())
	if e.clock.mode == clockScaled {
		wait = time.Duration(math.Ceil(float64(wait) / e.clock.factor)) // or what is left would be 0 before its time
	}
	e.timer = time.AfterFunc(max(wait, 0), func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		for now := e.time(); len(e.queue) > 0 && !e.queue[0].at.After(now) && !e.closed; {
			heap.Pop(&e.queue).(*plan).do()
		}
		e.wind()
	})
}

// rest waits until nothing is being carried out.
func (e *engine) rest(ctx context.Context) error {
	e.mu.Lock()
	if e.running == 0 {
		e.mu.Unlock()
		return nil
	}
	if e.idle == nil {
		e.idle = make(chan struct{})
	}
	idle := e.idle
	e.mu.Unlock()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// hold keeps others from moving the clock until release is called.
func (e *engine) hold(ctx context.Context) (release func(), err error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	select {
	case e.moving <- struct{}{}:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	return func() {
		<-e.moving
		e.mu.Lock()
		defer e.mu.Unlock()
		close(e.moved)
		e.moved = make(chan struct{})
	}, nil
}

// move carries out, one after the other, what is due until a time, and returns after the last answer; the clock then
// stands there. The zero time is the end of the queue. until is asked once nothing is being carried out any more, with
// mu held.
func (e *engine) move(ctx context.Context, until func() time.Time) error {
	if e.clock.mode != clockManual {
		return ErrClock
	}
	release, err := e.hold(ctx)
	if err != nil {
		return err
	}
	defer release()
	var target time.Time
	for first := true; ; first = false {
		if err := e.rest(ctx); err != nil {
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		e.mu.Lock()
		if first {
			target = until()
		}
		if len(e.queue) == 0 || !target.IsZero() && e.queue[0].at.After(target) {
			if target.After(e.now) {
				e.now = target
			}
			e.mu.Unlock()
			return nil
		}
		p := heap.Pop(&e.queue).(*plan)
		if p.at.After(e.now) {
			e.now = p.at
		}
		p.do()
		e.mu.Unlock()
	}
}

// close forgets every plan. mu is held.
func (e *engine) close() {
	e.closed = true
	for len(e.queue) > 0 {
		heap.Pop(&e.queue)
	}
	e.wind()
}

// plans is a heap.
type plans []*plan

func (q plans) Len() int { return len(q) }
func (q plans) Less(i, j int) bool {
	if !q[i].at.Equal(q[j].at) {
		return q[i].at.Before(q[j].at)
	}
	return q[i].order < q[j].order // a delivery has one plan at a time
}
func (q plans) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].index, q[j].index = i, j
}
func (q *plans) Push(x any) {
	p := x.(*plan)
	p.index = len(*q)
	*q = append(*q, p)
}
func (q *plans) Pop() any {
	old := *q
	p := old[len(old)-1]
	old[len(old)-1], p.index = nil, -1
	*q = old[:len(old)-1]
	return p
}
