package sqlstore

import (
	_ "embed" // the schemas
	"fmt"
)

// Dialect is which database a store is on.
type Dialect uint8

// Do not reorder.
const (
	Postgres Dialect = iota + 1 // PostgreSQL 12 or later
	SQLite                      // SQLite 3.42 or later
)

// String implements [fmt.Stringer].
func (d Dialect) String() string {
	switch d {
	case Postgres:
		return "PostgreSQL"
	case SQLite:
		return "SQLite"
	}
	return fmt.Sprintf("Dialect(%d)", uint8(d))
}

var (
	//go:embed schema_postgres.sql
	schemaPostgres string
	//go:embed schema_sqlite.sql
	schemaSQLite string
)

// Schema is the SQL by which a dialect's table is made, as [Store.Migrate] makes it, under its default name.
func Schema(d Dialect) string {
	switch d {
	case Postgres:
		return schemaPostgres
	case SQLite:
		return schemaSQLite
	}
	return ""
}

// now is the database's clock, in microseconds since 1970. PostgreSQL's now() would be when a transaction began, and a
// statement that waited for another would find leases alive that are over.
func (d Dialect) now() string {
	if d == Postgres {
		return "CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint)"
	}
	return "CAST(unixepoch('subsec') * 1000000 AS INTEGER)" // which is exact to a millisecond
}
