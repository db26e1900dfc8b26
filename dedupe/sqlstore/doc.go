// Package sqlstore keeps claims in PostgreSQL or SQLite, and can write an event's effect and the mark that it is done
// in one transaction, so that neither is there without the other.
//
//	db, err := sql.Open("pgx", url) // any driver of database/sql
//	if err != nil {
//		return err
//	}
//	store, err := sqlstore.New(db, sqlstore.Postgres, nil)
//	if err != nil {
//		return err
//	}
//	if err := store.Migrate(ctx); err != nil {
//		return err
//	}
//	receiver, err := middleware.New(hookmitt.Civo(), keyring, &middleware.Options{Store: store})
//
// and in the handler
//
//	return store.Tx(ctx, func(tx *sql.Tx) error {
//		_, err := tx.ExecContext(ctx, "UPDATE accounts SET balance = balance + $1 WHERE id = $2", amount, account)
//		return err
//	})
//
// # What is promised
//
// The laws of [dedupe.Store], for all processes on the database together. What [Store.Tx] writes is written once for an
// event, while the event is remembered: a process that dies at whatever point leaves effect and mark, or neither, and a
// run that was taken over writes nothing. A database that does not answer, or is busy ([ErrBusy], [dedupe.ErrStalled]),
// costs attempts, answered 503, and no event. A connection that breaks is made again, and the statement repeated, which
// does no harm.
//
// # What is not
//
// An effect outside of the transaction, an e-mail or another database's row, happens again when the process dies before
// the commit. So it does without Tx. With middleware's Options.BodyWindow Tx marks the event; its body is marked after
// the handler.
//
// A database that forgets what it had committed forgets effect and mark together, after the provider was answered 200:
// the event is lost. PostgreSQL does so at a fail-over to a replica that is not synchronous, with synchronous_commit off
// and in an UNLOGGED table; SQLite with synchronous below FULL, when the power fails. [Store.Check] tells what it can see
// of that.
//
// A claim that is granted when the deadline is over is given back, if the database answers within a second; if it does
// not, the event is busy for a lease, and the claim counts as a run.
//
// The only clock is the database's. One that jumps ahead ends leases early, and has ids forgotten early; one that is put
// back makes ids be remembered for longer, and no lease. Tokens grow all the same, while the row is there; once it was
// removed only a clock that is put back by more than Hold.Remember makes one smaller.
//
// # PostgreSQL
//
// Version 12 or later; the tests run on 15. A claim is one statement, in one round trip, and a commit another: 0.25 ms
// of both together (BenchmarkEvent, on a socket, without fsync). Any isolation level will do; READ COMMITTED, the
// default, repeats least. The rights are SELECT, INSERT, UPDATE and DELETE on the table. Use
//
//	db.SetMaxOpenConns(10)                        or so: to connect takes longer than to answer, in a burst too long
//	idle_in_transaction_session_timeout = '10s'   or one who is cut off in Tx, between mark and commit, holds its event;
//	                                              longer if fn waits for something else in between
//
// Each Tx has a connection for as long as it takes, and claims and heartbeats want one as well: keep middleware's
// Options.MaxInFlight below the pool's size. A repeat of an event that is done is a write, too, if a small one.
//
// A pooler between transactions, PgBouncer's say, will do where the driver's statements do: nothing is kept in a
// session.
//
// # SQLite
//
// Version 3.42 or later, on a local disk. As modernc.org/sqlite writes it,
//
//	file:hooks.db?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=busy_timeout(500)
//
// In WAL mode what is done or running is answered even while another process writes. The store has its own turns within
// a process, and waits for another's lock for three quarters of Options.Call even without busy_timeout. A claim and a
// commit take 0.7 to 2 ms (BenchmarkEvent), most of it the disk's. A Tx is the database's only writer until it ends:
// keep it well shorter than a second, or other events are answered 503. Transactions begin with a write, and so need no
// BEGIN IMMEDIATE of the driver.
//
// # The table
//
// [Store.Migrate] makes it, or whoever may runs [Schema]. An event takes about 260 bytes in PostgreSQL, beside what
// VACUUM has yet to clear, and 180 in SQLite while it is remembered, with its indexes (BenchmarkSize). Claims remove
// what is over as they go; [Store.Sweep] does it where none come. The row of an event is scope/id, as in
//
//	SELECT * FROM hookmitt_claims WHERE event = 'civo/0b7e1c52'
//
// with every percent sign, every slash of the scope, and every byte that is no printable ASCII as %2F. A scope of more
// than 256 bytes, written so, is %sha256: and its digest. To have an event run again use [Store.Forget], not DELETE: the
// next token might be smaller, and a run that is under way would claim the event anew when it ends.
package sqlstore
