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
// once. Who may not make tables has [Schema] run by one who may.
func (s *Store) Migrate(ctx context.Context) error {
	_, err := repeat(ctx, func(ctx context.Context) (struct{}, error) { return struct{}{}, s.migrate(ctx) })
	if err != nil {
		return fmt.Errorf("sqlstore: migrate: %w", err)
	}
	return nil
}

func (s *Store) migrate(ctx context.Context) error {
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
