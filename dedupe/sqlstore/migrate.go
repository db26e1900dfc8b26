package sqlstore

import (
	"context"
	"fmt"
	"strings"
)

// migrating is the key of the lock by which one process at a time makes tables: IF NOT EXISTS alone fails for the second
// of two in PostgreSQL.
const migrating = 0x686f6f6b6d697474 // "hookmitt"

// Migrate makes the table and its index, where they are not there. It may be called at each start, by many processes at
// once: where the table is there it changes nothing, and needs no right to. Who may not make tables has [Schema] run by
// one who may. A table that is there and not ours is [ErrNoTable].
func (s *Store) Migrate(ctx context.Context) error {
	_, err := repeat(ctx, func(ctx context.Context) (*record, error) {
		if err := s.migrate(ctx); err != nil {
			return nil, err
		}
		return s.read(ctx, s.say.look, "") // no event, but every column
	})
	if err != nil {
		return fmt.Errorf("sqlstore: migrate: %w", err)
	}
	return nil
}

func (s *Store) migrate(ctx context.Context) error {
	if s.dialect == Postgres { // CREATE … IF NOT EXISTS wants the right to create, and a lock that keeps claims waiting
		var there bool
		err := s.db.QueryRowContext(ctx, "SELECT to_regclass($1) IS NOT NULL AND to_regclass($2) IS NOT NULL",
			quote(s.options.Table), quote(s.options.Table+"_forget_at")).Scan(&there)
		if err != nil || there {
			return err
		}
	}
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // it is a fault already, or committed
	if s.dialect == Postgres {
		if _, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock($1)", int64(migrating)); err != nil {
			return err
		}
	}
	table := s.options.Table
	_, index, inSchema := strings.Cut(table, ".")
	if !inSchema {
		index = table
	}
	schema := strings.NewReplacer(
		defaultTable+"_forget_at", quote(index+"_forget_at"),
		defaultTable, quote(table),
	).Replace(Schema(s.dialect))
	for statement := range strings.SplitSeq(schema, ";\n") {
		if strings.TrimSpace(statement) == "" {
			continue
		}
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return tx.Commit()
}
