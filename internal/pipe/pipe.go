// Package pipe connects to a handler without a network.
package pipe

import (
	"io"
	"log"
	"net"
	"net/http"
	"sync"
)

// Dial is a connection to a handler, with net/http's own server at its other end. It costs no port, and inside a
// testing/synctest bubble its time is virtual. Whoever closes it ends the server.
func Dial(h http.Handler) net.Conn {
	client, server := net.Pipe()
	s := &http.Server{Handler: h, ErrorLog: log.New(io.Discard, "", 0)} //nolint:gosec // the receiver bounds the body itself
	go s.Serve(&single{conn: server})                                   //nolint:errcheck // it ends when there is no second connection
	return client
}

// single is a listener with one connection to come.
type single struct {
	conn net.Conn
	once sync.Once
}

// Accept implements [net.Listener].
func (l *single) Accept() (conn net.Conn, err error) {
	err = net.ErrClosed
	l.once.Do(func() { conn, err = l.conn, nil })
	return conn, err
}

// Close implements [net.Listener].
func (l *single) Close() error { return nil }

// Addr implements [net.Listener].
func (l *single) Addr() net.Addr { return l.conn.LocalAddr() }
