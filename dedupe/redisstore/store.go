package redisstore

import (
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/hookmitt/hookmitt/dedupe"
)

var (
	_ dedupe.Store     = (*Store)(nil)
	_ dedupe.Forgetter = (*Store)(nil)
)

// What the store returns beside package dedupe's errors, for errors.Is. A Redis that is full is [dedupe.ErrFull].
var (
	ErrForeign  = errors.New("redisstore: the value is no record of ours") // It is left as it is.
	ErrReplicas = errors.New("redisstore: too few replicas have heard of it")
)

const (
	defaultPrefix = "hookmitt:"
	defaultCall   = time.Second // the shortest deadline of a provider is 5 s, and an event takes two calls
)

// Options are what a store can be told. The zero value is right for a Redis of one's own.
type Options struct {
	// Prefix begins all keys. Stores of the same prefix share their events. No braces. Default: "hookmitt:".
	Prefix string

	// Call is how long Redis may take to answer, whatever the client's own options say. Default: 1 s.
	Call time.Duration

	// Replicas that must have heard of a claim or a commit, or it is [ErrReplicas]: a fail-over to one that has heard
	// does not forget it. Its price: a second round trip; no event is handled while too few replicas are there, nor, in
	// a Cluster, one whose slot is being moved. Default: 0.
	Replicas int
}

// Store is a [dedupe.Store] that processes share. It is safe for concurrent use.
type Store struct {
	client  redis.UniversalClient
	options Options

	claimScript, settleScript, forgetScript *redis.Script
}

// New makes a store on a single server, Sentinel or a Cluster. It asks Redis for nothing; see [Store.Check].
//
// It refuses a *redis.Ring, which moves keys to other servers when theirs does not answer: each would hand out the event.
func New(client redis.UniversalClient, opts *Options) (*Store, error) {
	s := &Store{
		client:      client,
		claimScript: newScript(claimLua), settleScript: newScript(settleLua), forgetScript: newScript(forgetLua),
	}
	if opts != nil {
		s.options = *opts
	}
	o := &s.options
	if o.Prefix == "" {
		o.Prefix = defaultPrefix
	}
	if o.Call == 0 {
		o.Call = defaultCall
	}
	switch {
	case client == nil || reflect.ValueOf(client).IsZero():
		return nil, errors.New("redisstore: the client is nil")
	case strings.ContainsAny(o.Prefix, "{}"):
		return nil, fmt.Errorf("redisstore: Options.Prefix %q: with braces all keys would be in one slot of a cluster", o.Prefix)
	case o.Call < 0:
		return nil, fmt.Errorf("redisstore: Options.Call is negative: %v", o.Call)
	case o.Replicas < 0:
		return nil, fmt.Errorf("redisstore: Options.Replicas is negative: %d", o.Replicas)
	}
	switch client.(type) {
	case *redis.Ring:
		return nil, errors.New("redisstore: not a *redis.Ring: it moves keys to other servers when theirs does not answer, " +
			"and each would hand out the event; use a single server, Sentinel or a Cluster")
	case *redis.Client, *redis.ClusterClient:
	default:
		if o.Replicas > 0 {
			return nil, fmt.Errorf("redisstore: Options.Replicas needs a *redis.Client or a *redis.ClusterClient, not a %T: "+
				"replicas are asked on the connection that wrote", client)
		}
	}
	return s, nil
}

// Claim implements [dedupe.Store].
func (s *Store) Claim(ctx context.Context, k dedupe.Key, owner string, h dedupe.Hold) (dedupe.Claim, error) {
	if err := k.Validate(); err != nil {
		return dedupe.Claim{}, err
	}
	read := func(reply []int64) dedupe.Claim {
		c := dedupe.Claim{Key: k, Hold: h, Owner: owner}
		switch {
		case len(reply) == 3 && reply[0] == 1:
			c.State, c.Token, c.Run = dedupe.Claimed, uint64(reply[1]), int(reply[2]) //nolint:gosec // a time and a count
		case len(reply) == 2 && reply[0] == 2:
			c.State, c.Wait = dedupe.Pending, time.Duration(reply[1])*time.Microsecond
		case len(reply) == 2 && reply[0] == 3:
			c.State, c.Status = dedupe.Done, int(reply[1])
		}
		return c
	}
	giveBack := func(reply []int64) { // a claim that nobody will use: the next attempt may have it at once
		if c := read(reply); c.State == dedupe.Claimed {
			c.Unused = true
			_ = s.Release(context.WithoutCancel(ctx), c)
		}
	}
	reply, err := s.ask(ctx, question{
		script: s.claimScript, key: k, args: []any{owner, micros(h.Lease), millis(h.Remember)},
		replicas: s.options.Replicas, orphan: giveBack,
	})
	if errors.Is(err, ErrReplicas) {
		giveBack(reply)
	}
	if err != nil {
		return dedupe.Claim{}, fmt.Errorf("redisstore: claim: %w", err)
	}
	c := read(reply)
	if c.State == 0 {
		return dedupe.Claim{}, fmt.Errorf("redisstore: claim: not an answer: %d", reply)
	}
	return c, nil
}

// Extend implements [dedupe.Store].
func (s *Store) Extend(ctx context.Context, c dedupe.Claim) error {
	return s.settle(ctx, c, "extend", 0)
}

// Commit implements [dedupe.Store]. A Redis that is full takes it all the same.
func (s *Store) Commit(ctx context.Context, c dedupe.Claim, status int) error {
	if status < 0 || status > math.MaxUint16 {
		return fmt.Errorf("%w: %d", dedupe.ErrStatus, status)
	}
	return s.settle(ctx, c, "commit", status)
}

// Release implements [dedupe.Store]. A Redis that is full takes it all the same.
func (s *Store) Release(ctx context.Context, c dedupe.Claim) error {
	if c.Unused {
		return s.settle(ctx, c, "unused", 0)
	}
	return s.settle(ctx, c, "release", 0)
}

// settle does to a claim what settle.lua calls a deed.
func (s *Store) settle(ctx context.Context, c dedupe.Claim, deed string, status int) error {
	q := question{
		script: s.settleScript, key: c.Key,
		args: []any{c.Token, c.Owner, deed, micros(c.Hold.Lease), millis(c.Hold.Remember), status},
	}
	if deed == "commit" {
		q.replicas = s.options.Replicas
	}
	reply, err := s.ask(ctx, q)
	switch {
	case err != nil:
		return fmt.Errorf("redisstore: %s: %w", deed, err)
	case len(reply) != 1 || reply[0] != 1:
		return dedupe.ErrLeaseLost
	}
	return nil
}

// Forget implements [dedupe.Forgetter].
func (s *Store) Forget(ctx context.Context, k dedupe.Key) error {
	if _, err := s.ask(ctx, question{script: s.forgetScript, key: k}); err != nil {
		return fmt.Errorf("redisstore: forget: %w", err)
	}
	return nil
}
