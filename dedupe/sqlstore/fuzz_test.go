package sqlstore_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/dedupe/sqlstore"
)

// FuzzName looks for two keys that are taken for one, and for a name that a database would not take as it is.
func FuzzName(f *testing.F) {
	long := strings.Repeat("x", 256)
	f.Add("a", "bc", "ab", "c")
	f.Add("a/b", "c", "a", "b/c")
	f.Add("a%2Fb", "c", "a/b", "c")
	f.Add("", "/", "/", "")
	f.Add("\xff", "é", "%FF", "%C3%A9")
	f.Add(long, "x", long+"x", "x")
	f.Add("%sha256:", "x", long+"y", "x")
	f.Fuzz(func(t *testing.T, scope1, id1, scope2, id2 string) {
		one, two := dedupe.Key{Scope: scope1, ID: id1}, dedupe.Key{Scope: scope2, ID: id2}
		require.Equal(t, one == two, sqlstore.Name(one) == sqlstore.Name(two), "%q and %q", one, two)
		require.Regexp(t, `^[!-~]*$`, sqlstore.Name(one))
		if one.Validate() == nil {
			require.LessOrEqual(t, len(sqlstore.Name(one)), 1025)
		}
	})
}
