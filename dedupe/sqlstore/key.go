package sqlstore

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"time"

	"github.com/hookmitt/hookmitt/dedupe"
)

// longestScope is how long a written scope may be. PostgreSQL indexes no more than about 2,700 bytes: a scope, a slash
// and an id of 256 bytes of three characters each are 1,025.
const longestScope = 256

// name is what the column event says of a key: scope/id, in printable ASCII whatever its bytes, so that a database of
// any encoding takes it. The first slash is the one between scope and id.
func name(k dedupe.Key) string {
	scope := escape(k.Scope, "/")
	if len(scope) > longestScope {
		scope = fmt.Sprintf("%%sha256:%x", sha256.Sum256([]byte(k.Scope))) // which escape never writes
	}
	return scope + "/" + escape(k.ID, "")
}

// escape writes %XX for the bytes of others, for the percent sign, and for what is no printable ASCII.
func escape(s, others string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c >= 0x7f || c == '%' || strings.IndexByte(others, c) >= 0 {
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// micros rounds up, so that nothing is cut short.
func micros(d time.Duration) int64 {
	n := int64(d / time.Microsecond)
	if d%time.Microsecond > 0 {
		n++
	}
	return n
}

// printable is an owner as the column owner has it.
func printable(owner string) string { return escape(owner, "") }

// signed is a token as the column token has it. None of ours is so large that it changes.
func signed(token uint64) int64 { return int64(token) } //nolint:gosec // it is told apart from all others all the same
