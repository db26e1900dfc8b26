package dedupetest

import (
	"crypto/rand"
	"fmt"
	"strings"

	"github.com/hookmitt/hookmitt/dedupe"
)

// keysApart is law 13. The keys come in neighbourhoods: what a join of scope and id, a hash tag, a column's collation, a
// text encoding or a short column would make one.
func keysApart(l *trial) {
	r := rand.Text()
	long := r + strings.Repeat("x", 256-len(r)-1)
	keys := []dedupe.Key{
		{Scope: r + "a", ID: "bc"}, {Scope: r + "ab", ID: "c"}, {Scope: r, ID: "abc"}, {Scope: "", ID: r + "abc"},
		{Scope: r + "a", ID: "b/c"}, {Scope: r + "a/b", ID: "c"}, {Scope: r + "a/b/c", ID: "/"}, {Scope: r, ID: "a/b/c"},
		{Scope: r + "a", ID: "b:c"}, {Scope: r + "a:b", ID: "c"}, {Scope: r, ID: "a:b:c"},
		{Scope: r, ID: "1"}, {Scope: r + "1", ID: "1"}, {Scope: r, ID: "11"}, {Scope: r, ID: "01"}, {Scope: r, ID: "1.0"},
		{Scope: r + "a", ID: "b\x00c"}, {Scope: r + "a\x00b", ID: "c"}, {Scope: r, ID: "\x00"}, {Scope: r, ID: "\x00\x00"},
		{Scope: r, ID: "{a}b"}, {Scope: r, ID: "{a}c"}, {Scope: r, ID: "}a"}, {Scope: r + "}", ID: "{"}, {Scope: r + "{", ID: "}"},
		{Scope: r, ID: "id"}, {Scope: r, ID: "ID"}, {Scope: r, ID: " id"}, {Scope: r, ID: "id "}, {Scope: r, ID: "id\n"},
		{Scope: r + " ", ID: "id"}, {Scope: r + "x", ID: "id"}, {Scope: r + "X", ID: "id"},
		{Scope: r, ID: "\u00e9"}, {Scope: r, ID: "e\u0301"}, {Scope: r, ID: "e"},
		{Scope: r, ID: "\xff"}, {Scope: r, ID: "\xfe"}, {Scope: r, ID: "\ufffd"},
		{Scope: r, ID: "%"}, {Scope: r, ID: "_"}, {Scope: r, ID: "*"}, {Scope: r, ID: "'"}, {Scope: r, ID: "''"}, {Scope: r, ID: "\\"},
		{Scope: r, ID: long}, {Scope: r, ID: long + "a"}, {Scope: r, ID: long + "b"},
		{Scope: long + long + "a", ID: "x"}, {Scope: long + long + "b", ID: "x"},
	}
	h := l.lease(20)
	for i, k := range keys {
		c := l.wins(fmt.Sprintf("ann claims %s", quote(k)), k, ann, h, 1)
		l.works(fmt.Sprintf("ann commits %s", quote(k)), l.commit(c, 200+i))
	}
	for i, k := range keys {
		l.isDone(fmt.Sprintf("bob claims %s", quote(k)), k, bob, 200+i)
	}
}

// badKeys is law 19.
func badKeys(l *trial) {
	h := l.lease(4)
	for _, id := range []string{"", strings.Repeat("x", 257), strings.Repeat("x", 100_000)} {
		_, err := l.Store.Claim(l.Context(), dedupe.Key{Scope: l.scope, ID: id}, ann, h)
		l.refused(fmt.Sprintf("ann claims an id of %d bytes", len(id)), err)
	}
	for _, id := range []string{"x", strings.Repeat("x", 256)} {
		l.wins(fmt.Sprintf("ann claims an id of %d bytes", len(id)), dedupe.Key{Scope: l.scope, ID: id}, ann, h, 1)
	}
}

// foreign is law 16: something foreign where nothing was, and where a record was.
func foreign(l *trial) {
	if l.Foreign == nil {
		l.Skipf("the store holds nothing but records: Subject.Foreign is nil")
	}
	h := l.lease(4)
	k := l.key()
	l.plant(k)
	_, err := l.Store.Claim(l.Context(), k, ann, h)
	l.refused("ann claims a key that something foreign has", err)

	k = l.key()
	c := l.wins("ann claims", k, ann, h, 1)
	l.plant(k)
	_, err = l.Store.Claim(l.Context(), k, bob, h)
	l.refused("bob claims a key that something foreign got", err)
	l.refused("ann extends a claim whose key something foreign got", l.extend(c))
	l.refused("ann commits a claim whose key something foreign got", l.commit(c, 200))
	l.refused("ann releases a claim whose key something foreign got", l.release(c))
}

// quote writes a key in a line.
func quote(k dedupe.Key) string {
	short := func(s string) string {
		if len(s) > 60 {
			return fmt.Sprintf("%q…%q (%d bytes)", s[:26], s[len(s)-1:], len(s))
		}
		return fmt.Sprintf("%q", s)
	}
	return "scope " + short(k.Scope) + ", id " + short(k.ID)
}
