package sqlstore_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/dedupe/sqlstore"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/middleware"
)

// deaf is a driver that ignores contexts, and answers a claim when it is told to.
type deaf struct {
	under driver.Driver
	dsn   string
	hold  atomic.Pointer[chan struct{}] // claims wait for its end
}

// Connect implements [driver.Connector].
func (l *deaf) Connect(context.Context) (driver.Conn, error) {
	conn, err := l.under.Open(l.dsn)
	if err != nil {
		return nil, err
	}
	return &deafConn{conn.(fullConn), l}, nil
}

// Driver implements [driver.Connector].
func (l *deaf) Driver() driver.Driver { return l.under }

type deafConn struct {
	fullConn
	l *deaf
}

// QueryContext implements [driver.QueryerContext].
func (c *deafConn) QueryContext(_ context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	rows, err := c.fullConn.QueryContext(context.Background(), query, args)
	if until := c.l.hold.Load(); until != nil && strings.Contains(query, "INSERT INTO") {
		<-*until
	}
	return rows, err
}

// deaf is a pool of connections that do not hear.
func (d *database) deaf() (*sql.DB, *deaf) {
	d.t.Helper()
	l := &deaf{under: d.db.Driver(), dsn: d.dsn}
	db := sql.OpenDB(l)
	d.t.Cleanup(func() { _ = db.Close() })
	return db, l
}

func TestAClaimThatIsGrantedTooLateIsNoRun(t *testing.T) {
	onBoth(t, func(t *testing.T, d *database) {
		db, l := d.deaf()
		store := d.openOn(db, nil)
		runs := 0
		s := newStandWith(t, unhurried(), middleware.Options{
			Store: store, MaxRuns: 2, Dead: func(context.Context, events.Event, error) error { return nil },
		}, func(context.Context, events.Event) error {
			runs++
			return nil
		})
		for range 3 { // more than MaxRuns
			until := make(chan struct{})
			l.hold.Store(&until)
			require.Contains(t, brief(s.send(started("evt_1"))), "503")
			l.hold.Store(nil)
			close(until)
			require.Eventually(t, func() bool {
				return d.number("SELECT count(*) FROM hookmitt_claims WHERE state = 'pending' OR run > 0") == 0
			}, time.Minute, 10*time.Millisecond, "it is given back")
		}
		require.Eventually(t, func() bool { return brief(s.send(started("evt_1"))) == "200 accepted" }, time.Minute, 10*time.Millisecond)
		require.Equal(t, 1, runs)
	})
}

// fn goes on after its context's end, which has rolled its transaction back.
func TestADeafTxHoldsUpNobody(t *testing.T) {
	t.Parallel()
	d := newSQLite(t).effects()
	store := d.open(&sqlstore.Options{Call: 10 * time.Second})
	gone, end, late := make(chan struct{}), make(chan struct{}), make(chan dedupe.Result, 1)
	g := &dedupe.Guard{Store: store, Hold: hold, Budget: time.Minute, Longest: time.Minute}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		late <- g.Do(t.Context(), event, func(run context.Context) (int, error) {
			both, stop := context.WithCancel(run)
			defer stop()
			defer context.AfterFunc(ctx, stop)()
			return 200, store.Tx(both, func(tx *sql.Tx) error {
				_ = effect(both, "deaf")(tx)
				close(gone)
				<-end
				return nil
			})
		}, nil)
	}()
	<-gone
	cancel()
	other, err := store.Claim(t.Context(), dedupe.Key{Scope: "test", ID: "evt_2"}, "o", hold)
	require.NoError(t, err)
	require.Equal(t, dedupe.Claimed, other.State)
	close(end)
	require.Error(t, (<-late).Err)
	d.requireEffects(0)
}
