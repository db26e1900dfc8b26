package redistest

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hookmitt/hookmitt/internal/needtest"
)

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
	needtest.Programs(t, "redis-sentinel", "redis-cli")
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
