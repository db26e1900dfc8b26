-- The table of sqlstore, for PostgreSQL. Times are microseconds since 1970, of the database's clock:
-- to_timestamp(lease_until / 1e6) is one to read.
CREATE TABLE IF NOT EXISTS hookmitt_claims (
	event       text COLLATE "C" PRIMARY KEY, -- scope/id
	state       text    NOT NULL CHECK (state IN ('pending', 'failed', 'done', 'forgotten')),
	token       bigint  NOT NULL,
	run         integer NOT NULL, -- runs so far
	owner       text    NOT NULL, -- who claimed it last
	status      integer NOT NULL, -- of what is done
	lease       bigint  NOT NULL, -- how long it was claimed for, in microseconds
	lease_until bigint  NOT NULL,
	forget_at   bigint  NOT NULL  -- when the event is new again, and the row of no use
);

CREATE INDEX IF NOT EXISTS hookmitt_claims_forget_at ON hookmitt_claims (forget_at);
