package redistest

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
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

// Sentinel is a master and a replica of it, and a sentinel that watches them.
type Sentinel struct {
	Master, Replica *Server
	Link            *Proxy // between the two
	Addr            string // the sentinel's
}

// MasterName is what the sentinel calls the master.
const MasterName = "hookmitt"

// StartSentinel starts a master and a replica, which has heard of everything, and a sentinel that promotes the replica
// half a second after the master has died.
func StartSentinel(t testing.TB) *Sentinel {
	t.Helper()
	need(t, "redis-sentinel", "redis-cli")
	shared := newClock(t)
	s := &Sentinel{Master: startBy(t, shared, "--repl-timeout", forever)}
	s.Replica, s.Link = StartReplica(t, s.Master)
	host, port, _ := net.SplitHostPort(s.Master.Addr)
	config := filepath.Join(t.TempDir(), "sentinel.conf") // which it rewrites
	fatal(t, os.WriteFile(config, fmt.Appendf(nil, "sentinel monitor %[1]s %s %s 1\nsentinel down-after-milliseconds %[1]s 500\n"+
		"sentinel failover-timeout %[1]s 5000\n", MasterName, host, port), 0o600))
	sentinel, err := open("redis-sentinel", t.TempDir(), nil, []string{config})
	s.Addr = started(t, sentinel, err).Addr
	Eventually(t, "the sentinel knows the replica", func() bool {
		info, err := sentinel.Do("sentinel", "replicas", MasterName)
		return err == nil && strings.Contains(info, s.Replica.Addr)
	})
	return s
}

// Eventually waits for what another process does in its own time, a minute at most.
func Eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for until := time.Now().Add(time.Minute); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatalf("within a minute it did not come about that %s", what)
		}
	}
}
