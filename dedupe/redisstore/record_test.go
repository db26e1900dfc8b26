package redisstore_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/dedupe/redisstore"
	"github.com/hookmitt/hookmitt/internal/redistest"
)

func TestKeys(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	redisClient := client(t, server.Addr)
	for name, c := range map[string]struct {
		key    dedupe.Key
		prefix string
		want   string
	}{
		"as the package says":       {dedupe.Key{Scope: "civo", ID: "0b7e1c52"}, "", "hookmitt:{civo/0b7e1c52}"},
		"a tenant":                  {dedupe.Key{Scope: "civo/acme", ID: "a/b%"}, "", "hookmitt:{civo%2Facme/a/b%}"},
		"a percent sign":            {dedupe.Key{Scope: "a%2Fb", ID: "c"}, "", "hookmitt:{a%252Fb/c}"},
		"no scope":                  {dedupe.Key{ID: "c"}, "", "hookmitt:{/c}"},
		"braces in the id":          {dedupe.Key{Scope: "a", ID: "}{"}, "", "hookmitt:{a/}{}"},
		"braces in the scope":       {dedupe.Key{Scope: "}", ID: "b"}, "", "hookmitt:{}/b}"},
		"bytes that are no text":    {dedupe.Key{Scope: "a", ID: "\x00\xff\r\n"}, "", "hookmitt:{a/\x00\xff\r\n}"},
		"an id of 256 bytes":        {dedupe.Key{Scope: "a", ID: strings.Repeat("x", 256)}, "", "hookmitt:{a/" + strings.Repeat("x", 256) + "}"},
		"another prefix":            {dedupe.Key{Scope: "a", ID: "b"}, "other/", "other/{a/b}"},
		"a prefix that looks alike": {dedupe.Key{Scope: "a", ID: "b"}, "hookmitt", "hookmitt{a/b}"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := open(t, redisClient, &redisstore.Options{Prefix: c.prefix})
			done(t, store, c.key)
			require.EqualValues(t, 1, redisClient.Exists(t.Context(), c.want).Val())
			require.NoError(t, store.Forget(t.Context(), c.key))
			wins(t, store, c.key, "another", 1)
		})
	}
}

func TestRecordsAreRemembered(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	redisClient := client(t, server.Addr)
	store := open(t, redisClient, nil)
	for name, do := range map[string]func(t *testing.T, k dedupe.Key){
		"after a claim": func(*testing.T, dedupe.Key) {},
		"after an extension": func(t *testing.T, k dedupe.Key) {
			require.NoError(t, store.Extend(t.Context(), claim(t, store, k, "owner")))
		},
		"after a commit": func(t *testing.T, k dedupe.Key) {
			require.NoError(t, store.Commit(t.Context(), claim(t, store, k, "owner"), 200))
		},
		"after a release": func(t *testing.T, k dedupe.Key) {
			require.NoError(t, store.Release(t.Context(), claim(t, store, k, "owner")))
		},
		"after a release of what was not used": func(t *testing.T, k dedupe.Key) {
			c := claim(t, store, k, "owner")
			c.Unused = true
			require.NoError(t, store.Release(t.Context(), c))
		},
		"after a claim of what had failed": func(t *testing.T, k dedupe.Key) {
			require.NoError(t, store.Release(t.Context(), claim(t, store, k, "owner")))
			wins(t, store, k, "another", 2)
		},
	} {
		t.Run(name, func(t *testing.T) { // one after the other, since they move one clock
			k := dedupe.Key{Scope: "test", ID: name}
			wins(t, store, k, "owner", 1)
			server.Pass(time.Hour)
			if name == "after a claim" {
				requireLeft(t, redisClient, k, hold.Remember-time.Hour)
				return
			}
			do(t, k)
			requireLeft(t, redisClient, k, hold.Remember)
			server.Pass(2 * time.Hour)
			require.NoError(t, store.Forget(t.Context(), k))
			requireLeft(t, redisClient, k, hold.Remember-2*time.Hour)
			require.NoError(t, store.Forget(t.Context(), k))
			requireLeft(t, redisClient, k, hold.Remember-2*time.Hour)
		})
	}
	t.Run("a repeat does not start it again", func(t *testing.T) {
		done(t, store, event)
		server.Pass(time.Hour)
		require.Equal(t, dedupe.Done, claim(t, store, event, "another").State)
		requireLeft(t, redisClient, event, hold.Remember-time.Hour)
	})
	t.Run("to forget what nobody knows leaves nothing", func(t *testing.T) {
		k := dedupe.Key{Scope: "test", ID: "evt_unknown"}
		require.NoError(t, store.Forget(t.Context(), k))
		require.Zero(t, redisClient.Exists(t.Context(), name(k)).Val())
	})
	t.Run("for less than a millisecond", func(t *testing.T) {
		_, err := store.Claim(t.Context(), dedupe.Key{Scope: "test", ID: "evt_short"}, "owner", dedupe.Hold{Lease: 1, Remember: 1})
		require.NoError(t, err)
	})
}

// requireLeft checks for how long a record will be remembered; a minute may have passed.
func requireLeft(t *testing.T, client *redis.Client, k dedupe.Key, want time.Duration) {
	t.Helper()
	left := client.PTTL(t.Context(), name(k)).Val()
	require.LessOrEqual(t, left, want)
	require.Greater(t, left, want-time.Minute)
}

func TestForeignValuesAreLeftAsTheyAre(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	redisClient := client(t, server.Addr)
	store := open(t, redisClient, nil)
	c := wins(t, store, event, "owner", 1)
	plant := map[string]func(t *testing.T, name string) error{
		"a hash": func(t *testing.T, name string) error { return redisClient.HSet(t.Context(), name, "a", "b").Err() },
		"a list": func(t *testing.T, name string) error { return redisClient.RPush(t.Context(), name, "a").Err() },
		"a set":  func(t *testing.T, name string) error { return redisClient.SAdd(t.Context(), name, "a").Err() },
	}
	for _, text := range []string{
		"", "something foreign", "P", "P1:2:3", "P1:2:x:owner", "Px:2:3:owner", "P-1:2:3:owner", " P1:2:3:owner", "p1:2:3:owner", "F", "F1", "F1:", "F1:2:3", "F1:2 ",
		"D", "D1", "D1:", "D1:2x", "D1:2:3", "D1:-2", "D:200", "D1:200\n", "\nD1:200", "N", "N1", "N:owner", "Nx:owner", "\x00\xff\x00", "D1\x00:200", "1", "{}",
	} {
		plant[fmt.Sprintf("%q", text)] = func(t *testing.T, name string) error {
			return redisClient.Set(t.Context(), name, text, time.Hour).Err()
		}
	}
	for value, plant := range plant {
		t.Run(value, func(t *testing.T) {
			t.Parallel()
			c := c
			c.Key = dedupe.Key{Scope: "foreign", ID: value}
			require.NoError(t, plant(t, name(c.Key)))
			before := redisClient.Dump(t.Context(), name(c.Key)).Val()
			require.NotEmpty(t, before)
			claimed, err := store.Claim(t.Context(), c.Key, "owner", hold)
			require.Zero(t, claimed)
			for call, err := range map[string]error{
				"claim": err, "extend": store.Extend(t.Context(), c), "commit": store.Commit(t.Context(), c, 200),
				"release": store.Release(t.Context(), c), "forget": store.Forget(t.Context(), c.Key),
			} {
				require.ErrorIs(t, err, redisstore.ErrForeign, call)
				require.ErrorContains(t, err, name(c.Key), call)
			}
			require.Equal(t, before, redisClient.Dump(t.Context(), name(c.Key)).Val(), "it was changed")
		})
	}
}
