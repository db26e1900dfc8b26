package redisstore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/redis/go-redis/v9"

	"github.com/hookmitt/hookmitt/dedupe/internal/bounded"
)

// Check looks, at start-up say, at how Redis is set up, and returns a sentence for everything that would make it forget
// events: keys that may be evicted, nothing on disk, replicas that may lag. It reads INFO, of every master of a
// Cluster. It never fails: a Redis that cannot be asked, or that forbids INFO, is a sentence too.
func (s *Store) Check(ctx context.Context) []string {
	ctx, cancel := context.WithTimeout(ctx, s.options.Call)
	defer cancel()
	all, err := bounded.Do(ctx, func(ctx context.Context) ([]string, error) {
		cluster, ok := s.client.(*redis.ClusterClient)
		if !ok {
			return s.check(ctx, s.client), nil
		}
		var mu sync.Mutex
		var all []string
		err := cluster.ForEachMaster(ctx, func(ctx context.Context, master *redis.Client) error {
			found := s.check(ctx, master)
			mu.Lock()
			defer mu.Unlock()
			for _, warning := range found {
				all = append(all, master.Options().Addr+": "+warning)
			}
			return nil
		})
		slices.Sort(all)
		return all, err
	}, func([]string) {})
	if err != nil {
		all = append(all, unknown(err))
	}
	return all
}

// check looks at one server. It takes three quarters of the time, so that one server that hangs does not keep what the
// others said from being told.
func (s *Store) check(ctx context.Context, server redis.Cmdable) []string {
	ctx, cancel := context.WithTimeout(ctx, s.options.Call*3/4)
	defer cancel()
	text, err := bounded.Do(ctx, func(ctx context.Context) (string, error) { return server.Info(ctx).Result() }, func(string) {})
	if err != nil {
		return []string{unknown(err)}
	}
	info := map[string]string{}
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			info[name] = value
		}
	}
	var all []string
	if _, single := s.client.(*redis.Client); single && info["redis_mode"] == "cluster" {
		all = append(all, "this is one node of a Cluster, and the client is for a single server: events whose slot is elsewhere are refused; "+
			"make it by redis.NewClusterClient, or with IsClusterMode")
	}
	if info["role"] == "slave" {
		all = append(all, "this is a replica, which takes no claims; connect to the master")
	}
	if policy, ok := info["maxmemory_policy"]; !ok {
		all = append(all, unknown(errors.New("INFO has no maxmemory_policy")))
	} else if policy != "noeviction" {
		all = append(all, fmt.Sprintf("maxmemory-policy is %q: events that were done may be evicted, and done again; set noeviction", policy))
	}
	if info["aof_enabled"] == "0" {
		all = append(all, "appendonly is off: a restart forgets events that were done, and they may be done again; set appendonly yes")
	}
	if replicas := info["connected_slaves"]; replicas != "" && replicas != "0" && info["min_slaves_good_slaves"] == "" && s.options.Replicas == 0 {
		all = append(all, fmt.Sprintf("there are %s replicas, and min-replicas-to-write is 0: a fail-over forgets what they had not heard of; "+
			"set it to 1, or Options.Replicas", replicas))
	}
	return all
}

func unknown(err error) string {
	return fmt.Sprintf("the settings could not be read (%v): see that maxmemory-policy is noeviction, and appendonly is on", err)
}
