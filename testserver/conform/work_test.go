package conform_test

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/hookmitt/hookmitt/testserver/conform"
)

const (
	toldToPanic = "told to panic"
	remember    = 7 * 24 * time.Hour // longer than any provider goes on
	working     = 5 * time.Millisecond
)

// errLost is what comes of work that was given up.
var errLost = errors.New("given up")

// do is what an event's answer is.
func (r *receiver) do(ctx context.Context, e event) int {
	switch e.typ {
	case r.handled, conform.FailEvent:
	case r.test:
		if r.has("refuses the test event") {
			return http.StatusBadRequest
		}
		if r.has("lets the test event undo what is done") {
			r.memory.undo(e.id)
		}
		return http.StatusOK
	default:
		if r.has("does what it does not know") {
			break
		}
		if r.has("refuses types that it does not know") {
			return http.StatusNotFound
		}
		return http.StatusOK
	}
	if r.has("does nothing") {
		return http.StatusAccepted
	}
	if r.memory.met(string(e.raw)) && r.memory.state(e.id, remember) == unknown {
		r.throws("throws on a body that comes under another id")
	}
	switch r.claim(r.key(e)) {
	case done:
		if r.has("refuses repeats") {
			return http.StatusConflict
		}
		return http.StatusOK
	case claimed:
		return http.StatusServiceUnavailable
	case unknown:
	}
	if r.manner.queue {
		go r.untilDone(e)
		return http.StatusAccepted
	}
	return r.inTime(ctx, e)
}

// key is what repeats are recognised by: the id.
func (r *receiver) key(e event) string {
	switch {
	case r.has("knows repeats by their bodies"):
		return string(e.raw)
	case r.has("knows repeats by their signatures"):
		return e.signed
	}
	return e.id
}

// claim begins an event's work, or says who has begun it.
func (r *receiver) claim(key string) claimState {
	lately := remember
	switch {
	case r.has("does repeats again"):
		return unknown
	case r.has("forgets after an hour"):
		lately = time.Hour
	case r.has("looks, and writes later"):
		s := r.memory.state(key, lately)
		time.Sleep(working)
		if s == unknown {
			r.memory.claim(key, claimed)
		}
		return s
	case r.has("marks ids before the work is done"):
		if r.memory.claimIfNew(key, lately) != unknown {
			return done
		}
		return unknown
	}
	if r.memory.knows(key) && r.memory.state(key, lately) == unknown {
		r.throws("throws on ids that it forgot")
	}
	return r.memory.claimIfNew(key, lately)
}

// inTime does an event's work, and is the answer: that of the work, or of a receiver that is still at it.
func (r *receiver) inTime(ctx context.Context, e event) int {
	status := make(chan int, 1)
	go func() { status <- r.guarded(func() int { return r.settled(ctx, e) }) }()
	enough := r.deadline * 6 / 10
	if r.has("answers when the work is done") {
		enough = time.Hour
	}
	select {
	case s := <-status:
		return s
	case <-time.After(enough):
		return http.StatusServiceUnavailable
	}
}

// settled does an event's work, and writes down what came of it.
func (r *receiver) settled(ctx context.Context, e event) int {
	state := unknown
	if r.has("marks ids before the work is done") {
		state = done
	}
	defer func() { r.memory.claim(r.key(e), state) }()
	err := r.work(ctx, e)
	switch {
	case err == nil, errors.Is(err, errLost):
		state = done
		return http.StatusOK
	case r.has("stops at an event that fails"):
		r.dead.Store(true)
	case r.memory.run(e.id+" failed") == 6 && r.has("stops when an event failed six times"):
		r.dead.Store(true)
	case r.has("answers 200 to what failed"):
		return http.StatusOK
	case r.has("answers 422 to what failed"):
		return http.StatusUnprocessableEntity
	}
	return http.StatusInternalServerError
}

// untilDone does an event's work behind the answer, as often as it takes.
func (r *receiver) untilDone(e event) {
	for range 10 {
		if r.guarded(func() int { return r.settled(context.Background(), e) }) <= 299 {
			return
		}
		r.memory.claim(r.key(e), claimed)
		time.Sleep(time.Second)
	}
}

// work has one effect, or goes wrong where it is told to.
func (r *receiver) work(ctx context.Context, e event) error {
	run := r.memory.run(e.id)
	if times, how := failure(e); run <= times {
		switch {
		case how == "panic":
			panic(toldToPanic)
		case how == "slow":
			time.Sleep(2 * r.deadline)
		case run == 3 && r.has("gives up after three runs"), run == 6 && r.has("gives up at the sixth run"):
			return errLost
		default:
			return errors.New("told to fail")
		}
	}
	if time.Sleep(working); ctx.Err() != nil {
		if r.has("ends the work with the connection") {
			return errLost
		}
		if r.has("does again what it could not answer") {
			r.memory.effect(e.id)
		}
	}
	r.memory.effect(e.id)
	return nil
}

// failure is how often an event's handler is to go wrong, and how.
func failure(e event) (times int, how string) {
	data := e.members
	if inner, ok := data["data"].(map[string]any); ok {
		data = inner
	}
	n, _ := data["times"].(float64)
	how, _ = data["how"].(string)
	return int(n), how
}
