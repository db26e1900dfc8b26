package redisstore

import (
	"context"
	"crypto/fips140"
	_ "embed" // the scripts
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/dedupe/internal/bounded"
)

// The scripts. Each is one step on one record, which is one of
//
//	P<end of the lease, µs>:<token>:<run>:<owner>   pending
//	F<token>:<runs>                                 failed
//	D<token>:<status>                               done
//	N<token>:<owner>                                forgotten, by owner too if it was running
//
// and expires when it is no longer to be remembered. The lease is a moment of Redis's clock, and so holds for a reader
// with any Hold. Redis 6.0 and later know all that they use.
var (
	//go:embed claim.lua
	claimLua string
	//go:embed settle.lua
	settleLua string
	//go:embed forget.lua
	forgetLua string
)

// newScript names the script by its SHA-1, as Redis does. Where that hash is forbidden Redis is asked for the name.
func newScript(text string) *redis.Script {
	if fips140.Enforced() {
		return redis.NewScriptServerSHA(text)
	}
	return redis.NewScript(text)
}

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
		if q.replicas > 0 {
			return s.runHeard(ctx, q)
		}
		return q.run(ctx, s.client, s.name(q.key))
	}, q.orphan)
	switch {
	case err == nil:
		return reply, nil
	case strings.Contains(err.Error(), "FOREIGN"), strings.Contains(err.Error(), "WRONGTYPE"): // which Redis 6 has within a sentence
		return nil, fmt.Errorf("%w: %s: %w", ErrForeign, s.name(q.key), err)
	case strings.Contains(err.Error(), "OOM command not allowed"): // likewise
		return nil, fmt.Errorf("%w: %w", dedupe.ErrFull, err)
	}
	return reply, err
}

// run sends the script's name, and its text to a server that does not know it.
func (q question) run(ctx context.Context, client redis.Scripter, name string) ([]int64, error) {
	return q.script.Run(ctx, client, []string{name}, q.args...).Int64Slice()
}

// runHeard runs the script and then waits for replicas, on the same connection: another one would wait for nothing.
func (s *Store) runHeard(ctx context.Context, q question) ([]int64, error) {
	name := s.name(q.key)
	master, err := s.master(ctx, name)
	if err != nil {
		return nil, err
	}
	conn := master.Conn()
	defer conn.Close() // which gives the connection back
	reply, err := q.run(ctx, conn, name)
	if cluster, ok := s.client.(*redis.ClusterClient); ok {
		if _, moved := redis.IsMovedError(err); moved {
			cluster.ReloadState(ctx) // for the next attempt
		}
	}
	if err != nil || len(reply) == 0 || reply[0] != 1 { // nothing was written
		return reply, err
	}
	deadline, _ := ctx.Deadline()
	heard, err := conn.Wait(ctx, q.replicas, max(time.Until(deadline)/2, time.Millisecond)).Result()
	switch {
	case err != nil:
		return reply, fmt.Errorf("%w: %w", ErrReplicas, err)
	case heard < int64(q.replicas):
		return reply, fmt.Errorf("%w: %d of %d", ErrReplicas, heard, q.replicas)
	}
	return reply, nil
}

func (s *Store) master(ctx context.Context, name string) (*redis.Client, error) {
	switch client := s.client.(type) {
	case *redis.Client:
		return client, nil
	case *redis.ClusterClient:
		return client.MasterForKey(ctx, name)
	}
	return nil, errors.New("no client whose replicas can be asked") // which New has refused
}

var slash = strings.NewReplacer("%", "%25", "/", "%2F")

// name is the key of a record: the whole identity is the hash tag, so that events spread over a cluster. The first slash
// is the one between scope and id.
func (s *Store) name(k dedupe.Key) string {
	return s.options.Prefix + "{" + slash.Replace(k.Scope) + "/" + k.ID + "}"
}

// micros rounds up, so that no lease is cut short.
func micros(d time.Duration) int64 { return roundUp(d, time.Microsecond) }

// millis rounds up, to at least one: Redis refuses to remember something for no time.
func millis(d time.Duration) int64 { return max(roundUp(d, time.Millisecond), 1) }

func roundUp(d, unit time.Duration) int64 {
	n := int64(d / unit)
	if d%unit > 0 {
		n++
	}
	return n
}
