package redistest

import (
	"strconv"
	"strings"
	"testing"
)

// forever is the time after which servers give each other up: their clock is moved, and that is no silence.
const forever = "1000000000"

// StartCluster starts a cluster of n masters, which may be 3 or more.
func StartCluster(t testing.TB, n int) []*Server {
	t.Helper()
	shared := newClock(t)
	servers, create := make([]*Server, n), []string{"--cluster", "create"}
	for i := range servers {
		servers[i] = startBy(t, shared, "--cluster-enabled", "yes", "--cluster-node-timeout", forever)
		create = append(create, servers[i].Addr)
	}
	out, err := servers[0].Do(append(create, "--cluster-yes")...)
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, s := range servers {
		Eventually(t, "the cluster is up", func() bool {
			info, err := s.Do("cluster", "info")
			return err == nil && strings.Contains(info, "cluster_state:ok") && strings.Contains(info, "cluster_known_nodes:"+strconv.Itoa(n))
		})
	}
	return servers
}
