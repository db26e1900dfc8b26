package redisstore_test

import (
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/dedupe/redisstore"
)

// wrapped is a client of a type that the store does not know.
type wrapped struct{ redis.UniversalClient }

func TestNew(t *testing.T) {
	t.Parallel()
	single := client(t, "127.0.0.1:0")
	many := closed(t, redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{"127.0.0.1:0"}}))
	for name, c := range map[string]struct {
		client redis.UniversalClient
		opts   *redisstore.Options
		want   string // of the error; "" for none
	}{
		"no options":                  {single, nil, ""},
		"all options":                 {single, &redisstore.Options{Prefix: "p", Call: time.Second, Replicas: 2}, ""},
		"a cluster":                   {many, &redisstore.Options{Replicas: 1}, ""},
		"a client of another type":    {wrapped{single}, nil, ""},
		"no client":                   {nil, nil, "the client is nil"},
		"a nil *redis.Client":         {(*redis.Client)(nil), nil, "the client is nil"},
		"a nil *redis.ClusterClient":  {(*redis.ClusterClient)(nil), nil, "the client is nil"},
		"a nil *redis.Ring":           {(*redis.Ring)(nil), nil, "the client is nil"},
		"a brace in the prefix":       {single, &redisstore.Options{Prefix: "a{b"}, `Options.Prefix "a{b"`},
		"the other one in the prefix": {single, &redisstore.Options{Prefix: "a}b"}, `Options.Prefix "a}b"`},
		"a negative Call":             {single, &redisstore.Options{Call: -1}, "Options.Call is negative"},
		"negative Replicas":           {single, &redisstore.Options{Replicas: -1}, "Options.Replicas is negative"},
		"replicas of a client of another type": {
			wrapped{single}, &redisstore.Options{Replicas: 1}, "Options.Replicas needs a *redis.Client or a *redis.ClusterClient, not a redisstore_test.wrapped",
		},
		"scenario 38 a ring": {
			closed(t, redis.NewRing(&redis.RingOptions{Addrs: map[string]string{"a": "127.0.0.1:0"}})), nil,
			"not a *redis.Ring: it moves keys to other servers when theirs does not answer",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store, err := redisstore.New(c.client, c.opts)
			if c.want == "" {
				require.NoError(t, err)
				require.NotNil(t, store)
				return
			}
			require.ErrorContains(t, err, c.want)
			require.ErrorContains(t, err, "redisstore: ")
			require.Nil(t, store)
		})
	}
}
