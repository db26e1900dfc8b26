package sqlstore

import (
	_ "embed" // the statements
	"strings"
)

// statements are the SQL of a store, one atomic step each. Their arguments are numbered: $1 is the event.
type statements struct {
	claim   string // in PostgreSQL with the row that it could not claim
	shorten string
	look    string
	extend  string
	commit  string
	release string
	forget  string
	sweep   string
}

var (
	//go:embed claim.sql
	claimSQL string // $2 owner, $3 lease, $4 remember

	// A row is read as it is scanned: see record.
	lookSQL = `SELECT state, token, run, owner, status, lease, lease_until - {now}, forget_at - {now} FROM {table} WHERE event = $1`

	// ours is the row of a claim that is neither settled nor lost. $2 token, $3 owner.
	oursSQL = ` WHERE event = $1 AND token = $2 AND owner = $3 AND state = 'pending' AND forget_at > {now}`

	// $4 lease, $5 remember
	extendSQL = `UPDATE {table} SET lease = $4, lease_until = {now} + $4, forget_at = {now} + $5` + oursSQL

	// $4 remember, $5 status
	commitSQL = `UPDATE {table} SET state = 'done', status = $5, forget_at = {now} + $4` + oursSQL

	// $4 remember, $5 the runs that were none
	releaseSQL = `UPDATE {table} SET state = 'failed', run = run - $5, forget_at = {now} + $4` + oursSQL

	// When the clock was put back the lease shall not last the longer for it. $2 token
	shortenSQL = `UPDATE {table} SET lease_until = {now} + lease
		WHERE event = $1 AND token = $2 AND state = 'pending' AND lease_until > {now} + lease`

	// The token stays, so that the next one is larger; and so does who was running the event, who has lost it.
	forgetSQL = `UPDATE {table} SET state = 'forgotten', run = 0, status = 0, owner = CASE state WHEN 'pending' THEN owner ELSE '' END
		WHERE event = $1 AND state IN ('pending', 'failed', 'done') AND forget_at > {now}`

	// $1 how many at most. What another one sweeps or claims at this moment is left out.
	sweepPostgres = `DELETE FROM {table} WHERE forget_at <= {now} AND event = ANY(ARRAY(
		SELECT event FROM {table} WHERE forget_at <= {now} ORDER BY forget_at LIMIT $1 FOR UPDATE SKIP LOCKED))`
	sweepSQLite = `DELETE FROM {table} WHERE forget_at <= {now} AND event IN (
		SELECT event FROM {table} WHERE forget_at <= {now} ORDER BY forget_at LIMIT $1)`
)

// newStatements writes a dialect's statements for a table, by a clock.
func newStatements(d Dialect, table, now string) statements {
	write := strings.NewReplacer("{table}", table, "{now}", now)
	s := statements{
		look: write.Replace(lookSQL), shorten: write.Replace(shortenSQL), extend: write.Replace(extendSQL),
		commit: write.Replace(commitSQL), release: write.Replace(releaseSQL), forget: write.Replace(forgetSQL),
	}
	claim := write.Replace(claimSQL)
	if d == Postgres { // in one round trip
		s.claim = "WITH won AS (" + claim + ") SELECT * FROM won UNION ALL " + s.look + " AND NOT EXISTS (SELECT FROM won)"
		s.sweep = write.Replace(sweepPostgres)
		return s
	}
	s.claim = claim
	s.sweep = write.Replace(sweepSQLite)
	// In SQLite a $1 is a name, and ?1 the number.
	for _, text := range []*string{&s.claim, &s.shorten, &s.look, &s.extend, &s.commit, &s.release, &s.forget, &s.sweep} {
		*text = strings.ReplaceAll(*text, "$", "?")
	}
	return s
}
