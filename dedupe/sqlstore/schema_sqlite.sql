-- The table of sqlstore, for SQLite. Times are microseconds since 1970, of the machine's clock:
-- datetime(lease_until / 1e6, 'unixepoch') is one to read.
CREATE TABLE IF NOT EXISTS hookmitt_claims (
	event       TEXT    NOT NULL PRIMARY KEY, -- scope/id
	state       TEXT    NOT NULL CHECK (state IN ('pending', 'failed', 'done', 'forgotten')),
	token       INTEGER NOT NULL,
	run         INTEGER NOT NULL, -- runs so far
	owner       TEXT    NOT NULL, -- who claimed it last
	status      INTEGER NOT NULL, -- of what is done
	lease       INTEGER NOT NULL, -- how long it was claimed for, in microseconds
	lease_until INTEGER NOT NULL,
	forget_at   INTEGER NOT NULL  -- when the event is new again, and the row of no use
) STRICT, WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS hookmitt_claims_forget_at ON hookmitt_claims (forget_at);
