// Package conformtest makes the checks of package conform on hookmitt's own receiver: of each provider, behind each of
// the routers that people have, with events remembered in memory, in Redis, and in one transaction with their effect. It
// is a module of its own, so that hookmitt requires neither the routers nor SQLite:
//
//	cd testserver/conform/conformtest && go test ./...
//
// testdata has a table for each configuration: what every check said, and of one that was skipped, why it may be.
// "go test -update" writes them anew.
package conformtest
