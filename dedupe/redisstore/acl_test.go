package redisstore_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/dedupe/redisstore"
	"github.com/hookmitt/hookmitt/internal/redistest"
)

// documented is what the package's documentation says of rights: the user's command, and what a cluster's client wants
// beside.
func documented(t *testing.T) (setUser, ofClusters []string) {
	t.Helper()
	text, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	line := regexp.MustCompile(`(?m)^//\t(ACL SETUSER hookmitt .*)$`).FindSubmatch(text)
	require.NotNil(t, line, "no ACL SETUSER")
	_, after, ok := strings.Cut(string(text), "A Cluster's client wants ")
	require.True(t, ok, "no word of a cluster")
	sentence, _, _ := strings.Cut(after, ".")
	ofClusters = regexp.MustCompile(`\+[a-z|]+`).FindAllString(sentence, -1)
	require.NotEmpty(t, ofClusters)
	return strings.Fields(string(line[1])), ofClusters
}

// everything is all that the store can do, as a new process does it. It returns what failed, and what the user was
// refused: go-redis makes do without COMMAND, but asks again each time, and logs it.
func everything(t *testing.T, servers []*redistest.Server, client redis.UniversalClient, opts redisstore.Options) (failed []string) {
	t.Helper()
	for _, server := range servers {
		say(t, server, "flushall")
		say(t, server, "script", "flush")
		say(t, server, "acl", "log", "reset")
	}
	store := open(t, client, &opts)
	must := func(what string, err error) {
		if err != nil {
			failed = append(failed, what+": "+err.Error())
		}
	}
	for _, id := range []string{"evt_1", "evt_2", "evt_3", "evt_4", "evt_5", "evt_6"} { // of all the masters of a cluster
		k := dedupe.Key{Scope: "test", ID: id}
		c, err := store.Claim(t.Context(), k, "owner", hold)
		must("claim", err)
		must("extend", store.Extend(t.Context(), c))
		must("release", store.Release(t.Context(), c))
		c, err = store.Claim(t.Context(), k, "owner", hold)
		must("claim again", err)
		c.Unused = true
		must("release of an unused claim", store.Release(t.Context(), c))
		c, err = store.Claim(t.Context(), k, "another", hold)
		must("claim once more", err)
		_, err = store.Claim(t.Context(), k, "another", hold)
		must("claim repeated", err)
		must("commit", store.Commit(t.Context(), c, 200))
		must("commit repeated", store.Commit(t.Context(), c, 200))
		must("forget", store.Forget(t.Context(), k))
	}
	for _, warning := range store.Check(t.Context()) {
		if strings.Contains(warning, isUnknown) {
			failed = append(failed, "check: "+warning)
		}
	}
	for _, server := range servers {
		log := strings.Split(say(t, server, "acl", "log"), "\n")
		for i, line := range log {
			if line == "object" && !strings.HasPrefix(log[i+1], "client") { // by which go-redis only gives its name
				failed = append(failed, "refused: "+log[i+1])
			}
		}
	}
	return failed
}

func TestRightsOfASingleServer(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	redistest.StartReplica(t, server)
	setUser, _ := documented(t)
	try := func(t *testing.T, setUser []string) []string {
		say(t, server, "acl", "deluser", "hookmitt")
		say(t, server, setUser...)
		c := clientOf(t, redis.Options{Addr: server.Addr, Username: "hookmitt", Password: "password"})
		return everything(t, []*redistest.Server{server}, c, redisstore.Options{Replicas: 1, Call: 2 * time.Second})
	}
	t.Run("the rights that are documented are enough", func(t *testing.T) {
		require.Empty(t, try(t, setUser))
	})
	for i, right := range setUser {
		if !strings.ContainsAny(right[:1], "+~") {
			continue
		}
		t.Run("without "+right+" something fails", func(t *testing.T) {
			require.NotEmpty(t, try(t, slices.Delete(slices.Clone(setUser), i, i+1)), "so it need not be given")
		})
	}
}

func TestRightsOfACluster(t *testing.T) {
	t.Parallel()
	servers := redistest.StartCluster(t, 3)
	setUser, more := documented(t)
	setUser = append(setUser, more...)
	try := func(t *testing.T, setUser []string) []string {
		for _, server := range servers {
			say(t, server, "acl", "deluser", "hookmitt")
			say(t, server, setUser...)
		}
		c := closed(t, redis.NewClusterClient(&redis.ClusterOptions{
			Addrs: []string{servers[0].Addr}, Username: "hookmitt", Password: "password",
		}))
		return everything(t, servers, c, redisstore.Options{Call: 2 * time.Second})
	}
	t.Run("the rights that are documented are enough", func(t *testing.T) {
		require.Empty(t, try(t, setUser))
	})
	for _, right := range more {
		t.Run("without "+right+" something fails", func(t *testing.T) {
			i := slices.Index(setUser, right)
			require.NotEmpty(t, try(t, slices.Delete(slices.Clone(setUser), i, i+1)), "so it need not be given")
		})
	}
}
