package redisstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

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
