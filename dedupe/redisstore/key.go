package redisstore

import (
	"strings"
	"time"

	"github.com/hookmitt/hookmitt/dedupe"
)

var slash = strings.NewReplacer("%", "%25", "/", "%2F")

// name is the key of a record: the whole identity is the hash tag, so that events spread over a cluster. The first slash
// is the one between scope and id.
func (s *Store) name(k dedupe.Key) string {
	return s.options.Prefix + "{" + slash.Replace(k.Scope) + "/" + k.ID + "}"
}

// micros rounds up, so that no lease is cut short.
func micros(d time.Duration) int64 { return roundUp(d, time.Microsecond) }

// millis rounds up, to at least one: Redis refuses to remember something for no time.
func millis(d time.Duration) int64 { return max(roundUp(d, time.Millisecond), 1) }

func roundUp(d, unit time.Duration) int64 {
	n := int64(d / unit)
	if d%unit > 0 {
		n++
	}
	return n
}
