package modeltest_test

import (
	"flag"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// tally counts which laws the answers of all schedules were judged by.
type tally map[law]int

// enough schedules meet every law, some of them dozens of times.
const enough = 300

// requireAll wants that there was no law that could not have been broken, if there were enough schedules. The laws that are not here are no matter of
// schedules: 1 is one of crowds, and those of odd keys, cancelled contexts and foreign records package dedupetest has.
func (l tally) requireAll(t *testing.T) {
	t.Helper()
	t.Logf("answers by law: %v", map[law]int(l))
	n, err := strconv.Atoi(flag.Lookup("rapid.checks").Value.String())
	require.NoError(t, err)
	if n < enough || testing.Short() {
		return
	}
	for _, n := range []law{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 17, 18, 20} {
		require.NotZero(t, l[n], "no answer was one of law %d", n)
	}
}
