package sqlstore_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"io"
	"sync/atomic"
)

// lossy is a driver that can be told to lose commits, or the answers to them.
type lossy struct {
	under   driver.Driver
	dsn     string
	replies atomic.Int64 // of commits that are done, to be lost
	fails   atomic.Int64 // commits that are to fail, undone
}

// Connect implements [driver.Connector].
func (l *lossy) Connect(context.Context) (driver.Conn, error) {
	conn, err := l.under.Open(l.dsn)
	if err != nil {
		return nil, err
	}
	return &lossyConn{conn.(fullConn), l}, nil
}

// Driver implements [driver.Connector].
func (l *lossy) Driver() driver.Driver { return l.under }

type fullConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ExecerContext
	driver.QueryerContext
	driver.ConnPrepareContext
}

type lossyConn struct {
	fullConn
	l *lossy
}

// BeginTx implements [driver.ConnBeginTx].
func (c *lossyConn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	tx, err := c.fullConn.BeginTx(ctx, opts)
	return &lossyTx{tx, c.l}, err
}

type lossyTx struct {
	driver.Tx
	l *lossy
}

// Commit implements [driver.Tx].
func (tx *lossyTx) Commit() error {
	switch {
	case tx.l.replies.Add(-1) >= 0:
		_ = tx.Tx.Commit()
		return io.ErrUnexpectedEOF
	case tx.l.fails.Add(-1) >= 0:
		_ = tx.Rollback()
		return io.ErrUnexpectedEOF
	}
	return tx.Tx.Commit()
}

// lossy is a pool whose commits can be lost.
func (d *database) lossy() (*sql.DB, *lossy) {
	d.t.Helper()
	l := &lossy{under: d.db.Driver(), dsn: d.dsn}
	db := sql.OpenDB(l)
	d.t.Cleanup(func() { _ = db.Close() })
	return db, l
}
