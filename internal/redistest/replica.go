package redistest

import (
	"context"
	"fmt"
	"net"
	"testing"
	"time"
)

// StartReplica starts a replica of a server, with the server's clock, and returns when it has heard of everything. They
// talk through link.
func StartReplica(t testing.TB, master *Server) (replica *Server, link *Proxy) {
	t.Helper()
	link = Through(t, master.Addr)
	host, port, _ := net.SplitHostPort(link.Addr)
	if out, err := master.Do("config", "set", "repl-diskless-sync", "no"); err != nil { // which begins with a delay
		t.Fatalf("%v: %s", err, out)
	}
	replica = startBy(t, master.clock, "--replicaof", host, port, "--repl-timeout", forever)
	Eventually(t, "the replica has heard of everything", func() bool { return heard(master) })
	return replica, link
}

// heard writes something, which no database keeps, and asks on the same connection whether a replica has heard of it.
func heard(master *Server) bool {
	conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(context.Background(), "tcp", master.Addr)
	if err != nil {
		return false
	}
	defer conn.Close()
	if _, err := fmt.Fprint(conn, "PUBLISH redistest x\r\nWAIT 1 1000\r\n"); err != nil {
		return false
	}
	var published, replicas int
	_, err = fmt.Fscanf(conn, ":%d\r\n:%d\r\n", &published, &replicas)
	return err == nil && replicas == 1
}
