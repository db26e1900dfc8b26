package sqlstore

import (
	"context"
	"fmt"
	"strings"

	"github.com/hookmitt/hookmitt/dedupe/internal/bounded"
)

// Check looks, at start-up say, at how the database is set up, and returns a sentence for everything that would make it
// forget events or hold them up. It never fails: a database that cannot be asked, or has no table, is a sentence too.
func (s *Store) Check(ctx context.Context) []string {
	ctx, cancel := context.WithTimeout(ctx, s.options.Call)
	defer cancel()
	all, err := bounded.Do(ctx, func(ctx context.Context) ([]string, error) {
		if _, err := s.read(ctx, s.say.look, ""); err != nil {
			return nil, named(err)
		}
		if s.dialect == Postgres {
			return s.checkPostgres(ctx)
		}
		return s.checkSQLite(ctx)
	}, func([]string) {})
	if err != nil {
		all = append(all, fmt.Sprintf("the settings could not be read: %v", err))
	}
	return all
}

// finding is a sentence and whether it is to be said.
type finding struct {
	found    bool
	sentence string
}

func sentences(all []finding) (said []string) {
	for _, f := range all {
		if f.found {
			said = append(said, f.sentence)
		}
	}
	return said
}

func (s *Store) checkPostgres(ctx context.Context) ([]string, error) {
	var version int
	var commit, fsync, pages, idle, kind string
	var replica bool
	err := s.db.QueryRowContext(ctx, `SELECT current_setting('server_version_num')::int, current_setting('synchronous_commit'),
		current_setting('fsync'), current_setting('full_page_writes'), current_setting('idle_in_transaction_session_timeout'),
		pg_is_in_recovery(), (SELECT relpersistence::text FROM pg_class WHERE oid = to_regclass($1))`, quote(s.options.Table)).
		Scan(&version, &commit, &fsync, &pages, &idle, &replica, &kind)
	if err != nil {
		return nil, err
	}
	return sentences([]finding{
		{version < 120_000, fmt.Sprintf("PostgreSQL %d is older than 12, and untried", version/10_000)},
		{replica, "this is a replica, which takes no claims; connect to the primary"},
		{commit == "off", "synchronous_commit is off: a crash forgets events that were done, with their effects; set it on"},
		{fsync == "off" || pages == "off", "fsync or full_page_writes is off: a machine that crashes may lose the database; set both on"},
		{kind == "u", "the table is UNLOGGED: a crash empties it, and every event that comes again is done again; ALTER TABLE … SET LOGGED"},
		{idle == "0", "idle_in_transaction_session_timeout is 0: who is cut off in Tx holds its event for as long as the network lets it; set 10s"},
		{s.db.Stats().MaxOpenConnections == 0, "the pool has no bound: in a burst all connect at once, which takes longer than claims may; db.SetMaxOpenConns(10)"},
	}), nil
}

func (s *Store) checkSQLite(ctx context.Context) ([]string, error) {
	conn, err := s.db.Conn(ctx) // pragmas are a connection's
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	var version, journal, file string
	var synchronous int
	for query, into := range map[string]any{
		"SELECT sqlite_version()": &version, "PRAGMA journal_mode": &journal, "PRAGMA synchronous": &synchronous,
		"SELECT file FROM pragma_database_list WHERE name = 'main'": &file,
	} {
		if err := conn.QueryRowContext(ctx, query).Scan(into); err != nil {
			return nil, err
		}
	}
	var major, minor int
	if _, err := fmt.Sscanf(version, "%d.%d", &major, &minor); err != nil {
		return nil, fmt.Errorf("version %q: %w", version, err)
	}
	return sentences([]finding{
		{major < 3 || major == 3 && minor < 42, fmt.Sprintf("SQLite %s is older than 3.42, which has no clock of milliseconds", version)},
		{file == "", "the database is in memory: it is gone with the process, or with the connection"},
		{file != "" && !strings.EqualFold(journal, "wal"), fmt.Sprintf("journal_mode is %s: repeats wait for whoever writes; set WAL", journal)},
		{synchronous < 2, "synchronous is below FULL: when the power fails, events that were done are forgotten, with their effects; set FULL"},
	}), nil
}
