package sqlstore_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/hookmitt/hookmitt/dedupe/sqlstore"
	"github.com/hookmitt/hookmitt/internal/soaktest"
)

// soak is a database with a table of effects that lets there be many of an event.
type soak struct {
	*database
	byTx      bool
	receivers int
	crash     func() error
	ahead     time.Duration
}

func newSoak(d *database, byTx bool) *soak {
	d.t.Helper()
	d.exec("CREATE TABLE effects (event text NOT NULL, run bigint NOT NULL, token bigint NOT NULL, process bigint NOT NULL)")
	return &soak{database: d, byTx: byTx, receivers: 1}
}

// slowCommits makes commits of effects take up to 4 ms, so that kills fall there, too. A server that is killed meanwhile
// has not committed.
func (s *soak) slowCommits() {
	s.t.Helper()
	s.exec("CREATE FUNCTION pause() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(random() * 0.004); RETURN NULL; END'")
	s.exec("CREATE CONSTRAINT TRIGGER pause AFTER INSERT ON effects DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION pause()")
}

// alone is a copy of the database in a file that only receivers have open, so that who opens it after a kill recovers it.
func (d *database) alone() *database {
	d.t.Helper()
	path := filepath.Join(d.t.TempDir(), "alone.db")
	d.exec("VACUUM INTO '" + path + "'")
	_, params, _ := strings.Cut(d.dsn, "?")
	c := *d
	c.dsn = "file:" + path + "?" + params
	c.db = c.connect()
	c.db.SetMaxIdleConns(0)
	return &c
}

// crash kills the server's first process, of which the others notice, and starts it again.
func (s *server) crash() error {
	_ = s.process.Process.Kill()
	<-s.done // they are gone, too
	return s.start()
}

func (s *soak) stand(name string) soaktest.Stand {
	return soaktest.Stand{
		Name: name, Receivers: s.receivers, Crash: s.crash, Pass: s.passWhenUp, Effects: s.allEffects,
		At: fmt.Sprintf("%d %t %s", s.dialect, s.byTx, s.dsn),
	}
}

// passWhenUp lets time pass for the database's stores. Its connections may have broken.
func (s *soak) passWhenUp(by time.Duration) error {
	s.ahead += by
	return patiently(func() error {
		_, err := s.db.ExecContext(context.Background(), fmt.Sprintf("UPDATE clock SET ahead = %d", s.ahead.Microseconds()))
		return err
	})
}

// allEffects is who wrote the effects that are there.
func (s *soak) allEffects() (all []soaktest.Run, err error) {
	return all, patiently(func() error {
		all = []soaktest.Run{}
		rows, err := s.db.QueryContext(context.Background(), "SELECT event, run, token, process FROM effects")
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var r soaktest.Run
			if err := rows.Scan(&r.Event, &r.Number, &r.Token, &r.Process); err != nil {
				return err
			}
			all = append(all, r)
		}
		return rows.Err()
	})
}

// patiently does what a connection that broke, or one who has the lock, may make fail at first.
func patiently(do func() error) (err error) {
	for until := time.Now().Add(time.Minute); time.Now().Before(until); time.Sleep(10 * time.Millisecond) {
		if err = do(); err == nil {
			return nil
		}
	}
	return err
}

// soaked is a receiver of a soak, by what its stand says.
func soaked(at string) (soaktest.Receiver, error) {
	part := strings.SplitN(at, " ", 3)
	var dialect sqlstore.Dialect
	if _, err := fmt.Sscan(part[0], &dialect); err != nil {
		return soaktest.Receiver{}, err
	}
	db, err := sql.Open(driverOf(dialect), part[2])
	if err != nil {
		return soaktest.Receiver{}, err
	}
	db.SetMaxOpenConns(connections)
	store, err := sqlstore.NewAhead(db, dialect, nil)
	if part[1] == "true" {
		return soaktest.Receiver{Store: store, Do: func(ctx context.Context, j *soaktest.Job) error { return inTx(ctx, store, j) }}, err
	}
	return soaktest.Receiver{Store: store, Do: func(ctx context.Context, j *soaktest.Job) error { return besideTx(ctx, db, j) }}, err
}

// inTx writes the effect and the mark together.
func inTx(ctx context.Context, store *sqlstore.Store, j *soaktest.Job) error {
	err := store.Tx(ctx, func(tx *sql.Tx) error {
		j.At(soaktest.Opened)
		if _, err := tx.ExecContext(ctx, insertEffect(j)); err != nil {
			return err
		}
		j.At(soaktest.Wrote)
		return nil
	})
	if err == nil {
		j.At(soaktest.Committed)
	}
	return err
}

// besideTx writes the effect, and leaves the mark to the guard.
func besideTx(ctx context.Context, db *sql.DB, j *soaktest.Job) error {
	if _, err := db.ExecContext(ctx, insertEffect(j)); err != nil {
		return err
	}
	j.At(soaktest.Wrote)
	return nil
}

func insertEffect(j *soaktest.Job) string {
	return fmt.Sprintf("INSERT INTO effects VALUES ('%s', %d, %d, %d)", j.Event, j.Number, j.Token, j.Process)
}
