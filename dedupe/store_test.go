package dedupe_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/dedupe"
)

func TestKeyValidate(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		key  dedupe.Key
		want string
	}{
		"an id of a byte is one":              {dedupe.Key{Scope: "s", ID: "x"}, ""},
		"an id of 256 bytes is one":           {dedupe.Key{Scope: "s", ID: strings.Repeat("x", 256)}, ""},
		"an id may hold any bytes":            {dedupe.Key{Scope: "s", ID: "\x00\xff{}\n"}, ""},
		"a scope may be empty":                {dedupe.Key{ID: "x"}, ""},
		"a scope may be long":                 {dedupe.Key{Scope: strings.Repeat("x", 10_000), ID: "x"}, ""},
		"an empty id is none":                 {dedupe.Key{Scope: "s"}, "dedupe: not a key: the id has 0 bytes, not 1 to 256"},
		"an id of 257 bytes is none":          {dedupe.Key{ID: strings.Repeat("x", 257)}, "dedupe: not a key: the id has 257 bytes, not 1 to 256"},
		"an id of 129 letters of two is none": {dedupe.Key{ID: strings.Repeat("é", 129)}, "dedupe: not a key: the id has 258 bytes, not 1 to 256"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := c.key.Validate()
			if c.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, dedupe.ErrKey)
			require.EqualError(t, err, c.want)
		})
	}
}

func TestStateString(t *testing.T) {
	t.Parallel()
	cases := map[dedupe.State]string{
		dedupe.Claimed: "claimed", dedupe.Pending: "pending", dedupe.Done: "done", 0: "State(0)", 4: "State(4)",
	}
	for state, want := range cases {
		require.Equal(t, want, state.String())
	}
}

// FuzzKey looks for two keys that are taken for one, or one that is taken for two.
func FuzzKey(f *testing.F) {
	long := strings.Repeat("x", 256)
	f.Add("a", "bc", "ab", "c")
	f.Add("a/b", "c", "a", "b/c")
	f.Add("a", "a", "a", "a")
	f.Add("", "ab", "ab", "")
	f.Add("\x01a", "b", "", "\x01ab")
	f.Add("a\x00", "b", "a", "\x00b")
	f.Add("{a}", "b", "{a", "}b")
	f.Add(long+"\x80\x02", "y", long, "\x80\x02y")
	f.Add(long, long, long+"x", long)
	f.Add(strings.Repeat(long, 2), "x", strings.Repeat(long, 2)+"x", "x")
	f.Fuzz(func(t *testing.T, scope1, id1, scope2, id2 string) {
		synctest.Test(t, func(t *testing.T) {
			m := dedupe.NewMemory(0)
			one, two := dedupe.Key{Scope: scope1, ID: id1}, dedupe.Key{Scope: scope2, ID: id2}
			first, err := m.Claim(t.Context(), one, "one", hold)
			require.Equal(t, one.Validate(), err)
			second, err := m.Claim(t.Context(), two, "two", hold)
			require.Equal(t, two.Validate(), err)
			switch {
			case one.Validate() != nil || two.Validate() != nil:
			case one == two:
				require.Equal(t, dedupe.Pending, second.State)
			default:
				require.Equal(t, dedupe.Claimed, second.State, "%q and %q are one key", one, two)
				require.NoError(t, m.Commit(t.Context(), first, 201))
				require.NoError(t, m.Commit(t.Context(), second, 202))
				for k, status := range map[dedupe.Key]int{one: 201, two: 202} {
					c, err := m.Claim(t.Context(), k, "three", hold)
					require.NoError(t, err)
					require.Equal(t, dedupe.Done, c.State)
					require.Equal(t, status, c.Status)
				}
			}
		})
	})
}
