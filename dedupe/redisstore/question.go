package redisstore

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/dedupe/internal/bounded"
)

// question is a script to run on the record of a key.
type question struct {
	script   *redis.Script
	key      dedupe.Key
	args     []any
	replicas int           // that must have heard of what it wrote
	orphan   func([]int64) // takes an answer that comes too late. Optional.
}

// ask runs a script. It returns in time whatever the client does: go-redis, unless told otherwise, ignores a context's
// deadline, and repeats what it had no reply to; a repeat does no harm, since a claim has its owner.
func (s *Store) ask(ctx context.Context, q question) ([]int64, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, s.options.Call)
	defer cancel()
	if q.orphan == nil {
		q.orphan = func([]int64) {}
	}
	reply, err := bounded.Do(ctx, func(ctx context.Context) ([]int64, error) {
		if q.replicas == 0 {
			return q.run(ctx, s.client, s.name(q.key))
		}
		reply, err := s.runHeard(ctx, q)
		if ctx.Err() != nil && errors.Is(err, ErrReplicas) { // an error comes to nobody any more
			q.orphan(reply)
		}
		return reply, err
	}, q.orphan)
	switch {
	case err == nil:
		return reply, nil
	case strings.Contains(err.Error(), "FOREIGN"), strings.Contains(err.Error(), "WRONGTYPE"): // Redis 6 wraps what a script says in a sentence of its own
		return nil, fmt.Errorf("%w: %s: %w", ErrForeign, s.name(q.key), err)
	case strings.Contains(err.Error(), "OOM command not allowed"):
		return nil, fmt.Errorf("%w: %w", dedupe.ErrFull, err)
	}
	return reply, err
}

// run sends the script's name, and its text to a server that does not know it.
func (q question) run(ctx context.Context, client redis.Scripter, name string) ([]int64, error) {
	return q.script.Run(ctx, client, []string{name}, q.args...).Int64Slice()
}
